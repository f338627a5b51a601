"""Operations on a fleet, the SQLite file with the results of many targets.

adding.py  saved reports into the file
"""
