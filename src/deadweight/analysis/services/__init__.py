"""Measured services → what they weigh and share, and the proposal of shared files.

today.py     the services as they are        planned.py   shared files, and what each installs
proposal.py  files, layers and checks        changes.py   other versions, and services that become larger
files.py     the texts of the proposed files
"""
