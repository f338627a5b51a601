"""RECORD and its predecessors → the paths that a distribution claims; RECORD → RECORD after changes.

Sizes in RECORD are not read, because tools that strip files do not update them.
"""

from __future__ import annotations

from collections.abc import Callable
from posixpath import normpath

from deadweight.formats import bounded_json
from deadweight.formats.distributions.metadata import is_name, version_or_none

MOST_PATHS = 1 << 20  # of one distribution; the largest have 50,000


def record_paths(data: bytes) -> list[str]:
    """Return the first column of a RECORD, relative to the parent of the ``.dist-info`` directory.

    source: PEP 376, PEP 627; undecodable bytes become surrogates, as in file names
    """
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if "\\" in text:
        text = text.replace("\\", "/")
    lines = [line for line in text.split("\n") if line]
    if '"' in text:
        import csv  # few RECORD files need it

        try:
            return [path for row in csv.reader(lines, strict=False) if (path := ",".join(row[:-2] or row))]
        except csv.Error:
            lines = [line.replace('"', "") for line in lines]
    if text.count(",") == 2 * len(lines):
        return [line.partition(",")[0] for line in lines]
    # A path has an unquoted comma. Hash and size have none, so the path is everything before the last two commas.
    return [line.rsplit(",", 2)[0] for line in lines]


def rewritten_record(data: bytes, change: Callable[[str], tuple[str, str] | bool]) -> bytes:
    """Return a RECORD with some rows left out, or with another hash and size.

    The other rows keep their bytes, and so do rows that cannot be read.

    change: path as in RECORD → True to keep its row, False to leave it out, or its new (hash, size)
    """
    kept = []
    for line in data.splitlines(keepends=True):
        paths = record_paths(line)
        changed = change(paths[0]) if len(paths) == 1 else True
        if changed is True:
            kept.append(line)
        elif changed:
            kept.append(_with_facts(line, *changed))
    return b"".join(kept)


def _with_facts(line: bytes, digest: str, size: str) -> bytes:
    # Neither a hash nor a size has a comma or a quote, so the path is everything before the last two commas.
    row = line.rstrip(b"\r\n")
    path = row.rsplit(b",", 2)[0] if row.count(b",") > 1 else row
    return path + f",{digest},{size}".encode() + line[len(row) :]


def installed_files(data: bytes) -> list[str]:
    """Return the lines of an egg's ``installed-files.txt``, relative to the ``.egg-info`` directory."""
    return [line.strip() for line in data.decode("utf-8", "surrogateescape").split("\n") if line.strip()]


class CondaPackage:
    """The contents of a ``conda-meta/*.json``: name, version, files relative to the prefix, requirements.

    raises: ValueError unless it is a JSON object with a name
    """

    def __init__(self, data: bytes) -> None:
        value = bounded_json.loads(data)
        name = value.get("name") if isinstance(value, dict) else None
        if not isinstance(name, str) or not is_name(name.lstrip("_")):
            raise ValueError("not a conda package record")
        self.name = name
        self.version = version_or_none(str(value.get("version", "")))
        self.files = _strings(value.get("files"))
        self.depends = [d.split()[0] for d in _strings(value.get("depends")) if d.strip()]
        self.requested = bool(value.get("requested_spec") or value.get("requested_specs"))


def _strings(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def below(directory: str, path: str) -> str | None:
    """Return a path that is relative to ``directory`` as a path relative to the prefix; None if it leaves the prefix.

    directory: relative to the prefix, "" for the prefix itself
    """
    if not path or path[0] == "/" or "\0" in path:
        return None
    joined = normpath(f"{directory}/{path}" if directory else path)
    return None if joined == ".." or joined.startswith(("../", "/")) else joined
