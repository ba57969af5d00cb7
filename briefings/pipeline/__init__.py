"""The chain in words: store -> assemble -> render -> deliver; nothing else calls more than one stage."""
