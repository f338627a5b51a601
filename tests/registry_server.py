"""A registry for tests, as good or as bad as a test wants it: ``with Registry(repositories) as registry``."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs

from tests.images import Content

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Asked(NamedTuple):
    """One request as it came; ``form`` is its query, or the body of a POST."""

    method: str
    path: str
    authorization: str
    accept: str
    form: dict[str, list[str]]
    range: str = ""


@dataclass(kw_only=True)
class Registry:
    """Serves one repository on the loopback, from the files of an OCI layout.

    tags:      tag → digest of a manifest or an index
    auth:      what is demanded: nothing, Basic, or a token that is got at /token, or at ``realm``
    user:      "name:password"; "" where anybody gets a token
    identity:  a token that gets tokens (OAuth 2)
    storage:   URL below which blobs lie, to be redirected to
    fail:      path → statuses that come first, one for each request; Retry-After is 0 with them
    cut:       path → how many answers break off in the middle
    lies:      path → other bytes than are there
    ranges:    whether parts of blobs can be asked for
    range_lies: path → other bytes for such requests
    token:     what is given and taken
    tls:       the certificate and key that it speaks TLS with, in one file
    sent_bytes: of the bodies of all answers
    """

    files: Mapping[str, Content]
    tags: Mapping[str, str] = field(default_factory=dict)
    repository: str = "team/app"
    auth: Literal["", "basic", "token"] = ""
    realm: str = ""
    user: str = ""
    identity: str = ""
    storage: str = ""
    fail: dict[str, list[int]] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    lies: Mapping[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    range_lies: Mapping[str, bytes] = field(default_factory=dict)
    token: str = "token-1"
    tls: str = ""
    asked: list[Asked] = field(default_factory=list)
    sent_bytes: int = 0

    def __enter__(self) -> Registry:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"reported": self}))
        self._server.daemon_threads = True
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def target(self, version: str = ":1") -> str:
        return f"registry:{self.host}/{self.repository}{version}"

    def path(self, digest: str) -> str:
        """Return where a blob is asked for."""
        return f"/v2/{self.repository}/blobs/{digest}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


class _Handler(BaseHTTPRequestHandler):
    reported: Registry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the acknowledgement of the headers

    def log_message(self, *_: Any) -> None:
        return

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def do_GET(self) -> None:
        self._answer(self.path.partition("?")[2])

    def _answer(self, form: str) -> None:
        reported, path = self.reported, self.path.partition("?")[0]
        sent = self.headers.get("Authorization", "")
        asked = Asked(
            self.command, path, sent, self.headers.get("Accept", ""), parse_qs(form), self.headers.get("Range", "")
        )
        reported.asked.append(asked)
        if reported.fail.get(path):
            return self._refuse(reported.fail[path].pop(0), "TOOMANYREQUESTS", "not now\x1b[2J")
        if path == "/token":
            return self._give_token(asked)
        if not self._is_allowed(sent):
            return self._refuse(401, "UNAUTHORIZED", "authentication required")
        match = re.fullmatch(f"/v2/{reported.repository}/(manifests|blobs)/(.+)", path)
        if match is None:
            return self._refuse(404, "NAME_UNKNOWN", "repository name not known to registry")
        digest = reported.tags.get(match[2], match[2])
        data = reported.files.get(f"blobs/{digest.replace(':', '/')}")
        if not isinstance(data, bytes) or _is_manifest(data) != (match[1] == "manifests"):
            return self._refuse(404, "MANIFEST_UNKNOWN", "manifest unknown")
        if match[1] == "blobs" and reported.storage:
            return self._send(307, b"", {"Location": f"{reported.storage}{path}?signature=secret"})
        headers: dict[str, str] = {}
        if match[1] == "manifests":
            kind = INDEX if "manifests" in json.loads(data) else MANIFEST
            headers = {"Content-Type": kind, "Docker-Content-Digest": digest}
        data = reported.lies.get(path, data)
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.range)
        if span and reported.ranges and match[1] == "blobs":
            part = reported.range_lies.get(path, data)[int(span[1]) : int(span[2]) + 1]
            headers["Content-Range"] = f"bytes {span[1]}-{int(span[1]) + len(part) - 1}/{len(data)}"
            return self._send(206, part, headers)
        return self._send(200, data, headers)

    def _is_allowed(self, sent: str) -> bool:
        wanted = {"": sent, "basic": _basic(self.reported.user), "token": f"Bearer {self.reported.token}"}
        return sent == wanted[self.reported.auth]

    def _give_token(self, asked: Asked) -> None:
        reported = self.reported
        known = asked.form.get("refresh_token") == [reported.identity] if reported.identity else not reported.user
        if not known and asked.authorization != _basic(reported.user):
            return self._refuse(401, "UNAUTHORIZED", "incorrect username or password")
        key = "access_token" if reported.identity else "token"
        return self._send(200, json.dumps({key: reported.token}).encode(), {})

    def _refuse(self, status: int, code: str, message: str) -> None:
        reported, headers = self.reported, {"Content-Type": "application/json", "Retry-After": "0"}
        if status == 401:
            scope = f'service="tests",scope="repository:{reported.repository}:pull"'
            token = f'Bearer realm="{reported.realm or f"{reported.url}/token"}",{scope}'
            headers["WWW-Authenticate"] = 'Basic realm="tests"' if reported.auth == "basic" else token
        self._send(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(), headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        path = self.path.partition("?")[0]
        if self.reported.cut.get(path):
            self.reported.cut[path] -= 1
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.reported.sent_bytes += len(body)  # before the client has all of it, and reads the sum
        self.wfile.write(body)


def _is_manifest(data: bytes) -> bool:
    return data.startswith(b"{") and not {"layers", "manifests", "fsLayers"}.isdisjoint(json.loads(data))


def _basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def blob(files: dict[str, Content], data: bytes | dict[str, Any]) -> str:
    """Put a blob, or a document, among the files of a layout; return its digest."""
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    files[f"blobs/{digest_of(data).replace(':', '/')}"] = data
    return digest_of(data)


def published(files: Mapping[str, Content]) -> dict[str, Any]:
    """Return ``files`` and ``tags`` of a Registry that has an OCI layout's image as 1 and latest."""
    index = json.loads(str(files["index.json"]))
    digest = index["manifests"][0]["digest"]
    return {"files": dict(files), "tags": {"1": digest, "latest": digest}}
