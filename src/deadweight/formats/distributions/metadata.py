"""METADATA, PKG-INFO and the small files beside them → what a distribution says of itself."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping

from deadweight.model import Metadata

# PEP 508's grammar for a name, as long as the name of a file may be; anything else is not shown as a name
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?\Z")
_SEPARATORS = re.compile(r"[-_.]+")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
_HEADER = re.compile(
    r"^(Name|Version|Summary|Requires-Dist|Classifier|Import-Name)[ \t]*:(.*(?:\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_COMMANDS = ("console_scripts", "gui_scripts")  # the entry-point groups that installers make programs of
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,79}\Z")


def normalize(name: str) -> str:
    """Return the name as PEP 503 normalizes it."""
    return _SEPARATORS.sub("-", name).lower()


def is_name(text: str) -> bool:
    """Say whether ``text`` is a distribution's name as PEP 508 allows it."""
    return bool(_NAME.match(text))


def version_or_none(text: str) -> str | None:
    """Return a version as it stands, None where it cannot be one; of the forms, only foreign characters are checked."""
    return text if _VERSION.match(text) else None


def head_of(data: bytes) -> bytes:
    """Return metadata without the description that follows its headers."""
    end = _BLANK_LINE.search(data)
    return data[: end.start()] if end else data


def headers(data: bytes) -> Mapping[str, list[str]]:
    """Return the headers that matter here, lower-case name → values; the description after them is not looked at.

    source: core metadata specification (RFC 822 headers); what is not UTF-8 is read as Latin-1
    """
    head = head_of(data)
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in _HEADER.findall(text):
        found[name.lower()].append("\n".join(part.strip() for part in value.split("\n")))
    return found


def parse_metadata(
    data: bytes, folder: str, *, requires_txt: bytes = b"", entry_points: bytes = b""
) -> Metadata | None:
    """Read METADATA or PKG-INFO; what it leaves out is taken from the folder's name.

    folder:       "numpy-2.1.0.dist-info" or "six-1.16.egg-info"
    requires_txt: an egg's requirements, in place of Requires-Dist
    entry_points: the text of ``entry_points.txt``
    returns:      None where neither gives a name
    """
    found = headers(data) if data else {}
    stem = re.sub(r"\.(dist|egg)-info$", "", folder)
    from_folder, _, version_and_more = stem.partition("-")
    name = _one(found, "name")
    if not name or not is_name(name):
        name = from_folder
    if not is_name(name):
        return None
    version = _one(found, "version") or version_and_more.split("-py", 1)[0]
    requires = tuple(found.get("requires-dist", ())) or tuple(_egg_requires(requires_txt))
    entries = parse_entry_points(entry_points) if entry_points else {}
    return Metadata(
        name=normalize(name),
        version=version_or_none(version),
        summary=_one(found, "summary"),
        requires=requires,
        classifiers=tuple(found.get("classifier", ())),
        import_names=tuple(n.split(";")[0].strip() for n in found.get("import-name", ()) if n.strip()),
        commands=tuple(name for group in _COMMANDS for name in entries.get(group, ())),
        plugin_groups=tuple(group for group in entries if group not in _COMMANDS),
    )


def parse_entry_points(data: bytes) -> Mapping[str, tuple[str, ...]]:
    """Return entry-point group → the names in it, of an ``entry_points.txt``; malformed lines are passed over.

    source: the entry points specification: an INI file with ``=`` alone and case-sensitive names. configparser is
            ten times slower, and refuses what installers accept.
    """
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for raw in data.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            names = found.setdefault(line[1:-1].strip(), [])
        elif line and line[0] not in "#;":
            name, equals, _ = line.partition("=")
            if equals and name.strip():
                names.append(name.strip())  # those before the first group belong to none
    return {group: tuple(dict.fromkeys(listed)) for group, listed in found.items() if group and listed}


def _one(found: Mapping[str, list[str]], name: str) -> str:
    values = found.get(name)
    return values[0] if values else ""


def _egg_requires(data: bytes) -> list[str]:
    """Turn an egg's ``requires.txt`` (sections ``[extra:marker]``) into PEP 508 lines."""
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


def parse_direct_url(data: bytes) -> tuple[str, bool]:
    """Return (URL without credentials, whether editable) of a ``direct_url.json`` (PEP 610)."""
    try:
        from urllib.parse import urlsplit, urlunsplit

        found = json.loads(data)
        url, info = str(found["url"]), found.get("dir_info") or {}
        parts = urlsplit(url)
        clean = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        return clean, bool(info.get("editable"))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return "", False


def python_of_pyvenv_cfg(data: bytes) -> str | None:
    """Return the version of a venv's Python: "3.11.7"; of ``version_info`` (virtualenv) the numbers alone."""
    found = parse_pyvenv_cfg(data)
    match = re.match(r"\d+\.\d+(\.\d+)?", found.get("version") or found.get("version_info") or "")
    return match.group() if match else None


def parse_pyvenv_cfg(data: bytes) -> Mapping[str, str]:
    """Return the keys of a ``pyvenv.cfg`` (PEP 405), lower case."""
    pairs = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}
