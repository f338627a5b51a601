"""What an image ships → findings: which bytes a change to its Dockerfile saves. Pure, on values.

rules.py    the table of rules, rules.toml      case.py     what rules about files read
files.py    all rules about files               portions.py sums of files by layer
paths.py    files by their paths: caches, lists (paths.toml)
hidden.py   files that later layers delete or replace
lines.py    the history and a Dockerfile → the instruction that made each layer
"""
