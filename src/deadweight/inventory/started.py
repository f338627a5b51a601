"""What a system starts, and the files that it has → the environment that this runs in, and the folders that join it.

source: OCI image-spec, config.md (Entrypoint, Cmd, Env, WorkingDir); Python's "sys.path initialization"
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator
from itertools import pairwise
from posixpath import basename, normpath

from deadweight.formats.programs import started_words
from deadweight.inventory.folders import parent
from deadweight.model import FileTree, Start

_MOST_HOPS = 8  # symlinks and interpreters
_SHELLS = frozenset(("sh", "bash", "dash", "ash"))
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*\Z")
_APART = re.compile(r"&&|\|\||[;|&\n]")
_PROGRAM_FOLDERS = ("bin", "Scripts")
_SYSTEM = frozenset(("", "usr", "usr/local"))
_RUNNERS = frozenset(("uv", "poetry", "pdm", "pipenv", "hatch"))
_CONDA = frozenset(("conda", "mamba", "micromamba"))


def first_prefix(tree: FileTree, prefixes: Collection[str]) -> str | None:
    """Return the prefix of the Python that the system's program runs in; None where that is not known.

    prefixes: of the environments that hold distributions; another one is returned only where a Python is started
    """
    for words, folder in reversed(list(_commands(tree.start))):
        found = _prefix_of_command(words, folder, tree, prefixes)
        if found is not None:
            return found
    return None


def joined_folders(tree: FileTree) -> set[str]:
    """Return the folders that the system's program imports from beside those of its environment."""
    found = [*tree.start.paths]
    for words, folder in _commands(tree.start):
        words = started_words(words)
        if len(words) > 1 and _PYTHON.match(basename(words[0])):
            script = next((word for word in words[1:] if not word.startswith("-")), "")
            found.append(folder if "-m" in words or not script else f"{_absolute(folder, script)}/..")
    return {_below_root(path) for path in found if path}


def user_prefix(tree: FileTree, first: str) -> str | None:
    """Return the prefix of ``pip install --user`` where the Python of ``first`` imports from it: no venv's does."""
    if not tree.start.home or f"{first}/pyvenv.cfg" in tree.entries:
        return None
    return _below_root(f"{tree.start.home}/.local")


def _commands(start: Start) -> Iterator[tuple[list[str], str]]:
    """Yield (words, working directory) of each command, those of a shell's text apart."""
    words, folder = list(start.command), start.folder or "/"
    if not (words and basename(words[0]) in _SHELLS and "-c" in words[:-1]):
        if words:
            yield words, folder
        return
    for text in _APART.split(words[words.index("-c") + 1]):
        try:
            words = shlex.split(text)
        except ValueError:
            continue
        if words[:1] == ["cd"] and len(words) > 1:
            folder = _absolute(folder, words[1])
        elif words:
            yield words, folder


def _prefix_of_command(words: list[str], folder: str, tree: FileTree, prefixes: Collection[str]) -> str | None:
    """Return the prefix of the environment that a command runs in."""
    name = basename(words[0])
    if name in _RUNNERS and "run" in words[1:3]:
        environment = _below_root(f"{folder}/.venv")
        return environment if environment in prefixes else None
    if name in _CONDA and "run" in words[1:3]:
        return _named_by_conda(words, prefixes)
    words = started_words(words)
    path = _located(words[0], folder, tree) if words else None
    for _ in range(_MOST_HOPS):
        # A venv's Python is a symlink to another one; where the symlink lies, counts. Of scripts, what they start does.
        following = None if path is None or _PYTHON.match(basename(path)) else _next(path, folder, tree)
        if following is None:
            break
        path = following
    return None if path is None else _prefix_of_program(path, prefixes)


def _named_by_conda(words: list[str], prefixes: Collection[str]) -> str | None:
    for option, named in pairwise(words):
        if option in ("-n", "--name"):
            return next((prefix for prefix in sorted(prefixes) if prefix.endswith(f"envs/{named}")), None)
        if option in ("-p", "--prefix"):
            return _below_root(named)
    return None


def _located(program: str, folder: str, tree: FileTree) -> str | None:
    """Return where a program lies, as a shell finds it."""
    if "/" in program:
        return _below_root(_absolute(folder, program))
    places = (_below_root(f"{place}/{program}") for place in tree.start.search if place)
    return next((place for place in places if place in tree.entries), None)


def _prefix_of_program(path: str, prefixes: Collection[str]) -> str | None:
    """Return the prefix of a program: of a Python anywhere, of others where not all programs of the system lie."""
    folder = parent(path)
    if basename(folder) not in _PROGRAM_FOLDERS:
        return None
    prefix = parent(folder)
    if prefix == "" and prefix not in prefixes:
        prefix = "usr"  # /bin is a link to /usr/bin
    if _PYTHON.match(basename(path)):
        return prefix
    return prefix if prefix in prefixes and prefix not in _SYSTEM else None


def _next(path: str, folder: str, tree: FileTree) -> str | None:
    """Return what a symlink leads to, or the interpreter of a script."""
    entry = tree.entries.get(path)
    if entry is None:
        return None
    if entry.kind == "symlink":
        target = tree.reader.target(path)
        return _below_root(_absolute(f"/{parent(path)}", target)) if target else None
    head = next(iter(tree.reader.heads([path])), b"")
    words = head[2:].split(b"\n")[0].decode("utf-8", "replace").split() if head.startswith(b"#!") else []
    if words and basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    return _located(words[0], folder, tree) if words else None


def _absolute(folder: str, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}"


def _below_root(path: str) -> str:
    return normpath(f"/{path}").strip("/")
