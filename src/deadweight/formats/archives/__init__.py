"""Tar headers and zip directories → entries."""
