"""A requirements file, with its included files → lines and requirements.

packaging parses PEP 508 lines. pip-api parses what pip adds to PEP 508: paths, bare URLs, editables. It is not used for
whole files, since it reads ``-c FILE`` as a project named FILE, drops lines whose marker is false on *this* machine,
and rejects a project that is listed twice.
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
from deadweight.model import Requirement

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_PIP_API_NAME = re.compile(r"([\w.-]+)\s*(?:\[[^\]]*\]\s*)?(?:==|@|$)")  # its result for a path or URL
_LIMIT = 1 << 24
_DEEPEST, _MOST = 100, 1000  # levels of included files, and files in total
_MOST_REQUIREMENTS = 10_000  # of all files; the largest real ones have 1,500, and packaging takes 0.1 ms for each
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # those of str.splitlines
_MOST_LINES = 100_000  # of all files; 500 projects with all their hashes take 10,000


class _Count(NamedTuple):
    """The size of one file."""

    lines: int
    requirements: int


def read_requirements(path: str) -> RequirementsFile:
    """Read a requirements file and its included files.

    path:   "-" for standard input
    raises: BadInput if a file cannot be read, BadRequirement for an invalid line
    """
    return _read(path, (), [])


def read_names(lines: tuple[str, ...]) -> RequirementsFile:
    """Parse requirements from the command line; raises BadRequirement."""
    path = " ".join(lines)
    logical = logical_lines("".join(f"{line}\n" for line in lines), path)
    requirements = {line.number: requirements for line in logical if (requirements := pep508(line, path)) is not None}
    return RequirementsFile(path=path, lines=tuple(logical), requirements=requirements, included={})


def _read(path: str, including: tuple[str, ...], read: list[_Count]) -> RequirementsFile:
    """Read a file.

    including: the chain of files that include it
    read:      the sizes of all files so far
    """
    chain = (*including, os.path.realpath(path))
    if len(chain) > _DEEPEST or len(read) >= _MOST:
        raise BadInput(f"{path}: too many included files")
    text = text_of(path)
    read.append(_Count(sum(map(text.count, _LINE_ENDS)), 0))
    if sum(each.lines for each in read) > _MOST_LINES:
        raise BadInput(f"{path}: more than the limit of {_MOST_LINES:,} lines")
    lines = logical_lines(text, path)
    read[-1] = _Count(read[-1].lines, sum(line.kind in ("requirement", "editable") for line in lines))
    if sum(each.requirements for each in read) > _MOST_REQUIREMENTS:
        raise BadInput(f"{path}: more than the limit of {_MOST_REQUIREMENTS:,} requirements")
    requirements: dict[int, Requirement] = {}
    included: dict[int, RequirementsFile] = {}
    locations: list[Line] = []
    for line in lines:
        if line.kind == "requirement":
            parsed = pep508(line, path)
            if parsed is None:
                locations.append(line)
            else:
                requirements[line.number] = parsed
        elif line.kind == "editable":
            locations.append(line)
        elif line.kind in ("include", "constraint"):
            other = os.path.join(os.path.dirname(path), line.value)
            _check_include(line, path, other, chain)
            if line.kind == "include":
                included[line.number] = _read(other, chain, read)
    requirements |= {line.number: _read_location(line, path) for line in locations}
    for number in annotated_as_direct(lines):
        requirements[number] = replace(requirements[number], direct=True)
    return RequirementsFile(path=path, lines=tuple(lines), requirements=requirements, included=included)


def _check_include(line: Line, path: str, other: str, chain: tuple[str, ...]) -> None:
    if re.match(r"\w+://", line.value):
        raise BadRequirement(
            path, line.number, line.body, "included files on servers are not supported; save it next to this file"
        )
    if line.kind == "include" and os.path.realpath(other) in chain:
        raise BadRequirement(path, line.number, line.body, "the file includes itself")
    if not os.path.isfile(other):
        raise BadRequirement(path, line.number, line.body, "file not found")


def text_of(path: str, noun: str = "a requirements file") -> str:
    """Return the text of a file, "-" for standard input; raises BadInput.

    noun: what the file should be
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read(_LIMIT + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _LIMIT or b"\0\0\0\0\0" in data:
        raise BadInput(f"{path} is not {noun}: {'binary' if len(data) <= _LIMIT else 'over 16 MiB'}")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise BadInput(f"{path} is not {noun}: it contains null bytes")
    return text


def _read_location(line: Line, path: str) -> Requirement:
    # A URL may contain a semicolon, so the one before a marker needs a space after it.
    spelled = line.value if line.kind == "editable" else re.split(r"\s--", line.body, maxsplit=1)[0]
    location, _, marker = spelled.partition("; " if "://" in spelled.partition(";")[0] else ";")
    location = location.strip()
    extras = re.search(r"\[([\w.,\s-]+)\]$", location.partition("#")[0])
    name = _name_by_pip_api(location, editable=line.kind == "editable") or _name_in_url(location)
    try:
        marker = str(_marker(marker)) if marker.strip() else ""
    except (ValueError, RecursionError) as error:
        raise BadRequirement(path, line.number, line.body, "its marker is invalid") from error
    return Requirement(
        name=name,
        extras=frozenset(normalize(e.strip()) for e in extras.group(1).split(",")) if extras else frozenset(),
        marker=marker,
        url=location.partition("#")[0],
        location=_absolute(location),
        editable=line.kind == "editable",
        file=path,
        number=line.number,
    )


def _absolute(location: str) -> str:
    """Return a path or URL as in ``direct_url.json`` (PEP 610); paths are relative to the working directory."""
    location = re.sub(r"\[[\w.,\s-]*\]$", "", location.partition("#")[0].strip())
    if not re.match(r"\w[\w+.-]*:", location):
        return Path(os.path.abspath(location)).as_uri()
    scheme, _, rest = location.partition("://")
    host, slash, path = rest.partition("/")
    if "+" in scheme:
        scheme, path = scheme.partition("+")[2], path.partition("@")[0]
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _marker(text: str) -> object:
    from packaging.markers import Marker

    return Marker(text)


def _name_by_pip_api(location: str, *, editable: bool) -> str | None:
    """Return the project name that pip-api reads from a path or URL; None if only an install can determine it."""
    reader = _pip_api_reader()
    errors = (reader.PipError, OSError, ValueError, SyntaxError, AssertionError, RecursionError, MemoryError)
    try:
        text = reader._parse_editable(location)[0] if editable else reader._parse_requirement_url(location)
    except errors:
        return None
    match = _PIP_API_NAME.match(text) if isinstance(text, str) else None
    return normalize(match[1]) if match and is_name(match[1]) else None


def _pip_api_reader() -> ModuleType:
    """Import only pip-api's module for lines: importing its package runs ``python -m pip --version``.

    That takes 0.3 s, and would run a ``pip.py`` in the working directory.
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
        del sys.modules["pip_api"]  # other importers of pip-api get the whole package


def _name_in_url(location: str) -> str | None:
    """Return the project name in an archive's file name (PEP 427, PEP 625)."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    base = location.partition("#")[0].rstrip("/").rpartition("/")[2]
    try:
        return str(parse_wheel_filename(base)[0] if base.endswith(".whl") else parse_sdist_filename(base)[0])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
