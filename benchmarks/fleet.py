"""Measures a fleet of synthetic images: ``fleet.py [--images N]``, 10,000 by default.

Prints the time to add the reports, the size of the file and the time of each figure of the report, for a quarter of the
images and for all, with the ratios: linear growth is a ratio of 4. The last quarter of the images is added to the large
file in turns with the images of the small one, image by image, so that other work on the machine slows down both:
between these two, linear growth is a ratio of 1. Making the reports is not timed.

The images are drawn from these distributions, with a fixed seed:

- Sharing of layers: about 90 % of the layers of a registry belong to one image alone, and half of the images have
  at most 8 layers (Zhao et al., "Large-Scale Analysis of the Docker Hub Dataset", IEEE CLUSTER 2019). A tenth as many
  bases as images, of 3 to 6 layers each, whose popularity falls with their rank, and 2 to 5 layers of each image's own
  give that.
- Distributions: about 60 in an image; the requirements in ``fixtures`` have 47 to 122. The popularity of 600 projects
  and of their versions falls with the rank, too. Sizes are log-normal with a median of 0.4 MB, and 2 % are 100 times as
  large, which gives the 0.4 to 1.3 GB of those requirements without CUDA.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from deadweight.model import Evidence
from deadweight.model.report import (
    Cuda,
    DroppedRequirement,
    EnvironmentFacts,
    ImageFinding,
    ImageReport,
    LayerFacts,
    Measured,
    Report,
    Row,
    SplitReport,
    TargetFacts,
    Totals,
)
from deadweight.sources.fleet.files import reading
from deadweight.sources.fleet.store import Fleet
from deadweight.sources.fleet.summary import Summary

PROJECTS, VERSIONS = 600, 8
DEV = range(3, PROJECTS, 11)  # projects that production does not need
LARGE = 0.02  # share of projects that are 100 times as large


class Copy(NamedTuple):
    """A distribution in a layer: numbers of the project and the version, and its size."""

    project: int
    version: int
    size: int


def ranked(count: int) -> list[float]:
    """Return the cumulated weights of ranks: the second is half as popular as the first (Zipf)."""
    return list(accumulate(1 / (rank + 1) for rank in range(count)))


class Images:
    """The reports of a fleet, which are the same for every run; ``run`` changes one image in ten."""

    def __init__(self, count: int, run: int = 0) -> None:
        self.count, self.run = count, run
        self._bases = max(12, count // 10)
        self._base_weights = ranked(self._bases)
        self._project_weights, self._version_weights = ranked(PROJECTS), ranked(VERSIONS)
        draw = random.Random("sizes")
        self._sizes = [
            int(draw.lognormvariate(12.9, 1.5)) * (100 if draw.random() < LARGE else 1) for _ in range(PROJECTS)
        ]

    def reports(self) -> Iterator[tuple[str, Report]]:
        for number in range(self.count):
            changed = self.run if number % 10 == 0 else 0
            yield f"registry:registry.example/team-{number % 97}/app-{number}:latest", self.report(number, changed)

    def report(self, number: int, changed: int) -> Report:
        draw = random.Random(f"{number} {changed}")
        base = draw.choices(range(self._bases), cum_weights=self._base_weights)[0]
        layers, base_copies = self.base(base)
        sizes = [int(draw.lognormvariate(15, 2)) for _ in range(draw.randint(2, 5))]
        copies = self.copies(draw, max(5, int(draw.lognormvariate(4.1, 0.5))), {copy.project for copy in base_copies})
        located = [(copy, len(layers) - 1) for copy in base_copies]
        for copy in copies:
            at = draw.randrange(2)
            located.append((copy, len(layers) + at))
            sizes[at] += copy.size
        own = [layer(f"own-{number}-{changed}-{at}", size, at == 1) for at, size in enumerate(sizes)]
        return image((*layers, *own), located, draw)

    @lru_cache(maxsize=1 << 16)  # noqa: B019  one object for each benchmark
    def base(self, number: int) -> tuple[tuple[LayerFacts, ...], tuple[Copy, ...]]:
        draw = random.Random(f"base {number}")
        sizes = [int(draw.lognormvariate(16, 1.5)) for _ in range(draw.randint(3, 6))]
        copies = tuple(self.copies(draw, draw.choice((0, 3, 3, 20)), set()))
        sizes[-1] += sum(copy.size for copy in copies)
        layers = (layer(f"base-{number}-{at}", size, at == 1) for at, size in enumerate(sizes))
        return tuple(layers), copies

    def copies(self, draw: random.Random, count: int, without: set[int]) -> list[Copy]:
        projects = {*draw.choices(range(PROJECTS), cum_weights=self._project_weights, k=count * 2)} - without
        chosen = sorted(projects)[:count]
        versions = draw.choices(range(VERSIONS), cum_weights=self._version_weights, k=len(chosen))
        return [
            Copy(project, version, self._sizes[project] + version * 1000)
            for project, version in zip(chosen, versions, strict=True)
        ]


def layer(name: str, size: int, is_wasteful: bool) -> LayerFacts:
    wasted = size // 10 if is_wasteful else 0
    digest, command = hashlib.sha256(name.encode()).hexdigest(), "RUN pip install -r requirements.txt"
    return LayerFacts(
        digest=f"sha256:{digest}", command=command, files=max(1, size // 9000), apparent_bytes=size,
        wasted_bytes=wasted, hides_bytes=0,
    )  # fmt: skip


EVIDENCE = (Evidence("DW101", "dev", "known as a test tool"),)


def row(copy: Copy, at: int) -> Row:
    name, is_dev = f"project-{copy.project}", copy.project in DEV
    return Row(
        files=max(1, copy.size // 9000), apparent_bytes=copy.size, disk_bytes=None, native_bytes=copy.size // 3,
        bundled_library_bytes=0, bytecode_bytes=copy.size // 4, kinds={"source": copy.size}, key=name, name=name,
        version=f"1.{copy.version}.0", direct=copy.project % 4 == 0, extras=(), orphan=False,
        group="dev" if is_dev else "core", sure=True, tags=(), evidence=EVIDENCE, closure_bytes=copy.size,
        retained_bytes=copy.size, freed_bytes=copy.size if copy.project % 4 == 0 else None, requires=(),
        required_by=(), requirements=(), import_names=(name,), programs=(), editable=False, url=None, archive=None,
        environment=None, layers=(at,), metadata_path=None, largest_files=(), largest_directories=(),
    )  # fmt: skip


def image(layers: tuple[LayerFacts, ...], located: list[tuple[Copy, int]], draw: random.Random) -> Report:
    rows = tuple(sorted((row(copy, at) for copy, at in located), key=lambda each: each.key))
    production = tuple(each.key for each in rows if each.group != "dev")
    size, shipped = sum(each.apparent_bytes for each in rows), sum(each.apparent_bytes for each in layers)
    unowned = shipped - size
    saved = sum(each.apparent_bytes for each in rows if each.group == "dev")
    nothing = Measured(
        files=0, apparent_bytes=unowned, disk_bytes=None, native_bytes=0, bundled_library_bytes=0, bytecode_bytes=0,
        kinds={},
    )  # fmt: skip
    dropped = tuple(
        DroppedRequirement(
            name=each.name, group="dev", rule="DW101", later=False, reason="known as a test tool",
            brought_bytes=each.apparent_bytes, freed_bytes=each.freed_bytes, locations=(),
        )
        for each in rows if each.group == "dev" and each.direct
    )  # fmt: skip
    split = SplitReport(
        groups=("core",), requirements=(), dropped=dropped, proof=None, unsure=(), distributions=production,
        apparent_bytes=size - saved, saved_bytes=saved, saved_groups={},
    )  # fmt: skip
    findings = tuple(
        ImageFinding(
            rule="DW504", name="deleted-later", layer=number, command=each.command, line=None, hidden_by=number + 1,
            apparent_bytes=each.wasted_bytes, files=1, names=(), paths=(), reason="a later layer deletes them",
            change="delete them in the instruction that creates them", sure=True, saves_bytes=each.wasted_bytes,
        )
        for number, each in enumerate(layers) if each.wasted_bytes > 1_000_000
    )  # fmt: skip
    return Report(
        version="0.1.0",
        target=TargetFacts(kind="image", location="image", method="files"),
        environment=EnvironmentFacts(python=draw.choice(("3.11.9", "3.12.4", "3.12.4")), platform="linux_x86_64"),
        totals=Totals(
            files=1000, apparent_bytes=size + unowned, disk_bytes=None, native_bytes=0, bundled_library_bytes=0,
            bytecode_bytes=0, kinds={"source": size, "data": unowned}, distributions=len(rows), unowned_bytes=unowned,
            required_distributions=len(rows), required_bytes=size, unmeasured=0, download_bytes=None,
            estimated_bytecode_bytes=None,
        ),
        unowned=nothing, distributions=rows, groups={}, cuda=Cuda(distributions=0, apparent_bytes=0), lighter=(),
        shared=(), system=None, source=None, findings=(), environments=None,
        splits={"production": split, "minimal": split}, not_measured=(), skipped=(), conflicts=(), warnings=(),
        image=ImageReport(
            layers=layers, shipped_bytes=shipped,
            wasted_bytes=sum(each.wasted_bytes for each in layers), efficiency=1.0, wasted=(), wasted_paths=(),
            findings=findings,
        ),
    )  # fmt: skip


class Seconds(NamedTuple):
    """How long something took, by the clock and of the processor."""

    clock: float = 0.0
    processor: float = 0.0

    def plus(self, other: Seconds) -> Seconds:
        return Seconds(self.clock + other.clock, self.processor + other.processor)


def adding(path: Path, images: Images) -> Iterator[Seconds]:
    """Add a run, and yield how long each image took."""
    with Fleet.open(str(path)) as fleet:
        run = fleet.begin("0.1.0", complete=True)
        for target, report in images.reports():
            started, used = time.perf_counter(), time.process_time()
            fleet.add(run, target, report)
            yield Seconds(time.perf_counter() - started, time.process_time() - used)
        fleet.finish(run)


def total(times: Iterable[Seconds]) -> Seconds:
    return reduce(Seconds.plus, times, Seconds())


def added(small: Path, large: Path, count: int) -> dict[str, tuple[float, float]]:
    """Add all images to one file and a quarter of as many to another; return name → the figures of both files."""
    few, many = adding(small, Images(count // 4)), adding(large, Images(count))
    first = total(next(many) for _ in range(count - count // 4))
    pairs = list(zip(few, many, strict=True))
    quarter, last = total(one for one, _ in pairs), total(other for _, other in pairs)
    whole = first.plus(last)
    return {
        "added, clock": (quarter.clock, whole.clock),
        "added": (quarter.processor, whole.processor),
        "the last quarter": (quarter.processor, last.processor),
        "bytes": (small.stat().st_size, large.stat().st_size),
    }


def read(path: Path) -> dict[str, float]:
    """Return the seconds of the processor that each figure takes."""
    seconds: dict[str, float] = {}

    def timed(name: str, figure: Callable[[], object]) -> None:
        started = time.process_time()
        figure()
        seconds[name] = time.process_time() - started

    with reading(str(path)) as connection:
        summaries: list[Summary] = []
        timed("state", lambda: summaries.append(Summary(connection, run=None, before=1, most=20)))
        (summary,) = summaries
        for name in ("totals", "runs", "distributions", "dev", "versions", "rules", "changes", "bases", "trend"):
            timed(name, getattr(summary, name))
    return seconds


def show(name: str, small: float, large: float) -> None:
    small_text, large_text = (
        f"{value / 1e6:9.1f} MB" if name == "bytes" else f"{value:9.2f} s " for value in (small, large)
    )
    print(f"{name:18}{small_text} {large_text}   {large / max(small, 1e-9):5.2f} times", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=10_000)
    count = parser.parse_args().images // 4 * 4
    print(f"{count // 4:,} and {count:,} images, seconds of the processor; load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as directory:
        paths = Path(directory) / "small.db", Path(directory) / "large.db"
        for name, values in added(*paths, count).items():
            show(name, *values)
        again = [
            total(adding(path, Images(size, run=1))) for path, size in zip(paths, (count // 4, count), strict=True)
        ]
        show("a tenth changed", *(seconds.processor for seconds in again))
        small, large = map(read, paths)
        for name, seconds in large.items():
            show(name, small[name], seconds)
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
