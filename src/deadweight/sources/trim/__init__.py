"""Trimming an environment on this machine: files are moved, never modified in place, so that hard links stay intact.

guarding.py   which environments may be trimmed, and the lock
journal.py    what is about to change, written before the first change
removing.py   journal → the files moved to the store, and replaced
restoring.py  journal → the files moved back
stripping.py  native code → a copy without debug symbols
"""
