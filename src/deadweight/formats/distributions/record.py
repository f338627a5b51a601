"""RECORD and its elders → the paths that a distribution claims.

Sizes in RECORD are not read: tools that trim files leave it telling the old ones.
"""

from __future__ import annotations

from posixpath import normpath

from deadweight.formats import bounded_json
from deadweight.formats.distributions.metadata import is_name, version_or_none

MOST_PATHS = 1 << 20  # of one distribution; the largest have fifty thousand


def record_paths(data: bytes) -> list[str]:
    """Return the first column of a RECORD, relative to the folder that holds the ``.dist-info``.

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
    # A path with a comma that nobody quoted: hash and size hold none, so the path is what is left of the last two.
    return [line.rsplit(",", 2)[0] for line in lines]


def installed_files(data: bytes) -> list[str]:
    """Return the lines of an egg's ``installed-files.txt``, relative to the ``.egg-info`` folder."""
    return [line.strip() for line in data.decode("utf-8", "surrogateescape").split("\n") if line.strip()]


class CondaPackage:
    """What ``conda-meta/*.json`` says: name, version, files relative to the prefix, requirements.

    raises: ValueError where it is no JSON object with a name
    """

    def __init__(self, data: bytes) -> None:
        found = bounded_json.loads(data)
        name = found.get("name") if isinstance(found, dict) else None
        if not isinstance(name, str) or not is_name(name.lstrip("_")):
            raise ValueError("no conda package record")
        self.name = name
        self.version = version_or_none(str(found.get("version", "")))
        self.files = _strings(found.get("files"))
        self.depends = [d.split()[0] for d in _strings(found.get("depends")) if d.strip()]
        self.requested = bool(found.get("requested_spec") or found.get("requested_specs"))


def _strings(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def below(folder: str, path: str) -> str | None:
    """Return ``path``, relative to ``folder``, as a path of the tree; None where it leaves the tree.

    folder: relative to the tree's prefix, "" for the prefix itself
    """
    if not path or path[0] == "/" or "\0" in path:
        return None
    joined = normpath(f"{folder}/{path}" if folder else path)
    return None if joined == ".." or joined.startswith(("../", "/")) else joined
