"""The environments of an image → findings: distributions in two of them, and environments of another machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.model import Distribution, ImageFinding
from deadweight.wording import listed

_TWICE, _COPIED = "DW507", "DW510"
# What every venv gets, unless it is created without
_SEEDS = frozenset(("pip", "setuptools", "wheel"))


def environment_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield the environments that COPY brought, and the distributions that two environments contain."""
    copied = _copied(case)
    yield from _copied_findings(copied, case)
    by_prefix: dict[str, dict[str, int]] = defaultdict(dict)
    for number, each in enumerate(case.inventory.distributions):
        by_prefix[each.prefix].setdefault(each.name, number)
    first = case.inventory.environment.prefix
    own = by_prefix.get(first, {})
    for prefix, numbers in by_prefix.items():
        if prefix != first and prefix not in copied:
            pairs = [(own[name], number) for name, number in numbers.items() if name in own]
            yield from _twice(dict(_superfluous(pairs, case)), case)


def _superfluous(pairs: Collection[tuple[int, int]], case: Case) -> Iterator[tuple[int, int]]:
    """Yield (superfluous copy, copy that stays): the first environment stays, and so does what the base image has."""
    for first, second in pairs:
        key = case.inventory.distributions[second].key
        yield (first, second) if case.is_base(case.homes.get(key, 0)) else (second, first)


def _twice(stays: Mapping[int, int], case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with superfluous copies.

    stays: number of a superfluous distribution → number of the copy that stays
    """
    rows = case.inventory.distributions
    for layer, portion in _portions(stays.keys(), case).items():
        portion.settle(case.links)
        here = [(rows[number], rows[other]) for number, other in stays.items() if rows[number].key in portion.names]
        if case.is_base(layer) or not here:
            continue
        locations = sorted({f"/{other.prefix}" for _, other in here})
        reason = f"contains distributions that are also in {listed(locations, 2)}"
        yield portion.finding(_TWICE, layer, reason=reason, change=_change([each for each, _ in here]))


def _portions(numbers: Collection[int], case: Case) -> Mapping[int, Portion]:
    """Return layer → the files of the distributions that are mostly from it."""
    portions: dict[int, Portion] = defaultdict(Portion)
    rows, inventory = case.inventory.distributions, case.inventory
    for path, number in inventory.owner.items() if numbers else ():
        if number in numbers:
            key = rows[number].key
            portions[case.homes[key]].add(path, inventory.entries[path], "", key)
    return portions


def _change(distributions: Collection[Distribution]) -> str:
    if {each.name for each in distributions} <= _SEEDS:
        return "create the environment without pip: `uv venv`, or `python -m venv --without-pip`"
    return "install everything into one environment"


def _copied(case: Case) -> Mapping[str, int]:
    """Return prefix → layer of the venvs that COPY brought from the build context, and that do not run the program."""
    first = case.inventory.environment.prefix
    venvs = {path.rpartition("/")[0]: case.layer_of(path) for path in case.unowned if path.endswith("/pyvenv.cfg")}
    return {prefix: layer for prefix, layer in venvs.items() if prefix != first and case.copied(layer)}


def _copied_findings(copied: Mapping[str, int], case: Case) -> Iterator[ImageFinding]:
    for prefix, layer in sorted(copied.items()):
        portion = Portion()
        for path, entry in case.inventory.entries.items():
            if path.startswith(f"{prefix}/") and case.layer_of(path) == layer:
                portion.add(path, entry, prefix)
        portion.settle(case.links)
        name = prefix.rpartition("/")[2]
        change = f"add {'it' if '`' in name else f'`{name}`'} to .dockerignore"
        reason = "contains a virtual environment of another machine"
        yield portion.finding(_COPIED, layer, reason=reason, change=change, sure=layer in case.made_by)
