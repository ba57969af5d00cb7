"""What readers ask for and agree to, as pure rules; nothing here stores, renders or sends."""
