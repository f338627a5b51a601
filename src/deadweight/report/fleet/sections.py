"""FleetReport → its sections: titles, notes and tables. The formats write them, and compute nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deadweight.model.report.fleet import (
    BaseInUse,
    FleetChange,
    FleetDistribution,
    FleetReport,
    ProposedBase,
    RuleWaste,
    VersionsInUse,
)
from deadweight.model.report.rows import Value
from deadweight.report.fleet.columns import Column, Section
from deadweight.report.fleet.trend import runs, trend_distributions, trend_targets
from deadweight.report.units import counted, human
from deadweight.wording import listed

_SHORT_DIGEST = 12  # characters, as Docker shows
_MOST_NAMED = 4
# What the findings that are not in layers of an image find: they have a kind, and no rule with a name of its own
_CODE_FINDINGS = {
    "missing": "imported, but no requirement provides it",
    "transitive": "imported, but not required",
    "dev-in-production": "a development tool that the application uses",
    "dev-conditional": "a development tool that the application uses under a condition",
    "backport": "part of Python",
    "unused": "not used by the code",
    "redundant": "already required by another",
    "tests-only": "used only by tests, docs and builds",
    "lazy": "never imported at start",
    "one-place": "used in only one place",
    "duplicate-library": "the same file in several distributions",
}


def sections_of(report: FleetReport, names: Sequence[str] = ()) -> list[Section]:
    """Return the sections that have rows, or those with some names."""
    every = [make(report) for name, make in SECTIONS.items() if not names or name in names]
    return [section for section in every if section is not None and (section.rows or names)]


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
        "Findings by rule",
        "Several findings may count the same bytes.",
        (
            Column("rule", "rule"),
            Column("name", "finds"),
            Column("findings", "findings", "count"),
            Column("apparent_bytes", "size", "bytes"),
            Column("stored_bytes", "stored", "bytes"),
        ),
        tuple(
            (each.rule, _finds(each), each.findings, each.apparent_bytes, each.stored_bytes)
            for each in report.rules
        ),
    )  # fmt: skip


def _finds(rule: RuleWaste) -> str:
    return _CODE_FINDINGS.get(rule.rule, "") if rule.name == rule.rule else rule.name


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
    "trend": trend_targets,
    "trend-distributions": trend_distributions,
    "runs": runs,
}
