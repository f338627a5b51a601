"""``deadweight`` and ``python -m deadweight``: handles signals before the command line is imported."""

import os
import sys
from typing import NoReturn

try:
    _working_directory = os.getcwd()
except OSError:  # the directory was deleted
    _working_directory = ""
# ``python -m`` puts the working directory first on sys.path, so that a module in a foreign checkout would replace ours.
if __name__ == "__main__" and not sys.flags.safe_path and sys.path[:1] == [_working_directory]:
    del sys.path[0]

from deadweight import interrupts


def main() -> NoReturn:
    """Run the command line and exit."""
    interrupts.install()
    try:
        from deadweight.cli import main as run

        run()
    except KeyboardInterrupt:
        os.write(2, b"interrupted; no files were left behind\n")
        os._exit(130)


if __name__ == "__main__":
    main()
