"""The cache of resolutions, valid for ten minutes.

PyPI lets clients cache its pages for ten minutes, so uv would resolve to the same versions in that time. The key covers
all inputs: the requirements with their included files, constraints, options, the machine, uv itself, its configuration
and the indexes. Resolutions that depend on local directories are never cached.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace

from deadweight.formats.typed_json import decode
from deadweight.model import Lock
from deadweight.platforms.machine import Machine
from deadweight.sources.install.installer import Configured, Uv
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.wheels.store import Store, key_of
from deadweight.untrusted import has_credentials

KEPT = 600  # seconds
_KIND = "resolution"
_REMOTE = ("http://", "https://")


class _Entry(Struct, frozen=True):
    """A resolution, and when it was made, in seconds since 1970."""

    at: float
    lock: Lock


class Resolutions:
    """Caches resolutions in a store."""

    def __init__(self, store: Store, now: Callable[[], float] = lambda: time.time()) -> None:
        self._store, self._now = store, now

    def get(self, key: str | None) -> Lock | None:
        """Return the resolution for a key, None if it is missing or too old."""
        data = self._store.get(_KIND, key) if key else None
        if data is None:
            return None
        try:
            entry = decode(data, _Entry)
        except ValueError:  # truncated, or written by another version
            return None
        return entry.lock if 0 <= self._now() - entry.at < KEPT else None

    def put(self, key: str | None, lock: Lock) -> None:
        """Store a resolution, unless a URL in it contains credentials."""
        if key is None or lock.requirements is not None or reveals(lock):
            return
        self._store.put(_KIND, key, encode(_Entry(at=self._now(), lock=lock)))


def reveals(lock: Lock) -> bool:
    """Return whether a URL in a resolution contains credentials, a token or a signature."""
    return any(map(has_credentials, _urls(lock)))


def key_of_resolution(
    text: str, machine: Machine, configured: Configured, locations: IndexLocations, more: Iterable[str]
) -> str | None:
    """Return the key of a resolution, None if it depends on local files that may change.

    text: the requirements as the resolver reads them
    more: further inputs
    """
    installer, options = configured.installer, configured.options
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
