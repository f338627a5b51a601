"""Profile → the split files, and what was saved by them."""

from __future__ import annotations

import os
import posixpath

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.errors import BadInput
from deadweight.findings import Profile
from deadweight.model import Distribution, Wanted
from deadweight.plan.splits import Split, requirement_text
from deadweight.plan.writing import Writer, written
from deadweight.report.as_text import WIDEST, left_out_table, render, unsure_table
from deadweight.report.source import proof_lines
from deadweight.report.tables import hanging
from deadweight.report.units import human, percent, plain


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
    if profile.target.form == "lock":
        # A lock pins everything, so what comes from it does too.
        pins = {d.key: _pin(d) for d in profile.inventory.distributions}
        lines = [f"{key}{pins[key]}" for key in split.distributions]
        if profile.not_measured:
            lines += ["# could not be measured", *map(requirement_text, profile.not_measured)]
    else:
        lines = [requirement_text(wanted) for wanted in split.kept]
    head = f"# {split.name}: made by deadweight from {_source(profile)}{plain(profile.target.path)}"
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
    return "" if profile.target.form == "lock" else "the environment "


def split_text(profile: Profile, paths: list[str], *, width: int, color: bool) -> str:
    """Return what was written, what it saves, and what each file leaves out."""
    whole = profile.required_bytes
    parts: list[RenderableType] = []
    for split, path in zip(profile.splits, paths, strict=True):
        head = Text(plain(path), style="bold")
        head.append(
            f": {human(split.apparent_bytes)} of {human(whole)}, saves {human(split.saved_bytes)}"
            f" ({percent(split.saved_bytes, whole)})",
            style="not bold",
        )
        parts += [Text(""), head, _left_out(split, width)] if parts else [head, _left_out(split, width)]
        parts += unsure_table(split, min(width, WIDEST))
    told = list(proof_lines(profile))
    parts += [Text(""), *map(Text, told)] if told else []
    notes = [*(c.says for c in profile.conflicts), *profile.warnings]
    parts += [Text("")] if notes else []
    parts += [hanging(plain(f"note: {note}"), min(width, WIDEST)) for note in notes]
    return render(Group(*parts), width=width, color=color)


def _left_out(split: Split, width: int) -> RenderableType:
    if not split.dropped:
        return Text("leaves nothing out: every line is there for more than development")
    return left_out_table("left out", split, min(width, WIDEST))
