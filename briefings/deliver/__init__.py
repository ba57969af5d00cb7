"""From finished bytes to the next mail server or a Maildir; it never decides who gets what."""
