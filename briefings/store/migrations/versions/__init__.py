"""The steps of the schema, oldest first; each is left as it is once it was released."""
