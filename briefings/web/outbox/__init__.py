"""The demo's look into its own Maildir; it reads files, sends nothing, and is absent elsewhere."""
