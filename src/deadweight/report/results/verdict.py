"""Verdict → text and JSON: the missing requirements, their uses, and the lines that provide them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import to_builtins

from deadweight import __version__
from deadweight.analysis.reporting.judgement import application_facts, places_of
from deadweight.analysis.verdict import Failure, Run, Verdict
from deadweight.model import Mention, Role
from deadweight.proof import Gap
from deadweight.report.text.application import VERBS, checked_text, location, locations
from deadweight.report.units import counted, hanging_text
from deadweight.untrusted import plain, without_credentials
from deadweight.wording import listed

_MOST_PLACES = 5
_MOST_NAMES = 12
_HOW = {
    "start": " at start",
    "lazy": " in a function",
    "conditional": " conditionally",
    "optional": " optionally",
    "types": " for type checkers",
}


def verdict_text(verdict: Verdict, *, width: int = 80) -> str:
    """Return the report, at most ``width`` columns wide except for long words; its last sentence is the verdict."""
    lines = [*_gaps(verdict), *_run(verdict), *_notes(verdict), _verdict(verdict)]
    return "\n".join(hanging_text(line, width) for line in lines) + "\n"


def _gaps(verdict: Verdict) -> Iterator[str]:
    """Yield the gaps by project."""
    for name, gaps in _by_name(gap for gap in verdict.proof.gaps if not gap.excused):
        yield f"missing: {plain(verdict.line(name))}" if gaps[0].name else f"missing: module {plain(name)}"
        yield from _uses([mention for gap in gaps for mention in gap.locations])


def _by_name(gaps: Iterable[Gap]) -> list[tuple[str, list[Gap]]]:
    by_name: dict[str, list[Gap]] = {}
    for gap in gaps:
        by_name.setdefault(gap.name or gap.what, []).append(gap)
    return sorted(by_name.items())


def _uses(mentions: Sequence[Mention]) -> Iterator[str]:
    """Yield a line for each of the first uses, in the order of the code, one per line of code."""
    lines: dict[tuple[str, int, int, str], Mention] = {}
    for mention in sorted(mentions, key=lambda m: (m.file, m.cell, m.line, m.name)):
        lines.setdefault((mention.file, mention.cell, mention.line, mention.kind), mention)
    ordered = list(lines.values())
    for mention in ordered[:_MOST_PLACES]:
        how = _HOW[mention.how] if mention.kind == "import" else ""
        how = f" if {plain(mention.condition)}" if mention.condition else how
        yield f"  {location(mention)} {VERBS[mention.kind]} {plain(mention.name)}{how}"
    if len(ordered) > _MOST_PLACES:
        yield f"  and {len(ordered) - _MOST_PLACES:,} more"


def _run(verdict: Verdict) -> Iterator[str]:
    """Yield the failed imports and the failed command, except for modules that are listed as missing."""
    run = verdict.run
    if run is None:
        return
    missing = {mention.name for gap in verdict.proof.gaps for mention in gap.locations}
    for failure in run.failures:
        if failure.trial.module not in missing:
            yield f"failed: {plain(failure.trial.module)}: {plain(failure.trial.reason)}"
            if failure.name:
                yield f"  {plain(verdict.line(failure.name))} provides {plain(failure.trial.missing)}"
            yield from _uses(failure.locations)
    if run.smoke is not None and run.smoke.status != 0:
        yield f"failed: {plain(run.smoke.command)}: {_status(run.smoke.status, run.seconds)}"
        yield from (f"  {plain(line)}" for line in run.smoke.reason.splitlines())


def _status(status: int | None, seconds: float) -> str:
    if status is None:
        return f"timed out after {seconds:g} s"
    return f"exit status {status}" if status >= 0 else f"terminated by signal {-status}"


def _notes(verdict: Verdict) -> Iterator[str]:
    """Yield the gaps that do not fail the check, and the files that could not be read."""
    for name, gaps in _by_name(gap for gap in verdict.proof.gaps if gap.excused):
        mentions = [mention for gap in gaps for mention in gap.locations]
        yield f"{_EXCUSES[gaps[0].excuse]}: {plain(name)} ({locations(mentions)}){_condition(mentions)}"
    optional = [(name, gaps) for name, gaps in _by_name(verdict.notes) if _is_optional(gaps)]
    others = [(name, gaps) for name, gaps in _by_name(verdict.notes) if not _is_optional(gaps)]
    if optional:
        yield f"note: missing, but imported only optionally: {_with_uses(optional)}"
    if others:
        yield f"note: missing, but used only by {_roles(others)}: {_with_uses(others)}"
    if verdict.run and verdict.run.unclear:
        names = [plain(failure.trial.module) for failure in verdict.run.unclear]
        some = listed(names, _MOST_NAMES)
        yield f"note: could not be imported without the application's settings; try --smoke: {some}"
    for skipped in verdict.application.skipped:
        yield f"note: {plain(skipped.name)}: {plain(skipped.reason)}"


_EXCUSES = {
    "conditional": "note: missing, but a development tool that is used only conditionally",
    "elsewhere": "note: missing, but required only on other platforms",
    "subproject": "note: missing, but used only by a subproject with its own requirements",
    "unmeasured": "uncertain: a requirement that could not be measured may provide it",
}


def _condition(mentions: Sequence[Mention]) -> str:
    return f" if {plain(mentions[0].condition)}" if mentions[0].condition else ""


def _is_optional(gaps: Sequence[Gap]) -> bool:
    return any(mention.role == "application" for gap in gaps for mention in gap.locations)


def _roles(gaps_by_name: Sequence[tuple[str, Sequence[Gap]]]) -> str:
    """Return the parts of the code that use something, in a fixed order: "tests, docs and scripts"."""
    roles = {mention.role for _, gaps in gaps_by_name for gap in gaps for mention in gap.locations}
    nouns = [noun for role, noun in _ROLES.items() if role in roles]
    return nouns[0] if len(nouns) == 1 else f"{', '.join(nouns[:-1])} and {nouns[-1]}"


_ROLES: Mapping[Role, str] = {
    "tests": "tests",
    "docs": "docs",
    "build": "builds",
    "scripts": "scripts",
    "notebooks": "notebooks",
    "development": "development settings",
}


def _with_uses(gaps_by_name: Sequence[tuple[str, Sequence[Gap]]]) -> str:
    uses = (f"{plain(name)} ({locations([m for gap in gaps for m in gap.locations])})" for name, gaps in gaps_by_name)
    return listed(uses, _MOST_NAMES)


def _verdict(verdict: Verdict) -> str:
    """Return the last line: the result, and how much was checked."""
    application, run = verdict.application, verdict.run
    lost = len(_by_name(gap for gap in verdict.proof.gaps if not gap.excused))
    scope = checked_text(verdict.proof.checked, application.files, application.directory)
    missing = f"{counted(lost, 'requirement')} {'is' if lost == 1 else 'are'} missing"
    if not lost:
        missing = "it provides everything that your code uses" if verdict.holds else "no requirement is missing"
    parts = [f"{missing} ({scope})"]
    if run is not None and run.tried:
        works = run.tried - len(run.failures) - len(run.unclear)
        parts.append(f"{works:,} of {counted(run.tried, 'module')} can be imported")
    if run is not None and run.smoke is not None:
        parts.append(f"{plain(run.smoke.command)} {'passes' if run.smoke.status == 0 else 'fails'}")
    outcome = "is sufficient" if verdict.holds else "is not sufficient"
    return f"{plain(verdict.profile.target.location)} {outcome}: {'; '.join(parts)}"


# --- JSON ------------------------------------------------------------------------------------------


def verdict_json(verdict: Verdict) -> str:
    """Return the report as JSON, schema ``deadweight.verify/1``."""
    profile = verdict.profile
    values = {
        "schema": "deadweight.verify/1",
        "version": __version__,
        "target": {"kind": profile.target.kind, "location": profile.target.location, "method": profile.method},
        "source": to_builtins(application_facts(verdict.application)),
        "against": verdict.original.path or None,
        "depth": "static" if verdict.run is None else "run",
        "holds": verdict.holds,
        "checked": verdict.proof.checked,
        "gaps": [_gap(gap, verdict) for gap in verdict.proof.gaps],
        "notes": [_gap(gap, verdict) for gap in verdict.notes],
        "run": _run_values(verdict.run, verdict) if verdict.run else None,
        "skipped": [{"name": each.name, "reason": each.reason} for each in profile.skipped],
    }
    return without_credentials(json.dumps(values, indent=1)) + "\n"


def _gap(gap: Gap, verdict: Verdict) -> Mapping[str, object]:
    return {
        "name": gap.name or None,
        "what": gap.what,
        "excused": gap.excused,
        "excuse": gap.excuse or None,
        "line": verdict.line(gap.name) or None,
        "locations": to_builtins(places_of(gap.locations)),
    }


def _run_values(run: Run, verdict: Verdict) -> Mapping[str, object]:
    smoke = run.smoke
    return {
        "seconds": run.seconds,
        "tried": run.tried,
        "failures": [_failure(failure, verdict) for failure in run.failures],
        "unclear": [_failure(failure, verdict) for failure in run.unclear],
        "smoke": {"command": smoke.command, "status": smoke.status, "reason": smoke.reason} if smoke else None,
    }


def _failure(failure: Failure, verdict: Verdict) -> Mapping[str, object]:
    return {
        "module": failure.trial.module,
        "reason": failure.trial.reason,
        "missing": failure.trial.missing or None,
        "name": failure.name or None,
        "line": verdict.line(failure.name) or None,
        "locations": to_builtins(places_of(failure.locations)),
    }
