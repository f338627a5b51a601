"""Index pages: fetched once, cached for as long as the server allows, then requested conditionally."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deadweight.errors import BadInput, FetchFailed
from deadweight.sources.net.http import Client
from deadweight.sources.resolve.pages import FRESH, Pages
from deadweight.sources.wheels.store import NoStore, Store

PAGE = b'<a href="/files/a-1.zip#sha256=00">a</a>'


class Index:
    """A server of one page that counts, and says what a test wants it to say."""

    def __init__(self) -> None:
        self.body, self.headers, self.etag = PAGE, dict[str, str](), '"1"'
        self.asked: list[dict[str, str]] = []
        self.status = 200
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                index.asked.append(dict(self.headers))
                same = index.etag and self.headers.get("If-None-Match") == index.etag
                body = b"" if same else gzip.compress(index.body)
                self.send_response(304 if same else index.status)
                reported = {"ETag": index.etag} if index.etag else {}
                packed = {} if same else {"Content-Encoding": "gzip", "Content-Type": "text/html"}
                for name, value in {**reported, **packed, **index.headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/simple/a/"


@pytest.fixture
def index(loopback: Path) -> Iterator[Index]:
    found = Index()
    yield found
    found.server.shutdown()
    found.server.server_close()


def read(index: Index, directory: Path, *, at: float = 0, store: type[Store] = Store) -> list[str]:
    """Return the file names that a run at a time reads."""
    with Client(timeout=5) as client:
        pages = Pages(lambda: client, store(str(directory)), now=lambda: at)
        names = [link.archive.filename for link in pages.links(index.url)]
        assert [link.archive.filename for link in pages.links(index.url)] == names  # not asked for twice
        return names


def test_pages__fresh__are_not_requested_again(index: Index, tmp_path: Path) -> None:
    for at in (0, 1, FRESH - 1):
        assert read(index, tmp_path, at=at) == ["a-1.zip"]
    assert len(index.asked) == 1
    assert index.asked[0]["Accept-Encoding"] == "gzip"


def test_pages__stale__are_requested_by_etag(index: Index, tmp_path: Path) -> None:
    read(index, tmp_path)
    assert read(index, tmp_path, at=FRESH + 1) == ["a-1.zip"]
    assert index.asked[1]["If-None-Match"] == '"1"'
    read(index, tmp_path, at=FRESH + 2)
    assert len(index.asked) == 2
    index.body, index.etag = PAGE.replace(b"a-1", b"a-2"), '"2"'
    assert read(index, tmp_path, at=3 * FRESH) == ["a-2.zip"]


@pytest.mark.parametrize(
    ("reported", "requests"),
    [("no-store", 3), ("no-cache", 3), ("max-age=0", 3), ("public, max-age=5", 2), ("max-age=99999999", 1)],
)
def test_pages__cache_control__is_respected(index: Index, tmp_path: Path, reported: str, requests: int) -> None:
    index.headers = {"Cache-Control": reported}
    for at in (0, 1, 6):
        read(index, tmp_path, at=at)
    assert len(index.asked) == requests
    assert ("If-None-Match" in index.asked[-1]) == (reported not in ("no-store", "max-age=99999999"))


def test_pages__without_a_validator__are_fetched_whole(index: Index, tmp_path: Path) -> None:
    index.etag = ""
    read(index, tmp_path)
    read(index, tmp_path, at=FRESH + 1)
    assert "If-None-Match" not in index.asked[1]


def test_pages__no_cache__keeps_nothing(index: Index, tmp_path: Path) -> None:
    for _ in range(2):
        read(index, tmp_path, store=NoStore)
    assert len(index.asked) == 2
    assert not (tmp_path / "kept-4").exists()


@pytest.mark.parametrize("damage", [b"", b"{}", b"null\n", b'{"until": 1}\nx', b"\xff"])
def test_pages__damaged_entry__is_fetched_anew(index: Index, tmp_path: Path, damage: bytes) -> None:
    read(index, tmp_path)
    for path in (tmp_path / "kept-4").iterdir():
        path.write_bytes(damage)
    assert read(index, tmp_path) == ["a-1.zip"]
    assert len(index.asked) == 2


def test_pages__url_with_credentials__is_not_kept(index: Index, tmp_path: Path) -> None:
    index.url = index.url.replace("http://", "http://me:secret@")
    read(index, tmp_path)
    assert not (tmp_path / "kept-4").exists()


def test_pages__failure__is_the_same_for_whoever_asks(index: Index, tmp_path: Path) -> None:
    index.status = 404
    with Client(timeout=5) as client:
        pages = Pages(lambda: client, Store(str(tmp_path)))
        for _ in range(2):
            with pytest.raises(FetchFailed):
                pages.links(index.url)
    assert len(index.asked) == 1


def test_pages__small_answer_that_unpacks_to_a_huge_one__is_refused(index: Index, tmp_path: Path) -> None:
    index.body = bytes(1 << 26)
    with pytest.raises((FetchFailed, BadInput), match="exceeds the expected"):
        read(index, tmp_path)
