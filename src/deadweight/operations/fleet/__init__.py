"""Operations on a fleet, the SQLite file with the results of many targets.

adding.py     saved reports into the file
reporting.py  the figures over all targets
checking.py   all targets and their budgets
"""
