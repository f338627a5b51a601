"""Bytes or text in, values out; no I/O in this room, and no trust in what the bytes say."""
