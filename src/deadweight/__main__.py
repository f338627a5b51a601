"""``python -m deadweight``."""

import os
import sys

# Python puts the working directory in front, where a module of anybody's would be imported in place of ours.
if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
    del sys.path[0]

from deadweight.cli import main

if __name__ == "__main__":
    main()
