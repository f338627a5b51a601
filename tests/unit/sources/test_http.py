from __future__ import annotations

import base64
import hashlib
import io
import socket
from pathlib import Path

import pytest

from deadweight.errors import FetchFailed, NoRanges
from deadweight.sources.http import Client
from tests.index_server import Ranges, Server

DATA = bytes(range(256)) * 40
BIG = bytes(2_000_000)


def client(**options: float) -> Client:
    return Client(**{"timeout": 2, "deadline": 2, **options})  # type: ignore[arg-type]


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.fixture(autouse=True)
def no_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("NO_PROXY", "*")
    return path


@pytest.mark.parametrize("size", [None, len(DATA)])
def test_tail__honest_server__last_bytes_in_one_request(size: int | None) -> None:
    with Server(files={"/a": DATA}) as server, client() as web:
        tail = web.tail(f"{server.url}/a", 100, size)
        assert (tail.data, tail.start, tail.size) == (DATA[-100:], len(DATA) - 100, len(DATA))
        assert (web.requests, web.received_bytes, len(server.asked)) == (1, 100, 1)


def test_tail__file_shorter_than_asked_for__whole_file() -> None:
    with Server(files={"/a": b"abc"}) as server, client() as web:
        assert web.tail(f"{server.url}/a", 100).data == b"abc"


def test_tail__server_without_suffix_ranges__asks_for_the_length_first() -> None:
    with Server(files={"/a": DATA}, ranges="no-suffix") as server, client() as web:
        assert web.tail(f"{server.url}/a", 10).data == DATA[-10:]
        assert [asked.method for asked in server.asked] == ["GET", "HEAD", "GET"]


def test_tail__server_ignores_ranges__small_file_is_taken_whole() -> None:
    with Server(files={"/a": DATA}, ranges="ignored") as server, client() as web:
        tail = web.tail(f"{server.url}/a", 10)
        assert (tail.data, tail.start) == (DATA, 0)


def test_tail__server_ignores_ranges__large_file_is_not_read() -> None:
    with Server(files={"/a": BIG}, ranges="ignored") as server, client() as web:
        with pytest.raises(NoRanges):
            web.tail(f"{server.url}/a", 10)
        assert web.received_bytes == 0


@pytest.mark.parametrize("lie", ["wrong", "short", "encoded"])
def test_span__server_that_lies__is_told_so(lie: Ranges) -> None:
    with (
        Server(files={"/a": DATA}, ranges=lie) as server,
        client(attempts=1) as web,
        pytest.raises(FetchFailed) as told,
    ):
        web.span(f"{server.url}/a", range(10, 20), len(DATA))
    assert "lied about ranges" in told.value.cause


def test_span__size_that_changes__is_a_lie() -> None:
    with Server(files={"/a": DATA}, ranges="changing") as server, client() as web:
        tail = web.tail(f"{server.url}/a", 10)
        with pytest.raises(FetchFailed, match="lied"):
            web.span(f"{server.url}/a", range(10, 20), tail.size)


def test_span__honest_server__exactly_these_bytes() -> None:
    with Server(files={"/a": DATA}) as server, client() as web:
        assert web.span(f"{server.url}/a", range(300, 310), len(DATA)) == DATA[300:310]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_get__server_busy_twice__tries_again(status: int) -> None:
    with Server(files={"/a": b"x"}, fail={"/a": [status, status]}, retry_after="0") as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"
        assert len(server.asked) == 3


def test_get__retry_after_a_day__is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("deadweight.sources.http.time.sleep", waited.append)
    with Server(files={"/a": b"x"}, fail={"/a": [503]}, retry_after="86400") as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"
    assert max(waited) <= 10


@pytest.mark.parametrize(
    ("status", "says"), [(404, "not there"), (410, "not there"), (401, "refused"), (403, "refused"), (418, "418")]
)
def test_get__refusal__says_what_and_is_not_repeated(status: int, says: str) -> None:
    with Server(files={}, fail={"/a": [status] * 5}) as server, client() as web:
        with pytest.raises(FetchFailed, match=says) as told:
            web.get(f"{server.url}/a", limit=9)
        assert len(server.asked) == 1
    assert told.value.exit_code == 5


def test_get__busy_for_ever__gives_up() -> None:
    with Server(files={}, fail={"/a": [503] * 9}, retry_after="0") as server, client(attempts=3) as web:
        with pytest.raises(FetchFailed, match="503"):
            web.get(f"{server.url}/a", limit=9)
        assert len(server.asked) == 3


def test_get__redirects__are_followed_up_to_a_point() -> None:
    with Server(files={"/b": b"x"}, redirects={"/a": "/b", "/loop": "/loop"}) as server, client() as web:
        page = web.get(f"{server.url}/a", limit=9)
        assert (page.data, page.url) == (b"x", f"{server.url}/b")
        with pytest.raises(FetchFailed, match="redirects"):
            web.get(f"{server.url}/loop", limit=9)


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://files.example/x", "gopher://x"])
def test_get__redirect_to_another_scheme__is_not_followed(place: str) -> None:
    with Server(files={}, redirects={"/a": place}) as server, client() as web:
        with pytest.raises(FetchFailed, match="not followed"):
            web.get(f"{server.url}/a", limit=9)


def test_get__more_than_the_limit__is_refused() -> None:
    with Server(files={"/a": BIG}) as server, client() as web, pytest.raises(FetchFailed, match="more than"):
        web.get(f"{server.url}/a", limit=1000)


def test_get__trickling_server__ends_in_a_timeout() -> None:
    with Server(files={"/a": DATA}, trickle=0.01) as server, client(deadline=0.3) as web:
        with pytest.raises(FetchFailed, match="too slow"):
            web.get(f"{server.url}/a", limit=10_000_000)


def test_get__server_that_never_answers__ends_in_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, client(timeout=0.2, attempts=1) as web:
        with pytest.raises(FetchFailed, match="took too long"):
            web.get(f"http://127.0.0.1:{silent.getsockname()[1]}/a", limit=9)


def test_get__nobody_there__one_line_with_a_hint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with client(attempts=1) as web, pytest.raises(FetchFailed) as told:
        web.get(f"http://user:secret@127.0.0.1:{port}/a", limit=9)
    assert told.value.cause.startswith("cannot reach 127.0.0.1: ")
    assert "proxy" in told.value.hint
    assert "\n" not in told.value.cause
    assert "secret" not in told.value.cause


def test_credentials__in_the_url__are_sent_and_not_shown() -> None:
    with Server(files={"/a": b"x"}, user="me:p@ss word") as server, client() as web:
        assert web.get(f"http://me:p%40ss%20word@{server.host}/a", limit=9).data == b"x"
        with pytest.raises(FetchFailed) as told:
            web.get(f"http://me:wrong@{server.host}/a", limit=9)
    assert "wrong" not in f"{told.value.cause}{told.value.hint}"


def test_credentials__of_an_index__hold_for_its_files() -> None:
    with Server(files={"/files/a": b"x"}, user="me:secret") as server:
        with Client(origins=[f"http://me:secret@{server.host}/simple"]) as web:
            assert web.get(f"{server.url}/files/a", limit=9).data == b"x"


def test_credentials__from_netrc__are_sent(no_netrc: Path) -> None:
    no_netrc.write_text("machine 127.0.0.1 login me password secret\n")
    no_netrc.chmod(0o600)
    with Server(files={"/a": b"x"}, user="me:secret") as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"


def test_credentials__broken_netrc__is_as_good_as_none(no_netrc: Path) -> None:
    no_netrc.write_text("machine\n\n what")
    with Server(files={"/a": b"x"}) as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"


def test_credentials__redirect_to_another_server__stay_behind() -> None:
    with Server(files={"/b": b"x"}) as other:
        with Server(files={}, redirects={"/a": f"{other.url}/b"}) as server:
            with Client(origins=[f"http://me:secret@{server.host}/simple"]) as web:
                assert web.get(f"http://me:secret@{server.host}/a", limit=9).data == b"x"
                assert server.asked[0].authorization == basic("me:secret")
        assert other.asked[0].authorization == ""


def test_download__whole_file__its_size_and_hash() -> None:
    file = io.BytesIO()
    with Server(files={"/a": BIG}) as server, client() as web:
        assert web.download(f"{server.url}/a", file, limit=3_000_000) == (len(BIG), hashlib.sha256(BIG).hexdigest())
        with pytest.raises(FetchFailed, match="more than"):
            web.download(f"{server.url}/a", io.BytesIO(), limit=1_000_000)
    assert file.getvalue() == BIG
