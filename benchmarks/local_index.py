"""An index on this machine that keeps what the configured one gave: figures do not hang on one network.

``local_index.py DIRECTORY --delay 0.02`` prints its URL and serves until stopped. Pages and files are fetched once
and kept in DIRECTORY; of a file that is asked for in parts, only the parts. Each request waits for ``--delay`` seconds.
``/counters`` tells the requests and the bytes of bodies since ``/reset``.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import html
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

HREF = re.compile(r"""href\s*=\s*(?:"([^"]+)"|'([^']+)')""", re.IGNORECASE)
RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\Z")

Relay = Callable[[int], Callable[[bytes], object]]


def upstream() -> str:
    """Return the index that pip is configured for."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    reported = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return (os.environ.get("PIP_INDEX_URL") or reported or "https://pypi.org/simple").rstrip("/")


def span(part: str, total: int) -> range:
    """Return which bytes of ``total`` a Range header asks for: all without one, none where it starts behind the end."""
    match = RANGE.match(part)
    if match is None:
        return range(total)
    if match[3]:
        return range(max(0, total - int(match[3])), total)
    return range(int(match[1]), min(total, int(match[2]) + 1) if match[2] else total)


class Kept:
    """Bytes that were fetched once, by URL and range."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._locks: dict[str, threading.Lock] = {}
        self._all = threading.Lock()

    def path(self, url: str, part: str = "", relay: Relay | None = None) -> Path:
        """Return the file that holds a URL's bytes, fetched if need be; of a part, where upstream sends parts.

        relay:  gets the length of what has to be fetched, and returns what is to be called with each chunk
        raises: urllib.error.HTTPError, OSError, http.client.HTTPException
        """
        found = self._place(url, part)
        with self._all:
            lock = self._locks.setdefault(found.name, threading.Lock())
        with lock:
            if found.with_suffix(".404").exists():
                raise urllib.error.HTTPError(url, 404, "Not Found", http.client.HTTPMessage(), None)
            return found if found.exists() else self._fetch(url, part, relay)

    def whole(self, url: str) -> Path | None:
        """Return the file that holds all of a URL's bytes, if it is there."""
        found = self._place(url)
        return found if found.exists() else None

    def is_part(self, found: Path) -> bool:
        return found.with_suffix(".total").exists()

    def total(self, found: Path) -> int:
        """Return the size of the whole file that ``found`` holds, or holds a part of."""
        return int(found.with_suffix(".total").read_text()) if self.is_part(found) else found.stat().st_size

    def _place(self, url: str, part: str = "") -> Path:
        return self._directory / hashlib.sha256(f"{url} {part}".encode()).hexdigest()

    def _fetch(self, url: str, part: str, relay: Relay | None) -> Path:
        headers = {"Range": part} if part else {"Accept": "text/html"}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                self._place(url, part).with_suffix(".404").touch()
            raise
        with answer:
            sent_part = answer.status == 206
            # An upstream that knows no ranges sends everything: that is kept as the whole file.
            found = self._place(url, part if sent_part else "")
            self._keep(answer, found, relay)
            if sent_part:
                found.with_suffix(".total").write_text(answer.headers["Content-Range"].rpartition("/")[2])
        found.with_suffix(f".{threading.get_ident()}").replace(found)
        return found

    def _keep(self, answer: Any, found: Path, relay: Relay | None) -> None:
        new = found.with_suffix(f".{threading.get_ident()}")
        length = answer.headers["Content-Length"]
        try:
            with new.open("wb") as file:
                pass_on = relay(int(length)) if relay and length else None
                while chunk := answer.read(1 << 18):
                    file.write(chunk)
                    if pass_on:
                        pass_on(chunk)
            # ``read(n)`` does not tell when a connection ends too early.
            if length and new.stat().st_size != int(length):
                raise OSError(f"upstream sent {new.stat().st_size} of {length} bytes")
        except BaseException:
            new.unlink()
            raise


class Handler(BaseHTTPRequestHandler):
    """Answers for one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    kept: Kept
    index: str
    delay: float
    counters = {"requests": 0, "bytes": 0}  # noqa: RUF012  shared by all connections, on purpose
    counting = threading.Lock()
    pages: dict[str, tuple[bytes, bytes]] = {}  # noqa: RUF012  the same
    started = False  # whether the head of the answer is out, so that no other can follow

    def log_message(self, *_: Any) -> None:
        return

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path in ("/counters", "/reset"):
            body = json.dumps(self.counters).encode()
            if self.path == "/reset":
                self.counters.update(requests=0, bytes=0)
            return self._send(200, body)
        time.sleep(self.delay)
        self._count(1, 0)
        self.started = False
        try:
            if self.path.startswith("/files/"):
                return self._file(unquote(self.path.split("/")[2]))
            return self._page(self.path.strip("/").rpartition("/")[2])
        except urllib.error.HTTPError as error:
            return self._send(error.code, b"")
        except (OSError, http.client.HTTPException) as error:
            if not self.started:
                return self._send(502, str(error).encode())
            self.close_connection = True
            return None

    def _page(self, name: str) -> None:
        if name not in self.pages:
            self.pages[name] = self._rewritten(name)
        body, packed = self.pages[name]
        # As PyPI does it: pages may be kept for ten minutes, and are compressed on their way.
        reported = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "max-age=600, public"}
        if self.headers.get("If-None-Match") == reported["ETag"]:
            return self._send(304, b"", reported)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body, reported = packed, {**reported, "Content-Encoding": "gzip"}
        self._count(0, len(body))
        return self._send(200, body, {"Content-Type": "text/html", **reported})

    def _rewritten(self, name: str) -> tuple[bytes, bytes]:
        """Return a page whose links lead here, and the same compressed."""
        url = f"{self.index}/{name}/"
        text = self.kept.path(url).read_text("utf-8", "replace")

        def here(match: re.Match[str]) -> str:
            link, mark, fragment = urljoin(url, html.unescape(match[1] or match[2])).partition("#")
            name = urlsplit(link).path.rpartition("/")[2]
            key = quote(link, safe="")
            return f'href="{html.escape(f"/files/{key}/{name}{mark}{fragment}")}"'

        body = HREF.sub(here, text).encode()
        return body, gzip.compress(body, 6, mtime=0)

    def _file(self, url: str) -> None:
        if self.path.endswith(".metadata"):
            url += ".metadata"
        part = self.headers.get("Range", "")
        if RANGE.match(part) is None:
            part = ""
        whole = self.kept.whole(url)
        if self.command == "HEAD":
            total = self.kept.total(whole or self.kept.path(url, "bytes=0-0"))
            return self._start_file(200, {"Content-Length": str(total)})
        found = whole or self.kept.path(url, part, None if part else self._relay)
        if not self.started:
            self._send_kept(found, part)
        return None

    def _relay(self, length: int) -> Callable[[bytes], object]:
        self._start_file(200, {"Content-Length": str(length)})
        self._count(0, length)
        return self.wfile.write

    def _send_kept(self, found: Path, part: str) -> None:
        total = self.kept.total(found)
        wanted = span(part, total)
        if part and not wanted:
            return self._send(416, b"", {"Content-Range": f"bytes */{total}"})
        reported = {"Content-Range": f"bytes {wanted.start}-{wanted.stop - 1}/{total}"} if part else {}
        self._start_file(206 if part else 200, {**reported, "Content-Length": str(len(wanted))})
        self._count(0, len(wanted))
        if wanted:
            with found.open("rb") as file:
                self.connection.sendfile(file, 0 if self.kept.is_part(found) else wanted.start, len(wanted))
        return None

    def _start_file(self, status: int, headers: dict[str, str]) -> None:
        self.started = True
        self.send_response(status)
        kept = "max-age=365000000, immutable, public"  # as PyPI's own file server has it
        for name, value in {**headers, "Accept-Ranges": "bytes", "Cache-Control": kept}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _count(self, requests: int, sent: int) -> None:
        with self.counting:
            self.counters["requests"] += requests
            self.counters["bytes"] += sent


class LocalIndex:
    """A running index, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/simple/"
        self._host = url

    def reset(self) -> None:
        """Count from 0 again."""
        urllib.request.urlopen(f"{self._host}/reset").read()

    def counters(self) -> dict[str, int]:
        """Return ``requests`` and ``bytes`` since the last reset."""
        found: dict[str, int] = json.load(urllib.request.urlopen(f"{self._host}/counters"))
        return found


@contextmanager
def local_index(directory: Path, delay: float) -> Iterator[LocalIndex]:
    """Start one, and stop it afterwards."""
    command = [sys.executable, __file__, str(directory), "--delay", str(delay)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield LocalIndex(child.stdout.readline().strip())
    finally:
        child.terminate()
        child.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    Handler.kept, Handler.index, Handler.delay = Kept(options.directory), upstream(), options.delay
    server = _Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
