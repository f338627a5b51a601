"""Candidates and references → the rules to write, and what stays, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from deadweight.buildcontext.candidates import Candidate
from deadweight.buildcontext.kinds import KINDS, Kind
from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import Pattern, pattern_of
from deadweight.buildcontext.references import Reference, References
from deadweight.buildcontext.writing import line_of

_LISTED = 3  # files of one directory that are listed by name; more become one pattern
_PLAIN = re.compile(r"[A-Za-z0-9_./,@=-]+\Z")
_SAFE = re.compile(r"[A-Za-z0-9_./,@=*?\[\]^-]+\Z")


class Rule(NamedTuple):
    """What is written for some candidates.

    lines: the pattern, and exceptions for what is needed in it
    paths: of the candidates
    """

    kind: Kind
    lines: tuple[str, ...]
    paths: tuple[str, ...]

    @property
    def comment(self) -> str:
        """Why it is written."""
        return f"{self.kind.name.replace('-', ' ').capitalize()}: {self.kind.reason}"

    def patterns(self) -> Iterator[Pattern]:
        """Yield the lines as patterns."""
        for line in self.lines:
            pattern = pattern_of(line)
            assert pattern is not None
            yield pattern


class Kept(NamedTuple):
    """A candidate that stays, and why."""

    candidate: Candidate
    reason: str


class Choice(NamedTuple):
    """The rules in the order of the kinds, and what stays."""

    rules: tuple[Rule, ...]
    kept: tuple[Kept, ...]


def choose(candidates: Sequence[Candidate], references: References, whole: Collection[str] = ()) -> Choice:
    """Return a rule for everything that nothing needs.

    whole: directories that stay whole if something in them is needed, since an exception would also restore what the
           file ignores already
    """
    kept: list[Kept] = []
    free: list[Candidate] = []
    partial: list[Rule] = []
    for candidate in candidates:
        reason = _reason(candidate, references)
        inside = references.inside(candidate.path) if candidate.is_directory and not reason else []
        if reason or (inside and not _can_except(candidate, inside, whole)):
            kept.append(Kept(candidate, reason or _by(inside[0])))
        elif inside:
            lines = (line_of(candidate.path), *dict.fromkeys(f"!{each.path}" for each in inside))
            partial.append(Rule(candidate.kind, lines, (candidate.path,)))
        else:
            free.append(candidate)
    rules = [*_grouped(free, kept, references), *partial]
    return Choice(tuple(sorted(rules, key=_order)), tuple(kept))


def _order(rule: Rule) -> tuple[int, str]:
    return KINDS.index(rule.kind), rule.lines[0]


def _reason(candidate: Candidate, references: References) -> str:
    """Return why a candidate stays, "" if nothing names it."""
    kind = candidate.kind
    reference = references.at(candidate.path)
    if reference is None and kind.copied_above:
        reference = references.above(candidate.path)
    if reference is not None:
        return _by(reference)
    if kind.by_name:
        *_, parent, name = ("", *candidate.path.split("/"))
        names = [name] if candidate.is_directory else [name, parent, candidate.glob, candidate.glob.lstrip("*")]
        where = next((references.names[each] for each in names if each in references.names), "")
        if where:
            return f"{where} names it"
    return ""


def _by(reference: Reference) -> str:
    return f"{reference.where} {reference.by} {reference.path}"


def _can_except(candidate: Candidate, inside: Sequence[Reference], whole: Collection[str]) -> bool:
    """Return whether exceptions can restore what is needed in a directory."""
    start = f"{candidate.path}/"
    # The builder before BuildKit compares the text of an exception with the path of a directory, escapes included.
    return (
        candidate.path not in whole
        and _PLAIN.match(candidate.path) is not None
        and all(each.path.startswith(start) and _SAFE.match(each.path) and "**" not in each.path for each in inside)
    )


def _grouped(free: Sequence[Candidate], kept: list[Kept], references: References) -> Iterator[Rule]:
    """Yield one rule for candidates that one pattern covers, if it covers nothing that stays; else one for each."""
    stays = [each.candidate.path for each in kept]
    for (place, glob), group in _groups(free).items():
        kind = group[0].kind
        if sum(each.size for each in group) < kind.least:
            continue
        line = f"{place}/{glob}" if place else glob
        if glob and (place == "**" or len(group) > _LISTED) and _covers_only(line, stays, references):
            yield Rule(kind, (line,), tuple(each.path for each in group))
            continue
        for each in group:
            if line := line_of(each.path):
                yield Rule(kind, (line,), (each.path,))
            else:
                kept.append(Kept(each, "its name contains a line break"))


def _groups(free: Sequence[Candidate]) -> dict[tuple[str, str], list[Candidate]]:
    """Return (directory, name with a star) → candidates; "**" is any directory, and the name "" means no pattern."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for each in free:
        if each.kind.everywhere and each.glob:
            key = ("**", each.glob)
        elif "*" in each.glob and not each.is_directory and not each.kind.unless and each.kind.holds is None:
            key = (line_of(each.path.rpartition("/")[0]), each.glob)
        else:
            key = (each.path, "")
        groups.setdefault(key, []).append(each)
    return groups


def _covers_only(line: str, stays: Iterable[str], references: References) -> bool:
    pattern = pattern_of(line)
    assert pattern is not None
    needed = (each.sample for each in references.each)
    return not any(ignored(path, [pattern]) for path in (*stays, *needed))
