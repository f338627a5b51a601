"""What an application has → what its image starts, and how. Nothing of it is run.

start.py          the choice: an image, a Dockerfile, a Procfile, a pyproject.toml, or the names of files
configuration.py  an image or a Dockerfile, whose other settings count too
commands.py       a command → the words that start it in the written image
words.py          the words of an instruction
"""
