"""The chain in words: store -> assemble -> render -> deliver; only it calls several stages."""
