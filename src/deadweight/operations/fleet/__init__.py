"""Operations on a fleet, the SQLite file with the results of many targets.

running.py    targets as users name them, and what measures them; measuring.py has the run
adding.py     saved reports into the file
caching.py    whether workers can use the cache
measuring.py  targets into the file, by worker processes
steps.py      the tasks of each target
calls.py      the queue of tasks
tasks.py      what workers do; images.py and wheels.py have the parts of targets
reporting.py  the figures over all targets
checking.py   all targets and their budgets
"""
