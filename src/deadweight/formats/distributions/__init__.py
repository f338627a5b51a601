"""Metadata, RECORD, wheels and sdists of distributions."""
