"""The files of distributions → findings: tests and documentation, as ``deadweight trim`` recognizes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from shlex import quote

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.model import ImageFinding
from deadweight.trim.paths import Paths

_RULE = "DW509"
_KINDS = frozenset(("tests", "docs"))


def content_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with tests and documentation of distributions."""
    inventory = case.inventory
    paths = Paths(inventory)
    portions: dict[tuple[int, str], Portion] = defaultdict(Portion)
    for path, number in inventory.owner.items():
        if paths.kind_of(path) in _KINDS:
            each = inventory.distributions[number]
            portions[case.layer_of(path), each.prefix].add(inventory.entries[path], "", each.key)
    for (layer, prefix), portion in portions.items():
        portion.settle(case.links)
        change = _change(prefix, layer, case)
        yield portion.finding(_RULE, layer, reason="contains tests and documentation of distributions", change=change)


def _change(prefix: str, layer: int, case: Case) -> str:
    if case.is_base(layer):
        return "use a base image without them"
    if f"{prefix}/pyvenv.cfg" in case.inventory.entries:
        trim = f"deadweight trim {quote(f'/{prefix}')} --kinds tests,docs --apply --discard"
        return f"run `{trim}` in the RUN that installs them, or in an earlier stage"
    return "delete them in the RUN that installs them"
