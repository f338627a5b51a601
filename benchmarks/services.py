"""22 services, made from the five in ``fixtures/services``, against the largest of them alone: time of whole processes.

``python benchmarks/services.py [DIRECTORY]``; DIRECTORY keeps what the local index fetched. Each run starts with empty
caches of its own ("cold"), or runs again with the caches of the last run ("warm").
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from local_index import local_index

FIXTURES = Path(__file__).parent.parent / "fixtures" / "services"
NAMES = ("ai", "ai_processor", "backend", "strategy")
LARGEST = "backend"
COUNT = 22
ROUNDS = 3
DELAY = 0.02  # seconds before each answer of the index
# What a service has besides: no two of them ask for the same.
OWN = (
    "rich", "click", "jinja2", "orjson", "humanize", "aiohttp", "pyyaml", "tenacity", "tqdm", "cachetools", "networkx",
    "pillow", "lxml", "sortedcontainers", "websockets", "tabulate", "msgpack", "ujson", "markdown", "openpyxl", "toolz",
    "filelock",
)  # fmt: skip


def make_services(directory: Path) -> list[Path]:
    """Write the services, each with one requirement of its own; return their files."""
    directory.mkdir(parents=True)
    for name in (*NAMES, "base"):
        (directory / f"{name}.txt").write_text((FIXTURES / f"{name}.txt").read_text())
    paths = []
    for number, own in zip(range(COUNT), OWN, strict=True):
        kind = NAMES[number % len(NAMES)]
        path = directory / f"service-{number + 1:02}" / "requirements.txt"
        path.parent.mkdir()
        path.write_text(f"-r ../{kind}.txt\n{own}\n")
        paths.append(path)
    return paths


def seconds(command: list[str], caches: Path) -> float:
    """Return the wall time of a command that uses these caches."""
    variables = {
        **os.environ, "DEADWEIGHT_CACHE_DIR": str(caches / "deadweight"), "UV_CACHE_DIR": str(caches / "uv"),
        "TMPDIR": str(caches),
    }  # fmt: skip
    caches.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} left with {done.returncode}: {done.stderr[-2000:]}")
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch, "index")
        paths = make_services(Path(scratch, "services"))
        with local_index(kept, DELAY) as index:
            measure(Path(scratch), paths, index.url)


def measure(scratch: Path, paths: list[Path], index: str) -> None:
    """Run both in turns and print the medians and the ratios of the pairs."""
    common = ["--no-source", "--quiet", "--index-url", index]
    largest = str(scratch / "services" / f"{LARGEST}.txt")
    start = [sys.executable, "-m", "deadweight"]
    alone = [*start, "profile", largest, "--no-install", "--no-lighter", *common]
    together = [*start, "services", *map(str, paths), "--no-install", *common]
    figures: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": []}
    for number in range(ROUNDS + 1):
        for kind in figures:
            pair = seconds(alone, scratch / f"alone-{number}"), seconds(together, scratch / f"together-{number}")
            if number:  # the first round fills the local index
                figures[kind].append(pair)
    for kind, pairs in figures.items():
        one, all_of_them = (statistics.median(each[side] for each in pairs) for side in (0, 1))
        ratio = statistics.median(together / alone for alone, together in pairs)
        print(f"{kind}: {LARGEST} alone {one:.2f} s, {len(paths)} services {all_of_them:.2f} s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
