"""The commands of a system and its files → the environment in which they run, and the directories that extend it.

source: OCI image-spec, config.md (Entrypoint, Cmd, Env, WorkingDir); Python's "sys.path initialization"
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from posixpath import basename

from deadweight.codescan.programs import started_words
from deadweight.inventory.directories import parent
from deadweight.inventory.prefixes import sees_system, venv_settings
from deadweight.inventory.systems.located import absolute, below_root, located, through_links
from deadweight.inventory.systems.scripts import CONDA, RUNNERS
from deadweight.model import FileTree, Start

_MOST_HOPS = 8  # symlinks and interpreters
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*t?\Z")
_PROGRAM_DIRECTORIES = ("bin", "Scripts")
_SYSTEM = frozenset(("", "usr", "usr/local"))


def first_prefix(tree: FileTree, commands: list[Start], prefixes: Collection[str]) -> str | None:
    """Return the prefix of the Python that runs the system's program; None if it is unknown.

    commands: the commands that the system starts; the last one with a known prefix counts
    prefixes: of the environments with distributions; another prefix is returned only if a Python is started
    """
    started = (_prefix_of_command(command, tree, prefixes) for command in reversed(commands))
    return next((prefix for prefix in started if prefix is not None), None)


def joined_directories(tree: FileTree, commands: list[Start]) -> set[str]:
    """Return the directories from which the system's program imports, besides those of its environment."""
    directories = [*tree.start.paths]
    for command in commands:
        directories += command.paths
        words = started_words(list(command.command))
        if len(words) > 1 and _PYTHON.match(basename(words[0])):
            script = next((word for word in words[1:] if not word.startswith("-")), "")
            directories.append(
                command.directory if "-m" in words or not script else absolute(command.directory, f"{script}/..")
            )
    return {below_root(path) for path in directories if path}


def user_prefix(tree: FileTree, first: str) -> str | None:
    """Return the prefix of ``pip install --user`` if the Python of ``first`` imports from it; most venvs do not."""
    settings = venv_settings(tree, first)
    if not tree.start.home or (settings is not None and not sees_system(settings)):
        return None
    return below_root(f"{tree.start.home}/.local")


def system_prefix(tree: FileTree, first: str) -> str | None:
    """Return the prefix of the base Python of the venv ``first``, if the venv imports from it (PEP 405)."""
    settings = venv_settings(tree, first) or {}
    home = settings.get("home", "")
    if not sees_system(settings) or not home.startswith("/"):
        return None
    prefix = parent(parent(through_links(below_root(f"{home}/python"), tree)))
    return prefix or "usr"


def _prefix_of_command(command: Start, tree: FileTree, prefixes: Collection[str]) -> str | None:
    """Return the prefix of the environment in which a command runs; None if it is unknown."""
    words = list(command.command)
    name = basename(words[0])
    if name in RUNNERS and "run" in words[1:3]:
        named = command.variables.get("UV_PROJECT_ENVIRONMENT", "") if name == "uv" else ""
        environment = below_root(absolute(command.directory, named or ".venv"))
        return environment if environment in prefixes else None
    if name in CONDA and "run" in words[1:3]:
        return _named_by_conda(words, prefixes)
    path = located(words[0], command, tree)
    if path is None and "/" in words[0]:
        path = below_root(absolute(command.directory, words[0]))
        return _prefix_of_program(path, prefixes) if parent(parent(path)) in prefixes else None
    for _ in range(_MOST_HOPS):
        # The Python of a venv is a symlink to another Python; the path of the symlink counts. For a script, its
        # interpreter counts.
        following = None if path is None or _PYTHON.match(basename(path)) else _next(path, command, tree)
        if following is None:
            break
        path = following
    return None if path is None else _prefix_of_program(path, prefixes)


def _named_by_conda(words: list[str], prefixes: Collection[str]) -> str | None:
    for option, named in pairwise(words):
        if option in ("-n", "--name"):
            return next((prefix for prefix in sorted(prefixes) if prefix.endswith(f"envs/{named}")), None)
        if option in ("-p", "--prefix"):
            return below_root(named)
    return None


def _prefix_of_program(path: str, prefixes: Collection[str]) -> str | None:
    """Return the prefix of a program; for programs other than Python, only if it is an environment's own ``bin``."""
    directory = parent(path)
    if basename(directory) not in _PROGRAM_DIRECTORIES:
        return None
    prefix = parent(directory)
    if prefix == "" and prefix not in prefixes:
        prefix = "usr"  # /bin is a link to /usr/bin
    if _PYTHON.match(basename(path)):
        return prefix
    return prefix if prefix in prefixes and prefix not in _SYSTEM else None


def _next(path: str, command: Start, tree: FileTree) -> str | None:
    """Return the target of a symlink, or the interpreter of a script."""
    entry = tree.entries.get(path)
    if entry is None:
        return None
    if entry.kind == "symlink":
        target = tree.reader.target(path)
        return below_root(absolute(f"/{parent(path)}", target)) if target else None
    head = next(iter(tree.reader.heads([path])), b"")
    words = head[2:].split(b"\n")[0].decode("utf-8", "replace").split() if head.startswith(b"#!") else []
    if words and basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    return located(words[0], command, tree) if words else None
