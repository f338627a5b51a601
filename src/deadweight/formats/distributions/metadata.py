"""METADATA, PKG-INFO and the small files next to them → the metadata of a distribution."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from deadweight.model import Metadata

# The grammar of PEP 508 for a name, limited to the length of a file name. Anything else is not treated as a name.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?\Z")
_SEPARATORS = re.compile(r"[-_.]+")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
_HEADER = re.compile(
    r"^(Name|Version|Summary|Requires-Dist|Classifier|Import-Name)[ \t]*:(.*(?:\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_COMMANDS = ("console_scripts", "gui_scripts")  # the entry point groups for which installers write launchers
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,79}\Z")


def normalize(name: str) -> str:
    """Return a name as PEP 503 normalizes it."""
    return _SEPARATORS.sub("-", name).lower()


def is_name(text: str) -> bool:
    """Return whether ``text`` is a valid project name (PEP 508)."""
    return bool(_NAME.match(text))


def version_or_none(text: str) -> str | None:
    """Return a version unchanged, or None if it has characters that no version has; its form is not checked."""
    return text if _VERSION.match(text) else None


def head_of(data: bytes) -> bytes:
    """Return the headers of metadata, without the description after them."""
    end = _BLANK_LINE.search(data)
    return data[: end.start()] if end else data


def headers(data: bytes) -> Mapping[str, list[str]]:
    """Return the headers that deadweight uses, as lower-case name → values; the description is not read.

    source: core metadata specification (RFC 822 headers); metadata that is not valid UTF-8 is read as Latin-1
    """
    head = head_of(data)
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in _HEADER.findall(text):
        values[name.lower()].append("\n".join(part.strip() for part in value.split("\n")))
    return values


def parse_metadata(
    data: bytes, directory: str, *, requires_txt: bytes = b"", entry_points: bytes = b""
) -> Metadata | None:
    """Read METADATA or PKG-INFO; a missing name or version is taken from the directory's name.

    directory:       "numpy-2.1.0.dist-info" or "six-1.16.egg-info"
    requires_txt: the requirements of an egg, used if Requires-Dist is missing
    entry_points: the content of ``entry_points.txt``
    returns:      None if neither the headers nor the directory give a name
    """
    fields = headers(data) if data else {}
    stem = re.sub(r"\.(dist|egg)-info$", "", directory)
    from_directory, _, version_and_more = stem.partition("-")
    name = _first(fields, "name")
    if not name or not is_name(name):
        name = from_directory
    if not is_name(name):
        return None
    version = _first(fields, "version") or version_and_more.split("-py", 1)[0]
    requires = tuple(fields.get("requires-dist", ())) or tuple(_egg_requires(requires_txt))
    entries = parse_entry_points(entry_points) if entry_points else {}
    return Metadata(
        name=normalize(name),
        version=version_or_none(version),
        summary=_first(fields, "summary"),
        requires=requires,
        classifiers=tuple(fields.get("classifier", ())),
        import_names=tuple(n.split(";")[0].strip() for n in fields.get("import-name", ()) if n.strip()),
        commands=tuple(name for group in _COMMANDS for name in entries.get(group, ())),
        plugin_groups=tuple(group for group in entries if group not in _COMMANDS),
    )


def parse_entry_points(data: bytes) -> Mapping[str, tuple[str, ...]]:
    """Return entry point group → names from an ``entry_points.txt``; malformed lines are ignored.

    source: the entry points specification: an INI file with case-sensitive names and ``=`` as the only delimiter.
            configparser is ten times slower and rejects files that installers accept.
    """
    groups: dict[str, list[str]] = {}
    names: list[str] = []
    for raw in data.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            names = groups.setdefault(line[1:-1].strip(), [])
        elif line and line[0] not in "#;":
            name, equals, _ = line.partition("=")
            if equals and name.strip():
                names.append(name.strip())  # a name before the first group is dropped
    return {group: tuple(dict.fromkeys(listed)) for group, listed in groups.items() if group and listed}


def _first(fields: Mapping[str, list[str]], name: str) -> str:
    values = fields.get(name)
    return values[0] if values else ""


def _egg_requires(data: bytes) -> list[str]:
    """Convert the ``requires.txt`` of an egg, with sections ``[extra:marker]``, to PEP 508 lines."""
    lines, extra, marker = [], "", ""
    for raw in data.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            extra, _, marker = line[1:-1].partition(":")
        elif line and not line.startswith("#"):
            conditions = [f"({marker})"] if marker else []
            conditions += [f'extra == "{extra}"'] if extra else []
            lines.append(f"{line} ; {' and '.join(conditions)}" if conditions else line)
    return lines


class _DirInfo(Struct, frozen=True):
    editable: bool | None = None


class _DirectUrl(Struct, frozen=True):
    url: str
    dir_info: _DirInfo | None = None


def parse_direct_url(data: bytes) -> tuple[str, bool]:
    """Return (URL without credentials, whether editable) from a ``direct_url.json`` (PEP 610)."""
    from urllib.parse import urlsplit, urlunsplit

    from deadweight.formats.typed_json import decode

    try:
        value = decode(data, _DirectUrl)
        parts = urlsplit(value.url)
    except ValueError:
        return "", False
    clean = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return clean, bool(value.dir_info and value.dir_info.editable)


def python_of_pyvenv_cfg(data: bytes) -> str | None:
    """Return the Python version of a venv, "3.11.7"; virtualenv's "3.11.7.final.0" is cut to the numbers."""
    keys = parse_pyvenv_cfg(data)
    match = re.match(r"\d+\.\d+(\.\d+)?", keys.get("version") or keys.get("version_info") or "")
    return match.group() if match else None


def parse_pyvenv_cfg(data: bytes) -> Mapping[str, str]:
    """Return the values in a ``pyvenv.cfg`` (PEP 405) by their key in lower case."""
    pairs = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}
