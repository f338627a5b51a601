"""FleetReport → its headline: the run, and the totals in words."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.model.report.fleet import FleetReport, FleetRun
from deadweight.report.units import counted, human, percent


def run_text(run: FleetRun) -> str:
    """Return a run with its time: "run 3 of 2026-01-31 12:00"."""
    return f"run {run.run} of {run.started[:16].replace('T', ' ')}"


def figures_of(report: FleetReport) -> Iterator[tuple[str, str, str]]:
    """Yield (name, figure, explanation) of the totals; the explanation may be empty."""
    total = report.totals
    copies = f"{total.copies:,} {'copy' if total.copies == 1 else 'copies'}"
    yield "Targets", f"{total.targets + report.never_measured:,}", _measured(report)
    yield (
        "Total size",
        human(total.apparent_bytes),
        f"{counted(total.distributions, 'distribution')}, {counted(total.versions, 'version')}, {copies}",
    )
    if total.images:
        yield "Images", f"{total.images:,}", f"{total.images_alone:,} share no layer with another"
        yield "Layers of each image", human(total.shipped_bytes), "unpacked, as if each image were stored alone"
        known = f"{human(total.compressed_bytes)} compressed"
        if total.layers_compressed < total.layers:
            known += f", as far as known ({total.layers_compressed:,} of them)"
        yield (
            "Stored",
            human(total.stored_bytes),
            f"{counted(total.layers, 'layer')}, each once; {known if total.layers_compressed else 'unpacked'}",
        )
        yield (
            "Wasted",
            human(total.wasted_bytes),
            f"{percent(total.wasted_bytes, total.stored_bytes)} of it, removed or replaced by later layers",
        )
    yield (
        "Not for production",
        human(total.production_saves_bytes),
        f"{percent(total.production_saves_bytes, total.apparent_bytes)} of the total size; see `deadweight split`",
    )


def _measured(report: FleetReport) -> str:
    """Return how many targets have a result, and which failures there were; "" if all were measured."""
    if not report.failed:
        return ""
    stale = report.failed - report.never_measured
    measured = f"{report.totals.targets:,} measured" + (f", {stale:,} of them only by an earlier run" if stale else "")
    return measured + (f"; {report.never_measured:,} failed and never measured" if report.never_measured else "")
