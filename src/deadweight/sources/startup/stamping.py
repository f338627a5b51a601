"""The program that notes the time and becomes another program: ``stamping.py OUTPUT COMMAND...``.

A script for a bare interpreter. It appends the time of the monotonic clock, in nanoseconds, to COMMAND. The standard
error of COMMAND goes to the file OUTPUT, since ``-X importtime`` prints there from the first import on, and descriptor
3 is what was the standard error.
"""

import os
import sys
import time

ERRORS = 3  # the descriptor


def main(output: str, command: "list[str]") -> None:
    """Become COMMAND; exit with status 127 if that is impossible, as shells do."""
    os.dup2(2, ERRORS)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(file, 2)
    os.close(file) if file not in (2, ERRORS) else None
    try:
        os.execv(command[0], [*command, str(time.monotonic_ns())])  # noqa: S606
    except OSError as error:
        os.write(ERRORS, f"cannot run {command[0]}: {error.strerror}".encode("utf-8", "replace"))
        os._exit(127)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
