"""The desk: pages behind a sign-in where editors make a week."""
