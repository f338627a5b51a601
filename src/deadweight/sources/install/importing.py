"""What runs in an environment on trial, on its own Python (3.6 and later): it imports modules, and tells how that went.

Standard library only. Its argument is a file of names, one on a line; for each it writes a line of JSON to stdout,
``[name, error, missing, unclear]``. What the modules themselves print goes to stderr.
"""

import json
import os
import sys
import traceback
from importlib import import_module

LONGEST = 500  # characters of an error
DEEPEST = 20  # errors that led to each other
# Raised by what would import, were the application's settings there.
WANT_SETTINGS = ("ImproperlyConfigured", "AppRegistryNotReady")


def load(name: str) -> None:
    """Import what a dotted name means: a module, or something in the longest part of it that is one."""
    parts = name.split(".")
    found: object = import_module(parts[0])
    count = 1
    while count < len(parts):
        module = ".".join(parts[: count + 1])
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            break
        count += 1
    for part in parts[count:]:
        if not hasattr(found, part):
            raise ImportError("cannot import name {!r} from {!r}".format(part, ".".join(parts[:count])))
        found = getattr(found, part)
        count += 1


def result(name: str) -> "list[object]":
    """Return what came of importing one module."""
    try:
        load(name)
    except BaseException as error:  # noqa: BLE001  whatever it is, exits too
        missing = not_found(error)
        return [name, said(error), missing, type(error).__name__ in WANT_SETTINGS and not missing]
    return [name, "", "", False]


def said(error: BaseException) -> str:
    """Return the last line of an error, as Python shows it."""
    try:
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:  # noqa: BLE001  its own __str__ may do anything
        text = type(error).__name__
    if isinstance(error, SyntaxError):
        text = text.splitlines()[-1]  # before it stands the line that does not parse
    return " ".join(text.split())[:LONGEST]


def not_found(error: "BaseException | None") -> str:
    """Return the module that was not found, where that is what led to an error."""
    for _ in range(DEEPEST):
        if error is None:
            break
        if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
            return error.name[:LONGEST]
        error = error.__cause__ or error.__context__
    return ""


def main(path: str) -> None:
    """Import the modules that a file names."""
    with open(path, encoding="utf-8") as file:
        names = file.read().split()
    sys.argv[1:] = []
    results = os.dup(1)
    os.dup2(2, 1)
    ours = os.getpid()
    for name in names:
        line = json.dumps(result(name)) + "\n"
        if os.getpid() != ours:
            os._exit(0)  # a module has forked, and this is the other one
        os.write(results, line.encode("ascii"))
    os._exit(0)  # threads of theirs must not keep us


if __name__ == "__main__":
    main(sys.argv[1])
