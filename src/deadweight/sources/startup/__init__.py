"""Starts of an application, in processes of their own, and copies of it to change."""
