"""The arguments of ``fleet add`` → saved reports, and the names of their targets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from msgspec import Struct

from deadweight.errors import BadInput


class SavedFile(Struct, frozen=True, kw_only=True):
    """A saved report, and the name of its target; "" for the location in the report."""

    path: str
    name: str = ""


def saved_files(arguments: Iterable[str], *, by_file: bool) -> list[SavedFile]:
    """Return the reports that arguments name: files, ``NAME=FILE``, and directories for all JSON files in them.

    by_file: whether the path of its file names the target of a report without NAME, in place of the location in it

    raises: BadInput for a path that does not exist
    """
    return [each for argument in arguments for each in _files_of(argument, by_file)]


def _files_of(argument: str, by_file: bool) -> Iterator[SavedFile]:
    name, equals, path = argument.partition("=")
    if os.path.lexists(argument) or not equals:
        name, path = "", argument
    if not os.path.exists(path):
        raise BadInput(f"{path}: no such file or directory")
    if not os.path.isdir(path):
        yield SavedFile(path=path, name=name or (_named_by(path) if by_file else ""))
        return
    if name:
        raise BadInput(f"{path} is a directory, and {name} names one report")
    for directory, directories, files in os.walk(path):
        directories.sort()
        for file in sorted(files):
            if file.endswith(".json"):
                inner = os.path.join(directory, file)
                yield SavedFile(path=inner, name=_named_by(os.path.relpath(inner, path)) if by_file else "")


def _named_by(path: str) -> str:
    return path.removesuffix(".json")
