"""An index on this machine that keeps what the configured one gave: figures do not hang on one network.

``local_index.py FOLDER --delay 0.02`` prints its URL and serves until it is stopped. Pages and files are fetched once
and kept in FOLDER; of a file that is asked for in parts, only the parts. Each request waits for ``--delay`` seconds.
``/counters`` tells the requests and the bytes of bodies since ``/reset``.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin

HREF = re.compile(r'href="([^"]+)"')
RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def upstream() -> str:
    """Return the index that pip is configured for."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return (os.environ.get("PIP_INDEX_URL") or told or "https://pypi.org/simple").rstrip("/")


class Kept:
    """Bytes that were fetched once, by URL and range."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, threading.Lock] = {}
        self._all = threading.Lock()

    def path(self, url: str, part: str = "") -> Path:
        """Return the file that holds a URL's bytes, fetched if need be; raises urllib.error.HTTPError."""
        found = self._folder / hashlib.sha256(f"{url} {part}".encode()).hexdigest()
        with self._all:
            lock = self._locks.setdefault(found.name, threading.Lock())
        with lock:
            if not found.exists():
                self._fetch(url, part, found)
        return found

    def whole(self, url: str) -> Path | None:
        """Return the file that holds all of a URL's bytes, if it is there."""
        found = self._folder / hashlib.sha256(f"{url} ".encode()).hexdigest()
        return found if found.exists() else None

    def total(self, url: str, part: str) -> int:
        """Return the size of the whole file that a kept part is of."""
        return int(self.path(url, part).with_suffix(".total").read_text())

    def length(self, url: str) -> int:
        """Return the size of a file, of which nothing need be there."""
        whole = self.whole(url)
        return whole.stat().st_size if whole else self.total(url, "bytes=0-0")

    def _fetch(self, url: str, part: str, found: Path) -> None:
        headers = {"Range": part} if part else {"Accept": "text/html"}
        new = found.with_suffix(f".{threading.get_ident()}")
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer, new.open("wb") as file:
            while chunk := answer.read(1 << 20):
                file.write(chunk)
            if part:
                found.with_suffix(".total").write_text(answer.headers["Content-Range"].rpartition("/")[2])
        new.replace(found)


class Handler(BaseHTTPRequestHandler):
    """Answers for one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    kept: Kept
    index: str
    delay: float
    counters = {"requests": 0, "bytes": 0}  # noqa: RUF012  shared by all connections, on purpose
    counting = threading.Lock()

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
        try:
            if self.path.startswith("/files/"):
                return self._file(unquote(self.path.split("/")[2]))
            return self._page(self.path.strip("/").rpartition("/")[2])
        except urllib.error.HTTPError as error:
            return self._send(error.code, b"")
        except OSError as error:
            return self._send(502, str(error).encode())

    def _page(self, name: str) -> None:
        url = f"{self.index}/{name}/"
        text = self.kept.path(url).read_text("utf-8", "replace")

        def here(match: re.Match[str]) -> str:
            link, _, fragment = urljoin(url, html.unescape(match[1])).partition("#")
            return f'href="/files/{quote(link, safe="")}/{link.rpartition("/")[2]}#{fragment}"'

        body = HREF.sub(here, text).encode()
        self._count(0, len(body))
        self._send(200, body, {"Content-Type": "text/html"})

    def _file(self, url: str) -> None:
        if self.path.endswith(".metadata"):
            url += ".metadata"
        part = self.headers.get("Range", "")
        whole = self.kept.whole(url)
        if self.command == "HEAD":
            return self._start_file(200, {"Content-Length": str(self.kept.length(url))})
        if part and whole is None:
            body, total = self.kept.path(url, part).read_bytes(), self.kept.total(url, part)
            start = self._start(part, total)
            self._count(0, len(body))
            return self._send(206, body, {"Content-Range": f"bytes {start}-{start + len(body) - 1}/{total}"})
        path = whole or self.kept.path(url)
        total = path.stat().st_size
        start, stop = self._start(part, total), self._stop(part, total)
        told = {"Content-Range": f"bytes {start}-{stop - 1}/{total}"} if part else {}
        self._start_file(206 if part else 200, {**told, "Content-Length": str(stop - start)})
        self._count(0, stop - start)
        with path.open("rb") as file:
            self.connection.sendfile(file, start, stop - start)
        return None

    def _start_file(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Accept-Ranges": "bytes"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def _start(self, part: str, total: int) -> int:
        match = RANGE.match(part)
        if match is None:
            return 0
        return int(match[1]) if match[1] else max(0, total - int(match[2]))

    def _stop(self, part: str, total: int) -> int:
        match = RANGE.match(part)
        return min(total, int(match[2]) + 1) if match and match[1] and match[2] else total

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
def local_index(folder: Path, delay: float) -> Iterator[LocalIndex]:
    """Start one, and stop it afterwards."""
    command = [sys.executable, __file__, str(folder), "--delay", str(delay)]
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
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    Handler.kept, Handler.index, Handler.delay = Kept(options.folder), upstream(), options.delay
    server = _Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
