"""Reports that tests and benchmarks render as HTML."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.analysis.reporting import report_of
from deadweight.model import Conflict, Distribution, Skipped
from deadweight.model.distributions import ArchiveFacts, Largest
from deadweight.model.report import Report
from deadweight.settings import Settings
from tests.builders import SITE, bare, bare_inventory, profile_of, requirements_file

EVIL = (
    "</script><script>window.broken=1</script><img src=x onerror=window.broken=1>\x1b[2J\u202e\u2028\udcff'\"&{{7*7}}"
)
CONFIG = {"core": ("web-*",), "data": ("data-*",), "ml": ("brain-*",), "dev": ("test-*",)}
_PREFIXES = ("web", "data", "brain", "test")


def large_report(count: int) -> Report:
    """Return a report of ``count`` distributions, as full as those of real projects.

    Every tenth is direct; each requires up to three others; all have an archive, large files and directories.
    """
    names = [f"{_PREFIXES[n % 4]}-distribution-{n:04}" for n in range(count)]
    distributions = [_distribution(n, names) for n in range(count)]
    file = requirements_file("\n".join(names[n] for n in range(0, count, 10)))
    return report_of(profile_of(bare_inventory(*distributions), file, Settings.of(groups=CONFIG)))


def _distribution(number: int, names: list[str]) -> Distribution:
    name, size = names[number], 40_000_000 // (number + 1) + 20_000
    library = "implementation.cpython-311-x86_64-linux-gnu.so"
    module = f"{SITE}/{name.replace('-', '_')}"
    required = [names[n] for n in (number + 1, number + 3, number * 2 + 5) if n < len(names)]
    return replace(
        bare(name, size, requires=[f"{each}<9,>=1.0.0" for each in required], version=f"1.{number}.0"),
        import_names=(name.replace("-", "_"),),
        archive=ArchiveFacts(filename=f"{name.replace('-', '_')}-1.{number}.0-py3-none-any.whl", size=size // 3),
        largest_directories=tuple(
            Largest(path=f"{module}/directory_{n}", apparent_bytes=size // (n + 3)) for n in range(3)
        ),
        largest_files=tuple(
            Largest(path=f"{module}/directory_{n}/{library}", apparent_bytes=size // 9) for n in range(3)
        ),
    )  # fmt: skip


def hostile_report() -> Report:
    """Return a report in which every text that a distribution or a file can choose is hostile."""
    evil = replace(
        bare("evil", 5_000_000, version=EVIL, requires=["victim"], url=f"https://user:secret@host/{EVIL}"),
        import_names=(EVIL,),
        programs=(EVIL,),
        largest_files=(Largest(path=EVIL, apparent_bytes=1_000_000),),
        largest_directories=(Largest(path=f"{SITE}/{EVIL}", apparent_bytes=2_000_000),),
    )
    inventory = replace(
        bare_inventory(evil, bare("victim", 100_000)),
        conflicts=(Conflict(kind="path", names=(EVIL,), reason=EVIL),),
        skipped=(Skipped(EVIL, EVIL, 5, True),),
        warnings=(EVIL,),
    )
    report = report_of(profile_of(inventory, requirements_file("evil"), path=f"{EVIL}/requirements.txt"))
    row = replace(report["evil"], name=EVIL, key=EVIL, tags=(EVIL,))
    victim = report["victim"]
    victim = replace(victim, required_by=(EVIL,))
    production = replace(report.splits["production"], requirements=(EVIL,), distributions=(EVIL, "victim"))
    groups = {name: replace(totals, largest=()) for name, totals in report.groups.items()}
    return replace(
        report, distributions=(row, victim), splits={**report.splits, "production": production}, groups=groups
    )
