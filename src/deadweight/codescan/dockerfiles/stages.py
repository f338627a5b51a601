"""The text of a Dockerfile → the requirements files and projects that it installs. Nothing of it is run.

Only the last stage counts, with the stages that it is based on or copies from. A last stage for tests or development is
skipped.
source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from typing import NamedTuple

from msgspec import Struct

from deadweight.codescan.commands import exec_form, instructions, run_body
from deadweight.codescan.dockerfiles.installing import Found, Kind, bare, installed_by
from deadweight.codescan.dockerfiles.variables import assigned
from deadweight.codescan.roles import environment_role
from deadweight.codescan.shell import commands_in

_FLAG = re.compile(r"--[\w-]+(?:=\S*)?\s+")
_FLAG_LINES = re.compile(r"\A(?:\s*--\S+\s*\\\n)+")
_FROM = re.compile(r"(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})")


class Installed(NamedTuple):
    """Something that an image installs; see ``Found``.

    value: of a path, as the command has it
    line:  of the instruction
    paths: of a file, a constraint or the pyproject.toml of a project: where it may be in the build context, the
           likeliest first; none if it is not copied from there
    """

    kind: Kind
    value: str
    line: int
    paths: tuple[str, ...] = ()


class Instructions(NamedTuple):
    """What a Dockerfile installs, and what could not be read, as (line, reason)."""

    installed: tuple[Installed, ...]
    unread: tuple[tuple[int, str], ...]


def read_instructions(text: str) -> Instructions:
    """Return what the image of a Dockerfile installs with pip, uv and similar programs."""
    stages = _stages(text)
    used = sorted(_used(stages))
    return Instructions(
        tuple(dict.fromkeys(each for number in used for each in stages[number].installed)),
        tuple(dict.fromkeys(each for number in used for each in stages[number].unread)),
    )


class Instruction(NamedTuple):
    """One instruction of a Dockerfile.

    name:   in upper case
    value:  without flags, on one line, and with the variables that the Dockerfile sets, except in what a shell expands
    line:   the number of its first line
    origin: what --from names; "" for the build context
    """

    name: str
    value: str
    line: int
    origin: str = ""


class _Stage(Struct):
    """One stage, while its instructions are read.

    base:    the number of the stage that it is based on
    values:  its variables
    instructions: those of the image, without its base
    copies:  (path in the image, path in the build context), the latest last
    sources: the numbers of the stages that it copies from
    """

    name: str
    base: int | None = None
    directory: str = "/"
    values: dict[str, str] = {}
    copies: list[tuple[str, str]] = []
    sources: set[int] = set()
    installed: list[Installed] = []
    unread: list[tuple[int, str]] = []
    instructions: list[Instruction] = []


def chains(text: str) -> Iterator[tuple[Instruction, ...]]:
    """Yield the instructions that make the image of each stage, including the stages that it is based on.

    The last stage comes first, because it is what a build without --target makes.
    """
    stages = _stages(text)
    for number in reversed(range(len(stages))):
        parts: list[list[Instruction]] = []
        below: int | None = number
        while below is not None:
            parts.append(stages[below].instructions)
            below = stages[below].base
        yield tuple(instruction for part in reversed(parts) for instruction in part)


def _stages(text: str) -> list[_Stage]:
    stages: list[_Stage] = []
    arguments: dict[str, str] = {}  # of ARG before the first FROM
    for name, raw, line in instructions(text):
        value = raw.replace("\\\n", " ")
        if name == "FROM":
            stages.append(_new_stage(_substituted(_flags(value)[1], arguments), stages))
            continue
        if not stages:
            arguments |= _assignments(name, value)
            continue
        stages[-1].instructions.append(_instruction(name, raw, line, stages[-1]))
        if name in ("ENV", "ARG"):
            stages[-1].values |= _assignments(name, _substituted(value, stages[-1].values))
        elif name == "WORKDIR":
            stages[-1].directory = _joined(stages[-1].directory, _substituted(value.strip(), stages[-1].values))
        elif name in ("COPY", "ADD"):
            _copy(stages, value)
        elif name == "RUN":
            _run(stages[-1], raw, line)
    return stages


def _instruction(name: str, raw: str, line: int, stage: _Stage) -> Instruction:
    flags, value = _flags(_FLAG_LINES.sub(_on_one_line, raw))
    origin = next((flag.partition("=")[2] for flag in flags if flag.startswith("--from=")), "")
    value = (
        value if name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD") else _substituted(value, stage.values)
    )
    return Instruction(name, value.replace("\\\n", " ").strip(), line, origin)


def _on_one_line(match: re.Match[str]) -> str:
    return match[0].replace("\\\n", " ")


def _new_stage(value: str, stages: Sequence[_Stage]) -> _Stage:
    match = _FROM.match(value.strip())
    image, name = (match[1], match[2] or "") if match else ("", "")
    base = _number_of(image, stages)
    if base is None:
        return _Stage(name=name)
    below = stages[base]
    return _Stage(name, base, below.directory, dict(below.values), list(below.copies))


def _number_of(name: str, stages: Sequence[_Stage]) -> int | None:
    """Return the number of a stage, which is given by its name or number; of several with that name, the last."""
    named = [number for number, stage in enumerate(stages) if stage.name and stage.name.lower() == name.lower()]
    if named:
        return named[-1]
    return int(name) if name.isdecimal() and int(name) < len(stages) else None


def _used(stages: Sequence[_Stage]) -> set[int]:
    """Return the numbers of the stages whose files may be in the image."""
    shipped = [number for number, stage in enumerate(stages) if not environment_role(stage.name)]
    pending = shipped[-1:] or list(range(len(stages)))[-1:]
    used: set[int] = set()
    while pending:
        number = pending.pop()
        if number not in used:
            used.add(number)
            base = stages[number].base
            pending += [*stages[number].sources, *([] if base is None else [base])]
    return used


def _assignments(keyword: str, value: str) -> dict[str, str]:
    return {name: text.strip("\"'") for name, text in assigned(keyword, value)}


def _substituted(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the variables that the Dockerfile sets; others stay."""
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], match[3] or match[0]), text)


def _joined(directory: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(directory, path))


def _flags(value: str) -> tuple[list[str], str]:
    """Return the flags at the start of an instruction, and the rest."""
    flags = []
    value = value.lstrip()
    while match := _FLAG.match(value):
        flags.append(match[0].strip())
        value = value[match.end() :]
    return flags, value


def _copy(stages: Sequence[_Stage], value: str) -> None:
    """Record what an instruction copies into the image."""
    stage = stages[-1]
    flags, rest = _flags(value)
    *sources, target = [_substituted(word, stage.values) for word in exec_form(rest) or rest.split()] or [""]
    origin = next((flag.partition("=")[2] for flag in flags if flag.startswith("--from=")), "")
    if origin:
        number = _number_of(origin, stages[:-1])
        stage.sources |= set() if number is None else {number}
        return
    directory = "/" * (target.endswith("/") or len(sources) > 1)
    for source in sources:
        if "://" not in source and not source.startswith("<<"):
            path = posixpath.normpath(source.lstrip("/") or ".")
            stage.copies.append((_joined(stage.directory, target).rstrip("/") + directory, path))


def _mounted(flags: Iterable[str], stage: _Stage) -> Iterator[tuple[str, str]]:
    """Yield the bind mounts of a RUN as copies."""
    for flag in flags:
        parts = dict(part.partition("=")[::2] for part in flag.partition("=")[2].split(","))
        target = parts.get("target") or parts.get("dst") or parts.get("destination")
        if flag.startswith("--mount=") and parts.get("type", "bind") == "bind" and target and "from" not in parts:
            source = parts.get("source") or parts.get("src") or "."
            yield _joined(stage.directory, target), posixpath.normpath(source.lstrip("/") or ".")


def _run(stage: _Stage, value: str, line: int) -> None:
    """Record what the commands of an instruction install."""
    flags, rest = _flags(_FLAG_LINES.sub(_on_one_line, value))
    copies = [*stage.copies, *_mounted(flags, stage)]
    directory = stage.directory
    exact = exec_form(rest)
    for words in [exact] if exact is not None else commands_in(run_body(rest)):
        command = bare([_substituted(word, stage.values) for word in words])
        if command[:1] == ["cd"] and len(command) > 1:
            directory = _joined(directory, command[1])
        for found in installed_by(command):
            _record(found, stage, _Place(directory, copies, line))


class _Place(NamedTuple):
    """Where a command runs: its directory, what was copied into the image so far, and the line."""

    directory: str
    copies: Sequence[tuple[str, str]]
    line: int


def _record(found: Found, stage: _Stage, place: _Place) -> None:
    kind, value = found
    if kind == "unread":
        stage.unread.append((place.line, value))
    elif "$" in value:
        stage.unread.append((place.line, f"{value} contains a variable that the Dockerfile does not set"))
    elif kind in ("name", "option"):
        stage.installed += [Installed(kind, value, place.line)] if value else []
    elif "://" in value:
        stage.unread.append((place.line, f"{value} is on a server and is not read"))
    else:
        path = _joined(place.directory, posixpath.join(value, "pyproject.toml") if kind == "project" else value)
        stage.installed.append(Installed(kind, value, place.line, tuple(dict.fromkeys(_sources(path, place.copies)))))


def _sources(path: str, copies: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield where in the build context a path of the image may come from; only the file system can tell which it is."""
    for target, source in reversed(copies):
        directory = target.rstrip("/")
        if path == target:
            yield source
        elif path.startswith(f"{directory}/"):
            rest = path[len(directory) + 1 :]
            if fnmatch(rest, posixpath.basename(source)):
                yield posixpath.join(posixpath.dirname(source), rest)  # a file, or one that a pattern matches
            yield posixpath.normpath(posixpath.join(source, rest))  # a directory, whose content is copied
