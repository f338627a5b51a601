"""FleetReport → the sections that compare runs."""

from __future__ import annotations

from deadweight.model.report.fleet import FleetReport, Trend
from deadweight.report.fleet.columns import Column, Section
from deadweight.report.fleet.figures import run_text
from deadweight.report.units import human, signed


def trend_targets(report: FleetReport) -> Section | None:
    """Return the targets that changed most since an earlier run; None without one."""
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


def trend_distributions(report: FleetReport) -> Section | None:
    """Return the distributions that changed most since an earlier run; None without one."""
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


def runs(report: FleetReport) -> Section:
    """Return the last runs."""
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
