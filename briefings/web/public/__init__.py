"""Pages for readers, reached by the links of their mails; none of them changes data on a GET."""
