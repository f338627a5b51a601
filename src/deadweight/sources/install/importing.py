"""The program that imports modules in an environment, on its own Python (3.6 and later).

Standard library only. Its argument is a file with one name per line. For each it writes a line of JSON to stdout,
``[name, error, missing, unclear]``. The output of the modules themselves goes to stderr. With a second argument, it
appends a line of JSON with its path to that file for each file that is opened meanwhile (Python 3.8 and later).
"""

import json
import os
import sys
import traceback
from importlib import import_module

LONGEST = 500  # characters of an error
DEEPEST = 20  # chained exceptions
# Raised by modules that can be imported once the application's settings are configured.
SETTINGS_ERRORS = ("ImproperlyConfigured", "AppRegistryNotReady")


def load(name: str) -> None:
    """Import a dotted name: a module, or an attribute of the module that is its longest importable part."""
    parts = name.split(".")
    value: object = import_module(parts[0])
    count = 1
    while count < len(parts):
        module = ".".join(parts[: count + 1])
        try:
            value = import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            break
        count += 1
    for part in parts[count:]:
        if not hasattr(value, part):
            raise ImportError("cannot import name {!r} from {!r}".format(part, ".".join(parts[:count])))
        value = getattr(value, part)
        count += 1


def result(name: str) -> "list[object]":
    """Return the result of importing one module."""
    try:
        load(name)
    except BaseException as error:  # noqa: BLE001  modules may raise anything, also SystemExit
        missing = missing_module(error)
        return [name, message(error), missing, type(error).__name__ in SETTINGS_ERRORS and not missing]
    return [name, "", "", False]


def message(error: BaseException) -> str:
    """Return the last line of an exception, as Python prints it."""
    try:
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:  # noqa: BLE001  its __str__ may raise anything
        text = type(error).__name__
    if isinstance(error, SyntaxError):
        text = text.splitlines()[-1]  # the lines before show the source
    return " ".join(text.split())[:LONGEST]


def missing_module(error: "BaseException | None") -> str:
    """Return the missing module that caused an exception, "" if none did."""
    for _ in range(DEEPEST):
        if error is None:
            break
        if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
            return error.name[:LONGEST]
        error = error.__cause__ or error.__context__
    return ""


def trace(path: str) -> None:
    """Append the absolute path of each file that is opened from now on to a file, each once."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    seen = set()

    def on_event(event: str, arguments: "tuple[object, ...]") -> None:
        if event != "open" or not isinstance(arguments[0], (str, bytes)) or arguments[0] in seen:
            return
        seen.add(arguments[0])
        line = json.dumps(os.path.abspath(os.fsdecode(arguments[0]))) + "\n"
        os.write(log, line.encode("ascii"))

    sys.addaudithook(on_event)


def main(path: str, opened: str = "") -> None:
    """Import the modules listed in a file."""
    with open(path, encoding="utf-8") as file:
        names = file.read().split()
    if opened:
        trace(opened)
    sys.argv[1:] = []
    results = os.dup(1)
    os.dup2(2, 1)
    ours = os.getpid()
    for name in names:
        line = json.dumps(result(name)) + "\n"
        if os.getpid() != ours:
            os._exit(0)  # a module forked, and this is the child
        os.write(results, line.encode("ascii"))
    os._exit(0)  # do not wait for threads that modules started


if __name__ == "__main__":
    main(*sys.argv[1:3])
