"""The profiles of two levels and the change between them → the level, with its effort, risk and proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.analysis.levels.changes import Change
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting.judgement import proof_report
from deadweight.analysis.verdict import Original, judge
from deadweight.model.report.levels import RISKS, Effort, Level, LevelName, Risk, Step
from deadweight.untrusted import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deadweight.trimming import Trimmable

# What can go wrong at a level whose split was checked against the code; without code, one more.
_RISKS: dict[str, Risk] = {
    "what-if": "low", "production": "low", "deduplicated": "low", "lighter": "low", "alpine": "medium",
    "minimal": "medium", "trimmed": "low",
}  # fmt: skip
_TRIMMED: frozenset[Risk] = frozenset(("none", "low"))  # kinds with these risks are part of the level


def today(profile: Profile, original: Original) -> Level:
    """Return the first level: what the target installs as it is."""
    return replace(
        _checked(Level(name="today", apparent_bytes=profile.inventory.total.apparent), profile, original),
        download_bytes=profile.download_bytes,
        risk="none",
        at_most=_is_at_most(profile),
    )


def measured_level(name: LevelName, change: Change, before: Level, after: Profile, original: Original) -> Level:
    """Return a level that was resolved and measured again."""
    size = after.inventory.total.apparent
    level = _level(name, change, before, size)
    if len(level.steps) == 1:  # its files may be those of another distribution, too
        level = replace(level, steps=(replace(level.steps[0], saves_bytes=level.saved_bytes),))
    told = set(before.warnings)
    notes = (without_credentials(each) for each in after.inventory.warnings)
    warnings = tuple(note for note in notes if note not in told)
    return replace(
        _checked(level, after, original, before),
        download_bytes=after.download_bytes,
        warnings=warnings,
        at_most=_is_at_most(after),
    )


def counted_level(name: LevelName, change: Change, before: Level, whole: Profile, dropped: frozenset[str]) -> Level:
    """Return a level of what cannot be resolved again, counted in the graph of what is installed.

    dropped: keys of all distributions whose requirements this level and those before it leave out
    """
    graph = whole.dependencies
    size = whole.inventory.total.apparent - graph.bytes_of(graph.freed_by_dropping(dropped))
    level = _level(name, change, before, size)
    report = proof_report(whole.proofs.get(name))
    return _with_risk(replace(level, verified=report.holds, lacking=report.lost) if report else level, before)


def unchanged(name: LevelName, before: Level, change: Change) -> Level:
    """Return a level that changes nothing, perhaps because the code rules all steps out."""
    return Level(
        name=name,
        apparent_bytes=before.apparent_bytes,
        at_most=before.at_most,
        download_bytes=before.download_bytes,
        saved_bytes=0,
        rejected=change.rejected,
        risk=before.risk,
        verified=before.verified,
        lacking=before.lacking,
    )


def unreachable(name: LevelName, change: Change, reason: str) -> Level:
    """Return a level that cannot be reached, with the reason."""
    return Level(
        name=name, apparent_bytes=None, steps=change.steps, rejected=change.rejected, not_taken=reason, risk="none"
    )


def trimmed_level(before: Level, kinds: Iterable[Trimmable]) -> Level:
    """Return the level without files that no code needs; kinds with a higher risk are rejected steps.

    The bytes are those of the wheels or files as they are; trimming changes no requirement.
    """
    steps, rejected, saved = [], [], 0
    for each in kinds:
        if each.apparent_bytes == 0:
            continue
        step = Step(
            kind="trim",
            name=each.kind.name,
            action=f"trim {each.kind.name}",
            reason=f"you lose {each.kind.loses}",
            saves_bytes=each.apparent_bytes,
        )
        if each.kind.risk in _TRIMMED and each.apparent_bytes is not None:
            steps.append(step)
            saved += each.apparent_bytes
        else:
            rejected.append(step)
    assert before.apparent_bytes is not None
    level = Level(
        name="trimmed",
        at_most=before.at_most,
        apparent_bytes=before.apparent_bytes - saved,
        download_bytes=before.download_bytes,
        saved_bytes=saved,
        steps=tuple(steps),
        rejected=tuple(rejected),
        risk=_RISKS["trimmed"] if steps else "none",
        verified=before.verified,
        lacking=before.lacking,
    )
    return _with_risk(level, before)


def without_wheel(profile: Profile) -> frozenset[str]:
    """Return the projects without a wheel that fits, which were estimated or not measured."""
    estimated = (d.name for d in profile.inventory.distributions if d.archive and d.archive.estimated)
    return frozenset(estimated).union(each.name for each in profile.skipped)


def _is_at_most(profile: Profile) -> bool:
    return any(d.archive and d.archive.at_most for d in profile.inventory.distributions)


def _level(name: LevelName, change: Change, before: Level, size: int) -> Level:
    assert before.apparent_bytes is not None
    return Level(
        name=name,
        apparent_bytes=size,
        saved_bytes=before.apparent_bytes - size,
        steps=change.steps,
        rejected=change.rejected,
        effort=Effort(requirement_lines=_changed_lines(change), code_lines=change.code_lines),
        risk=_RISKS[name],
    )


def _changed_lines(change: Change) -> int:
    return len(change.drops) + len(change.swaps) + bool(change.torch)


def _checked(level: Level, profile: Profile, original: Original, before: Level | None = None) -> Level:
    """Return a level with whether it provides everything that the code uses."""
    if profile.application is None:
        return _with_risk(level, before)
    report = proof_report(judge(profile, profile.application, original).proof)
    assert report is not None
    return _with_risk(replace(level, verified=report.holds, lacking=report.lost), before)


def _with_risk(level: Level, before: Level | None) -> Level:
    """Return a level with its risk: one more if nothing was checked, high if it lacks more than the one before.

    A level contains those before it, so its risk is not lower than theirs.
    """
    known, least = (before.lacking, before.risk) if before else ((), "none")
    risk: Risk = level.risk
    if level.effort.code_lines or any(each not in known for each in level.lacking):
        risk = "high"
    elif level.verified is None and level.risk != "none":
        risk = RISKS[min(RISKS.index(level.risk) + 1, len(RISKS) - 1)]
    return replace(level, risk=max(risk, least, key=RISKS.index))
