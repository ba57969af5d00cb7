"""What comes in as files: the catalogue and the imports; it checks, and never stores."""
