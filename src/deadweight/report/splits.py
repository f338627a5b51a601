"""Profile → the split files, and what was saved by them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.analysis.profile import Profile
from deadweight.errors import BadInput
from deadweight.model import Distribution, Wanted
from deadweight.model.report import Report, SplitReport
from deadweight.plan.lines import requirement_text
from deadweight.plan.splits import Split
from deadweight.plan.writing import Writer, written
from deadweight.report.left_out import left_out_table, unsure_table
from deadweight.report.source import proof_lines
from deadweight.report.tables import WIDEST, hanging, render
from deadweight.report.units import human, percent
from deadweight.targets.types import Lock
from deadweight.untrusted import plain


def split_files(profile: Profile, folder: str, *, pin: bool) -> dict[str, str]:
    """Return path → text of ``requirements-production.txt`` and ``requirements-minimal.txt``.

    folder: where they will lie, counted from the working directory like the target's own path
    pin:    write the measured versions in place of specifiers
    """
    pinned = _measured_versions(profile) if pin else {}
    return {
        os.path.join(folder, f"requirements-{split.name}.txt"): _text(profile, split, folder, pinned)
        for split in profile.splits
    }


def _measured_versions(profile: Profile) -> dict[Wanted, str]:
    """Return requirement → the version that was measured, of those that hold for what was measured."""
    versions = {d.key: d.version for d in profile.inventory.distributions}
    wanted = profile.requirements.all_wanted() if profile.requirements else ()
    keys = profile.dependencies.keys_of(wanted)
    return {want: version for want, key in keys.items() if key and (version := versions[key]) and not want.url}


def _text(profile: Profile, split: Split, folder: str, pinned: dict[Wanted, str]) -> str:
    if profile.requirements is not None:
        return Writer(split, posixpath.abspath(folder or "."), pinned).text(profile.requirements)
    if isinstance(profile.target, Lock):
        # A lock pins everything, so what comes from it does too.
        pins = {d.key: _pin(d) for d in profile.inventory.distributions}
        lines = [f"{key}{pins[key]}" for key in split.distributions]
        if profile.not_measured:
            lines += ["# could not be measured", *map(requirement_text, profile.not_measured)]
    else:
        lines = [requirement_text(wanted) for wanted in split.kept]
    head = f"# {split.name}: made by deadweight from {_source(profile)}{plain(profile.target.location)}"
    return written([head, *lines])


def _pin(distribution: Distribution) -> str:
    """Return what pins a distribution: its version, or where it comes from, in which a blank would end the URL."""
    url = distribution.url
    if not url:
        return f"=={distribution.version}"
    if not url.isprintable() or " " in url:
        raise BadInput(f"{distribution.name} comes from what is no URL: {plain(url)[:200]}")
    return f" @ {url}"


def _source(profile: Profile) -> str:
    """Say what the target is, where its path alone does not tell."""
    if profile.system is not None:
        return f"/{plain(profile.inventory.environment.prefix)} in "
    return "" if isinstance(profile.target, Lock) else "the environment "


def saved_split_files(report: Report, folder: str, *, pin: bool) -> dict[str, str]:
    """Return the same from a saved report: the requirements as it has them, without the comments of the user's file.

    raises: BadInput where a requirement had credentials, which reports do not contain
    """
    found = {}
    for name, split in report.splits.items():
        lines = [*_locked(report, split)] if report.target.form == "lock" else [*split.requirements]
        if hidden := next((line for line in lines if "****" in line), ""):
            raise BadInput(
                f"{hidden}: the credentials of this requirement are not in the report",
                hint="split the original target instead",
            )
        lines = [_pinned(line, report) for line in lines] if pin else lines
        head = f"# {name}: made by deadweight from a report of {plain(report.target.location)}"
        found[os.path.join(folder, f"requirements-{name}.txt")] = written([head, *lines])
    return found


def _locked(report: Report, split: SplitReport) -> Iterator[str]:
    for key in split.distributions:
        row = report.rows[key]
        yield f"{key} @ {row.url}" if row.url else f"{key}=={row.version}"
    if report.not_measured:
        yield "# could not be measured"
        yield from report.not_measured


def _pinned(line: str, report: Report) -> str:
    """Return a requirement with the version that was measured; as it is where that is not known."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(line)
        row = report.rows[wanted.name]
    except (InvalidRequirement, KeyError):
        return line
    if wanted.url or not row.version:
        return line
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    marker = f" ; {wanted.marker}" if wanted.marker else ""
    return f"{wanted.name}{extras}=={row.version}{marker}"


def split_text(report: Report, paths: list[str], *, width: int, color: bool) -> str:
    """Return what was written, what it saves, and what each file leaves out."""
    whole = report.totals.required_bytes
    parts: list[RenderableType] = []
    for split, path in zip(report.splits.values(), paths, strict=True):
        head = Text(plain(path), style="bold")
        head.append(
            f": {human(split.apparent_bytes)} of {human(whole)}, saves {human(split.saved_bytes)}"
            f" ({percent(split.saved_bytes, whole)})",
            style="not bold",
        )
        parts += [Text(""), head, _left_out(split, width)] if parts else [head, _left_out(split, width)]
        parts += unsure_table(split, min(width, WIDEST))
    told = list(proof_lines(report, min(width, WIDEST)))
    parts += [Text(""), *map(Text, told)] if told else []
    notes = [*(c.says for c in report.conflicts), *report.warnings]
    parts += [Text("")] if notes else []
    parts += [hanging(plain(f"note: {note}"), min(width, WIDEST)) for note in notes]
    return render(Group(*parts), width=width, color=color)


def _left_out(split: SplitReport, width: int) -> RenderableType:
    if not split.dropped:
        return Text("leaves nothing out: every line is there for more than development")
    return left_out_table("left out", split, min(width, WIDEST))
