"""A registry of many repositories for tests: ``with Registries({"team/app": {"1": files}}) as registry``.

``registry_server`` is the one for a single repository that may misbehave in many ways.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.images import Content
from tests.registry_server import INDEX, MANIFEST

Repositories = Mapping[str, Mapping[str, Mapping[str, Content]]]  # repository → tag → the files of an OCI layout


class Registries:
    """Serves images on the loopback, and counts what is asked.

    user:   "name:password" that every request must have; "" for none
    page:   names on a page of a list
    refuse: called for each path; returns (status, Retry-After) to refuse it
    """

    def __init__(
        self,
        repositories: Repositories,
        *,
        user: str = "",
        page: int = 100,
        refuse: Callable[[str], tuple[int, str] | None] = lambda _: None,
        port: int = 0,
    ) -> None:
        self.user, self.page, self.refuse, self._port = user, page, refuse, port
        self.tags: dict[str, dict[str, str]] = {}
        self.blobs: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()  # digest → bytes
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        for repository, tags in repositories.items():
            for tag, files in tags.items():
                self.add(repository, tag, files)

    def add(self, repository: str, tag: str, files: Mapping[str, Content]) -> None:
        """Publish the image of an OCI layout."""
        for path, data in files.items():
            if path.startswith("blobs/sha256/") and isinstance(data, bytes):
                self.blobs[f"sha256:{path.rpartition('/')[2]}"] = data
        digest = json.loads(str(files["index.json"]))["manifests"][0]["digest"]
        self.tags.setdefault(repository, {})[tag] = digest

    def __enter__(self) -> Registries:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), type("Handler", (_Handler,), {"registry": self}))
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    def requests(self, kind: str) -> int:
        """Return how many requests for manifests or blobs there were."""
        return sum(number for path, number in self.asked.items() if f"/{kind}/" in path)


class _Handler(BaseHTTPRequestHandler):
    registry: Registries
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the acknowledgement of the headers

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        registry = self.registry
        with registry.lock:
            registry.at_once += 1
            registry.most_at_once = max(registry.most_at_once, registry.at_once)
        try:
            self._answer(*self.path.partition("?")[::2])
        finally:
            with registry.lock:
                registry.at_once -= 1

    def _answer(self, path: str, query: str) -> None:
        registry = self.registry
        registry.asked[path] += 1
        wanted = "Basic " + base64.b64encode(registry.user.encode()).decode()
        if registry.user and self.headers.get("Authorization") != wanted:
            return self._send(401, b"{}", {"WWW-Authenticate": 'Basic realm="tests"'})
        if refusal := registry.refuse(path):
            return self._send(refusal[0], b"{}", {"Retry-After": refusal[1]})
        if path == "/v2/":
            return self._send(200, b"{}")
        if path == "/v2/_catalog":
            return self._list("repositories", sorted(registry.tags), query)
        match = re.fullmatch("/v2/(.+)/(tags|manifests|blobs)/(.+)", path)
        if match is None or match[1] not in registry.tags:
            return self._send(404, b"{}")
        tags = registry.tags[match[1]]
        if match[2] == "tags":
            return self._list("tags", sorted(tags), query)
        digest = tags.get(match[3], match[3])
        data = registry.blobs.get(digest)
        if data is None:
            return self._send(404, b"{}")
        with registry.lock:
            registry.sent[digest] += len(data)
        is_index = match[2] == "manifests" and b'"manifests"' in data
        kind = {"Content-Type": INDEX if is_index else MANIFEST, "Docker-Content-Digest": digest}
        return self._send(200, data, kind if match[2] == "manifests" else {})

    def _list(self, key: str, names: list[str], query: str) -> None:
        last = parse_qs(query).get("last", [""])[0]
        left = [name for name in names if name > last]
        shown = left[: self.registry.page]
        path = self.path.partition("?")[0]
        link = {"Link": f'<{path}?last={shown[-1]}&n=2>; rel="next"'} if len(left) > len(shown) else {}
        self._send(200, json.dumps({key: shown}).encode(), link)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] = {}) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
