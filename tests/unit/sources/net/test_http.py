"""Requests: retries, redirects, credentials, limits of size and time."""

from __future__ import annotations

import base64
import socket
import time
from pathlib import Path

import pytest

from deadweight.errors import FetchFailed
from deadweight.sources.net import http
from deadweight.sources.net.failures import Refused, Truncated
from deadweight.sources.net.files import fetch_span
from deadweight.sources.net.http import Client
from tests.index_server import Server
from tests.raw_servers import answering, dripping, head

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
    ("status", "message"), [(404, "not found"), (410, "not found"), (401, "denied"), (403, "denied"), (418, "418")]
)
def test_get__refused__message_says_why_and_no_retry(status: int, message: str) -> None:
    with Server(files={}, fail={"/a": [status] * 5}) as server, client() as web:
        with pytest.raises(FetchFailed, match=message) as caught:
            web.get(f"{server.url}/a", limit=9)
        assert len(server.asked) == 1
    assert caught.value.exit_code == 5


def test_get__always_busy__fails_after_the_last_attempt() -> None:
    with Server(files={}, fail={"/a": [503] * 9}, retry_after="0") as server, client(attempts=3) as web:
        with pytest.raises(FetchFailed, match="503"):
            web.get(f"{server.url}/a", limit=9)
        assert len(server.asked) == 3


def test_get__redirects__are_followed_up_to_a_limit() -> None:
    with Server(files={"/b": b"x"}, redirects={"/a": "/b", "/loop": "/loop"}) as server, client() as web:
        page = web.get(f"{server.url}/a", limit=9)
        assert (page.data, page.url) == (b"x", f"{server.url}/b")
        with pytest.raises(FetchFailed, match="redirects"):
            web.get(f"{server.url}/loop", limit=9)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://files.example/x", "gopher://x"])
def test_get__redirect_to_another_scheme__is_not_followed(location: str) -> None:
    with Server(files={}, redirects={"/a": location}) as server, client() as web:
        with pytest.raises(FetchFailed, match="refusing to follow"):
            web.get(f"{server.url}/a", limit=9)


def test_get__more_than_the_limit__is_refused() -> None:
    with (
        Server(files={"/a": BIG}) as server,
        client() as web,
        pytest.raises(FetchFailed, match="exceeds the expected 1,000"),
    ):
        web.get(f"{server.url}/a", limit=1000)


def test_get__trickling_server__times_out() -> None:
    with Server(files={"/a": DATA}, trickle=0.01) as server, client(deadline=0.3) as web:
        with pytest.raises(FetchFailed, match="too slow"):
            web.get(f"{server.url}/a", limit=10_000_000)


def test_get__server_without_a_response__times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, client(timeout=0.2, attempts=1) as web:
        with pytest.raises(FetchFailed, match="took too long"):
            web.get(f"http://127.0.0.1:{silent.getsockname()[1]}/a", limit=9)


def test_get__no_server__one_line_with_a_hint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with client(attempts=1) as web, pytest.raises(FetchFailed) as caught:
        web.get(f"http://user:secret@127.0.0.1:{port}/a", limit=9)
    assert caught.value.cause.startswith("cannot reach 127.0.0.1: ")
    assert "proxy" in caught.value.hint
    assert "\n" not in caught.value.cause
    assert "secret" not in caught.value.cause


def test_credentials__in_the_url__are_sent_and_not_shown() -> None:
    with Server(files={"/a": b"x"}, user="me:p@ss word") as server, client() as web:
        assert web.get(f"http://me:p%40ss%20word@{server.host}/a", limit=9).data == b"x"
        with pytest.raises(FetchFailed) as caught:
            web.get(f"http://me:wrong@{server.host}/a", limit=9)
    assert "wrong" not in f"{caught.value.cause}{caught.value.hint}"


def test_credentials__of_an_index__hold_for_its_files() -> None:
    with Server(files={"/files/a": b"x"}, user="me:secret") as server:
        with Client(origins=[f"http://me:secret@{server.host}/simple"]) as web:
            assert web.get(f"{server.url}/files/a", limit=9).data == b"x"


def test_credentials__from_netrc__are_sent(no_netrc: Path) -> None:
    no_netrc.write_text("machine 127.0.0.1 login me password secret\n")
    no_netrc.chmod(0o600)
    with Server(files={"/a": b"x"}, user="me:secret") as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"


def test_credentials__malformed_netrc__is_ignored(no_netrc: Path) -> None:
    no_netrc.write_text("machine\n\n what")
    with Server(files={"/a": b"x"}) as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"


def test_credentials__redirect_to_another_server__are_not_sent_on() -> None:
    with Server(files={"/b": b"x"}) as other:
        with Server(files={}, redirects={"/a": f"{other.url}/b"}) as server:
            with Client(origins=[f"http://me:secret@{server.host}/simple"]) as web:
                assert web.get(f"http://me:secret@{server.host}/a", limit=9).data == b"x"
                assert server.asked[0].authorization == basic("me:secret")
        assert other.asked[0].authorization == ""


@pytest.mark.parametrize("url", ["http://me:secret@h.example:port/", "http://me:secret@[h/", "http://h.example:99999/"])
def test_get__malformed_url__error_hides_the_password(url: str) -> None:
    with client() as web, pytest.raises(FetchFailed, match="not a URL") as caught:
        web.get(url, limit=9)
    assert "secret" not in caught.value.cause
    with pytest.raises(FetchFailed, match="not a URL"):
        Client(origins=[url])


@pytest.mark.parametrize("location", ["http://[x/", "http://h.example:port/"])
def test_get__redirect_to_a_malformed_url__is_refused(location: str) -> None:
    with (
        Server(files={}, redirects={"/a": location}) as server,
        client() as web,
        pytest.raises(FetchFailed, match="not a URL"),
    ):
        web.get(f"{server.url}/a", limit=9)


def test_get__control_characters_from_a_server__are_not_shown() -> None:
    with answering(head(302, "Location: ftp://h.example/\x1b[2J", "Content-Length: 0")) as url, client() as web:
        with pytest.raises(FetchFailed) as caught:
            web.get(url, limit=9)
    assert caught.value.cause.isprintable()


@pytest.mark.parametrize("retry_after", ["soon", "9" * 5000, "-1"])
def test_get__malformed_retry_after__the_default_wait(retry_after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("deadweight.sources.net.http.time.sleep", waited.append)
    busy = head(503, f"Retry-After: {retry_after}", "Content-Length: 0")
    with answering(busy, head(200, "Content-Length: 1") + b"x") as url, client() as web:
        assert web.get(url, limit=9).data == b"x"
    assert waited == [0.2]


def test_get__truncated_body__is_requested_again() -> None:
    with (
        answering(head(200, "Content-Length: 9") + b"x", head(200, "Content-Length: 1") + b"y") as url,
        client() as web,
    ):
        assert web.get(url, limit=9).data == b"y"
        assert web.requests == 2


def test_get__connection_refused__is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with client(attempts=1) as web, pytest.raises(FetchFailed, match="refused"):
        web.get(f"http://127.0.0.1:{port}/a", limit=9)


def test_credentials__beyond_latin_1__are_sent_as_utf_8() -> None:
    with Server(files={"/a": b"x"}, user="me:p€") as server, client() as web:
        assert web.get(f"http://me:p%E2%82%AC@{server.host}/a", limit=9).data == b"x"


def test_credentials__binary_netrc__is_ignored(no_netrc: Path) -> None:
    no_netrc.write_bytes(b"machine \xff\xfe login me password secret\n")
    with Server(files={"/a": b"x"}) as server, client() as web:
        assert web.get(f"{server.url}/a", limit=9).data == b"x"


def test_authorization__for_one_server__is_not_sent_to_another(no_netrc: Path) -> None:
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


def test_stream__truncated_body__yields_the_start_then_fails() -> None:
    with answering(head(503, "Content-Length: 0"), head(200, "Content-Length: 9") + b"x") as url, client() as web:
        body = web.stream(url, limit=9)
        assert next(body) == b"x"
        with pytest.raises(Truncated):
            next(body)


@pytest.mark.parametrize(
    ("kind", "body", "kept"),
    [("application/json", b"{}", b"{}"), ("text/html", b"{}", b""), ("application/json", bytes(100_000), b"")],
    ids=["json", "html", "too much"],
)
def test_refused__json_body__is_kept(kind: str, body: bytes, kept: bytes) -> None:
    answer = head(401, f"Content-Type: {kind}", "WWW-Authenticate: Basic", f"Content-Length: {len(body)}") + body
    with answering(answer) as url, client() as web, pytest.raises(Refused) as caught:
        web.get(url, limit=9)
    assert (caught.value.status, caught.value.challenge, caught.value.body, caught.value.url) == (
        401,
        "Basic",
        kept,
        url,
    )


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 x\r\n", b"HTTP/1.1 100 x\r\n\r\n" * 9, b""])
def test_get__trickling_headers__time_out(start: bytes) -> None:
    began = time.monotonic()
    with dripping(start + b"X-Slow: " + b"x" * 1000) as url, client(deadline=0.6, attempts=1) as web:
        with pytest.raises(FetchFailed, match="took too long to respond"):
            web.get(url, limit=100)
    assert time.monotonic() - began < 10


def test_get__slow_headers_within_the_time__are_read() -> None:
    answer = b"HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\na"
    with dripping(answer) as url, client(timeout=1, deadline=20, attempts=1) as web:
        assert web.get(url, limit=100).data == b"a"


def test_request__many_to_one_server__share_a_connection() -> None:
    with Server(files={"/a": DATA}) as server, client() as web:
        for start in range(5):
            fetch_span(web, f"{server.url}/a", range(start, start + 9), len(DATA))
        assert web._pools[""].connection_from_url(server.url).num_connections == 1


def test_pace__requests_to_one_server__are_spread_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_paces", {})
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(http, "_interval", 0.5)
    assert [http._turn("a.example") for _ in range(3)] == [0.0, 0.5, 1.0]
    assert http._turn("b.example") == 0.0
