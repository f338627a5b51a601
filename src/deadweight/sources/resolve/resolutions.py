"""The cache of resolutions, valid for ten minutes.

PyPI lets clients cache its pages for ten minutes, so uv would resolve to the same versions in that time. The key covers
all inputs: the requirements with their included files, constraints, options, the machine, uv itself, its configuration
and the indexes. Resolutions that depend on local directories are never cached.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from deadweight.model import Archive, Lock, Pinned
from deadweight.platforms.machine import Machine
from deadweight.sources.install.installer import Installer, InstallOptions, Uv
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.resolve.pages import archive_of_row, archive_row
from deadweight.sources.wheels.store import Store, key_of

KEPT = 600  # seconds
_KIND = "resolution"
_REMOTE = ("http://", "https://")


class Resolutions:
    """Caches resolutions in a store."""

    def __init__(self, store: Store, now: Callable[[], float] = lambda: time.time()) -> None:
        self._store, self._now = store, now

    def get(self, key: str | None) -> Lock | None:
        """Return the resolution for a key, None if it is missing or too old."""
        data = self._store.get(_KIND, key) if key else None
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
            fields = json.loads(data or b"null")
            age = self._now() - fields["at"]
            if 0 <= age < KEPT:
                return Lock(
                    packages=tuple(map(_package, fields["packages"])), warnings=tuple(map(str, fields["warnings"]))
                )
        return None

    def put(self, key: str | None, lock: Lock) -> None:
        """Store a resolution, unless a URL in it contains credentials."""
        if key is None or lock.requirements is not None or any("@" in _host(url) for url in _urls(lock)):
            return
        packages = [_row(package) for package in lock.packages]
        fields = {"at": self._now(), "packages": packages, "warnings": lock.warnings}
        self._store.put(_KIND, key, json.dumps(fields).encode())


def key_of_resolution(
    text: str,
    machine: Machine,
    options: InstallOptions,
    installer: Installer,
    locations: IndexLocations,
    more: Iterable[str],
) -> str | None:
    """Return the key of a resolution, None if it depends on local files that may change.

    text: the requirements as the resolver reads them
    more: further inputs
    """
    if not isinstance(installer, Uv) or not all(url.startswith(_REMOTE) for url in (*locations.urls, *locations.links)):
        return None
    if options.projects:
        return None  # they may refer to local directories
    files = [line.split(None, 1)[1] for line in text.splitlines() if line.startswith("--constraint ")]
    read = [_content(path, elsewhere=False) for path in (*files, *options.constraints, *options.overrides)]
    options = replace(options, constraints=(), overrides=())  # their content matters, not their paths
    status = os.stat(installer.executable)
    uv = f"{installer.executable} {status.st_mtime_ns} {status.st_size}"
    parts = [
        text, repr(machine), machine.shown, repr(options), uv, *locations.urls, "", *locations.links, "",
        *map(repr, sorted(locations.pinned.items())), *more, *_configuration(os.environ),
    ]  # fmt: skip
    return None if None in read else key_of(*parts, *(content or "" for content in read))


def _configuration(environ: Mapping[str, str]) -> list[str]:
    """Return uv's variables, and digests of the files that may configure it."""
    files = [environ.get("UV_CONFIG_FILE", ""), "/etc/uv/uv.toml"]
    files.append(os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "uv", "uv.toml"))
    for directory in (Path.cwd(), *Path.cwd().parents):
        files += [os.path.join(directory, name) for name in ("uv.toml", "pyproject.toml")]
    variables = [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith("UV_")]
    return variables + [f"{path} {_content(path)}" for path in files if path and os.path.isfile(path)]


def _content(path: str, *, elsewhere: bool = True) -> str | None:
    """Return the digest of a file, None if it cannot be read.

    elsewhere: whether it may refer to local files or repositories
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError):
        return None
    return None if not elsewhere and (b"file:" in data or b"git+" in data) else hashlib.sha256(data).hexdigest()


def _urls(lock: Lock) -> Iterable[str]:
    for package in lock.packages:
        yield from (package.origin, package.location)
        yield from (archive.url for archive in (*package.wheels, *([package.sdist] if package.sdist else ())))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _row(package: Pinned) -> dict[str, object]:
    return {
        "name": package.name,
        "version": package.version,
        "wheels": [archive_row(wheel) for wheel in package.wheels],
        "sdist": archive_row(package.sdist) if package.sdist else None,
        "location": package.location,
        "origin": package.origin,
        "missing": package.missing,
    }


def _package(row: dict[str, Any]) -> Pinned:
    sdist: Archive | None = archive_of_row(row["sdist"]) if row["sdist"] else None
    return Pinned(
        name=str(row["name"]),
        version=None if row["version"] is None else str(row["version"]),
        wheels=tuple(map(archive_of_row, row["wheels"])),
        sdist=sdist,
        location=str(row["location"]),
        origin=str(row["origin"]),
        missing=str(row["missing"]),
    )
