"""Results, causes and remedies → sentences without a full stop, safe to show."""

from __future__ import annotations

from typing import NamedTuple

from deadweight.budget import RULES
from deadweight.model.report import DirectRequirement
from deadweight.model.report.check import Cause, CheckReport, Remedy, Result
from deadweight.report.units import counted, human
from deadweight.untrusted import plain

_NAMING = ("deny", "deny-group", "deny-finding", "max-finding")
_FINDING = "deny-finding"
_EACH = {rule.code: rule.each for rule in RULES}


def rule_text(result: Result) -> str:
    """Return a rule as the user knows it: with the name that it denies."""
    return f"{result.rule} {plain(result.limit)}" if result.rule in _NAMING else result.rule


def finding_text(result: Result) -> str:
    """Return what a rule found: the value, the limit, and the reason."""
    parts = [_sizes(result) if result.limit_bytes is not None else _contents(result), plain(result.reason)]
    return "; ".join(part for part in parts if part)


def _sizes(result: Result) -> str:
    limit = plain(result.limit.rpartition("=")[2])
    if result.limit.endswith("%"):
        limit += f" of the baseline ({human(result.limit_bytes)})"
    if result.status == "skip":
        return f"limit {limit}"
    if result.value_bytes is None:
        return f"unknown, limit {limit}"
    value = human(result.value_bytes)
    text = f"{f'grown by {value}' if result.rule == 'max-growth' else value}, limit {limit}"
    excess = result.value_bytes - (result.limit_bytes or 0)
    return f"{text}, {human(excess)} over" if excess > 0 else text


def _contents(result: Result) -> str:
    number = len(result.causes) + result.causes_left_out
    if result.status == "pass":
        return "nothing found"
    if result.rule == _FINDING:
        return counted(number, "finding") if number else ""
    return f"{counted(number, 'distribution')} found" if number else ""


def cause_text(cause: Cause) -> str:
    """Return a cause: what it is, its size, and the requirements that lead to it."""
    name = "files that no distribution owns" if cause.name is None else plain(cause.name)
    name = f"{name} {plain(cause.version)}" if cause.version else name
    details = []
    if cause.size_bytes is not None and cause.before_bytes is not None:
        details.append(f"+{human(cause.size_bytes - cause.before_bytes)} to {human(cause.size_bytes)}")
    elif cause.size_bytes is not None:
        details.append(human(cause.size_bytes))
    details += [f"{plain(cause.line.file)}:{cause.line.line}"] if cause.line else []
    details += [plain(cause.note)] if cause.note else []
    # A direct requirement of an environment is written nowhere, and its name is there already.
    requirements = [each for each in cause.requirements if each.file is not None or each.key != cause.name]
    if requirements:
        details.append(f"required by {', '.join(map(requirement_text, requirements))}")
    return f"{name}: {', '.join(details)}" if details else name


def requirement_text(requirement: DirectRequirement) -> str:
    """Return a requirement with its place."""
    text = plain(requirement.text)
    if requirement.file is None:
        return text
    line = f":{requirement.line}" if requirement.line else ""
    return f"{text} ({plain(requirement.file)}{line})"


class Place(NamedTuple):
    """What to change: a requirement in a file, or an instruction of a Dockerfile.

    line: None for a file that has no lines
    identity: what tells it apart from others of the file; lines change with every commit
    """

    file: str
    line: int | None
    identity: str


def breaches(result: Result) -> list[tuple[Place | None, str]]:
    """Return each place to blame, None for none that is in a file, with the causes and remedies as lines.

    Causes that breach a rule only together are one breach of the place that is most to blame.
    """
    written = [_place(cause) for cause in result.causes]
    if not _EACH[result.code]:
        written = [next(filter(None, written), None)] * len(written)
    by_place: dict[Place | None, list[str]] = {}
    for place, cause in zip(written, result.causes, strict=True):
        by_place.setdefault(place, []).append(cause_text(cause))
    # What is left out may belong to any of them.
    more = [f"and {result.causes_left_out:,} more"] if result.causes_left_out else []
    remedies = [f"fix: {remedy_text(remedy)}" for remedy in result.remedies]
    return [
        (place, "\n".join([finding_text(result), *causes, *more, *remedies]))
        for place, causes in (by_place or {None: []}).items()
    ]


def _place(cause: Cause) -> Place | None:
    if cause.line is not None:
        return Place(cause.line.file, cause.line.line, cause.identity or cause.name or "")
    for each in cause.requirements:
        if each.file is not None:
            return Place(each.file, each.line, each.name or each.text)
    return None


def remedy_text(remedy: Remedy) -> str:
    """Return a remedy with what it saves."""
    if remedy.saves_bytes is None:
        return plain(remedy.action)
    return f"{plain(remedy.action)} (saves {human(remedy.saves_bytes)}{'' if remedy.enough else ', not enough alone'})"


def verdict_text(report: CheckReport) -> str:
    """Return the verdict with the number of rules."""
    target = plain(report.target.location)
    number = {status: sum(r.status == status for r in report.results) for status in ("pass", "fail", "skip")}
    counts = [f"{counted(number['pass'], 'rule')} passed", *(
        f"{number[status]} {word}" for status, word in (("fail", "failed"), ("skip", "skipped")) if number[status]
    )]  # fmt: skip
    outcome = "is within its budget" if report.holds else "is over its budget"
    if not report.holds and all(result.incomplete for result in report.results if result.status == "fail"):
        outcome = "could not be checked completely"
    return f"{target} {outcome}: {', '.join(counts)}"
