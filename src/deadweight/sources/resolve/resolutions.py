"""What requirements came to → kept for ten minutes, for the same question to the same resolver.

Ten minutes is how long PyPI lets clients keep its pages; uv would answer the same from its own cache for that time. The
key holds all that the answer depends on: the requirements with what they include, constraints, options, the machine, uv
itself, its configuration and the indexes. Whatever lies on this machine and may change is never kept.
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
from deadweight.sources.resolve.pages import archive_of_row, archive_row
from deadweight.sources.resolve.places import Places
from deadweight.sources.wheels.store import Store, key_of

KEPT = 600  # seconds
_KIND = "resolution"
_REMOTE = ("http://", "https://")


class Resolutions:
    """Keeps resolutions in a store."""

    def __init__(self, store: Store, now: Callable[[], float] = lambda: time.time()) -> None:
        self._store, self._now = store, now

    def get(self, key: str | None) -> Lock | None:
        """Return what was kept under a key; None for nothing, or what is too old."""
        data = self._store.get(_KIND, key) if key else None
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
            found = json.loads(data or b"null")
            age = self._now() - found["at"]
            if 0 <= age < KEPT:
                return Lock(
                    packages=tuple(map(_package, found["packages"])), warnings=tuple(map(str, found["warnings"]))
                )
        return None

    def put(self, key: str | None, lock: Lock) -> None:
        """Keep a resolution, unless a URL in it has credentials."""
        if key is None or lock.wanted is not None or any("@" in _host(url) for url in _urls(lock)):
            return
        packages = [_row(package) for package in lock.packages]
        found = {"at": self._now(), "packages": packages, "warnings": lock.warnings}
        self._store.put(_KIND, key, json.dumps(found).encode())


def key_of_question(
    text: str, machine: Machine, options: InstallOptions, installer: Installer, places: Places, more: Iterable[str]
) -> str | None:
    """Return the key of a question; None where the answer hangs on what may change on this machine.

    text: the requirements as the resolver is to read them
    more: whatever else decides
    """
    if not isinstance(installer, Uv) or not all(url.startswith(_REMOTE) for url in (*places.urls, *places.links)):
        return None
    if options.projects:
        return None  # they may name folders beside them
    files = [line.split(None, 1)[1] for line in text.splitlines() if line.startswith("--constraint ")]
    read = [_content(path, elsewhere=False) for path in (*files, *options.constraints, *options.overrides)]
    options = replace(options, constraints=(), overrides=())  # their contents count, not where they are
    found = os.stat(installer.executable)
    uv = f"{installer.executable} {found.st_mtime_ns} {found.st_size}"
    parts = [
        text, repr(machine), machine.shown, repr(options), uv, *places.urls, "", *places.links, "",
        *map(repr, sorted(places.pinned.items())), *more, *_configuration(os.environ),
    ]  # fmt: skip
    return None if None in read else key_of(*parts, *(content or "" for content in read))


def _configuration(environ: Mapping[str, str]) -> list[str]:
    """Return uv's variables, and digests of the files that may configure it."""
    files = [environ.get("UV_CONFIG_FILE", ""), "/etc/uv/uv.toml"]
    files.append(os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "uv", "uv.toml"))
    for folder in (Path.cwd(), *Path.cwd().parents):
        files += [os.path.join(folder, name) for name in ("uv.toml", "pyproject.toml")]
    found = [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith("UV_")]
    return found + [f"{path} {_content(path)}" for path in files if path and os.path.isfile(path)]


def _content(path: str, *, elsewhere: bool = True) -> str | None:
    """Return the digest of a file; None where it cannot be read.

    elsewhere: whether it may name what lies on this machine or in a repository
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError):
        return None
    return None if not elsewhere and (b"file:" in data or b"git+" in data) else hashlib.sha256(data).hexdigest()


def _urls(lock: Lock) -> Iterable[str]:
    for package in lock.packages:
        yield from (package.origin, package.place)
        yield from (archive.url for archive in (*package.wheels, *([package.sdist] if package.sdist else ())))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _row(package: Pinned) -> dict[str, object]:
    return {
        "name": package.name,
        "version": package.version,
        "wheels": [archive_row(wheel) for wheel in package.wheels],
        "sdist": archive_row(package.sdist) if package.sdist else None,
        "place": package.place,
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
        place=str(row["place"]),
        origin=str(row["origin"]),
        missing=str(row["missing"]),
    )
