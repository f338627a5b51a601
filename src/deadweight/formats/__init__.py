"""Parsers: bytes or text → values. They do no I/O and do not trust their input."""
