"""The user's own files: requirements, projects and code."""
