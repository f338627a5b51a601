"""A command of another image or of a shell → the words that start it in the written image."""

from __future__ import annotations

import posixpath
import re

from deadweight.codescan.programs import programs_of
from deadweight.codescan.shell import commands_in
from deadweight.dockerfiles import quoting

# Programs that start another one, and that the written image does not have
_RUNNERS = frozenset("uv poetry pdm pipenv hatch rye pixi tini dumb-init catatonit".split())
_PROGRAM = re.compile(r"/(?:[^/]+/)*bin/([^/]+)\Z")
_SYSTEM = re.compile(r"/(?:usr/)?s?bin/")
_INTERACTIVE = re.compile(r"(?:python|pypy)[\d.]*|ipython|(?:ba|da|a|z|k)?sh")


class Absent(Exception):
    """The command starts a file that may not be in the written image."""


def started(words: list[str]) -> tuple[str, ...]:
    """Return the words for the written image; () for those that start nothing. Raises Absent."""
    words = _without_runner(words)
    if not words:
        return ()
    program = _PROGRAM.match(words[0])
    if program and not _SYSTEM.match(words[0]):
        return (program[1], *words[1:])  # of another environment, which is now first on PATH
    if words[0].startswith("/") and not _SYSTEM.match(words[0]):
        raise Absent(words[0])
    return tuple(words)


def started_by_shell(text: str) -> tuple[str, ...]:
    """Return the words of a shell's command, or a shell that runs it if they need one."""
    text = " ".join(text.split())
    commands = list(commands_in(text))
    words = text.split()
    if words and all(map(quoting.is_plain, words)) and not re.match(r"\w+=", words[0]):
        return tuple(_without_runner(words))
    simple = len(commands) == 1 and not re.search(r"[;&|()`]|\A\w+=|\A(?:exec|cd)\b", text)
    return ("/bin/sh", "-c", f"exec {text}" if simple else text) if text else ()


def is_interactive(words: tuple[str, ...]) -> bool:
    """Return whether a command is a shell or a Python without a script, as base images start them."""
    return len(words) == 1 and bool(_INTERACTIVE.fullmatch(posixpath.basename(words[0])))


def _without_runner(words: list[str]) -> list[str]:
    """Return a command without ``uv run`` and the like, since what they start is on PATH."""
    if not words or _basename(words) not in _RUNNERS:
        return words
    programs = (program for program in programs_of(words) if not program or _basename(program) not in _RUNNERS)
    return next(programs, [])


def _basename(program: list[str]) -> str:
    return posixpath.basename(program[0])
