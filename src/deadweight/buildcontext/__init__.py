"""What a build context contains, and which of it a ``.dockerignore`` should leave out. Nothing here reads files.

patterns.py    lines → patterns           matcher.py    patterns × paths, by Docker's rules
context.py     the listing of a context   kinds.py      kinds.toml: what an image does not need, and why
candidates.py  what of a context is of which kind       references.py  what Dockerfiles, packaging and code name
choosing.py    candidates × references → rules          weighing.py    rules × context → bytes, before and after
writing.py     rules → the text of the file
"""
