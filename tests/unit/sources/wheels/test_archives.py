from __future__ import annotations

import hashlib
import io
import random
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deadweight.errors import BadInput, DeadweightError, FetchFailed, MalformedArchive
from deadweight.formats.distributions.wheel import Contents
from deadweight.model import Archive
from deadweight.sources.net.http import Client
from deadweight.sources.system.scratch import Scratch, scratch_directory
from deadweight.sources.wheels.archives import ArchiveReader
from deadweight.sources.wheels.cache import Cache, NoCache
from deadweight.sources.wheels.wheel_reading import FIRST_BYTES
from tests.builders import make_wheel, metadata
from tests.index_server import Server

NOISE = random.Random(1).randbytes(200_000)
METADATA = metadata("dw-a").encode()


def zipped(files: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
        archive.comment = comment
    return buffer.getvalue()


@pytest.fixture
def scratch(offline: Path) -> Iterator[Scratch]:
    with scratch_directory() as found:
        yield found


def read(server: Server, scratch: Scratch, filename: str, **facts: object) -> tuple[Contents, ArchiveReader]:
    archive = Archive(filename=filename, url=f"{server.url}/{filename}", **facts)  # type: ignore[arg-type]
    with Client(timeout=5) as client:
        reader = ArchiveReader(lambda: client, NoCache(), scratch)
        return reader.contents(archive), reader


def serve(filename: str, data: bytes, **options: object) -> Server:
    return Server(files={f"/{filename}": data}, **options)  # type: ignore[arg-type]


WHEEL = "dw_a-1.0-py3-none-any.whl"


def paths(contents: Contents) -> set[str]:
    return {item.path for item in contents.items}


def test_wheel__small__one_request_tells_all(scratch: Scratch) -> None:
    data = make_wheel("dw-a", entry_points="[console_scripts]\nx = a:b\n")[1]
    with serve(WHEEL, data) as server:
        found, _ = read(server, scratch, WHEEL)
    assert len(server.asked) == 1
    assert found.size == len(data)
    assert b"Name: dw-a" in found.metadata
    assert b"description" not in found.metadata
    assert found.entry_points.startswith(b"[console_scripts]")


def test_wheel__metadata_far_from_the_end__a_second_request_brings_it(scratch: Scratch) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA, "dw_a/noise.bin": NOISE})
    with serve(WHEEL, data) as server:
        found, _ = read(server, scratch, WHEEL)
    assert b"Name: dw-a" in found.metadata
    assert [asked.range.split("=")[1][:2] for asked in server.asked] == ["-4", "0-"]


def test_wheel__metadata_file__is_used_if_the_index_announces_it(scratch: Scratch) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA, "dw_a/noise.bin": NOISE})
    with Server(files={f"/{WHEEL}": data, f"/{WHEEL}.metadata": METADATA}) as server:
        found, _ = read(server, scratch, WHEEL, metadata=True)
        assert [asked.path for asked in server.asked] == [f"/{WHEEL}", f"/{WHEEL}.metadata"]
    with Server(files={f"/{WHEEL}": data}) as server:
        other, _ = read(server, scratch, WHEEL, metadata=True)  # announced, and not there
    assert found.metadata == other.metadata == METADATA.split(b"\n\n")[0]


@pytest.mark.parametrize("sha256", [None, hashlib.sha256(METADATA).hexdigest()])
def test_wheel__metadata_file_that_differs_from_the_wheel__is_ignored(scratch: Scratch, sha256: str | None) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA, "dw_a/noise.bin": NOISE})
    forged = METADATA.replace(b"Name: dw-a\n", b"Name: dw-a\nRequires-Dist: dw-more\n")
    with Server(files={f"/{WHEEL}": data, f"/{WHEEL}.metadata": forged}) as server:
        found, _ = read(server, scratch, WHEEL, metadata=True, metadata_sha256=sha256)
    assert found.metadata == METADATA.split(b"\n\n")[0]


@pytest.mark.parametrize("ranges", ["yes", "ignored"])
@pytest.mark.parametrize("noise", [b"", NOISE, NOISE * 7])
def test_wheel__size_other_than_expected__is_refused(scratch: Scratch, ranges: str, noise: bytes) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA, "dw_a/noise.bin": noise})
    for size in (len(data) - 1, len(data) + 1, 1):
        with serve(WHEEL, data, ranges=ranges) as server, pytest.raises(DeadweightError, match="expected"):
            read(server, scratch, WHEEL, size=size)


def test_wheel__long_directory__the_rest_is_fetched(scratch: Scratch) -> None:
    files = {f"dw_a/{'x' * 100}{n}.py": b"" for n in range(1000)}
    data = zipped({**files, "dw_a-1.0.dist-info/METADATA": METADATA})
    with serve(WHEEL, data) as server:
        found, _ = read(server, scratch, WHEEL)
    assert len(paths(found)) == 1001
    assert len(server.asked) <= 3


def test_wheel__comment_longer_than_the_first_bytes__is_read_over(scratch: Scratch) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA, "dw_a/noise.bin": NOISE}, comment=b"c" * 60_000)
    assert len(data) > FIRST_BYTES
    with serve(WHEEL, data) as server:
        assert "dw_a/noise.bin" in paths(read(server, scratch, WHEEL)[0])


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"dw_a-1.0.dist-info/METADATA": metadata("other").encode()}, "is for other"),
        ({"dw_a-1.0.dist-info/METADATA": b""}, "is for no project"),
        ({"dw_a-1.0.dist-info/WHEEL": b""}, "no METADATA"),
        ({"dw_a/x.py": b""}, "dist-info"),
    ],
)
def test_wheel__invalid_metadata__is_refused(scratch: Scratch, files: dict[str, bytes], reason: str) -> None:
    with serve(WHEEL, zipped(files)) as server, pytest.raises(MalformedArchive, match=reason):
        read(server, scratch, WHEEL)


@pytest.mark.parametrize("ranges", ["wrong", "short", "encoded"])
def test_wheel__server_with_wrong_ranges__is_a_fetch_failure(scratch: Scratch, ranges: str) -> None:
    with serve(WHEEL, make_wheel("dw-a")[1], ranges=ranges) as server, pytest.raises(FetchFailed, match="other bytes"):
        read(server, scratch, WHEEL)


def test_wheel__no_ranges__is_downloaded_and_its_hash_checked(scratch: Scratch) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA, "dw_a/noise.bin": NOISE * 6})
    sha256 = hashlib.sha256(data).hexdigest()
    with serve(WHEEL, data, ranges="ignored") as server:
        found, reader = read(server, scratch, WHEEL, sha256=sha256)
        assert "dw_a/noise.bin" in paths(found)
        assert "downloaded completely" in reader.notes[0]
        with pytest.raises(MalformedArchive, match="not the expected"):
            read(server, scratch, WHEEL, sha256="0" * 64)
    assert list(Path(scratch.temporary).iterdir()) == []


def test_local__hash_that_does_not_match__is_refused(scratch: Scratch, tmp_path: Path) -> None:
    path = tmp_path / WHEEL
    path.write_bytes(make_wheel("dw-a")[1])
    reader = ArchiveReader(lambda: Client(), NoCache(), scratch)
    assert reader.contents(Archive(filename=WHEEL, url=path.as_uri())).items
    with pytest.raises(MalformedArchive, match="not the expected"):
        reader.contents(Archive(filename=WHEEL, url=path.as_uri(), sha256="0" * 64))
    with pytest.raises(BadInput, match="cannot read"):
        reader.contents(Archive(filename=WHEEL, url=(tmp_path / "none.whl").as_uri()))


def tarred(files: Mapping[str, bytes], mode: str = "gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{mode}") as archive:  # type: ignore[call-overload]
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("a-1/evil")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


SOURCES = {"dw_a-1.0/PKG-INFO": METADATA, "dw_a-1.0/dw_a/__init__.py": b"x = 1\n", "dw_a-1.0/setup.py": b"raise 1"}


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("dw_a-1.0.tar.gz", tarred(SOURCES)),
        ("dw_a-1.0.tar.bz2", tarred(SOURCES, "bz2")),
        ("dw_a-1.0.tar.xz", tarred(SOURCES, "xz")),
        ("dw_a-1.0.zip", zipped(SOURCES)),
    ],
)
def test_sdist__any_kind_of_archive__is_listed(scratch: Scratch, filename: str, data: bytes) -> None:
    with serve(filename, data) as server:
        found, _ = read(server, scratch, filename)
    assert found.estimated
    assert {path for path in paths(found) if "dist-info" not in path} == {"dw_a/__init__.py"}


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", tarred(SOURCES)[:150], tarred(SOURCES)[:50], b"\x1f\x8b" + bytes(100)],
    ids=["empty", "text", "cut", "cut-early", "zeros"],
)
def test_sdist__broken__is_refused_and_nothing_else_happens(scratch: Scratch, data: bytes) -> None:
    with serve("x.tar.gz", data) as server, pytest.raises(DeadweightError):
        read(server, scratch, "x.tar.gz")
    assert list(Path(scratch.temporary).iterdir()) == []


def test_wheel__scripts__those_that_name_python_have_their_first_line_measured(scratch: Scratch) -> None:
    directory = "dw_a-1.0.data/scripts/"
    info = "dw_a-1.0.dist-info"
    scripts = {"a": b"#!python -E\nx", "b": b"#!/usr/bin/env python\n", "d": b"#!pythonw\r\nx", "e": b"#!"}
    files = {f"{directory}{name}": data for name, data in {**scripts, "c.bat": b"#!python\n"}.items()}
    files |= {"dw_a/noise.bin": NOISE, f"{info}/METADATA": METADATA, f"{info}/top_level.txt": b"dw_a\n"}
    with serve(WHEEL, zipped(files)) as server:
        found, _ = read(server, scratch, WHEEL)
    assert found.first_lines == {f"{directory}a": len("#!python -E\n"), f"{directory}d": len("#!pythonw\r\n")}
    assert found.top_level == b"dw_a\n"


def test_wheel__of_a_later_format__is_refused(scratch: Scratch) -> None:
    info = "dw_a-1.0.dist-info"
    data = zipped({f"{info}/METADATA": METADATA, f"{info}/WHEEL": b"Wheel-Version: 2.0\n", f"{info}/RECORD": b""})
    with serve(WHEEL, data) as server, pytest.raises(MalformedArchive, match="unsupported Wheel-Version 2"):
        read(server, scratch, WHEEL)


def zstd_zipped(path: str, content: bytes, packed: bytes) -> bytes:
    """Return a zip archive of one file that is compressed by zstd (method 93), which zipfile cannot write yet."""
    import zlib

    name, crc = path.encode(), zlib.crc32(content)
    fields = struct.pack("<HHHHHLLLHH", 63, 0, 93, 0, 33, crc, len(packed), len(content), len(name), 0)
    local = b"PK\3\4" + fields + name + packed
    central = b"PK\1\2" + struct.pack("<H", 63) + fields + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def test_wheel__compressed_by_zstd__is_read(scratch: Scratch) -> None:
    zstandard = pytest.importorskip("zstandard")
    content = METADATA + b"x" * 1_000_000
    data = zstd_zipped("dw_a-1.0.dist-info/METADATA", content, zstandard.compress(content))
    with serve(WHEEL, data) as server:
        found, _ = read(server, scratch, WHEEL)
    assert found.items[0].size == len(content)
    assert found.metadata == METADATA.split(b"\n\n")[0]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("mode", ["gz", "bz2", "xz"])
def test_sdist__cut_short_on_the_disk__is_refused(scratch: Scratch, tmp_path: Path, mode: str, share: float) -> None:
    data = tarred({**SOURCES, "dw_a-1.0/dw_a/noise.bin": NOISE}, mode)
    path = tmp_path / f"dw_a-1.0.tar.{mode}"
    path.write_bytes(data[: int(len(data) * share)])
    reader = ArchiveReader(lambda: Client(), NoCache(), scratch)
    with pytest.raises(MalformedArchive, match="not a valid tar archive"):
        reader.contents(Archive(filename=path.name, url=path.as_uri()))


def test_sdist__headers_without_end__are_given_up(scratch: Scratch, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for number in range(200):
            member = tarfile.TarInfo(f"dw_a-1.0/{number}")
            member.pax_headers = {"comment": "x" * 900_000}
            archive.addfile(member)
    path = tmp_path / "dw_a-1.0.tar.gz"
    path.write_bytes(buffer.getvalue())
    reader = ArchiveReader(lambda: Client(), NoCache(), scratch)
    with pytest.raises(MalformedArchive, match=r"more than the limit of .* bytes of headers"):
        reader.contents(Archive(filename=path.name, url=path.as_uri()))


def test_wheel__read_ahead__is_requested_once_and_checked_later(scratch: Scratch) -> None:
    data = make_wheel("dw-a")[1]
    honest, wrong = hashlib.sha256(data).hexdigest(), "0" * 64
    for sha256 in (honest, wrong):
        with serve(WHEEL, data) as server, Client(timeout=5) as client:
            reader = ArchiveReader(lambda client=client: client, NoCache(), scratch)  # type: ignore[misc]
            reader.expect(Archive(filename=WHEEL, url=f"{server.url}/{WHEEL}"))
            wanted = Archive(filename=WHEEL, url=f"{server.url}/{WHEEL}", sha256=sha256, size=len(data))
            if sha256 == honest:
                assert reader.contents(wanted).size == len(data)
            else:
                with pytest.raises(MalformedArchive, match="not the expected"):
                    reader.contents(wanted)
            reader.close()
            assert len(server.asked) == 1


def test_wheel__read_ahead__cached__sends_no_request(scratch: Scratch, tmp_path: Path) -> None:
    data = make_wheel("dw-a")[1]
    cache = Cache(str(tmp_path / "cache"))
    with serve(WHEEL, data) as server, Client(timeout=5) as client:
        wanted = Archive(filename=WHEEL, url=f"{server.url}/{WHEEL}", sha256=hashlib.sha256(data).hexdigest())
        for _ in range(2):
            reader = ArchiveReader(lambda: client, cache, scratch)
            reader.expect(Archive(filename=WHEEL, url=wanted.url))
            assert reader.contents(wanted).size == len(data)
            reader.close()
        assert len(server.asked) == 1


def test_wheel__read_ahead_and_malformed__fails_when_it_is_needed(scratch: Scratch) -> None:
    with serve(WHEEL, b"no wheel" * 100) as server, Client(timeout=5) as client:
        reader = ArchiveReader(lambda: client, NoCache(), scratch)
        archive = Archive(filename=WHEEL, url=f"{server.url}/{WHEEL}")
        reader.expect(archive)
        with pytest.raises(MalformedArchive, match="no end record"):
            reader.contents(archive)


def test_expect__closed_reader__reads_nothing_ahead(scratch: Scratch) -> None:
    data = zipped({"dw_a-1.0.dist-info/METADATA": METADATA})
    with serve(WHEEL, data) as server, Client(timeout=5) as client:
        reader = ArchiveReader(lambda: client, NoCache(), scratch)
        reader.close()
        wheel = Archive(filename=WHEEL, url=f"{server.url}/{WHEEL}")
        reader.expect(wheel)
        assert not server.asked
        assert reader.contents(wheel).size == len(data)
