"""Measured services → what they weigh and share, and the proposal of shared files.

today.py     the services as they are        proposal.py  base.txt, ml.txt and layers
"""
