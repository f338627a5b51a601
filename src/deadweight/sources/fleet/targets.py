"""The arguments of ``fleet measure`` → targets: lists, globs, directories of repositories, catalogues of registries."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec import Struct

from deadweight.errors import BadInput, UnclearTarget
from deadweight.fleet.values import target_name
from deadweight.progress import Observer, Progress, silent
from deadweight.targets import is_environment, is_scheme, parse_target
from deadweight.targets.directories import LISTS_DIRECTORY, PROJECT_FILES, list_for_production, project_files
from deadweight.targets.types import Image, RootFs

_LARGEST_LIST = 1 << 26  # bytes
_REGISTRY = "registry:"
_REQUIREMENT = re.compile(r"://|[@;=<>~]")  # a URL, a version or a marker
# Directories that contain copies of other projects
_COMMENT = re.compile(r"(?:^|\s)\s*+#.*")  # as pip reads it: in a URL, "#" begins a fragment
_NOT_SEARCHED = {"node_modules", "site-packages", "dist-packages", "__pycache__", "build", "dist"}


def _nothing(repository: str) -> Collection[str]:
    return ()


class Search(Struct, frozen=True, kw_only=True):
    """How to look for targets.

    newest: how many tags of each repository of a registry; None for all
    verify: whether a registry needs a valid TLS certificate
    known:  a repository, as "HOST/NAME" → its tags to measure if the registry refuses to list them
    """

    newest: int | None = 1
    verify: bool = True
    known: Callable[[str], Collection[str]] = _nothing
    observe: Observer = silent


def targets_of(arguments: Sequence[str], search: Search) -> list[str]:
    """Return the targets that arguments name, each once, in order.

    raises: BadInput for an argument without targets, FetchFailed for a registry without a catalogue
    """
    found: dict[str, str] = {}
    for argument in arguments:
        count = 0
        for target in _expanded(argument, search, inner=False):
            count += 1
            found.setdefault(_identity(target), target)
        if not count:
            raise BadInput(f"{target_name(argument)}: no targets")
    return list(found.values())


def anywhere(target: str) -> str:
    """Return a target that names the same file from every working directory."""
    return os.path.abspath(target) if os.path.lexists(target) else target


def _identity(target: str) -> str:
    """Return what is equal for two spellings of a path."""
    return os.path.normpath(target) if os.path.lexists(target) else target


def _expanded(argument: str, search: Search, *, inner: bool) -> Iterator[str]:
    """Yield the targets of an argument, or of a line of a list (``inner``)."""
    scheme, colon, rest = argument.partition(":")
    if argument in ("-", ""):
        raise BadInput(
            "a fleet cannot be measured from standard input", hint="use @- to read a list of targets from it"
        )
    if argument.startswith("@") and not inner:
        yield from _listed(argument[1:], search)
    elif argument.startswith(_REGISTRY):
        from deadweight.sources.registries.catalogue import images_of, is_pattern

        if not is_pattern(rest):
            yield argument
            return
        search.observe(Progress("listing", target_name(argument)))
        images = images_of(rest.removeprefix("//"), newest=search.newest, verify=search.verify, known=search.known)
        yield from (f"{_REGISTRY}{image}" for image in images)
    elif colon and is_scheme(scheme) and not os.path.lexists(argument):
        yield argument
    elif os.path.isdir(argument):
        yield from _in_directory(argument, search)
    elif os.path.lexists(argument):
        yield from _listed(argument, search) if not inner and _is_list(argument) else (argument,)
    elif glob.has_magic(argument):
        for path in sorted(glob.glob(argument, recursive=True)):
            yield from _in_directory(path, search) if os.path.isdir(path) else (path,)
    elif inner:
        yield argument  # a failure of this target alone
    else:
        raise BadInput(f"{argument}: no such file or directory")


# --- lists -----------------------------------------------------------------------------------------


def _listed(path: str, search: Search) -> Iterator[str]:
    """Yield the targets of a list: one on each line, as on the command line."""
    for line in _lines(path):
        yield from _expanded(line, search, inner=True)


def _lines(path: str) -> list[str]:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(_LARGEST_LIST + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(_LARGEST_LIST + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not a list of targets: it is not UTF-8") from error
    if len(data) > _LARGEST_LIST:
        raise BadInput(f"{path}: a list of targets has at most {_LARGEST_LIST:,} bytes")
    lines = (_COMMENT.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def _is_list(path: str) -> bool:
    """Return whether a file is a list: each line has a prefix such as registry:, or is a path or a glob.

    A requirements file has lines of names and options. If it has only local paths, its name must say what it is.
    """
    name = os.path.basename(path)
    if name in PROJECT_FILES or not name.endswith((".txt", ".list", ".targets")) or name.startswith("requirements"):
        return False
    try:
        lines = _lines(path)
    except BadInput:
        return False
    return bool(lines) and all(map(_is_target, lines))


def _is_target(line: str) -> bool:
    if is_scheme(line.partition(":")[0]) or os.path.lexists(line):
        return True
    return "/" in line and not line.startswith("-") and not _REQUIREMENT.search(line)


# --- directories -----------------------------------------------------------------------------------


def _in_directory(path: str, search: Search) -> Iterator[str]:
    """Yield a directory that is a target, or the projects in it; of a project, those below it, too."""
    if _is_system(path):
        yield path
        return
    search.observe(Progress("listing", path))
    for directory, inner, files in os.walk(path):
        inner[:] = sorted(each for each in inner if _is_searched(os.path.join(directory, each)))
        if LISTS_DIRECTORY in inner and (found := list_for_production(directory)):
            yield os.path.normpath(found)
            inner.remove(LISTS_DIRECTORY)
        elif not {*PROJECT_FILES}.isdisjoint(files) and project_files(directory):
            yield os.path.normpath(directory)


def _is_system(path: str) -> bool:
    """Return whether a directory is an environment, an image or a root file system."""
    try:
        return is_environment(path) or isinstance(parse_target(path), Image | RootFs)
    except UnclearTarget:
        return False


def _is_searched(path: str) -> bool:
    name = os.path.basename(path)
    return not name.startswith(".") and name not in _NOT_SEARCHED and not os.path.islink(path) and not _is_system(path)
