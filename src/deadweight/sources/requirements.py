"""A requirements file, with what it includes → lines and requirements.

PEP 508 lines are packaging's to parse. What pip adds to PEP 508 (paths, bare URLs, editables) is read by pip-api,
and only then: importing it runs pip. It does not read whole files for us, since it takes ``-c FILE`` for a project
called FILE, leaves out lines whose marker is false on *this* machine, and refuses a project named twice.
"""

from __future__ import annotations

import codecs
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from deadweight.errors import BadInput, BadRequirement
from deadweight.formats.metadata import is_name, normalize
from deadweight.formats.pyproject import Choice, requirements_of_project
from deadweight.formats.requirements import Line, RequirementsFile, asked_for, logical_lines, pep508
from deadweight.model import Wanted

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_LIMIT = 1 << 24
_DEEPEST, _MOST = 100, 1000  # files within files, and files in all


def read_requirements(path: str) -> RequirementsFile:
    """Read a requirements file and all that it includes.

    raises: BadInput where a file cannot be read, BadRequirement where a line cannot
    """
    return _read(path, (), [])


def read_project(path: str, extras: Iterable[str] | None, groups: Iterable[str] | None) -> RequirementsFile:
    """Read a project's ``pyproject.toml`` as a requirements file: its dependencies, and what is asked for beside.

    extras, groups: None for all
    raises: BadInput
    """
    choice = Choice(
        extras=None if extras is None else frozenset(extras), groups=None if groups is None else frozenset(groups)
    )
    asked = requirements_of_project(path, _text(path).encode(), choice)
    lines = logical_lines("".join(f"{each.line}\n" for each in asked), path)
    wanted: dict[int, Wanted] = {}
    for line, each in zip(lines, asked, strict=True):
        found = pep508(line, path)
        if found is not None:
            wanted[line.number] = replace(found, groups=each.groups)
    return RequirementsFile(path=path, lines=tuple(lines), wanted=wanted, included={})


def _read(path: str, including: tuple[str, ...], read: list[str]) -> RequirementsFile:
    here = (*including, os.path.realpath(path))
    read.append(path)
    if len(here) > _DEEPEST or len(read) > _MOST:
        raise BadInput(f"{path}: files that include files go on for too long")
    lines = logical_lines(_text(path), path)
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
    if places:
        wanted |= _read_places(places, path)
    for number in asked_for(lines):
        wanted[number] = replace(wanted[number], asked=True)
    return RequirementsFile(path=path, lines=tuple(lines), wanted=wanted, included=included)


def _check_include(line: Line, path: str, other: str, here: tuple[str, ...]) -> None:
    if re.match(r"\w+://", line.value):
        raise BadRequirement(path, line.number, line.body, "a file on a server is not read; save it beside this one")
    if line.kind == "include" and os.path.realpath(other) in here:
        raise BadRequirement(path, line.number, line.body, "the file includes itself")
    if not os.path.isfile(other):
        raise BadRequirement(path, line.number, line.body, "no such file")


def _text(path: str) -> str:
    try:
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


def _read_places(lines: list[Line], path: str) -> dict[int, Wanted]:
    """Read paths, URLs and editables with pip-api, each in a file of its own, so that no line can hide another."""
    with tempfile.TemporaryDirectory(prefix="deadweight-lines-") as folder:
        return {line.number: _read_place(line, path, os.path.join(folder, "line.txt")) for line in lines}


def _read_place(line: Line, path: str, scratch: str) -> Wanted:
    # In a URL a semicolon may stand for itself, so there a space follows the one before a marker.
    spelled = line.value if line.kind == "editable" else re.split(r"\s--", line.body, maxsplit=1)[0]
    place, _, marker = spelled.partition("; " if "://" in spelled.partition(";")[0] else ";")
    place = place.strip()
    extras = re.search(r"\[([\w.,\s-]+)\]$", place.partition("#")[0])
    with open(scratch, "w", encoding="utf-8") as file:
        file.write(f"-e {place}\n" if line.kind == "editable" else f"{place}\n")
    name = _name_by_pip_api(scratch) or _name_in_url(place)
    try:
        marker = str(_marker(marker)) if marker.strip() else ""
    except ValueError as error:
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


def _name_by_pip_api(scratch: str) -> str | None:
    """Return the name that pip-api reads off a line, None where only an install can tell."""
    from pip_api._parse_requirements import Requirement, parse_requirements
    from pip_api.exceptions import PipError

    try:
        found = parse_requirements(Path(scratch), include_invalid=True)
    except (PipError, SystemExit, ValueError, OSError):
        return None
    for requirement in found.values():
        if isinstance(requirement, Requirement) and is_name(requirement.name):
            return normalize(requirement.name)
    return None


def _name_in_url(place: str) -> str | None:
    """Return the name that an archive's file name tells (PEP 427, PEP 625)."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    base = place.partition("#")[0].rstrip("/").rpartition("/")[2]
    try:
        return str(parse_wheel_filename(base)[0] if base.endswith(".whl") else parse_sdist_filename(base)[0])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
