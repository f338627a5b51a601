"""300 images from 12 bases in a local registry, measured as a fleet: bytes read, time by number of workers, memory.

``python benchmarks/fleet_measure.py [DIRECTORY]``; DIRECTORY keeps the images (2 GB). Each read alone, they are 40 GB.
The registry is a process of its own, on the same machine; it counts the bytes that it sends, and the processor time
that the workers cannot have. Each run begins without a cache.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

IMAGES, BASES, BASE_LAYERS, ROUNDS = 300, 12, 3, 3
SITE = "usr/local/lib/python3.11/site-packages"
FILES = 90  # of a distribution
BASE_DISTRIBUTIONS, OWN_DISTRIBUTIONS = 12, 4  # of each layer of a base; of an application


def distribution(name: str, files: int, noise: bytes, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a distribution, about 10 kB each, of which a third cannot be compressed."""
    record = []
    for number in range(files):
        size = int(chance.lognormvariate(8.6, 1.2))
        start = chance.randrange(len(noise) - size // 3 - 1) if size < len(noise) else 0
        path = f"{name}/module_{number}.py"
        record.append(f"{path},,{size}")
        yield f"{SITE}/{path}", noise[start : start + size // 3].ljust(size, b"# comment\n"[:1])
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    yield f"{SITE}/{info}/METADATA", metadata
    yield f"{SITE}/{info}/RECORD", "\n".join([*record, f"{info}/METADATA,,", f"{info}/RECORD,,", ""]).encode()


def layer(names: list[str], noise: bytes, seed: int, *, ballast: int = 0) -> tuple[bytes, str]:
    """Return a compressed layer with distributions, and the digest of its archive.

    ballast: bytes of a library that cannot be compressed
    """
    chance = random.Random(seed)
    packed, plain = io.BytesIO(), hashlib.sha256()

    class Both(io.RawIOBase):
        def write(self, data: Any) -> int:
            plain.update(data)
            return compressed.write(data)

    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as compressed,
        tarfile.open(fileobj=Both(), mode="w|", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name in names:
            for path, data in distribution(name, FILES, noise, chance):
                member = tarfile.TarInfo(path)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        if ballast:
            member = tarfile.TarInfo(f"usr/lib/lib{seed}.so.1")
            member.size = ballast
            archive.addfile(member, io.BytesIO(chance.randbytes(ballast)))
    return packed.getvalue(), f"sha256:{plain.hexdigest()}"


def put(directory: Path, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    (directory / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def make(directory: Path) -> None:
    """Write the blobs of all images, and the manifest of each."""
    directory.mkdir(parents=True)
    noise, kind = random.Random(7).randbytes(1 << 20), "application/vnd.oci.image"
    tags: dict[str, str] = {}
    bases = []
    for base in range(BASES):
        layers = []
        for number in range(BASE_LAYERS):
            names = [f"base{base}-{number}-{n}" for n in range(BASE_DISTRIBUTIONS)]
            layers.append(layer(names, noise, base * 100 + number, ballast=38_000_000))
        bases.append([(put(directory, data), diff_id) for data, diff_id in layers])
    for image in range(IMAGES):
        own = layer([f"app{image}-{n}" for n in range(OWN_DISTRIBUTIONS)], noise, 10_000 + image)
        layers_of = [*bases[image % BASES], (put(directory, own[0]), own[1])]
        config = {
            "os": "linux",
            "architecture": "amd64",
            "config": {"Cmd": ["python3"]},
            "history": [{"created_by": f"RUN pip install {n}"} for n in range(len(layers_of))],
            "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers_of]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.manifest.v1+json",
            "config": {**put(directory, json.dumps(config).encode()), "mediaType": f"{kind}.config.v1+json"},
            "layers": [{**blob, "mediaType": f"{kind}.layer.v1.tar+gzip"} for blob, _ in layers_of],
        }
        tags[f"app{image}"] = put(directory, json.dumps(manifest).encode())["digest"]
    (directory / "tags.json").write_text(json.dumps(tags))


def figures(directory: Path) -> tuple[int, int]:
    """Return the bytes of all layers of all images, and those of different layers."""
    tags = json.loads((directory / "tags.json").read_text())
    every: list[tuple[str, int]] = []
    for digest in tags.values():
        manifest = json.loads((directory / digest[7:]).read_bytes())
        every += [(each["digest"], each["size"]) for each in manifest["layers"]]
    return sum(size for _, size in every), sum(dict(every).values())


class Registry(BaseHTTPRequestHandler):
    """Serves the blobs with sendfile(2); ``/sent`` has the bytes of blobs, the requests and the processor time."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the acknowledgement of the headers
    directory: Path
    tags: dict[str, str]
    sent = requests = 0

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        match = re.fullmatch(r"/v2/([a-z0-9]+)/(manifests|blobs)/(.+)", path)
        if path == "/sent":
            return self._text(json.dumps([Registry.sent, Registry.requests, time.process_time()]))
        if path == "/v2/_catalog":
            return self._text(json.dumps({"repositories": sorted(self.tags)}))
        if path.endswith("/tags/list"):
            return self._text('{"tags": ["1"]}')
        if match is None:
            return self._text("{}")
        Registry.requests += 1
        digest = self.tags[match[1]] if match[3] == "1" else match[3]
        with open(self.directory / digest[7:], "rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._head(size, "application/vnd.oci.image.manifest.v1+json")
            self.wfile.flush()
            self.connection.sendfile(file)
            if match[2] == "blobs":
                Registry.sent += size
        return None

    def _text(self, text: str) -> None:
        self._head(len(text), "application/json")
        self.wfile.write(text.encode())

    def _head(self, size: int, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.end_headers()


def serve(directory: Path, port: int) -> None:
    Registry.directory, Registry.tags = directory, json.loads((directory / "tags.json").read_text())
    ThreadingHTTPServer(("127.0.0.1", port), Registry).serve_forever()


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, __file__, "serve", str(directory), str(port)]) as child:
        try:
            host = f"127.0.0.1:{port}"
            for _ in range(100):
                with contextlib.suppress(OSError):
                    sent(host)
                    break
                time.sleep(0.05)
            yield host
        finally:
            child.terminate()


def sent(host: str) -> tuple[int, int, float]:
    with urllib.request.urlopen(f"http://{host}/sent") as answer:
        total, requests, processor = json.load(answer)
        return total, requests, processor


def client(host: str, workers: int, scratch: Path) -> None:
    """Measure all images in this process and its workers, and print what it took."""
    from deadweight.operations.fleet.measuring import Plan, measure_fleet
    from deadweight.sources.fleet.targets import Search, targets_of
    from deadweight.sources.system.pool import Pool

    began = time.perf_counter()
    targets = targets_of([f"registry:{host}/*"], Search())
    with Pool(workers) as pool:
        plan = Plan(targets=targets, cache=str(scratch / "cache"))
        run = measure_fleet(str(scratch / "fleet.db"), plan, pool)
        memory = pool.memory
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Not ru_maxrss, which starts with that of the process that forked this one, and that one has made the images.
    most = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not run.skipped, run.skipped[:3]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "reused": run.reused,
                "client": int(most[1]) * 1024 if most else 0,
                "worker": memory,
                "client_cpu": usage.ru_utime + usage.ru_stime,
                "worker_cpu": children.ru_utime + children.ru_stime,
            }
        )
    )


def measured(host: str, workers: int, scratch: Path) -> dict[str, float]:
    before = sent(host)
    command = [sys.executable, __file__, "client", host, str(workers), str(scratch)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    after = sent(host)
    return {
        **found,
        "bytes": after[0] - before[0],
        "requests": after[1] - before[1],
        "registry_cpu": after[2] - before[2],
    }


def show(title: str, found: dict[str, float]) -> None:
    print(
        f"{title:22} {found['seconds']:6.1f} s, {found['bytes'] / 1e6:,.0f} MB in {found['requests']:,.0f} requests;"
        f" memory: worker {found['worker'] / 1e6:.0f} MB, client {found['client'] / 1e6:.0f} MB;"
        f" processor: workers {found['worker_cpu']:.1f} s, client {found['client_cpu']:.1f} s,"
        f" registry {found['registry_cpu']:.1f} s",
        flush=True,
    )


def main(directory: Path) -> None:
    if not directory.exists():
        began = time.perf_counter()
        make(directory)
        print(f"made {IMAGES} images in {time.perf_counter() - began:.0f} s")
    naive, unique = figures(directory)
    print(f"all layers of all images: {naive / 1e9:.1f} GB; different layers: {unique / 1e9:.2f} GB")
    print(f"load average: {os.getloadavg()[0]:.1f}")
    ratios = []
    with serving(directory) as host:
        for number in range(ROUNDS):
            times = {}
            for workers in (1, 2):
                scratch = Path(tempfile.mkdtemp(prefix="deadweight-bench-"))
                try:
                    found = measured(host, workers, scratch)
                    times[workers] = found["seconds"]
                    show(f"{workers} worker{'s' * (workers > 1)}, no cache", found)
                    print(f"{'':22} {found['bytes'] / unique:.3f} times the different layers")
                    if workers == 2 and number == 0:
                        show("again, unchanged", measured(host, workers, scratch))
                finally:
                    shutil.rmtree(scratch)
            ratios.append(times[1] / times[2])
            print(f"two workers are {ratios[-1]:.2f} times as fast as one; load average {os.getloadavg()[0]:.1f}")
    print(f"median: {sorted(ratios)[len(ratios) // 2]:.2f} times as fast")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["client"]:
        client(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    elif sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="deadweight-bench-") as scratch:
            main(Path(scratch) / "images")
