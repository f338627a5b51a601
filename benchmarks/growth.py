"""Measures how time grows with the number of distributions, and prints the ratio: ``growth.py [SHAPE ...]``.

Each shape is written to disk as an environment and listed. Timed is the processor's time of what follows,
up to the JSON report, in a process of its own: reading the metadata, inventory, graph, weights, groups, splits, report.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

SMALL, LARGE = 1_000, 10_000
ROUNDS = 3
CHAIN = 100  # distributions of one chain
LAYERS = 10

Requires = Iterable[int]


def flat(number: int, count: int) -> Requires:
    """No requirements at all."""
    return ()


def chain(number: int, count: int) -> Requires:
    """One chain through all."""
    return (number + 1,) if number + 1 < count else ()


def chains(number: int, count: int) -> Requires:
    """Chains of 100."""
    return (number + 1,) if (number + 1) % CHAIN and number + 1 < count else ()


def layers(number: int, count: int) -> Requires:
    """Ten layers; each distribution requires four of the next layer."""
    size = count // LAYERS
    layer, location = divmod(number, size)
    return (
        (((layer + 1) * size + (location * 7 + step * step) % size) for step in range(4)) if layer + 1 < LAYERS else ()
    )


def cycles(number: int, count: int) -> Requires:
    """Pairs that require each other."""
    return (number ^ 1,)


def ladder(number: int, count: int) -> Requires:
    """One chain in which each requires the next two, the second with an extra."""
    return tuple(n for n in (number + 1, number + 2) if n < count)


SHAPES: dict[str, Callable[[int, int], Requires]] = {
    "flat": flat, "chain": chain, "chains": chains, "layers": layers, "cycles": cycles, "ladder": ladder,
}  # fmt: skip

TIMED = """
import gc, sys, time
gc.disable()
import packaging.requirements, packaging.markers, packaging.specifiers
from deadweight.cli.commands import profile
from deadweight.analysis.concluding import conclude
from deadweight.analysis.measurement import Measurement
from deadweight.inventory import take_inventory
from deadweight.analysis.reporting import report_of
from deadweight.settings import Settings
from deadweight.sources.disk.environment import Listing
from deadweight.targets.types import Environment
tree = Listing(sys.argv[1]).finish()
began = time.process_time()
inventory = take_inventory(tree)
taken = time.process_time()
profile = conclude(Measurement(target=Environment(sys.argv[1]), inventory=inventory, settings=Settings()))
concluded = time.process_time()
text = report_of(profile).to_json()
ended = time.process_time()
print(ended - began, taken - began, concluded - taken, ended - concluded, len(text), len(inventory.distributions))
"""


def build(prefix: Path, shape: Callable[[int, int], Requires], count: int) -> None:
    """Write an environment of ``count`` distributions below ``prefix``."""
    site = prefix / "lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    for number in range(count):
        name, info = f"dist_{number:05}", f"dist_{number:05}-1.0.dist-info"
        lines = [f"Requires-Dist: dist-{target:05}>=0.9" for target in shape(number, count)]
        (site / info).mkdir()
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("x = 1\n" * (number % 50))
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *lines, "", "A description."]
        (site / info / "METADATA").write_text("\n".join(metadata))
        (site / info / "INSTALLER").write_text("pip\n")
        (site / info / "RECORD").write_text(
            f"{name}/__init__.py,,\n{info}/METADATA,,\n{info}/INSTALLER,,\n{info}/RECORD,,\n"
        )


def seconds(prefix: Path) -> list[float]:
    """Return the seconds of the fastest of some runs, in all and of its stages; and what it made."""
    runs = []
    for _ in range(ROUNDS):
        done = subprocess.run([sys.executable, "-c", TIMED, prefix], check=True, capture_output=True, text=True)
        runs.append([float(value) for value in done.stdout.split()])
    return min(runs)


def main() -> None:
    """Measure the shapes that the command line names, or all."""
    print("seconds beyond the listing      1,000   10,000   ratio   (inventory, conclusions, JSON of 10,000)   JSON")
    for name in sys.argv[1:] or SHAPES:
        with tempfile.TemporaryDirectory(prefix="deadweight-bench-") as directory:
            found = []
            for count in (SMALL, LARGE):
                build(Path(directory, str(count)), SHAPES[name], count)
                found.append(seconds(Path(directory, str(count))))
        (small, *_), (large, taken, concluded, written, size, _) = found
        stages = f"{taken:.2f}, {concluded:.2f}, {written:.2f}"
        print(
            f"  {name:24} {small:10.3f} {large:8.3f} {large / small:7.1f}   ({stages}) {size / 1e6:.1f} MB", flush=True
        )


if __name__ == "__main__":
    main()
