"""Dockerfiles → what they install; ``commands.py`` next to this directory reads what they start."""
