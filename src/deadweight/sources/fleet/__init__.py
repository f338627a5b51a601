"""The SQLite file of a fleet. ``deadweight.fleet`` says what it contains.

files.py    opening files, and what is wrong with those that cannot be used
store.py    writing: runs, reports and failures
summary.py  the figures of a report
stored.py   reports of targets, to judge them
query.py    the user's own SQL
records.py  rows as values
saved.py    saved reports to add; targets.py targets to measure
cluster.py  a Dask cluster as the executor of tasks; cache.py and objects.py what its workers share
"""
