"""What was measured → a Dockerfile with a stage for each variant, the lists that it installs, and a compose.yaml.

values.py    pins, variants, layers, and everything that a Dockerfile is written from
heavy.py     which distributions get layers of their own
layering.py  variants → layers
pins.py      layers → the texts of the lists
starting/    what the application has → what the image starts
quoting.py   untrusted text → words of a Dockerfile, a shell and a compose.yaml
writing.py   the text of the Dockerfile
compose.py   the text of the compose.yaml
"""
