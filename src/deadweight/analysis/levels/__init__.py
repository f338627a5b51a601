"""Profile → the change that leads to each level.

variant.py   what a level installs          changes.py  what to drop and to replace
levels.py    measured profiles → levels     goal.py     the way to a target size
files.py     the files that install a level
"""
