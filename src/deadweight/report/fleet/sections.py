"""FleetReport → its sections: titles, notes and tables. The formats write them, and compute nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from deadweight.model.report.fleet import (
    BaseInUse,
    FleetChange,
    FleetDistribution,
    FleetReport,
    FleetRun,
    ProposedBase,
    Trend,
    VersionsInUse,
)
from deadweight.model.report.rows import Value
from deadweight.report.units import counted, human, percent, signed
from deadweight.wording import listed

_SHORT_DIGEST = 12  # characters, as Docker shows
_MOST_NAMED = 4


class Column(NamedTuple):
    """A column: its key in CSV, its heading, and what its values are."""

    key: str
    heading: str
    kind: Literal["name", "text", "count", "bytes", "change"] = "text"

    @property
    def is_name(self) -> bool:
        """Whether the values are names, as of files."""
        return self.kind == "name"

    @property
    def is_number(self) -> bool:
        """Whether the column is aligned right."""
        return self.kind in ("count", "bytes", "change")

    def cell(self, value: Value) -> str:
        """Return a value as people read it; untrusted text is not escaped yet."""
        if not self.is_number:
            return "" if value is None else str(value)
        assert value is None or isinstance(value, int)
        if self.kind == "count":
            return "" if value is None else f"{value:,}"
        return signed(value) if self.kind == "change" else human(value)


class Section(NamedTuple):
    """A section: its name for ``--section``, its title, a sentence below it, and its table."""

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    def cells(self) -> Iterator[list[str]]:
        """Yield the rows as people read them."""
        for row in self.rows:
            yield [column.cell(value) for column, value in zip(self.columns, row, strict=True)]


def sections_of(report: FleetReport, names: Sequence[str] = ()) -> list[Section]:
    """Return the sections that have rows, or those with some names."""
    every = [make(report) for name, make in SECTIONS.items() if not names or name in names]
    return [section for section in every if section is not None and (section.rows or names)]


def figures_of(report: FleetReport) -> Iterator[tuple[str, str, str]]:
    """Yield (name, figure, explanation) of the totals; the explanation may be empty."""
    total = report.totals
    failed = f"{report.failed:,} could not be measured in their last run" if report.failed else ""
    copies = f"{total.copies:,} {'copy' if total.copies == 1 else 'copies'}"
    yield "Targets", f"{total.targets:,}", failed
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


def run_text(run: FleetRun) -> str:
    """Return a run with its time: "run 3 of 2026-01-31 12:00"."""
    return f"run {run.run} of {run.started[:16].replace('T', ' ')}"


def _distributions(report: FleetReport) -> Section:
    return Section(
        "distributions",
        "Most expensive distributions",
        "Size counts every copy, stored each layer of an image once.",
        (
            Column("name", "distribution", "name"),
            Column("versions", "versions", "count"),
            Column("copies", "copies", "count"),
            Column("apparent_bytes", "size", "bytes"),
            Column("stored_bytes", "stored", "bytes"),
            Column("dev_bytes", "dev only", "bytes"),
        ),
        tuple(
            (each.name, each.versions, each.copies, each.apparent_bytes, each.stored_bytes, each.dev_bytes)
            for each in report.distributions
        ),
    )


def _dev(report: FleetReport) -> Section:
    return Section(
        "dev",
        "What production does not need",
        "Dropping these copies saves their size. The production split of their target leaves them out.",
        (
            Column("name", "distribution", "name"),
            Column("copies", "copies", "count"),
            Column("dev_copies", "dev only", "count"),
            Column("dev_bytes", "saves", "bytes"),
        ),
        tuple(map(_dev_row, report.dev)),
    )


def _dev_row(each: FleetDistribution) -> tuple[Value, ...]:
    return each.name, each.copies, each.dev_copies, each.dev_bytes


def _versions(report: FleetReport) -> Section:
    return Section(
        "versions",
        "Versions in use",
        "Images of one version can share its layer.",
        (Column("name", "distribution", "name"), Column("copies", "copies", "count"), Column("versions", "versions")),
        tuple((each.name, each.copies, _versions_text(each)) for each in report.versions),
    )


def _versions_text(each: VersionsInUse) -> str:
    texts = [f"{use.version or '?'} ×{use.copies:,}" for use in each.versions]
    return listed(texts, len(texts), others=each.versions_left_out)


def _rules(report: FleetReport) -> Section:
    return Section(
        "rules",
        "Waste by rule",
        "Several findings may count the same bytes.",
        (
            Column("rule", "rule"),
            Column("name", "finds"),
            Column("findings", "findings", "count"),
            Column("apparent_bytes", "size", "bytes"),
            Column("stored_bytes", "stored", "bytes"),
        ),
        tuple(
            (each.rule, each.name if each.name != each.rule else "", each.findings, each.apparent_bytes,
             each.stored_bytes)
            for each in report.rules
        ),
    )  # fmt: skip


def _bases(report: FleetReport) -> Section:
    return Section(
        "bases",
        "Bases that images share",
        f"{report.totals.images_alone:,} of {counted(report.totals.images, 'image')} share no layer with another.",
        (
            Column("images", "images", "count"),
            Column("layers", "layers", "count"),
            Column("stored_bytes", "size", "bytes"),
            Column("digest", "highest layer", "name"),
            Column("command", "instruction"),
        ),
        tuple(map(_base_row, report.bases.in_use)),
    )


def _base_row(each: BaseInUse) -> tuple[Value, ...]:
    digest = each.digest.removeprefix("sha256:")[:_SHORT_DIGEST]
    return each.images, each.layers, each.stored_bytes, digest, each.command


def _proposed(report: FleetReport) -> Section:
    bases = report.bases
    return Section(
        "proposed-bases",
        "Base images that would serve most",
        f"Layers take {human(bases.before_bytes)} today, each once, and {human(bases.after_bytes)} if images shared"
        f" these bases.",
        (
            Column("images", "images", "count"),
            Column("layers", "layers", "count"),
            Column("before_bytes", "stored", "bytes"),
            Column("after_bytes", "once", "bytes"),
            Column("saves_bytes", "saves", "bytes"),
            Column("contents", "contents"),
        ),
        tuple(
            (each.images, each.layers, each.before_bytes, each.after_bytes, each.saves_bytes, _contents(each))
            for each in bases.proposed
        ),
    )


def _contents(base: ProposedBase) -> str:
    names = [f"{each.name} {each.version or '?'}" for each in base.distributions]
    system = " on ".join(filter(None, (f"Python {base.python}" if base.python else "", base.platform)))
    return f"{system}: {listed(names, _MOST_NAMED)}" if system else listed(names, _MOST_NAMED)


def _changes(report: FleetReport) -> Section:
    return Section(
        "changes",
        "Changes that save most per line",
        "A line is one requirement or instruction; a layer that images share is changed in one.",
        (
            Column("change", "change"),
            Column("lines", "lines", "count"),
            Column("targets", "targets", "count"),
            Column("saves_bytes", "saves", "bytes"),
            Column("saves_per_line_bytes", "per line", "bytes"),
        ),
        tuple(
            (_change_text(each), each.lines, each.targets, each.saves_bytes, each.saves_per_line)
            for each in report.changes
        ),
    )


def _change_text(change: FleetChange) -> str:
    if change.action == "instruction":
        return f"{change.detail} ({change.name})"
    if change.action == "lighter":
        return f"replace {change.name} with {change.detail}"
    reason = "which the code does not use" if change.action == "drop-unused" else "which production does not need"
    return f"drop {change.name}, {reason}"


def _trend(report: FleetReport) -> Section | None:
    trend = report.trend
    if trend is None:
        return None
    return Section(
        "trend",
        f"Since {run_text(trend.before)}",
        _trend_text(trend),
        (
            Column("target", "target", "name"),
            Column("before_bytes", "before", "bytes"),
            Column("after_bytes", "after", "bytes"),
            Column("change_bytes", "change", "change"),
        ),
        tuple((each.target, each.before_bytes, each.after_bytes, each.change) for each in trend.targets),
    )


def _trend_text(trend: Trend) -> str:
    change = signed(trend.after_bytes - trend.before_bytes) or "unchanged"
    return (
        f"{human(trend.before_bytes)} → {human(trend.after_bytes)} ({change});"
        f" {trend.came:,} came, {trend.went:,} went, {trend.changed:,} changed."
    )


def _trend_distributions(report: FleetReport) -> Section | None:
    if report.trend is None:
        return None
    return Section(
        "trend-distributions",
        f"Distributions since {run_text(report.trend.before)}",
        "",
        (
            Column("name", "distribution", "name"),
            Column("before_copies", "copies before", "count"),
            Column("after_copies", "after", "count"),
            Column("before_bytes", "before", "bytes"),
            Column("after_bytes", "after", "bytes"),
            Column("change_bytes", "change", "change"),
        ),
        tuple(
            (each.name, each.before_copies, each.after_copies, each.before_bytes, each.after_bytes,
             each.after_bytes - each.before_bytes)
            for each in report.trend.distributions
        ),
    )  # fmt: skip


def _runs(report: FleetReport) -> Section:
    return Section(
        "runs",
        "Runs",
        "",
        (
            Column("run", "run", "count"),
            Column("started", "started"),
            Column("finished", "finished"),
            Column("targets", "targets", "count"),
            Column("failed", "failed", "count"),
            Column("apparent_bytes", "size", "bytes"),
        ),
        tuple(
            (each.run, each.started, each.finished or "no", each.targets, each.failed, each.apparent_bytes)
            for each in report.runs
        ),
    )


def _failures(report: FleetReport) -> Section:
    return Section(
        "failures",
        f"{counted(report.failed, 'target')} could not be measured",
        "Figures are of the run in the table, if there was one.",
        (Column("target", "target", "name"), Column("run", "run", "count"), Column("reason", "reason")),
        tuple((each.target, each.run, each.reason) for each in report.failures),
    )


SECTIONS: Mapping[str, Callable[[FleetReport], Section | None]] = {
    "failures": _failures,
    "distributions": _distributions,
    "dev": _dev,
    "versions": _versions,
    "rules": _rules,
    "proposed-bases": _proposed,
    "bases": _bases,
    "changes": _changes,
    "trend": _trend,
    "trend-distributions": _trend_distributions,
    "runs": _runs,
}
