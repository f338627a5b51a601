"""A fleet: many measured targets in one SQLite file. Pure: what the file contains and what its figures mean.

schema.py  the tables and views, and how older files get them
values.py  runs, failures and names of targets
rows.py    a report as rows

``sources.fleet`` reads and writes the file.
"""
