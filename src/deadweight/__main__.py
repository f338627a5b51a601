"""``deadweight`` and ``python -m deadweight``: heeds signals from the start, before the command line is imported."""

import os
import sys
from typing import NoReturn

try:
    _here = os.getcwd()
except OSError:  # it was deleted
    _here = ""
# ``python -m`` puts the working directory in front, where a module of anybody's would be imported in place of ours.
if __name__ == "__main__" and not sys.flags.safe_path and sys.path[:1] == [_here]:
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
