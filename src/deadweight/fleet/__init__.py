"""A fleet: many measured targets in one SQLite file. Pure: what the file contains and what its figures mean.

schema.py    the tables and views, and how older files get them
values.py    runs, failures and names of targets
rows.py      a report as rows
figures.py   the statements that compute the figures of a report
bases.py     base images that would serve several images
patterns.py  the budget of a target

``sources.fleet`` reads and writes the file.
"""
