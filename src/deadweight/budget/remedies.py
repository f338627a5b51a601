"""A breach → the ways out that a report knows, the cheapest first."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deadweight.budget.causes import Blame
from deadweight.model.report import DirectRequirement, ImageFinding, LighterBuild, Report, Row
from deadweight.model.report.check import Remedy
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST = 3
_FOR_GPUS, _GPU_SUPPORT = "nvidia-", "GPU support"  # distributions that builds without GPU support do not need


_Shared = Mapping[tuple[str, ...], Sequence[str]]


class _Way(NamedTuple):
    """A remedy with what it may save at most, as far as that is known."""

    remedy: Remedy
    most: int


def best(ways: Iterable[_Way], excess: int) -> tuple[Remedy, ...]:
    """Return the first remedy that is enough alone, and easier ones that save half; else those that save most first.

    ways: in the order of effort
    """
    every = list(dict.fromkeys(ways))
    first = next((number for number, way in enumerate(every) if way.remedy.enough), None)
    if first is None:
        largest = sorted(every, key=lambda way: -way.most)[:_MOST]
        largest.sort(key=lambda way: -(way.remedy.saves_bytes or 0))  # what is not known to save anything is last
        return tuple(way.remedy for way in largest)
    others = [way.remedy for way in every[:first] if (way.remedy.saves_bytes or 0) * 2 >= excess]
    return (every[first].remedy, *others[: _MOST - 1])


def for_size(report: Report, excess: int, blame: Blame) -> tuple[Remedy, ...]:
    """Return ways to make a target smaller by ``excess`` bytes."""
    ways = (_split(report), _unused(report), _lighter(report), _dropping(report, excess, blame))
    return best((_way(action, saves, most, excess) for way in ways for action, saves, most in way), excess)


def for_download(report: Report, excess: int) -> tuple[Remedy, ...]:
    """Return ways to make the archives of a target smaller by ``excess`` bytes."""
    split = report.splits["production"]
    left_out = [row for row in report.distributions if row.key not in split.distributions]
    saved = sum(row.download_bytes or 0 for row in left_out)
    ways = [_way(_split_action(report), saved, saved, excess)] if saved else []
    # How much less a lighter build downloads is not known.
    lighter = (_way(_lighter_action(each), None, each.apparent_bytes, excess) for each in report.lighter)
    return best([*ways, *lighter], excess)


def _way(action: str, saves: int | None, most: int, excess: int) -> _Way:
    return _Way(Remedy(action=action, saves_bytes=saves, enough=saves is not None and saves >= excess), most)


def for_large(report: Report, rows: Sequence[Row], blame: Blame) -> tuple[Remedy, ...]:
    """Return the easiest way to make each of some distributions smaller, or to get rid of it."""
    lighter = {each.name: Remedy(action=_lighter_action(each)) for each in reversed(report.lighter)}
    split, shared = _split_bytes(report, rows), _shared(rows, blame)
    return _few(lighter.get(row.key) or next(_removing(row, report, split, shared, blame)) for row in rows)


def for_rows(report: Report, rows: Sequence[Row], blame: Blame) -> tuple[Remedy, ...]:
    """Return the easiest way to get rid of each of some distributions; what several have in common saves their sum."""
    split, shared = _split_bytes(report, rows), _shared(rows, blame)
    return _few(next(_removing(row, report, split, shared, blame)) for row in rows)


def for_findings(findings: Iterable[ImageFinding], excess: int = 0) -> tuple[Remedy, ...]:
    """Return the changes to a Dockerfile that save ``excess`` bytes; without it, those that save most."""
    ways = [_way(_change(each), each.apparent_bytes, each.apparent_bytes, excess) for each in findings]
    if excess:
        return best(ways, excess)
    return _few(way.remedy for way in sorted(ways, key=lambda way: -way.most))


def _change(finding: ImageFinding) -> str:
    where = f"layer {finding.layer}" if finding.line is None else f"line {finding.line}"
    return f"{where}: {plain(finding.change)}"


def _few(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    return tuple(dict.fromkeys(remedies))[:_MOST]


def _shared(rows: Sequence[Row], blame: Blame) -> _Shared:
    """Return direct requirements → the distributions that exactly these lead to."""
    shared: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        shared.setdefault(blame.on(row.key).names, []).append(plain(row.name))
    return shared


def _split_bytes(report: Report, rows: Sequence[Row]) -> int:
    """Return the bytes of those distributions that the production split leaves out."""
    return sum(row.apparent_bytes for row in rows if _is_split_off(row, report))


def _is_split_off(row: Row, report: Report) -> bool:
    """Return whether the production split leaves out a distribution."""
    return not row.orphan and row.key not in report.splits["production"].distributions


def _removing(row: Row, report: Report, split: int, shared: _Shared, blame: Blame) -> Iterator[Remedy]:
    """Yield the ways to get rid of a distribution, the one with least effort first.

    split:  bytes of such distributions that the production split leaves out
    shared: direct requirements → such distributions that exactly these lead to
    """
    if _is_split_off(row, report):
        yield Remedy(action=_split_action(report), saves_bytes=split, enough=True)
    if row.name.startswith(_FOR_GPUS):
        yield from (Remedy(action=_lighter_action(each)) for each in report.lighter if each.loses == _GPU_SUPPORT)
    holders = blame.on(row.key)
    if row.orphan or not holders.count:
        yield Remedy(action=f"uninstall {plain(row.name)}, which nothing requires", enough=True)
    elif holders.count == 1:
        (holder,) = holders.names
        saved = report.rows[holder].freed_bytes
        yield Remedy(action=_drop_action(blame.requirement(holder)), saves_bytes=saved, enough=True)
    else:
        led_to = listed(shared[holders.names], _MOST)
        texts = [plain(blame.requirement(each).text) for each in holders.names]
        names = listed(texts, len(texts), others=holders.count - len(texts))
        yield Remedy(action=f"drop all of the requirements that lead to {led_to}: {names}", enough=True)


# The ways to make a target smaller: (action, bytes that it saves or None, bytes that it saves at most)


def _split(report: Report) -> Iterator[tuple[str, int | None, int]]:
    saved = report.splits["production"].saved_bytes
    if saved:
        yield _split_action(report), saved, saved


def _unused(report: Report) -> Iterator[tuple[str, int | None, int]]:
    """Yield the requirements that the code does not use, the largest first."""
    unused = [(each.freed_bytes or 0, each.name) for each in report.findings if each.kind == "unused"]
    for freed, name in sorted(unused, key=lambda each: (-each[0], each[1])):
        if freed:
            yield f"drop {plain(name)}, which your code does not use", freed, freed


def _lighter(report: Report) -> Iterator[tuple[str, int | None, int]]:
    for each in report.lighter:
        saving = each.saves_bytes if each.measured_saving_bytes is None else each.measured_saving_bytes
        yield _lighter_action(each), saving, each.apparent_bytes if saving is None else saving


def _dropping(report: Report, excess: int, blame: Blame) -> Iterator[tuple[str, int | None, int]]:
    """Yield the requirement whose removal frees enough and least; without one, the one that frees most.

    Those that the code does not use and those that production does not need are ways of their own.
    """
    others = {each.name for each in report.findings if each.kind == "unused"}
    rows = (row for row in report.distributions if row.key not in others and not _is_split_off(row, report))
    direct = sorted((row.freed_bytes, row.key) for row in rows if row.direct and row.freed_bytes)
    enough = [each for each in direct if each[0] >= excess]
    for freed, key in enough[:1] or direct[-1:]:
        yield _drop_action(blame.requirement(key)), freed, freed


def _split_action(report: Report) -> str:
    target = report.target
    argument = f" {shlex.quote(plain(target.location))}" if target.form != "names" else ""
    return f"leave out what production does not need: deadweight split{argument}"


def _lighter_action(each: LighterBuild) -> str:
    return f"use {each.lighter}, without {each.loses}: {plain(each.how)}"


def _drop_action(requirement: DirectRequirement) -> str:
    where = f" ({plain(requirement.file)}:{requirement.line})" if requirement.file and requirement.line else ""
    return f"drop the requirement {plain(requirement.text)}{where}"
