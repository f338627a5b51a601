"""Report → the figures and the notes at the top of the page."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.model.report import Report
from deadweight.report.units import counted, human, percent, total_size


def facts(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield (name, figure, explanation) of each figure; the explanation may be empty."""
    total = report.totals
    yield "Total size", total_size(report), "" if total.disk_bytes is None else f"{human(total.disk_bytes)} on disk"
    missing = f"of {total.distributions + total.unmeasured}, the others could not be measured"
    yield "Distributions", f"{total.distributions:,}", missing if total.unmeasured else counted(total.files, "file")
    bundled = f"including {human(total.bundled_library_bytes)} of bundled libraries"
    yield "Native code", human(total.native_bytes), bundled if total.bundled_library_bytes else ""
    if report.target.method == "wheels":
        if total.estimated_bytecode_bytes is not None:
            yield (
                "Bytecode",
                f"~{human(total.estimated_bytecode_bytes)}",
                "would be added by compiling; not in the total",
            )
    else:
        yield (
            "Bytecode",
            human(total.bytecode_bytes),
            f"{percent(total.bytecode_bytes, total.apparent_bytes)} of the total",
        )
        yield "Unowned files", human(total.unowned_bytes), "files that no distribution owns"
    if total.download_bytes is not None:
        yield "Download", human(total.download_bytes), "size of the archives"
    if report.cuda.distributions:
        yield "For NVIDIA GPUs", human(report.cuda.apparent_bytes), counted(report.cuda.distributions, "distribution")
    if report.image is not None and report.image.layers:
        share = percent(report.image.wasted_bytes, report.image.shipped_bytes)
        waste = f"{human(report.image.wasted_bytes)} ({share}) is wasted"
        yield "Shipped", human(report.image.shipped_bytes), f"{counted(len(report.image.layers), 'layer')}, {waste}"
    production = report.splits["production"]
    share = percent(production.saved_bytes, total.required_bytes)
    yield "Removable", human(production.saved_bytes), f"{share} of what the requirements install"


def notes(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of what is missing or needs attention, errors first."""
    impossible = [skipped.name for skipped in report.skipped if skipped.impossible]
    if impossible:
        machine = report.environment.machine
        yield "error", f"cannot be installed: {', '.join(impossible)}: no wheel or sdist for {machine}"
    yield from (("error", f"{s.name} could not be measured: {s.reason}") for s in report.skipped if s.exit_code)
    yield from (("conflict", conflict.reason) for conflict in report.conflicts)
    yield from (("skipped", f"{s.name}: {s.reason}") for s in report.skipped if not s.exit_code)
    if report.target.requirements == 0:
        yield "note", "the file contains no requirements"
    yield from (("note", warning) for warning in report.warnings)
