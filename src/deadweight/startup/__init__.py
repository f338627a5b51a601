"""What an application costs to start: its imports by distribution, and the imports that could happen later.

values.py       an entry, a start, its imports
finding.py      code and commands → the modules that may start it
entries.py      what the user names, or what was found → the module that a start imports
importtime.py   the output of ``-X importtime`` → a tree of modules
attribution.py  module → the distribution that provides it
costs.py        trees of several runs → a row for each distribution
scopes.py       one file → its imports at module level that only one function uses
lazy.py         files and costs → heavy imports that could move into the function that uses them
moving.py       source text → the same with import statements moved into functions
"""
