"""What the user names, or what the application's code suggests → the module that a start imports."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from difflib import get_close_matches

from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.startup.finding import Code, in_commands, in_project, of_file, of_module, others, usual
from deadweight.startup.values import Entry
from deadweight.wording import listed

_NAMED = re.compile(r"([\w.]+)(?::([\w.]+))?\Z")
_MOST_SHOWN = 8
_MOST_HINTS = 3


def entry_of(given: str, code: Code) -> Entry:
    """Return the entry that the user names: a module, ``module:attribute``, or a file of the application.

    raises: BadInput
    """
    path = given.replace("\\", "/").removeprefix("./")
    if path in code.python:
        return replace(of_file(path, code), because="--entry")
    match = _NAMED.match(given)
    if path.endswith(".py"):
        raise BadInput(f"--entry {given}: no such Python file in the application", hint=_hint(code, path))
    if not match or not all(part.isidentifier() for part in match[1].split(".")):
        raise BadInput(
            f"--entry {given}: neither a module nor a Python file of the application", hint=_hint(code, path)
        )
    module, attribute = match[1], match[2] or ""
    found = of_module(module, code)
    meant = "" if found else _meant(code, module)
    # Without a module that is alike, it may be native code, which is not among the Python files.
    if meant and _is_package(module.partition(".")[0], code):
        raise BadInput(f"--entry {given}: no such module in the application", hint=meant)
    # A module of a distribution can be measured, too.
    entry = found or Entry(module=module, hint=meant or _examples(code))
    return replace(entry, attribute=attribute, because="--entry")


def find_entry(code: Code) -> Entry:
    """Return the entry that commands, the project's own programs, or the names of files suggest, in this order.

    raises: BadInput if nothing suggests one, or several are equally likely
    """
    for find in (in_commands, in_project, usual):
        found = _distinct(find(code))
        if len(found) == 1:
            return found[0]
        if found:
            shown = listed((f"{each.module} ({each.because})" for each in found), _MOST_SHOWN)
            hint = f"choose one, for example {_option(found[0], code)}"
            raise BadInput(f"unclear what a start of the application imports: {shown}", hint=hint)
    raise BadInput("cannot find what a start of the application imports", hint=_examples(code))


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries without those that start the same module as one before them."""
    found: dict[tuple[str, str], Entry] = {}
    for each in entries:
        found.setdefault((each.module, each.directory), each)
    return list(found.values())


def _is_package(name: str, code: Code) -> bool:
    """Return whether a name is that of a regular package, all of whose modules are in its directory."""
    found = of_module(name, code)
    return bool(found and found.file.endswith("/__init__.py"))


def _hint(code: Code, given: str) -> str:
    """Return what the user may have meant, else what the code suggests; see ``_meant``."""
    return _meant(code, given) or _examples(code)


def _meant(code: Code, given: str) -> str:
    """Return what the user may have meant, "" if nothing is alike.

    given: a path or a module that is not part of the application
    """
    outer, _, name = given.rpartition(".")
    if outer and (file := of_module(outer, code)) and not file.file.endswith("__init__.py"):
        return f"for an object in a module, use --entry {outer}:{name}"
    is_path = given.endswith(".py") or "/" in given
    names = code.python if is_path else {of_file(path, code).module for path in code.python}
    near = [f"--entry {shlex.quote(name)}" for name in get_close_matches(given, sorted(names), _MOST_HINTS, 0.75)]
    return f"did you mean {' or '.join(near)}?" if near else ""


def _examples(code: Code) -> str:
    """Return how to name an entry, with the likeliest ones."""
    suggested = _distinct(each for find in (in_commands, in_project, usual, others) for each in find(code))
    options = [_option(each, code) for each in suggested[:_MOST_HINTS]]
    if not options:
        return "use --entry MODULE, --entry MODULE:ATTRIBUTE or --entry FILE"
    return f"use --entry MODULE or --entry FILE, for example {' or '.join(options)}"


def _option(entry: Entry, code: Code) -> str:
    """Return the option that names an entry: by its module in the usual directories, else by its file."""
    by_module = of_module(entry.module, code) if entry.directory in ("", "src") else None
    return f"--entry {shlex.quote(entry.module if by_module and by_module.file == entry.file else entry.file)}"
