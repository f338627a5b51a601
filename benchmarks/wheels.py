"""The wheels' directories against the throwaway environment: sizes, seconds, bytes moved, disk used.

Both go through an index on this machine that waits 20 ms before each answer, with empty caches of their own, so that
they differ in nothing but the method. The first run of all fills the index's own directory from the configured index.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct

from local_index import LocalIndex, local_index

BIN = Path(sys.executable).parent
FIXTURES = Path(__file__).parent.parent / "fixtures"
APPLICATIONS = {
    "bookgen": FIXTURES / "bookgen/requirements.txt",
    "music-service": FIXTURES / "music-service/requirements.txt",
    "paper-trading": FIXTURES / "paper-trading/requirements.txt",
    "trading-bot": FIXTURES / "trading-bot/requirements.txt",
    "services": FIXTURES / "services/backend.txt",
}
DELAY = 0.020
KEPT = Path(tempfile.gettempdir()) / "deadweight-bench-index"


class Run(Struct, frozen=True):
    """What one run took, and its report."""

    seconds: float
    requests: int
    moved: int
    report: dict[str, Any]

    @property
    def apparent(self) -> dict[str, int]:
        return {row["name"]: row["apparent_bytes"] for row in self.report["distributions"]}


def main(names: list[str]) -> None:
    """Compare applications by name, all by default: "uv" with bare resolving, "install" with installing."""
    with local_index(KEPT, DELAY) as index, tempfile.TemporaryDirectory(prefix="deadweight-bench-") as directory:
        scratch = Path(directory)
        asked = [name for name in names if name in APPLICATIONS]
        if not names or "uv" in names:
            for name in asked or APPLICATIONS:
                beside_uv(name, APPLICATIONS[name], index, scratch)
            large_lock(index, scratch)
        if not names or "install" in names:
            after_resolution(index, scratch)
            for name in asked or APPLICATIONS:
                side_by_side(name, APPLICATIONS[name], index, scratch)


def run(arguments: list[str], index: LocalIndex, scratch: Path) -> Run:
    """Run deadweight once."""
    index.reset()
    began = time.perf_counter()
    done = subprocess.run(
        [str(BIN / "deadweight"), *arguments, "--format", "json", "--quiet"],
        env=environment_of(scratch), capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{arguments} left with {done.returncode}: {done.stderr}")
    counted = index.counters()
    return Run(seconds, counted["requests"], counted["bytes"], json.loads(done.stdout))


def empty(scratch: Path, *names: str) -> None:
    for name in names:
        shutil.rmtree(scratch / name, ignore_errors=True)


def after_resolution(index: LocalIndex, scratch: Path) -> None:
    """The music service's lock, measured cold and from the cache: whole processes, no resolution."""
    lock = scratch / "pylock.toml"
    wanted = scratch / "requirements.txt"
    lines = APPLICATIONS["music-service"].read_text().splitlines()
    wanted.write_text("\n".join(line for line in lines if not line.lower().startswith("midiutil")))  # has no wheel
    subprocess.run(
        [str(BIN / "uv"), "pip", "compile", str(wanted), "--no-build", "--quiet", "--format", "pylock.toml",
         "--default-index", index.url, "--python", sys.executable, "--output-file", str(lock)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    run([str(lock), "--no-cache"], index, scratch)  # fills the index's directory
    cold, cached = [], []
    for _ in range(5):
        empty(scratch, "dw")
        cold.append(run([str(lock)], index, scratch))
        cached.append(run([str(lock)], index, scratch))
    totals = cold[0].report["totals"]
    download = totals["download_bytes"]
    size, files = totals["apparent_bytes"] / 1e9, totals["files"]
    print(f"music-service after resolution: {totals['distributions']} wheels of {download / 1e9:.2f} GB,")
    print(f"  which unpack to {size:.2f} GB in {files:,} files; {DELAY * 1000:.0f} ms before each answer")
    for title, runs in {"cold": cold, "from the cache": cached}.items():
        best = sorted(runs, key=lambda each: each.seconds)[len(runs) // 2]
        share = best.moved / download
        print(f"  {title:15} {best.seconds:6.2f} s, {best.requests} requests, {best.moved / 1e6:.2f} MB ({share:.2%})")


def environment_of(scratch: Path) -> dict[str, str]:
    """Return the variables that both programs run with: caches of their own, and nothing of the user's settings."""
    astray = ("PIP_FIND", "UV_", "PYTHONDONTWRITEBYTECODE")  # an installed program has its bytecode
    kept = {name: value for name, value in os.environ.items() if not name.startswith(astray)}
    return {**kept, "UV_CACHE_DIR": str(scratch / "uv"), "DEADWEIGHT_CACHE_DIR": str(scratch / "dw")}


def compile_seconds(requirements: Path, index: LocalIndex, scratch: Path, lock: str = "pylock.bare.toml") -> float:
    """Return how long bare ``uv pip compile`` takes for the same requirements."""
    command = [
        str(BIN / "uv"), "pip", "compile", str(requirements), "--quiet", "--no-header", "--format", "pylock.toml",
        "--default-index", index.url, "--python", sys.executable, "--output-file", str(scratch / lock),
    ]  # fmt: skip
    (scratch / lock).unlink(missing_ok=True)
    began = time.perf_counter()
    subprocess.run(command, env=environment_of(scratch), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def beside_uv(name: str, requirements: Path, index: LocalIndex, scratch: Path, rounds: int = 5) -> None:
    """Bare ``uv pip compile`` and deadweight in turns: with empty caches, with full ones, with an edited file."""
    options = [str(requirements), "--no-install", "--index-url", index.url]
    edited = scratch / "edited.txt"
    seconds: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": [], "warm, edited": []}
    run(options, index, scratch)  # fills the index's own directory
    for number in range(rounds):
        empty(scratch, "uv")
        bare = compile_seconds(requirements, index, scratch)
        empty(scratch, "uv", "dw")
        seconds["cold"].append((run(options, index, scratch).seconds, bare))
        seconds["warm"].append((run(options, index, scratch).seconds, compile_seconds(requirements, index, scratch)))
        edited.write_text(f"-r {requirements}\n# {number}\nsix\n")
        bare = compile_seconds(edited, index, scratch)
        seconds["warm, edited"].append((run([str(edited), *options[1:]], index, scratch).seconds, bare))
    print(f"{name}, beside uv pip compile (medians of {rounds} runs in turns):")
    for title, pairs in seconds.items():
        ours, bare = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"  {title:13} {ours:5.2f} s  uv {bare:5.2f} s  {ratio:4.2f} times")


def large_lock(index: LocalIndex, scratch: Path) -> None:
    """A poetry.lock of some 130 distributions, whose archives have to be looked up by hash: cold and warm."""
    wanted = scratch / "wanted.txt"
    wanted.write_text(APPLICATIONS["bookgen"].read_text() + APPLICATIONS["paper-trading"].read_text())
    compile_seconds(wanted, index, scratch, "pylock.requirements.toml")
    packages = tomllib.loads((scratch / "pylock.requirements.toml").read_text())["packages"]
    rows = [
        f'[[package]]\nname = "{package["name"]}"\nversion = "{package["version"]}"\ngroups = ["main"]\nfiles = ['
        + ", ".join(
            f'{{file = "{wheel["url"].rpartition("/")[2]}", hash = "sha256:{wheel["hashes"]["sha256"]}"}}'
            for wheel in package["wheels"]
        )
        + "]\n"
        for package in packages
        if package.get("wheels")
    ]
    lock = scratch / "poetry.lock"
    lock.write_text("\n".join(rows) + '[metadata]\nlock-version = "2.1"\n')
    options = [str(lock), "--index-url", index.url]
    run(options, index, scratch)
    cold, warm = [], []
    for _ in range(3):
        empty(scratch, "dw")
        cold.append(run(options, index, scratch))
        warm += [run(options, index, scratch) for _ in range(3)]
    for title, runs in {"cold": cold, "warm": warm}.items():
        best = sorted(runs, key=lambda each: each.seconds)[len(runs) // 2]
        print(
            f"poetry.lock of {len(rows)} distributions, {title}: {best.seconds:.2f} s, {best.requests} requests,"
            f" {best.moved / 1e6:.1f} MB"
        )


def side_by_side(name: str, requirements: Path, index: LocalIndex, scratch: Path) -> None:
    """One application, by the wheels' directories and by a throwaway environment."""
    options = [str(requirements), "--index-url", index.url]
    keep = scratch / "venv"
    methods = {"no-install": ["--no-install"], "install": ["--bytecode", "none", "--keep-env", str(keep)]}
    runs: dict[str, Run] = {}
    disks: dict[str, int] = {}
    for title, further in methods.items():
        for _ in range(2):  # the first fills the index's directory
            empty(scratch, "uv", "dw", "venv")
            runs[title] = run([*options, *further], index, scratch)
            disks[title] = sum(used(scratch / each) for each in ("uv", "dw", "venv"))
    print(f"\n{name}: {len(runs['install'].apparent)} distributions")
    for title, each in runs.items():
        print(
            f"  {title:11} {each.seconds:7.2f} s  {each.requests:5} requests  {each.moved / 1e6:9.2f} MB moved"
            f"  {disks[title] / 1e6:9.2f} MB of disk"
        )
    explain(runs["install"].apparent, runs["no-install"])
    empty(scratch, "uv", "dw", "venv")


def used(directory: Path) -> int:
    """Return the disk bytes below a directory, each inode once."""
    found = subprocess.run(["du", "-s", "--block-size=1", str(directory)], capture_output=True, text=True, check=False)
    return int(found.stdout.split()[0]) if found.stdout else 0


def explain(truth: dict[str, int], reported: Run) -> None:
    """Print how far the two methods are apart, and why where that is worth a word."""
    sizes = reported.apparent
    whole, measured = sum(truth.values()), sum(sizes.values())
    print(f"  total {whole:,} installed, {measured:,} by the wheels: {(measured - whole) / whole:+.4%}")
    estimated = {row["name"] for row in reported.report["distributions"] if row["archive"]["estimated"]}
    off = {n: (sizes[n] - truth[n]) / truth[n] for n in truth if n in sizes}
    exact = sum(sizes[n] == truth[n] for n in off)
    worst = max((abs(share) for n, share in off.items() if n not in estimated), default=0.0)
    print(f"  {exact} of {len(off)} to the byte; of those with a wheel the farthest is {worst:.3%} off:")
    print("  its launchers name the environment's directory, which is called otherwise")
    for n in sorted(estimated):
        print(f"  {n}: {off[n]:+.1%}: only an sdist is there, so this is an estimate")
    for n in sorted(set(truth) ^ set(sizes)):
        print(f"  {n}: only {'installed' if n in truth else 'by the wheels'}")


if __name__ == "__main__":
    main(sys.argv[1:])
