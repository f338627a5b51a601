"""How fast the explorer answers: 300,000 files of 500 distributions, one of them with a directory of 20,000 files.

    python benchmarks/explore.py [FILES] [DISTRIBUTIONS]

Prints the time to open the screen, and for each key the time until the screen was drawn and the worst processor time.
A screen is drawn 60 times per second, so a key takes 17 ms at least.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Iterator

from deadweight.analysis.concluding import conclude
from deadweight.analysis.measurement import Measurement
from deadweight.analysis.reporting import report_of
from deadweight.cli.commands.explore import quiet_collector
from deadweight.explore.app import Explorer
from deadweight.explore.nodes import tree_of
from deadweight.model import Distribution, Entry, Environment, Inventory, Metadata, Sizes
from deadweight.settings import Settings
from deadweight.targets.types import Environment as Target

FILES, DISTRIBUTIONS = 300_000, 500
FLAT = 20_000  # files in the largest directory
SITE = "lib/python3.12/site-packages"
# Marks and details in the list of distributions; then into the largest one and its largest directory, with every
# order and a filter; and out again.
KEYS = (
    "v down down space down space d down down d s s s s s home"
    " enter home enter home enter down pagedown end up home s s s s s"
    " / 1 9 9 backspace enter down escape d down d left left left v"
).split()
NAMES = {"/": "slash"}


def paths_of(number: int, count: int) -> Iterator[str]:
    """Yield the paths of one distribution; the first has a flat directory besides."""
    for file in range(count):
        yield f"{SITE}/package_{number}/module_{file % 40}/part_{file % 7}/file_{file}.py"
    for file in range(FLAT if number == 0 else 0):
        yield f"{SITE}/package_{number}/flat/header_{file}.h"


def inventory_of(files: int, distributions: int) -> Inventory:
    """Return an inventory in which distributions require later ones."""
    pick = random.Random(1)
    entries: dict[str, Entry] = {}
    owner: dict[str, int] = {}
    found = []
    for number in range(distributions):
        total = 0
        paths = [*paths_of(number, (files - FLAT) // distributions)]
        for path in paths:
            entries[path] = Entry(size := pick.randrange(100_000), 4096, None, "file")
            owner[path] = number
            total += size
        later = range(number + 1, min(number + 20, distributions))
        requires = tuple(f"package-{n}" for n in pick.sample(later, min(3, len(later))))
        found.append(
            Distribution(
                key=f"package-{number}",
                metadata=Metadata(name=f"package-{number}", version="1.0", requires=requires),
                sizes=Sizes(files=len(paths), apparent=total, disk=None, kinds={"source": total}),
                requested=number % 5 == 0,
                installer="pip",
            )
        )
    whole = sum(each.sizes.apparent for each in found)
    return Inventory(
        environments=(Environment(python="3.12.1"),),
        distributions=tuple(found),
        unowned=Sizes(),
        total=Sizes(files=len(entries), apparent=whole, disk=None, kinds={"source": whole}),
        owner=owner,
        entries=entries,
    )


async def pressed(app: Explorer, opened: float) -> dict[str, list[tuple[float, float]]]:
    """Return key → of each press the seconds until the screen was drawn, and those of the processor."""
    times: dict[str, list[tuple[float, float]]] = {}
    async with app.run_test(size=(140, 50)) as pilot:
        await pilot.pause()
        most = 0
        print(f"the screen was there after {1000 * (time.perf_counter() - opened):,.0f} ms")
        for key in KEYS:
            began, used = time.perf_counter(), time.process_time()
            # Not Pilot.press: it waits 50 ms more after each key.
            app.simulate_key(NAMES.get(key, key))
            await drawn(app)
            times.setdefault(key, []).append((time.perf_counter() - began, time.process_time() - used))
            most = max(most, len(app.browser.rows))
        print(f"the longest list had {most:,} rows")
    return times


async def drawn(app: Explorer) -> None:
    """Wait until the app has handled everything and has updated the screen."""
    for _ in range(3):
        done = asyncio.Event()
        app.call_later(app.screen.call_after_refresh, done.set)
        await done.wait()


def main() -> None:
    files, distributions = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (FILES, DISTRIBUTIONS)
    inventory = inventory_of(files, distributions)
    report = report_of(conclude(Measurement(target=Target("env"), inventory=inventory, settings=Settings())))
    print(f"{len(inventory.entries):,} files of {distributions:,} distributions")
    began = time.perf_counter()
    tree = tree_of(report, inventory)
    print(f"the tree was built in {1000 * (time.perf_counter() - began):,.0f} ms")
    quiet_collector()
    times = asyncio.run(pressed(Explorer(tree), began))
    print(f"{'key':10} {'presses':>8} {'median':>9} {'worst':>9} {'worst processor':>16}")
    for key, each in sorted(times.items(), key=lambda item: max(item[1]), reverse=True):
        print(line(key, each))
    print(line("all", [seconds for each in times.values() for seconds in each]))


def line(key: str, presses: list[tuple[float, float]]) -> str:
    """Return a row of the table."""
    seconds, used = zip(*presses, strict=True)
    figures = f"{1000 * statistics.median(seconds):6.1f} ms {1000 * max(seconds):6.1f} ms {1000 * max(used):13.1f} ms"
    return f"{key:10} {len(presses):8} {figures}"


if __name__ == "__main__":
    main()
