"""A registry of one image in a directory, which counts what it sends; for benchmarks."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class ImageRegistry:
    """Serves blobs from a directory, and the manifest of the layers that it is given; a context manager."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.requests = self.sent = 0

    def __enter__(self) -> ImageRegistry:
        handler = type("Handler", (_Handler,), {"registry": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def target(self) -> str:
        return f"registry:127.0.0.1:{self._server.server_address[1]}/app:1"

    def put(self, layer: Path) -> dict[str, object]:
        """Move a layer among the blobs; return its descriptor."""
        with layer.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = layer.stat().st_size
        layer.rename(self.directory / digest)
        return {"digest": f"sha256:{digest}", "size": size, "mediaType": f"{_MANIFEST[:-18]}layer.v1.tar+gzip"}

    def publish(self, layers: list[dict[str, object]]) -> None:
        """Make an image of layers the one that is served."""
        config = self._document(
            {"os": "linux", "architecture": "amd64", "history": [{"created_by": "COPY"}] * len(layers)}
        )
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers}
        (self.directory / "manifest").write_text(json.dumps(manifest))

    def _document(self, value: object) -> dict[str, object]:
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        (self.directory / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}


class _Handler(BaseHTTPRequestHandler):
    registry: ImageRegistry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the acknowledgement of the headers

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2].removeprefix("sha256:")
        path = self.registry.directory / ("manifest" if name == "1" else name)
        self.registry.requests += 1
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(path.stat().st_size))
        if name == "1":
            self.send_header("Content-Type", _MANIFEST)
        self.end_headers()
        with path.open("rb") as file:
            shutil.copyfileobj(file, self.wfile, 1 << 20)
        self.registry.sent += path.stat().st_size
