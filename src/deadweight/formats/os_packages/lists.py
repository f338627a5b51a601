"""The file lists of a system package manager → its packages, each with the paths of its files relative to the root.

source: dpkg's ``NAME.list``; the ``NAME.md5sums`` of distroless images, which are built without dpkg; apk's database,
        https://wiki.alpinelinux.org/wiki/Apk_spec; rpm's database
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Packages = Iterator[tuple[str, Iterable[str]]]

_LONGEST_PATH = 1 << 13
_MOST_LINES = 1 << 21  # of one list; apk's has a few hundred thousand lines with everything installed
_DPKG = "var/lib/dpkg/info/"
_DPKG_DISTROLESS = "var/lib/dpkg/status.d/"
_APK = frozenset(("lib/apk/db/installed", "usr/lib/apk/db/installed"))
_RPM = tuple(
    f"{directory}/{name}"
    for directory in ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
    for name in ("rpmdb.sqlite", "Packages.db", "Packages")
)


def is_package_list(path: str) -> bool:
    """Return whether a file, by its path from the root, lists packages with their files."""
    if path.startswith(_DPKG):
        return path.endswith(".list")
    return (path.startswith(_DPKG_DISTROLESS) and path.endswith(".md5sums")) or path in _APK or path in _RPM


def packages_in(path: str, data: bytes) -> Packages:
    """Yield the packages in one such file; raises ValueError if it is malformed."""
    name = path.rpartition("/")[2]
    if path not in _RPM and data.count(b"\n") > _MOST_LINES:
        raise ValueError(f"more than the limit of {_MOST_LINES:,} lines")
    if path.startswith(_DPKG):
        # The file is NAME:ARCHITECTURE.list for a package that may be installed for several architectures.
        yield name.removesuffix(".list").partition(":")[0], (_text(line[1:]) for line in _lines(data, b"/"))
    elif path.startswith(_DPKG_DISTROLESS):
        yield (
            name.removesuffix(".md5sums"),
            (_text(line.partition(b"  ")[2]) for line in _lines(data, b"") if b"  " in line),
        )
    elif path in _APK:
        yield from apk_installed(data)
    else:
        from deadweight.formats.os_packages.rpm import rpm_packages

        yield from rpm_packages(path, data)


def _lines(data: bytes, start: bytes) -> Iterator[bytes]:
    """Yield the lines with this prefix, one at a time: a list of all lines would take fifty times their text."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if data.startswith(start, at) and end - at <= _LONGEST_PATH:
            yield data[at:end]
        at = end + 1


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").lstrip("/")


def dpkg_list(data: bytes) -> list[str]:
    """Return the absolute paths in a ``NAME.list`` of dpkg, directories included."""
    return [line for line in data.decode("utf-8", "surrogateescape").split("\n") if line.startswith("/")]


def apk_installed(data: bytes) -> Packages:
    """Yield the packages in apk's ``installed``: ``P:`` is a package, ``F:`` a directory, ``R:`` a file in it."""
    at = 0
    while at < len(data):
        end = data.find(b"\n\n", at)
        end = len(data) if end < 0 else end
        block = data[at:end]
        name = next((_text(line[2:]) for line in _lines(block, b"P:")), "")
        if name:
            yield name, _apk_paths(block)
        at = end + 2


def _apk_paths(block: bytes) -> Iterator[str]:
    directory = ""
    for line in _lines(block, b""):
        if line.startswith(b"F:"):
            directory = _text(line[2:])
        elif line.startswith(b"R:"):
            yield f"{directory}/{_text(line[2:])}" if directory else _text(line[2:])
