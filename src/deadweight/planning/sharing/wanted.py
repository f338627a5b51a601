"""A requirements file → its requirements, each once, in a form in which those of several services can be compared."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.requirements import Line, RequirementsFile
from deadweight.model import Requirement
from deadweight.planning.lines import requirement_text

if TYPE_CHECKING:
    from packaging.specifiers import Specifier

_HASH = re.compile(r"--hash[= ]\S+")


class Identity(NamedTuple):
    """Everything of a requirement except its versions: services that agree on it can share a line.

    name: normalized; the URL or path of a requirement that has no name
    """

    name: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""


class Wanted(Struct, frozen=True, kw_only=True):
    """One requirement of a service.

    lines:        as written, without comments; several if the service names the project several times
    requirements: those of the lines
    """

    lines: tuple[str, ...]
    requirements: tuple[Requirement, ...]


class ServiceFile(Struct, frozen=True, kw_only=True):
    """What the requirements files of one service ask for.

    name:    of the service
    wanted:  in the order of the lines
    options: the lines for the installer; paths in them are relative to the working directory
    lines:   requirement → its line in the user's file, 0 if it is unknown
    """

    name: str
    wanted: Mapping[Identity, Wanted]
    options: tuple[str, ...] = ()
    lines: Mapping[Requirement, int] = {}

    @property
    def hashed(self) -> bool:
        """Whether a requirement has hashes, so that pip demands them of all that it installs together."""
        return any(_HASH.search(line) for each in self.wanted.values() for line in each.lines)

    def requirements(self) -> Iterator[Requirement]:
        """Yield all requirements."""
        for each in self.wanted.values():
            yield from each.requirements


def identity_of(requirement: Requirement) -> Identity:
    """Return what a requirement has in common with those of other services."""
    return Identity(
        requirement.name or requirement.url, tuple(sorted(requirement.extras)), requirement.marker, requirement.url
    )


def service_file(name: str, file: RequirementsFile) -> ServiceFile:
    """Return what a file and its included files ask for."""
    wanted: dict[Identity, Wanted] = {}
    numbers: dict[Requirement, int] = {}
    for requirement, line, number in _lines(file):
        numbers[requirement] = number
        identity = identity_of(requirement)
        before = wanted.get(identity, Wanted(lines=(), requirements=()))
        wanted[identity] = Wanted(
            lines=tuple(dict.fromkeys((*before.lines, line.body))),
            requirements=(*before.requirements, requirement),
        )
    return ServiceFile(name=name, wanted=wanted, options=tuple(dict.fromkeys(_options(file))), lines=numbers)


def _lines(file: RequirementsFile) -> Iterator[tuple[Requirement, Line, int]]:
    """Yield each requirement, its line for the resolver, and the number of its line in the user's file."""
    for line in file.lines:
        if line.number in file.requirements:
            yield file.requirements[line.number], line, file.line_of(line.number) or 0
        elif line.number in file.included:
            yield from _lines(file.included[line.number])


def _options(file: RequirementsFile) -> Iterator[str]:
    for each in file.with_included():
        for line in each.lines:
            if line.kind == "constraint":
                yield f"-c {_beside(each.path, line.value)}"
            elif line.kind == "links":
                yield f"-f {line.value if '://' in line.value else _beside(each.path, line.value)}"
            elif line.kind == "option":
                yield line.body


def _beside(path: str, value: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), value))


def same_lines(wanted: Wanted) -> Hashable:
    """Return a value that is equal for requirements that ask for the same versions and files."""
    hashes = frozenset(each for line in wanted.lines for each in _HASH.findall(line))
    return frozenset(_clauses([wanted])), hashes, wanted.lines if wanted.requirements[0].url else ()


def _clauses(same: Iterable[Wanted]) -> dict[Specifier, str]:
    """Return the clauses of some requirements as written. PEP 440: ``==1`` and ``==1.0`` are the same clause."""
    from packaging.specifiers import Specifier

    specifiers = (requirement.specifier for wanted in same for requirement in wanted.requirements)
    texts = (clause.strip() for specifier in specifiers for clause in specifier.split(",") if clause.strip())
    clauses: dict[Specifier, str] = {}
    for text in texts:
        clauses.setdefault(Specifier(text), text)
    return clauses


def merged_line(same: Iterable[Wanted]) -> str:
    """Return one line for a requirement of several services: its versions satisfy all of theirs."""
    every = list(same)
    lines = list(dict.fromkeys(line for wanted in every for line in wanted.lines))
    first = every[0].requirements[0]
    if len(lines) == 1 or first.url:
        return lines[0]
    text = requirement_text(replace(first, specifier=",".join(_clauses(every).values())))
    hashes = [_HASH.findall(line) for line in lines]
    if not all(hashes):
        return text
    return " ".join([text, *dict.fromkeys(each for found in hashes for each in found)])
