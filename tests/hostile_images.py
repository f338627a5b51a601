"""Archives of at most 10 MB that stand for far more: what an image may not make us take in memory and time.

Each generator takes a scale: 1 makes what was measured to hurt, less makes the same thing smaller.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator

import zstandard

from tests.images import Content, make_tar
from tests.unit.formats.os_packages.test_rpm import package, sqlite_database

SITE = "usr/lib/python3/site-packages"
INFO = f"{SITE}/evil-1.0.dist-info"
METADATA = b"Name: evil\nVersion: 1.0\n"
_PIECE = 1 << 20

Members = Iterator[tuple[str, int, bytes]]  # (path, size, what it is filled with, again and again)


def layer(members: Members, level: int = 3) -> bytes:
    """Return a zstd layer, made without ever being whole in memory."""
    packing = zstandard.ZstdCompressor(level=level).compressobj()
    parts: list[bytes] = []
    pending: list[bytes] = []

    def flush() -> None:
        parts.append(packing.compress(b"".join(pending)))
        pending.clear()

    for number, (path, size, filling) in enumerate(members):
        member = tarfile.TarInfo(path)
        member.size = size
        pending.append(member.tobuf(tarfile.GNU_FORMAT))
        piece = filling * max(1, _PIECE // len(filling))
        left = size
        while left > 0:
            pending.append(piece[:left])
            left -= len(piece)
            flush()
        pending.append(bytes(-size % 512))
        if number % 4096 == 0:
            flush()
    pending.append(bytes(1024))
    flush()
    return b"".join([*parts, packing.flush()])


def image(*layers: bytes, times: int = 1) -> bytes:
    """Return the archive of an image; ``times``: how often the manifest names its layers."""
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    files: dict[str, Content] = dict(zip(names, layers, strict=True))
    manifest = [{"Config": "config.json", "RepoTags": [], "Layers": names * times}]
    return make_tar({**files, "config.json": "{}", "manifest.json": json.dumps(manifest)})


def one_file(path: str, filling: bytes) -> Callable[[float], bytes]:
    """Return the generator of an image with one huge file beside a distribution's METADATA."""

    def make(scale: float) -> bytes:
        members = [(f"{INFO}/METADATA", len(METADATA), METADATA), (path, int(scale * (1 << 30)), filling)]
        return image(layer(iter(members)))

    return make


def many_files(path: str, filling: bytes, count: int, size: int) -> Callable[[float], bytes]:
    """Return the generator of an image with many files; ``path`` and ``filling`` may hold a number."""

    def make(scale: float) -> bytes:
        return image(layer((path.format(n), size, filling) for n in range(int(scale * count))))

    return make


def repeated_layer(scale: float) -> bytes:
    return image(layer((f"d/{n}", 1, b"x") for n in range(10_000)), times=int(1000 * scale))


def nested_directories(scale: float) -> bytes:
    depth = int(1900 * scale)
    paths = ("d/" * n + f"evil{n}-1.0.dist-info/METADATA" for n in range(depth))
    return image(layer((path, len(METADATA), METADATA) for path in paths))


def zeros(scale: float) -> bytes:
    return image(layer(iter([("zeros", int(scale * (32 << 30)), bytes(1 << 20))]), level=1), times=1000)


def rpm_layers(scale: float) -> bytes:
    """Twenty layers, each with a database of 30 MB, as ``RUN dnf install`` again and again leaves them."""
    files = [f"/usr/share/directory/{n}" for n in range(200)]
    database = sqlite_database(*(package(f"package{n}", *files) for n in range(int(5400 * scale))))
    layers = [
        layer(iter([("var/lib/rpm/rpmdb.sqlite", len(database), database), (f"usr/file{n}", 1, b"x")]))
        for n in range(20)
    ]
    return image(*layers)


def nested_tables(scale: float) -> bytes:
    """A conda record with millions of values."""
    return one_file("opt/conda/conda-meta/evil.json", b'{"a":1},')(scale)


REFUSED_OR_MEASURED: dict[str, Callable[[float], bytes]] = {
    "top_level.txt": one_file(f"{INFO}/top_level.txt", b"a\n"),
    "top_level.txt in one line": one_file(f"{INFO}/top_level.txt", b"abc"),
    "RECORD": one_file(f"{INFO}/RECORD", b"a,,\n"),
    "RECORD in one line": one_file(f"{INFO}/RECORD", b"abc"),
    "RECORD of quotes": one_file(f"{INFO}/RECORD", b'"a",,\n'),
    "RECORD of long paths": one_file(f"{INFO}/RECORD", b"../" * 1000 + b"a,,\n"),
    "installed-files.txt": one_file(f"{SITE}/evil.egg-info/installed-files.txt", b"a\n"),
    "METADATA": one_file(f"{INFO}/METADATA", b"Requires-Dist: a\n"),
    "direct_url.json": one_file(f"{INFO}/direct_url.json", b"[[],"),
    "apk": one_file("lib/apk/db/installed", b"P:a\nF:b\nR:c\n\n"),
    "apk of lines": one_file("lib/apk/db/installed", b"R:c\n"),
    "dpkg": one_file("var/lib/dpkg/info/evil.list", b"/a\n"),
    "dpkg of one line": one_file("var/lib/dpkg/info/evil.list", b"/a"),
    "dpkg md5sums": one_file("var/lib/dpkg/status.d/evil.md5sums", b"0  a\n"),
    "conda": one_file("opt/conda/conda-meta/evil.json", b"[1],"),
    "conda of tables": nested_tables,
    "pyvenv.cfg": one_file("opt/venv/pyvenv.cfg", b"a = b\n"),
    "egg": one_file("usr/lib/python3/site-packages/a-1-py3.egg", b"PK\1\2" + bytes(42)),
    "many RECORDs": many_files(f"{SITE}/evil{{0}}-1.0.dist-info/RECORD", b"a,,\n", 100, 1 << 26),
    "many RECORDs of long paths": many_files(
        f"{SITE}/evil{{0}}-1.0.dist-info/RECORD", b"../" * 1000 + b"a,,\n", 100, 1 << 26
    ),
    "many dpkg lists": many_files("var/lib/dpkg/info/evil{0}.list", b"/a\n", 100, 1 << 26),
    "many METADATA": many_files(f"{SITE}/evil{{0}}-1.0.dist-info/METADATA", b"Version: 1\n", 10_000, 11),
    "empty files": many_files("d{0}", b"x", 3_000_000, 0),
    "empty files in one directory each": many_files("d{0}/x", b"x", 3_000_000, 0),
    "conda-meta directories": many_files("e{0}/conda-meta/a.json", b"{}", 100_000, 2),
    "small programs": many_files("usr/bin/p{0}", b"\x7fELF\2\1" + bytes(58), 1_000_000, 64),
    "repeated layer": repeated_layer,
    "nested directories": nested_directories,
    "zeros": zeros,
}
