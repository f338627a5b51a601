"""A requirements file, with what it includes → lines and requirements.

packaging parses PEP 508 lines. pip-api reads what pip adds to PEP 508: paths, bare URLs, editables. It does not read
whole files for us, since it takes ``-c FILE`` for a project called FILE, leaves out lines whose marker is false on
*this* machine, and refuses a project named twice.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from msgspec.structs import replace

from deadweight.errors import BadInput, BadRequirement
from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.requirements import Line, RequirementsFile, annotated_as_direct, logical_lines, pep508
from deadweight.model import Wanted

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_PIP_API_NAME = re.compile(r"([\w.-]+)\s*(?:\[[^\]]*\]\s*)?(?:==|@|$)")  # what it makes of a path or URL
_LIMIT = 1 << 24
_DEEPEST, _MOST = 100, 1000  # files within files, and files in all
_MOST_REQUIREMENTS = 10_000  # of all files; the largest of real ones have 1,500, and packaging takes 0.1 ms for each
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # those of str.splitlines
_MOST_LINES = 100_000  # of all files; a lock of 500 projects with all their hashes has 10,000


class _Read(NamedTuple):
    """How much one file held."""

    lines: int
    requirements: int


def read_requirements(path: str) -> RequirementsFile:
    """Read a requirements file and all that it includes.

    path:   "-" is standard input
    raises: BadInput where a file cannot be read, BadRequirement where a line cannot
    """
    return _read(path, (), [])


def read_names(lines: tuple[str, ...]) -> RequirementsFile:
    """Read requirements that the user named one by one; raises BadRequirement."""
    path = " ".join(lines)
    found = logical_lines("".join(f"{line}\n" for line in lines), path)
    wanted = {line.number: wanted for line in found if (wanted := pep508(line, path)) is not None}
    return RequirementsFile(path=path, lines=tuple(found), wanted=wanted, included={})


def _read(path: str, including: tuple[str, ...], read: list[_Read]) -> RequirementsFile:
    """Read a file; ``including`` are those that led here, ``read`` how much each held that was read."""
    here = (*including, os.path.realpath(path))
    if len(here) > _DEEPEST or len(read) >= _MOST:
        raise BadInput(f"{path}: files that include files go on for too long")
    text = text_of(path)
    read.append(_Read(sum(map(text.count, _LINE_ENDS)), 0))
    if sum(each.lines for each in read) > _MOST_LINES:
        raise BadInput(f"{path}: over {_MOST_LINES:,} lines, which is no requirements file")
    lines = logical_lines(text, path)
    read[-1] = _Read(read[-1].lines, sum(line.kind in ("requirement", "editable") for line in lines))
    if sum(each.requirements for each in read) > _MOST_REQUIREMENTS:
        raise BadInput(f"{path}: over {_MOST_REQUIREMENTS:,} requirements, which no resolver would take")
    wanted: dict[int, Wanted] = {}
    included: dict[int, RequirementsFile] = {}
    places: list[Line] = []
    for line in lines:
        if line.kind == "requirement":
            found = pep508(line, path)
            if found is None:
                places.append(line)
            else:
                wanted[line.number] = found
        elif line.kind == "editable":
            places.append(line)
        elif line.kind in ("include", "constraint"):
            other = os.path.join(os.path.dirname(path), line.value)
            _check_include(line, path, other, here)
            if line.kind == "include":
                included[line.number] = _read(other, here, read)
    wanted |= {line.number: _read_place(line, path) for line in places}
    for number in annotated_as_direct(lines):
        wanted[number] = replace(wanted[number], asked=True)
    return RequirementsFile(path=path, lines=tuple(lines), wanted=wanted, included=included)


def _check_include(line: Line, path: str, other: str, here: tuple[str, ...]) -> None:
    if re.match(r"\w+://", line.value):
        raise BadRequirement(path, line.number, line.body, "a file on a server is not read; save it beside this one")
    if line.kind == "include" and os.path.realpath(other) in here:
        raise BadRequirement(path, line.number, line.body, "the file includes itself")
    if not os.path.isfile(other):
        raise BadRequirement(path, line.number, line.body, "no such file")


def text_of(path: str) -> str:
    """Return the text of a file, "-" for standard input; raises BadInput."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(_LIMIT + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _LIMIT or b"\0\0\0\0\0" in data:
        raise BadInput(f"{path} is no requirements file: {'binary' if len(data) <= _LIMIT else 'over 16 MiB'}")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise BadInput(f"{path} is no requirements file: it holds null bytes")
    return text


def _read_place(line: Line, path: str) -> Wanted:
    # In a URL a semicolon may stand for itself, so there a space follows the one before a marker.
    spelled = line.value if line.kind == "editable" else re.split(r"\s--", line.body, maxsplit=1)[0]
    place, _, marker = spelled.partition("; " if "://" in spelled.partition(";")[0] else ";")
    place = place.strip()
    extras = re.search(r"\[([\w.,\s-]+)\]$", place.partition("#")[0])
    name = _name_by_pip_api(place, editable=line.kind == "editable") or _name_in_url(place)
    try:
        marker = str(_marker(marker)) if marker.strip() else ""
    except (ValueError, RecursionError) as error:
        raise BadRequirement(path, line.number, line.body, "its marker does not parse") from error
    return Wanted(
        name=name,
        extras=frozenset(normalize(e.strip()) for e in extras.group(1).split(",")) if extras else frozenset(),
        marker=marker,
        url=place.partition("#")[0],
        place=_absolute(place),
        editable=line.kind == "editable",
        file=path,
        number=line.number,
    )


def _absolute(place: str) -> str:
    """Return a path or URL as ``direct_url.json`` tells it (PEP 610); paths count from the working directory."""
    place = re.sub(r"\[[\w.,\s-]*\]$", "", place.partition("#")[0].strip())
    if not re.match(r"\w[\w+.-]*:", place):
        return Path(os.path.abspath(place)).as_uri()
    scheme, _, rest = place.partition("://")
    host, slash, path = rest.partition("/")
    if "+" in scheme:
        scheme, path = scheme.partition("+")[2], path.partition("@")[0]
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _marker(text: str) -> object:
    from packaging.markers import Marker

    return Marker(text)


def _name_by_pip_api(place: str, *, editable: bool) -> str | None:
    """Return the name that pip-api reads from a path or URL; None if only an install can tell."""
    reader = _pip_api_reader()
    errors = (reader.PipError, OSError, ValueError, SyntaxError, AssertionError, RecursionError, MemoryError)
    try:
        found = reader._parse_editable(place)[0] if editable else reader._parse_requirement_url(place)
    except errors:
        return None
    match = _PIP_API_NAME.match(found) if isinstance(found, str) else None
    return normalize(match[1]) if match and is_name(match[1]) else None


def _pip_api_reader() -> ModuleType:
    """Import pip-api's module for lines alone: its package runs ``python -m pip --version`` when it is imported.

    That would take 0.3 s, and run a ``pip.py`` of the working directory.
    """
    spec = find_spec("pip_api")
    assert spec is not None
    if "pip_api" in sys.modules:
        return import_module("pip_api._parse_requirements")
    package = ModuleType("pip_api")
    package.__path__ = spec.submodule_search_locations or []
    sys.modules["pip_api"] = package
    try:
        return import_module("pip_api._parse_requirements")
    finally:
        del sys.modules["pip_api"]  # whoever else imports pip-api gets the whole package


def _name_in_url(place: str) -> str | None:
    """Return the name that an archive's file name tells (PEP 427, PEP 625)."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    base = place.partition("#")[0].rstrip("/").rpartition("/")[2]
    try:
        return str(parse_wheel_filename(base)[0] if base.endswith(".whl") else parse_sdist_filename(base)[0])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
