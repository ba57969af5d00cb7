"""The database, one module per noun; the only place with SQL, and it never decides what to send."""
