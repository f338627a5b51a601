"""Files on a server: tails, ranges and downloads, of servers that support them, do not, or send something else."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

import pytest

from deadweight.errors import FetchFailed, NoRanges
from deadweight.sources.net.files import download, fetch_span, fetch_tail
from deadweight.sources.net.http import Client
from tests.index_server import Ranges, Server
from tests.raw_servers import answering, dripping, head

DATA = bytes(range(256)) * 40
BIG = bytes(2_000_000)


def client(**options: float) -> Client:
    return Client(**{"timeout": 2, "deadline": 2, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [None, len(DATA)])
def test_tail__honest_server__last_bytes_in_one_request(size: int | None) -> None:
    with Server(files={"/a": DATA}) as server, client() as web:
        tail = fetch_tail(web, f"{server.url}/a", 100, size)
        assert (tail.data, tail.start, tail.size) == (DATA[-100:], len(DATA) - 100, len(DATA))
        assert (web.requests, web.received_bytes, len(server.asked)) == (1, 100, 1)


def test_tail__short_file__is_whole() -> None:
    with Server(files={"/a": b"abc"}) as server, client() as web:
        assert fetch_tail(web, f"{server.url}/a", 100).data == b"abc"


def test_tail__server_without_suffix_ranges__asks_for_the_length_first() -> None:
    with Server(files={"/a": DATA}, ranges="no-suffix") as server, client() as web:
        assert fetch_tail(web, f"{server.url}/a", 10).data == DATA[-10:]
        assert [asked.method for asked in server.asked] == ["GET", "HEAD", "GET"]


def test_tail__server_ignores_ranges__small_file_is_taken_whole() -> None:
    with Server(files={"/a": DATA}, ranges="ignored") as server, client() as web:
        tail = fetch_tail(web, f"{server.url}/a", 10)
        assert (tail.data, tail.start) == (DATA, 0)


def test_tail__server_ignores_ranges__large_file_is_not_read() -> None:
    with Server(files={"/a": BIG}, ranges="ignored") as server, client() as web:
        with pytest.raises(NoRanges):
            fetch_tail(web, f"{server.url}/a", 10)
        assert web.received_bytes == 0


@pytest.mark.parametrize("lie", ["wrong", "short", "encoded"])
def test_span__wrong_range__is_refused(lie: Ranges) -> None:
    with (
        Server(files={"/a": DATA}, ranges=lie) as server,
        client(attempts=1) as web,
        pytest.raises(FetchFailed) as caught,
    ):
        fetch_span(web, f"{server.url}/a", range(10, 20), len(DATA))
    assert "other bytes" in caught.value.cause


def test_span__size_that_changes__is_refused() -> None:
    with Server(files={"/a": DATA}, ranges="changing") as server, client() as web:
        tail = fetch_tail(web, f"{server.url}/a", 10)
        with pytest.raises(FetchFailed, match="other bytes"):
            fetch_span(web, f"{server.url}/a", range(10, 20), tail.size)


def test_span__honest_server__exactly_these_bytes() -> None:
    with Server(files={"/a": DATA}) as server, client() as web:
        assert fetch_span(web, f"{server.url}/a", range(300, 310), len(DATA)) == DATA[300:310]


def test_download__whole_file__its_size_and_hash() -> None:
    file = io.BytesIO()
    with Server(files={"/a": BIG}) as server, client() as web:
        assert download(web, f"{server.url}/a", file, limit=3_000_000) == (len(BIG), hashlib.sha256(BIG).hexdigest())
        with pytest.raises(FetchFailed, match="more than"):
            download(web, f"{server.url}/a", io.BytesIO(), limit=1_000_000)
    assert file.getvalue() == BIG


def test_download__truncated_body__is_discarded() -> None:
    file = io.BytesIO()
    with (
        answering(head(200, "Content-Length: 9") + b"xx", head(200, "Content-Length: 1") + b"y") as url,
        client() as web,
    ):
        assert download(web, url, file, limit=9) == (1, hashlib.sha256(b"y").hexdigest())
    assert file.getvalue() == b"y"


def test_download__content_encoding__is_not_decoded() -> None:
    data, file = gzip.compress(b"sdist"), io.BytesIO()
    with answering(head(200, "Content-Encoding: gzip", f"Content-Length: {len(data)}") + data) as url, client() as web:
        assert download(web, url, file, limit=99)[1] == hashlib.sha256(data).hexdigest()


def test_download__trickling_server__times_out() -> None:
    with Server(files={"/a": DATA}, trickle=0.01) as server, client(deadline=0.2) as web:
        with pytest.raises(FetchFailed, match="too slow"):
            download(web, f"{server.url}/a", io.BytesIO(), limit=10_000_000)


def test_tail__longer_range_than_requested__is_refused_unread() -> None:
    whole = head(206, "Content-Range: bytes 0-1999999/2000000", "Content-Length: 2000000") + BIG
    with answering(whole) as url, client() as web:
        with pytest.raises(FetchFailed, match="other bytes"):
            fetch_tail(web, url, 10)
        assert web.received_bytes == 0


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Range: bytes 0-1/" + "9" * 5000, "Content-Length: 2"],
        ["Content-Range: bytes 0-1/*", "Content-Length: 2"],
        ["Content-Range: bytes 0-1/4", "Content-Length: 4"],
        ["Content-Range: bytes 1-0/4", "Content-Length: 2"],
        ["Content-Length: 2"],
    ],
    ids=["endless number", "no total", "longer than announced", "backwards", "no range at all"],
)
def test_span__impossible_headers__are_refused(headers: list[str]) -> None:
    with (
        answering(head(206, *headers) + b"xxxx") as url,
        client() as web,
        pytest.raises(FetchFailed, match="other bytes"),
    ):
        fetch_span(web, url, range(2), 4)


@pytest.mark.parametrize("length", ["abc", "-5", "9" * 5000, "0"])
def test_tail__malformed_length__counts_as_no_ranges(length: str) -> None:
    with answering(head(416, "Content-Length: 0"), head(200, f"Content-Length: {length}")) as url, client() as web:
        with pytest.raises(NoRanges):
            fetch_tail(web, url, 10)


@pytest.mark.parametrize("head_", [b"", b"Content-Length: 9999999\r\n"])
def test_download__longer_body_than_announced__is_refused(tmp_path: Path, head_: bytes) -> None:
    whole = b"HTTP/1.1 200 x\r\n" + head_ + b"\r\n"
    with dripping(whole, bytes(1 << 16)) as url, client(attempts=1) as web, (tmp_path / "x").open("w+b") as file:
        with pytest.raises(FetchFailed, match="bytes"):
            download(web, url, file, limit=1_000_000)
    assert (tmp_path / "x").stat().st_size <= 1_000_000


def test_download__not_enough_disk_space__is_refused_before_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deadweight.sources.net.files._free_bytes", lambda file: 2_100_000)
    with Server(files={"/a": BIG, "/b": BIG[:1_000_000]}) as server, client(attempts=1) as web:
        with (tmp_path / "x").open("w+b") as file:
            with pytest.raises(FetchFailed, match="not enough disk space"):
                download(web, f"{server.url}/a", file, limit=1 << 30)
            assert file.seek(0, 2) == 0
            assert download(web, f"{server.url}/b", file, limit=1 << 30)[0] == 1_000_000
