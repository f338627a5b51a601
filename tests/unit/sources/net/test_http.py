from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight.errors import FetchFailed, NoRanges
from deadweight.sources.net.http import BrokeOff, Client, Refused
from tests.index_server import Ranges, Server

DATA = bytes(range(256)) * 40
BIG = bytes(2_000_000)


def client(**options: float) -> Client:
    return Client(**{"timeout": 2, "deadline": 2, **options})  # type: ignore[arg-type]


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """Give the URL of a server that sends these bytes, one answer for each connection, whatever it is asked."""

    def serve() -> None:
        for answer in answers:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(1)


def head(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} x", *headers, "", ""]).encode()


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
    monkeypatch.setattr("deadweight.sources.net.http.time.sleep", waited.append)
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


@pytest.mark.parametrize("url", ["http://me:secret@h.example:port/", "http://me:secret@[h/", "http://h.example:99999/"])
def test_get__what_is_no_url__is_told_without_its_password(url: str) -> None:
    with client() as web, pytest.raises(FetchFailed, match="no URL") as told:
        web.get(url, limit=9)
    assert "secret" not in told.value.cause
    with pytest.raises(FetchFailed, match="no URL"):
        Client(origins=[url])


@pytest.mark.parametrize("place", ["http://[x/", "http://h.example:port/"])
def test_get__redirect_to_what_is_no_url__is_refused(place: str) -> None:
    with (
        Server(files={}, redirects={"/a": place}) as server,
        client() as web,
        pytest.raises(FetchFailed, match="no URL"),
    ):
        web.get(f"{server.url}/a", limit=9)


def test_get__control_characters_from_a_server__are_not_shown() -> None:
    with answering(head(302, "Location: ftp://h.example/\x1b[2J", "Content-Length: 0")) as url, client() as web:
        with pytest.raises(FetchFailed) as told:
            web.get(url, limit=9)
    assert told.value.cause.isprintable()


@pytest.mark.parametrize("told", ["soon", "9" * 5000, "-1"])
def test_get__retry_after_that_means_nothing__the_usual_wait(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("deadweight.sources.net.http.time.sleep", waited.append)
    busy = head(503, f"Retry-After: {told}", "Content-Length: 0")
    with answering(busy, head(200, "Content-Length: 1") + b"x") as url, client() as web:
        assert web.get(url, limit=9).data == b"x"
    assert waited == [0.2]


def test_get__answer_that_breaks_off__is_asked_for_again() -> None:
    with (
        answering(head(200, "Content-Length: 9") + b"x", head(200, "Content-Length: 1") + b"y") as url,
        client() as web,
    ):
        assert web.get(url, limit=9).data == b"y"
        assert web.requests == 2


def test_download__answer_that_breaks_off__leaves_nothing_of_it() -> None:
    file = io.BytesIO()
    with (
        answering(head(200, "Content-Length: 9") + b"xx", head(200, "Content-Length: 1") + b"y") as url,
        client() as web,
    ):
        assert web.download(url, file, limit=9) == (1, hashlib.sha256(b"y").hexdigest())
    assert file.getvalue() == b"y"


def test_download__body_called_encoded__is_kept_as_it_came() -> None:
    data, file = gzip.compress(b"sdist"), io.BytesIO()
    with answering(head(200, "Content-Encoding: gzip", f"Content-Length: {len(data)}") + data) as url, client() as web:
        assert web.download(url, file, limit=99)[1] == hashlib.sha256(data).hexdigest()


def test_download__trickling_server__ends_in_a_timeout() -> None:
    with Server(files={"/a": DATA}, trickle=0.01) as server, client(deadline=0.2) as web:
        with pytest.raises(FetchFailed, match="too slow"):
            web.download(f"{server.url}/a", io.BytesIO(), limit=10_000_000)


def test_tail__more_than_asked_for__is_a_lie_and_not_read() -> None:
    whole = head(206, "Content-Range: bytes 0-1999999/2000000", "Content-Length: 2000000") + BIG
    with answering(whole) as url, client() as web:
        with pytest.raises(FetchFailed, match="lied"):
            web.tail(url, 10)
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
    ids=["endless number", "no total", "longer than told", "backwards", "no range at all"],
)
def test_span__headers_that_cannot_be__are_a_lie(headers: list[str]) -> None:
    with answering(head(206, *headers) + b"xxxx") as url, client() as web, pytest.raises(FetchFailed, match="lied"):
        web.span(url, range(2), 4)


@pytest.mark.parametrize("length", ["abc", "-5", "9" * 5000, "0"])
def test_tail__length_that_means_nothing__counts_as_no_ranges(length: str) -> None:
    with answering(head(416, "Content-Length: 0"), head(200, f"Content-Length: {length}")) as url, client() as web:
        with pytest.raises(NoRanges):
            web.tail(url, 10)


def test_span__many_from_one_server__share_a_connection() -> None:
    with Server(files={"/a": DATA}) as server, client() as web:
        for start in range(5):
            web.span(f"{server.url}/a", range(start, start + 9), len(DATA))
        assert web._pools[""].connection_from_url(server.url).num_connections == 1


def test_get__connection_refused__says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with client(attempts=1) as web, pytest.raises(FetchFailed, match="refused"):
        web.get(f"http://127.0.0.1:{port}/a", limit=9)


def test_credentials__beyond_latin_1__are_sent_as_utf_8() -> None:
    with Server(files={"/a": b"x"}, user="me:p€") as server, client() as web:
        assert web.get(f"http://me:p%E2%82%AC@{server.host}/a", limit=9).data == b"x"


def test_credentials__netrc_that_is_no_text__is_as_good_as_none(no_netrc: Path) -> None:
    no_netrc.write_bytes(b"machine \xff\xfe login me password secret\n")
    with Server(files={"/a": b"x"}) as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"


def test_authorization__given_for_one_server__stays_there(no_netrc: Path) -> None:
    no_netrc.write_text("machine 127.0.0.1 login me password secret\n")
    no_netrc.chmod(0o600)
    with Server(files={"/b": b"x"}) as other:
        with Server(files={}, redirects={"/a": "/c", "/c": f"{other.url}/b"}) as server, client() as web:
            assert web.get(f"{server.url}/a", limit=9, authorization="Bearer t").data == b"x"
            assert b"".join(web.stream(f"{server.url}/a", limit=9, authorization="Bearer t")) == b"x"
            assert {asked.authorization for asked in server.asked} == {"Bearer t"}
            web.get(f"{other.url}/b", limit=9, authorization="")
        assert {asked.authorization for asked in other.asked} == {""}


def test_post__redirect__is_not_followed() -> None:
    moved = head(307, "Location: http://h.example/", "Content-Length: 0")
    with answering(moved) as url, client() as web, pytest.raises(Refused, match="307"):
        web.post(url, {"refresh_token": "secret"}, limit=9)


def test_stream__answer_that_breaks_off__gives_what_came_and_says_so() -> None:
    with answering(head(503, "Content-Length: 0"), head(200, "Content-Length: 9") + b"x") as url, client() as web:
        body = web.stream(url, limit=9)
        assert next(body) == b"x"
        with pytest.raises(BrokeOff):
            next(body)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [("application/json", b"{}", b"{}"), ("text/html", b"{}", b""), ("application/json", bytes(100_000), b"")],
    ids=["json", "html", "too much"],
)
def test_refused__what_the_server_says__is_kept_where_it_is_json(kind: str, body: bytes, said: bytes) -> None:
    answer = head(401, f"Content-Type: {kind}", "WWW-Authenticate: Basic", f"Content-Length: {len(body)}") + body
    with answering(answer) as url, client() as web, pytest.raises(Refused) as told:
        web.get(url, limit=9)
    assert (told.value.status, told.value.challenge, told.value.said, told.value.url) == (401, "Basic", said, url)


@contextlib.contextmanager
def dripping(head: bytes, body: bytes = b"") -> Iterator[str]:
    """Give the URL of a server that sends ``head`` byte by byte, ten a second, and then ``body`` again and again."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(1 << 16)
            for at in range(len(head)):
                connection.sendall(head[at : at + 1])
                if not body:
                    time.sleep(0.1)
            while body:
                connection.sendall(body)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 x\r\n", b"HTTP/1.1 100 x\r\n\r\n" * 9, b""])
def test_get__headers_that_trickle__are_not_waited_for(start: bytes) -> None:
    began = time.monotonic()
    with dripping(start + b"X-Slow: " + b"x" * 1000) as url, client(deadline=0.6, attempts=1) as web:
        with pytest.raises(FetchFailed, match="took too long to answer"):
            web.get(url, limit=100)
    assert time.monotonic() - began < 10


def test_get__slow_headers_within_the_time__are_read() -> None:
    answer = b"HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\na"
    with dripping(answer) as url, client(timeout=1, deadline=20, attempts=1) as web:
        assert web.get(url, limit=100).data == b"a"


@pytest.mark.parametrize("head_", [b"", b"Content-Length: 9999999\r\n"])
def test_download__more_than_was_announced__ends(tmp_path: Path, head_: bytes) -> None:
    whole = b"HTTP/1.1 200 x\r\n" + head_ + b"\r\n"
    with dripping(whole, bytes(1 << 16)) as url, client(attempts=1) as web, (tmp_path / "x").open("w+b") as file:
        with pytest.raises(FetchFailed, match="bytes"):
            web.download(url, file, limit=1_000_000)
    assert (tmp_path / "x").stat().st_size <= 1_000_000


def test_download__no_room_for_it__is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deadweight.sources.net.http._free_bytes", lambda file: 2_100_000)
    with Server(files={"/a": BIG, "/b": BIG[:1_000_000]}) as server, client(attempts=1) as web:
        with (tmp_path / "x").open("w+b") as file:
            with pytest.raises(FetchFailed, match="no room"):
                web.download(f"{server.url}/a", file, limit=1 << 30)
            assert file.seek(0, 2) == 0
            assert web.download(f"{server.url}/b", file, limit=1 << 30)[0] == 1_000_000
