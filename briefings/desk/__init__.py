"""Rules of the desk, where a week is made; pure."""
