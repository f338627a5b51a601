"""Targets at a revision of a git repository: copied to a scratch directory, shown under the user's names."""
