"""Untrusted text → words of a Dockerfile, a shell and a compose.yaml: quoted, or refused.

Names, paths and URLs come from files that anyone can write. A Dockerfile has three languages in it: its own, with
variables in most instructions, the shell of RUN, and the patterns of COPY.
source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
import shlex

from deadweight.errors import BadInput, abridged

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}\Z")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,500}\Z")
# COPY replaces variables in a path, removes quotes and backslashes from it, and then reads it as a pattern. Paths that
# any of these steps would change are refused.
_PATH = re.compile(r"[\w@%+=:,./ ~-]{1,4000}\Z")
_DIRECTORY = re.compile(r"/[A-Za-z0-9@%+=:,._/-]{0,1000}\Z")
_IN_QUOTES = re.compile(r'[\\"$]')
_PORT = re.compile(r"\d{1,5}(?:-\d{1,5})?(?:/(?:tcp|udp|sctp))?\Z")
_USER = re.compile(r"0*[1-9]\d{0,9}(?::\d{1,10})?\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,-]+\Z")


def is_one_line(text: str) -> bool:
    """Return whether a text is printable, and not the start of a here-document, which RUN and COPY would read."""
    return text.isprintable() and "<<" not in text


def shell_word(text: str) -> str:
    """Return a word for the shell of RUN; raises BadInput."""
    if not text or not is_one_line(text):
        raise _refused("a word of a command", text)
    return shlex.quote(text)


def image(text: str) -> str:
    """Return the name of an image for FROM; raises BadInput."""
    if not _IMAGE.match(text):
        raise BadInput(f"{outlined(text)} is not the name of an image", hint="use a name such as python:3.12-slim")
    return text


def environment(name: str, value: str) -> str:
    """Return ``NAME="value"`` for ENV, without variables; raises BadInput."""
    if not _NAME.match(name) or not value.isprintable():
        raise _refused("a variable", f"{name}={value}")
    escaped = _IN_QUOTES.sub(r"\\\g<0>", value)
    return f'{name}="{escaped}"'


def copied(*paths: str) -> str:
    """Return the operands of COPY, which are relative to the build context or absolute; raises BadInput."""
    for path in paths:
        if not _PATH.match(path) or not path.isprintable():
            raise _refused("a path of COPY", path)
    words = [f"./{path}" if path.startswith("-") else path for path in paths]
    return json.dumps(words, ensure_ascii=False) if any(" " in word for word in words) else " ".join(words)


def directory(path: str) -> str:
    """Return an absolute directory for WORKDIR; raises BadInput."""
    if not _DIRECTORY.match(path):
        raise _refused("a directory of the image", path)
    return path


def is_port(text: str) -> bool:
    """Return whether a text is a port, a range of ports, or one with a protocol."""
    return bool(_PORT.match(text))


def port(text: str) -> str:
    """Return a port for EXPOSE; raises BadInput."""
    if not is_port(text):
        raise _refused("a port", text)
    return text


def is_user(text: str) -> bool:
    """Return whether a text is the number of a user other than root, optionally with that of a group."""
    return bool(_USER.match(text))


def user(text: str) -> str:
    """Return a user for USER; raises BadInput."""
    if not is_user(text):
        raise _refused("a user", text)
    return text


def exec_form(words: tuple[str, ...]) -> str:
    """Return the exec form of CMD and ENTRYPOINT, in which nothing is replaced; raises BadInput."""
    if not all(word.isprintable() for word in words):
        raise _refused("a command", " ".join(words))
    return json.dumps(words, ensure_ascii=False)


def comment(text: str) -> str:
    """Return a text for a comment, on one line."""
    return abridged("".join(char if char.isprintable() else "?" for char in text), 200)


def scalar(text: str) -> str:
    """Return a scalar of a compose.yaml, which YAML reads as JSON and in which compose replaces variables."""
    if not text.isprintable():
        raise _refused("a value of compose.yaml", text)
    return json.dumps(text.replace("$", "$$"), ensure_ascii=False)


def is_plain(text: str) -> bool:
    """Return whether a text means itself in a shell, so that a command of such words needs no shell."""
    return bool(_PLAIN.match(text))


def outlined(text: str) -> str:
    """Return untrusted text for a message."""
    return repr(abridged(text, 200))


def _refused(what: str, text: str) -> BadInput:
    return BadInput(f"{outlined(text)} cannot be written to a Dockerfile as {what}")
