"""Child processes and temporary directories."""
