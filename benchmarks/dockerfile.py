"""Builds what ``deadweight dockerfile`` writes: expected beside measured sizes, and what changes upload.

Run it as root with ``PYTHONPATH=. python benchmarks/dockerfile.py [DIRECTORY...]``; each directory has a
requirements.txt. It takes Docker Engine with BuildKit and debootstrap. Archives come from an index on this machine that
keeps what the configured one gave. An upload is the unpacked size of the layers that the former image did not have.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pytest
from tests.engines import debian, docker_engine, docker_with_buildkit, run

from local_index import local_index

HERE = Path(__file__).parent
SHOP = HERE.parent / "fixtures/shop"
ROUNDS = 3
LIGHT = ("idna==3.7", "idna==3.10")  # before and after the change of a light dependency
_INSTALL = "python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --quiet -r requirements.txt"
NAIVE = {
    "code copied first": f"FROM base:1\nWORKDIR /app\nCOPY . .\nRUN {_INSTALL}\n",
    "requirements first": f"FROM base:1\nWORKDIR /app\nCOPY requirements.txt .\nRUN {_INSTALL}\nCOPY . .\n",
}


class Layers(NamedTuple):
    """Digest → bytes of the layers of an image."""

    sizes: dict[str, int]

    def new(self, former: Layers) -> int:
        return sum(size for digest, size in self.sizes.items() if digest not in former.sizes)


def main(applications: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as scratch, docker_engine() as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setenv("DOCKER_BUILDKIT", "1")
        archive = debian(Path(scratch))
        run("docker", "import", str(archive), "base:1")
        base = size_in(archive)
        with local_index(Path(scratch) / "index", 0) as index:
            for application in applications:
                measure(application, Path(scratch) / application.name, base, index.url)


def size_in(archive: Path) -> int:
    """Return the apparent bytes of a root file system in an archive."""
    with tarfile.open(archive) as members:
        return sum(m.size if m.isreg() else len(m.linkname) if m.issym() else 0 for m in members)


def measure(application: Path, context: Path, base: int, index: str) -> None:
    """Print the figures of one application."""
    shutil.copytree(application, context)
    with (context / "requirements.txt").open("a") as file:
        file.write(f"\n--index-url {index}\n{LIGHT[0]}\n")
    seconds = [written(context, base)[0] for _ in range(ROUNDS + 1)][1:]
    _, report = written(context, base)
    print(
        f"\n{application.name}: written in {median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f}), caches warm"
    )
    for stage in report["stages"]:
        built(context, stage["name"])
        total, expected = profiled(context), stage["total_bytes"]
        print(
            f"  {stage['name']:12} expected {expected / 1e6:8.1f} MB  measured {total / 1e6:8.1f} MB"
            f"  difference {100 * (total - expected) / expected:+.2f} %"
        )
    print("  uploaded after a change of      the code  a light dependency")
    for name, change in (("deadweight dockerfile", ""), *NAIVE.items()):
        print(f"    {name:24} {' '.join(f'{size / 1e6:12.2f} MB' for size in uploads(context, base, change))}")


def uploads(context: Path, base: int, dockerfile: str) -> Iterator[int]:
    """Yield the bytes to upload after a change of the code, and then of a light dependency.

    dockerfile: the text of another Dockerfile; "" for that of deadweight
    """
    requirements = context / "requirements.txt"

    def build() -> Layers:
        if dockerfile:
            (context / "Dockerfile.naive").write_text(dockerfile)
            return built(context, "", "Dockerfile.naive")
        written(context, base)
        return built(context, "production")

    former = build()
    (context / "changed.py").write_text(f"{time.time()}\n")
    changed = build()
    yield changed.new(former)
    text = requirements.read_text()
    requirements.write_text(text.replace(*LIGHT))
    yield build().new(changed)
    requirements.write_text(text)


def written(context: Path, base: int) -> tuple[float, dict[str, Any]]:
    """Write the Dockerfile of a build context; return the seconds that it took, and its report."""
    command = [
        sys.executable, "-m", "deadweight", "dockerfile", str(context / "requirements.txt"), "--base-image", "base:1",
        "--base-size", f"{base}B", "--python", "3.11.2", "--installer", "uv", "--unproven", "--force", "--quiet",
        "--format", "json",
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - began, json.loads(done.stdout)


def built(context: Path, stage: str, dockerfile: str = "Dockerfile") -> Layers:
    """Build a stage, and return its layers as ``docker save`` writes them."""
    target = ("--target", stage) if stage else ()
    run(
        docker_with_buildkit(), "build", "--quiet", "--network", "host", *target, "--tag", "app:1",
        "--file", str(context / dockerfile), str(context), timeout=3600,
    )  # fmt: skip
    archive = context.with_suffix(".tar")
    run("docker", "save", "--output", str(archive), "app:1")
    with tarfile.open(archive) as members:
        manifest = members.extractfile("manifest.json")
        assert manifest is not None
        (image,) = json.load(manifest)
        sizes = {}
        for name in image["Layers"]:
            member, digest = members.extractfile(name), hashlib.sha256()
            assert member is not None
            while part := member.read(1 << 20):
                digest.update(part)
            sizes[digest.hexdigest()] = members.getmember(name).size
    return Layers(sizes)


def profiled(context: Path) -> int:
    """Return the apparent bytes of the image that was built last."""
    command = [sys.executable, "-m", "deadweight", str(context.with_suffix(".tar")), "--format", "json", "--quiet"]
    report = json.loads(run(*command, "--no-source"))
    return int(report["totals"]["apparent_bytes"])


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]] or [SHOP])
