"""The lists of a system's package manager → its packages, each with the paths of its files, relative to the root.

source: dpkg's ``NAME.list``; the ``NAME.md5sums`` of images that are made without dpkg; Alpine's
https://wiki.alpinelinux.org/wiki/Apk_spec; rpm's database
"""

from __future__ import annotations

from collections.abc import Iterator

Packages = Iterator[tuple[str, tuple[str, ...]]]

_DPKG = "var/lib/dpkg/info/"
_DPKG_APART = "var/lib/dpkg/status.d/"
_APK = frozenset(("lib/apk/db/installed", "usr/lib/apk/db/installed"))
_RPM = tuple(
    f"{folder}/{name}"
    for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
    for name in ("rpmdb.sqlite", "Packages.db", "Packages")
)


def is_package_list(path: str) -> bool:
    """Say whether a file of a system, by its path from the root, lists packages with their files."""
    if path.startswith(_DPKG):
        return path.endswith(".list")
    return (path.startswith(_DPKG_APART) and path.endswith(".md5sums")) or path in _APK or path in _RPM


def packages_in(path: str, data: bytes) -> Packages:
    """Yield what one such file lists; raises ValueError where it is none."""
    name = path.rpartition("/")[2]
    if path.startswith(_DPKG):
        # NAME:ARCHITECTURE.list, where several architectures may be there
        yield name.removesuffix(".list").partition(":")[0], tuple(p.lstrip("/") for p in dpkg_list(data))
    elif path.startswith(_DPKG_APART):
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        yield name.removesuffix(".md5sums"), tuple(line.split("  ", 1)[1] for line in lines if "  " in line)
    elif path in _APK:
        yield from apk_installed(data)
    else:
        from deadweight.formats.rpm import rpm_packages

        yield from rpm_packages(path, data)


def dpkg_list(data: bytes) -> list[str]:
    """Return the absolute paths of dpkg's ``NAME.list``, folders included."""
    return [line for line in data.decode("utf-8", "surrogateescape").split("\n") if line.startswith("/")]


def apk_installed(data: bytes) -> Packages:
    """Yield the packages of apk's ``installed``: ``P:`` a package, ``F:`` a folder, ``R:`` a file in it."""
    for block in data.decode("utf-8", "surrogateescape").split("\n\n"):
        name, folder = "", ""
        paths: list[str] = []
        for line in block.split("\n"):
            key, value = line[:2], line[2:]
            if key == "P:":
                name = value
            elif key == "F:":
                folder = value
            elif key == "R:":
                paths.append(f"{folder}/{value}" if folder else value)
        if name:
            yield name, tuple(paths)
