"""The program that imports an application on its own Python (3.7 and later) and writes down what that took.

Standard library only: ``probe.py MODE RESULT DIRECTORY MODULE ATTRIBUTE STARTED``. MODE is "bare" to import nothing,
"plain", "times" under ``-X importtime``, or "memory". RESULT is a file of JSON. DIRECTORY is first on the import path.
STARTED is when the process started. What this program needs for itself is imported after the clock stopped.
"""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ERRORS = 3  # the standard error of the caller; see stamping.py
LONGEST = 500  # characters of an error
MOST_MODULES = 200_000
MOST_NAMES = 2000


class Absent(Exception):
    """There is no such attribute; the arguments are its dotted name and the names of those that exist."""


def resident() -> "int | None":
    """Return the resident memory of this process in bytes; None if the system does not tell."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmRSS:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def load(module: str, attribute: str) -> None:
    """Import a module, and look up an attribute."""
    # Unlike importlib.import_module, this is an import that ``-X importtime`` sees.
    __import__(module)
    value = sys.modules[module]
    found: list[str] = []
    for name in attribute.split(".") if attribute else ():
        found.append(name)
        try:
            value = getattr(value, name)
        except AttributeError as error:
            raise Absent(".".join(found), sorted(map(str, dir(value)))) from error


def show_imports_by_function() -> None:
    """Make ``importlib.import_module`` import as statements do, since ``-X importtime`` sees nothing else."""
    import importlib

    resolve = getattr(getattr(importlib, "_bootstrap", None), "_resolve_name", None)
    original = importlib.import_module

    def import_module(name: str, package: "str | None" = None) -> object:
        if name.startswith("."):
            if resolve is None or not package:
                return original(name, package)
            level = len(name) - len(name.lstrip("."))
            name = resolve(name[level:], package, level)
        __import__(name)
        return sys.modules[name]

    importlib.import_module = import_module  # type: ignore[assignment]


def watch_memory(found: "list[tuple[str, int, int]]") -> bool:
    """Note the growth of resident memory around each import; return whether this Python allows it."""
    import importlib

    bootstrap = getattr(importlib, "_bootstrap", None)
    original = getattr(bootstrap, "_find_and_load", None)
    if original is None or resident() is None:
        return False
    depth = 0

    def find_and_load(name: str, import_: "Callable[..., object]") -> object:
        nonlocal depth
        before, level = resident() or 0, depth
        depth += 1
        try:
            return original(name, import_)
        finally:
            depth = level
            if len(found) < MOST_MODULES:
                found.append((str(name)[:LONGEST], level, (resident() or 0) - before))

    bootstrap._find_and_load = find_and_load  # type: ignore[union-attr]
    return True


def message(error: BaseException) -> str:
    """Return the last line of an exception, as Python prints it, and where the application raised it."""
    import traceback

    try:
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:  # noqa: BLE001  its __str__ may raise anything
        text = type(error).__name__
    lines = text.splitlines() or [type(error).__name__]
    return " ".join((lines[-1] if isinstance(error, SyntaxError) else text).split())[:LONGEST]


def location(error: BaseException) -> "list[object]":
    """Return the file and the line of the innermost frame outside of this file and of the import system."""
    import traceback

    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename != __file__ and not frame.filename.startswith("<frozen"):
            return [frame.filename[:LONGEST], frame.lineno or 0]
    return ["", 0]


def origins() -> "dict[str, str]":
    """Return module → its file without symlinks, "built-in" or "frozen", "" if it has none."""
    import os

    found = {}
    for name, module in list(sys.modules.items())[:MOST_MODULES]:
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None) if spec is not None else getattr(module, "__file__", None)
        if not isinstance(origin, str) or not isinstance(name, str):
            origin = ""
        elif origin not in ("built-in", "frozen"):
            # The last part may be a symlink into a cache; its directory says which distribution it belongs to.
            directory, file = os.path.split(os.path.abspath(origin))
            origin = os.path.join(os.path.realpath(directory), file)
        found[str(name)[:LONGEST]] = origin
    return found


def library() -> "list[str]":
    """Return the directories of the standard library."""
    import os
    import sysconfig

    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")] + [os.path.dirname(os.__file__)]
    return sorted({os.path.realpath(path) for path in paths if path})


def main(mode: str, result: str, directory: str, entry: "tuple[str, str]", started: int) -> None:
    """Import an application, and write the result."""
    facts: dict[str, object] = {"error": "", "missing": "", "location": ["", 0]}
    if mode == "bare":
        facts.update(measured(started))
    else:
        import os  # which every start has imported already

        ours = os.getpid()
        sys.path[0] = directory
        sys.argv[:] = [entry[0]]
        if sys.version_info < (3, 8):  # noqa: UP036
            sys.dont_write_bytecode = True  # it does not know PYTHONPYCACHEPREFIX
        os.dup2(ERRORS, 1)
        sys.stderr = os.fdopen(ERRORS, "w", errors="backslashreplace")
        facts.update(imported(mode, entry, started))
        if os.getpid() != ours:
            os._exit(0)  # the application forked, and this is the child
    facts["python"] = sys.version.split()[0]
    import json

    with open(result, "w", encoding="utf-8", errors="replace") as file:
        json.dump(facts, file)
    if mode != "bare":
        os._exit(0)  # do not wait for threads that the application started


def measured(started: int) -> "dict[str, object]":
    """Return the time since a start and the resident memory."""
    wall = max(time.monotonic_ns() - started, 0) // 1000
    return {"wall_us": wall, "rss_bytes": resident()}


def imported(mode: str, entry: "tuple[str, str]", started: int) -> "dict[str, object]":
    """Import an application; return what that took, or its error."""
    import os

    facts: dict[str, object] = {}
    memory: list[tuple[str, int, int]] = []
    if mode == "times":
        # What is printed before are the imports of the interpreter itself and of ``.pth`` files.
        entered, paused = os.fstat(2).st_size, time.monotonic_ns()
        show_imports_by_function()
        facts["skip"] = [entered, os.fstat(2).st_size]
        started += time.monotonic_ns() - paused
    else:
        os.dup2(ERRORS, 2)
    if mode == "memory" and watch_memory(memory):
        facts["memory"] = memory
    try:
        load(*entry)
    except BaseException as error:  # noqa: BLE001  applications may raise anything, also SystemExit
        if isinstance(error, Absent):
            name, names = error.args
            return {
                "error": "no such attribute",
                "absent": name,
                "attributes": [each[:LONGEST] for each in names[:MOST_NAMES]],
            }
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        return {"error": message(error), "location": location(error), "missing": str(missing or "")[:LONGEST]}
    facts.update(measured(started))
    if mode == "times":
        facts["ended"] = os.fstat(2).st_size
        facts["origins"], facts["library"] = origins(), library()
    return facts


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], (sys.argv[4], sys.argv[5]), int(sys.argv[6]))
