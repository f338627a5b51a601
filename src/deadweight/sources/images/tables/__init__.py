"""Layers with a table of contents → their entries, without reading the layers.

cached.py   the entries by the table, from the cache or not     partial.py  the parts of a layer that are read
"""
