"""Release feeds: fetch them safely, read their entries, guess drafts; never stores or decides."""
