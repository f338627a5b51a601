"""A lock → the lines of a requirements file that installs the same versions."""

from __future__ import annotations

import os
from pathlib import Path

from deadweight.model import Lock, Pinned


def requirement_lines(lock: Lock, directory: str) -> str:
    """Return the text of a requirements file.

    The project of the lock itself is left out: its code is the application. Hashes are kept if every line has some,
    since installers then require them for all.

    directory: of the lock
    """
    packages = [package for package in lock.packages if not _is(package.location, directory)]
    hashes = [_hashes(package) for package in packages]
    hashed = all(hashes)
    return "".join(
        f"{_requirement(package, directory)}{each if hashed else ''}\n"
        for package, each in zip(packages, hashes, strict=True)
    )


def _is(location: str, directory: str) -> bool:
    return bool(location) and os.path.realpath(os.path.join(directory, location)) == os.path.realpath(directory)


def _requirement(package: Pinned, directory: str) -> str:
    url = package.location or package.origin
    if url and "://" not in url:
        url = Path(os.path.abspath(os.path.join(directory, url))).as_uri()
    if url:
        return f"{package.name} @ {url}"
    return f"{package.name}=={package.version}" if package.version else package.name


def _hashes(package: Pinned) -> str:
    """Return the options for the hashes of its archives; "" if one is unknown, or if its code is in no archive."""
    archives = (*package.wheels, *filter(None, (package.sdist,)))
    if package.location or not archives or not all(archive.sha256 for archive in archives):
        return ""
    return "".join(f" --hash=sha256:{archive.sha256}" for archive in archives)
