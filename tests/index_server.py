"""A server of files for tests, as good or as bad as a test wants it: ``with Server(files) as server``."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple

_BESIDE = ' data-core-metadata="true"'
Ranges = Literal["yes", "ignored", "no-suffix", "wrong", "short", "changing", "encoded"]


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    range: str
    authorization: str


@dataclass(kw_only=True)
class Server:
    """Serves path → bytes on the loopback, many at once.

    ranges:    how Range is answered: "yes", "ignored", only from the front ("no-suffix"), with other bytes than asked
               for ("wrong"), cut ("short"), with another total each time ("changing"), with a Content-Encoding
    fail:      path → statuses that come first, one for each request
    retry_after: header of those
    redirects: path → URL
    user:      "name:password" that is needed
    delay:     seconds before each answer; ``trickle``: seconds before each byte of a body
    """

    files: Mapping[str, bytes]
    types: Mapping[str, str] = field(default_factory=dict)
    ranges: Ranges = "yes"
    fail: dict[str, list[int]] = field(default_factory=dict)
    retry_after: str = ""
    redirects: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    delay: float = 0
    trickle: float = 0
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Server:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"reported": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def count(self) -> Counter[str]:
        """Return path → number of requests."""
        return Counter(each.path for each in self.asked)


class _Handler(BaseHTTPRequestHandler):
    reported: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the acknowledgement of the headers

    def log_message(self, *_: Any) -> None:
        return

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        authorization = self.headers.get("Authorization", "")
        self.reported.asked.append(Asked(self.command, path, self.headers.get("Range", ""), authorization))
        time.sleep(self.reported.delay)
        if self.reported.fail.get(path):
            return self._send(self.reported.fail[path].pop(0), b"", {"Retry-After": self.reported.retry_after})
        if path in self.reported.redirects:
            return self._send(302, b"", {"Location": self.reported.redirects[path]})
        wanted = "Basic " + base64.b64encode(self.reported.user.encode()).decode()
        if self.reported.user and authorization != wanted:
            return self._send(401, b"", {})
        if path not in self.reported.files:
            return self._send(404, b"", {})
        data = self.reported.files[path]
        kind = {"Content-Type": self.reported.types.get(path, "application/octet-stream")}
        match = re.match(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if match is None or self.reported.ranges == "ignored":
            return self._send(200, data, kind)
        if match[1] == "" and self.reported.ranges == "no-suffix":
            return self._send(416, b"", {"Accept-Ranges": "bytes"})
        start = int(match[1]) if match[1] else max(0, len(data) - int(match[2]))
        stop = min(len(data), int(match[2]) + 1) if match[1] and match[2] else len(data)
        return self._part(data, start, stop)

    def _part(self, data: bytes, start: int, stop: int) -> None:
        body, total = data[start:stop], len(data)
        headers = {}
        if self.reported.ranges == "wrong":
            start, stop = start + 1, stop + 1
        elif self.reported.ranges == "changing":
            total += len(self.reported.asked) - 1
        elif self.reported.ranges == "encoded":
            headers["Content-Encoding"] = "gzip"
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
        if self.reported.ranges == "short":
            body = body[: len(body) // 2]
        self._send(206, body, headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            if self.reported.trickle:
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    self.wfile.flush()
                    time.sleep(self.reported.trickle)
            else:
                self.wfile.write(body)
        except OSError:
            return  # the client has had enough


def index_of(
    archives: Iterable[tuple[str, bytes]], *, as_json: bool = False, beside: Mapping[str, bytes] | None = None
) -> dict[str, Any]:
    """Return ``files`` and ``types`` of a Server that is an index of archives (PEP 503, or PEP 691 ``as_json``).

    beside: file name → METADATA that lies beside it and is announced (PEP 658)
    """
    beside = beside or {}
    files: dict[str, bytes] = {}
    projects: dict[str, list[tuple[str, str, int]]] = {}
    for filename, data in archives:
        files[f"/files/{filename}"] = data
        name = re.sub(r"[-_.]+", "-", filename.split("-")[0]).lower()
        projects.setdefault(name, []).append((filename, hashlib.sha256(data).hexdigest(), len(data)))
    files |= {f"/files/{filename}.metadata": text for filename, text in beside.items()}
    kind = "application/vnd.pypi.simple.v1+json" if as_json else "text/html"
    for name, found in projects.items():
        page = _json_page(name, found, beside) if as_json else _html_page(found, beside)
        files[f"/simple/{name}/"] = page.encode()
    return {"files": files, "types": {path: kind for path in files if path.startswith("/simple/")}}


def _html_page(found: list[tuple[str, str, int]], beside: Mapping[str, bytes]) -> str:
    links = [
        f'<a href="../../files/{html.escape(filename)}#sha256={sha256}"'
        f"{_BESIDE if filename in beside else ''}>{html.escape(filename)}</a>"
        for filename, sha256, _ in found
    ]
    return f"<!DOCTYPE html><html><body>{'<br>'.join(links)}</body></html>"


def _json_page(name: str, found: list[tuple[str, str, int]], beside: Mapping[str, bytes]) -> str:
    files = [
        {"filename": f, "url": f"../../files/{f}", "hashes": {"sha256": s}, "size": n, "core-metadata": f in beside}
        for f, s, n in found
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files})
