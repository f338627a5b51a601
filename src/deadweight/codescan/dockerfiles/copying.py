"""The text of a Dockerfile → what it copies from its build context. Nothing of it is run.

Every stage counts, also one that the image does not use, since its build may be asked for.
source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deadweight.codescan.commands import exec_form, instructions, run_body
from deadweight.codescan.dockerfiles.variables import assigned
from deadweight.codescan.shell import commands_in

_FLAG = re.compile(r"--[\w-]+(?:=(?:\"[^\"]*\"|'[^']*'|\S)*+)?(?:\s|\\\n)++")
_VARIABLE = re.compile(r"(?<!\\)\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*)|[^}]*)?\})")
_URL = re.compile(r"(?:https?|ftp|ssh|git)://|git@|[\w.-]+@[\w.-]+:", re.IGNORECASE)
# What BuildKit sets for each platform.
_PLATFORM = frozenset(
    "TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT".split()
)
_UNKNOWN = "**"
_READS_HISTORY = re.compile(r"git\s+(?:-C\s+\S+\s+)?(?:describe|rev-parse|rev-list|log|show|submodule|archive)\b")
_JAVASCRIPT = re.compile(r"\b(?:npm|pnpm|yarn|bun)\s+(?:-\S+\s+)*(?:ci|install|i|add)\b|\byarn\s*(?:$|&&|;|--)", re.M)


class CopiedPath(NamedTuple):
    """A path or a pattern of paths in the build context.

    path: relative to the context, clean; ``**`` stands for a variable without a value
    line: of the instruction
    """

    path: str
    line: int


class Copies(NamedTuple):
    """What a Dockerfile needs of its build context.

    copied: by COPY and ADD, and mounted by RUN
    words:  word of a command → its line
    unknown: lines of instructions that copy what a variable without a value names
    history: the line of a command that reads the history of the repository, 0 without one
    javascript: whether a command installs JavaScript packages
    """

    copied: tuple[CopiedPath, ...]
    words: Mapping[str, int]
    unknown: tuple[tuple[int, str], ...]
    history: int
    javascript: bool


def read_copies(text: str, arguments: Mapping[str, str] | None = None) -> Copies:
    """Return what a Dockerfile copies.

    arguments: values of ARG, as ``docker build --build-arg`` gives them
    """
    return _Reader(dict(arguments or {})).read(text)


class _Reader:
    def __init__(self, arguments: dict[str, str]) -> None:
        self._arguments = arguments
        self._copied: list[CopiedPath] = []
        self._unknown: list[tuple[int, str]] = []
        self._words: dict[str, int] = {}

    def read(self, text: str) -> Copies:
        values: dict[str, str] = {}
        history, javascript = 0, False
        text = text.replace("\r\n", "\n")
        for name, raw, line in instructions(text):
            if name in ("ARG", "ENV"):
                self._assign(name, raw.replace("\\\n", " "), values)
            elif name in ("COPY", "ADD"):
                self._copy(raw, values, line)
            elif name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
                rest = self._mounts(raw, values, line) if name == "RUN" else raw
                self._command(rest, line)
                history = history or (line if name == "RUN" and _READS_HISTORY.search(rest) else 0)
                javascript = javascript or (name == "RUN" and bool(_JAVASCRIPT.search(rest)))
        return Copies(
            tuple(dict.fromkeys(self._copied)), self._words, tuple(dict.fromkeys(self._unknown)), history, javascript
        )

    def _assign(self, name: str, value: str, values: dict[str, str]) -> None:
        """Set variables. Later stages keep them, as if each of them declared its arguments again."""
        for key, text in assigned(name, value):
            bare = text[1:-1] if text[:1] in ('"', "'") and text[-1:] == text[:1] else text
            values[key] = self._substituted(bare, values)
        if name == "ARG":
            values |= {
                key: given for key, given in self._arguments.items() if re.search(rf"\b{re.escape(key)}\b", value)
            }

    def _substituted(self, text: str, values: Mapping[str, str]) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if match[3] and match[3].endswith("+"):
                return _UNKNOWN
            if name in _PLATFORM:
                return _UNKNOWN
            return values.get(name) or (match[4] if match[3] else None) or (values.get(name, _UNKNOWN))

        return _VARIABLE.sub(value_of, text)

    def _copy(self, raw: str, values: Mapping[str, str], line: int) -> None:
        flags, rest = _flags(raw)
        if any(flag.startswith("--from=") for flag in flags):
            return
        words = exec_form(rest) or _words(rest.partition("\n")[0] if "<<" in rest else rest.replace("\\\n", " "))
        for word in words[:-1]:
            if not word.startswith("<<") and not _URL.match(word):
                self._add(self._substituted(word, values), line, word)

    def _mounts(self, raw: str, values: Mapping[str, str], line: int) -> str:
        """Add what a RUN mounts from the context; return its command."""
        flags, rest = _flags(raw)
        for flag in flags:
            if not flag.startswith("--mount="):
                continue
            parts = dict(part.partition("=")[::2] for part in flag.partition("=")[2].strip("\"'").split(","))
            if parts.get("type", "bind") == "bind" and "from" not in parts:
                source = parts.get("source") or parts.get("src") or "."
                self._add(self._substituted(source, values), line, source)
        return rest

    def _add(self, path: str, line: int, word: str) -> None:
        clean = posixpath.normpath(f"/{path}").lstrip("/") or "."
        while clean == "*" or clean.endswith("/*"):  # all of a directory
            clean = posixpath.dirname(clean) or "."
        if _UNKNOWN in clean and not clean.replace(_UNKNOWN, "").strip("/."):
            self._unknown.append((line, word))
        self._copied.append(CopiedPath(clean, line))

    def _command(self, rest: str, line: int) -> None:
        exact = exec_form(rest)
        for words in [exact] if exact is not None else commands_in(run_body(rest)):
            if words and words[0] in ("rm", "find", "mkdir"):
                continue  # they name what should not be there, or is not there yet
            for word in words:
                self._words.setdefault(word, line)


def _flags(value: str) -> tuple[list[str], str]:
    """Return the flags at the start of an instruction, and the rest."""
    flags = []
    value = value.lstrip()
    while match := _FLAG.match(value):
        flags.append(match[0].replace("\\\n", " ").strip())
        value = value[match.end() :].lstrip()
    return flags, value


def _words(text: str) -> list[str]:
    """Return the words of a COPY, without quotes around them."""
    return [each[1:-1] if len(each) > 1 and each[0] == each[-1] in "\"'" else each for each in text.split()]


def paths_in(words: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield (name, line) of the parts of words that look like paths, such as ``dist`` of ``/app/dist/*.whl``."""
    for word, line in words.items():
        for part in re.split(r"[/=:,;\s\"']+", word):
            if part and part not in (".", ".."):
                yield part, line
