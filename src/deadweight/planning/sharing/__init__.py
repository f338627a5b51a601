"""The requirements of several services → shared files, layers, and what prevents one set of versions.

wanted.py     a requirements file → its requirements, each once
layout.py     what services have in common → base.txt, ml.txt and a file for each service
layers.py     the files → image layers and their storage
conflicts.py  requirements that no version satisfies, and the largest part of the services without them
"""
