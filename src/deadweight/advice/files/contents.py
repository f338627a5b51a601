"""The files of distributions → findings: tests and documentation, as ``deadweight trim`` recognizes them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from shlex import quote

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.model import ImageFinding

_RULE = "DW509"
_KINDS = frozenset(("tests", "docs"))
_DIRECTORY = re.compile(r"/(?:tests?|SelfTest|docs?|examples?|share)/", re.IGNORECASE)
_INITIALS = frozenset("RCHNST")  # of README, CHANGELOG, HISTORY, NEWS, SECURITY, TODO


def content_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with tests and documentation of distributions."""
    inventory = case.inventory
    # The inventory counts these kinds more generously; most distributions contain none of them.
    having = {n for n, each in enumerate(inventory.distributions) if any(each.sizes.kinds.get(kind) for kind in _KINDS)}
    if not having:
        return
    # Importing it reads its table.
    from deadweight.trimming.paths import Paths

    paths = Paths(inventory)
    may_match = _Candidates()
    portions: dict[tuple[int, str], Portion] = defaultdict(Portion)
    for path, number in inventory.owner.items():
        if number in having and may_match(path) and paths.kind_of(path) in _KINDS:
            each = inventory.distributions[number]
            portions[case.layer_of(path), each.prefix].add(path, inventory.entries[path], "", each.key)
    for (layer, prefix), portion in portions.items():
        portion.settle(case.links)
        change = _change(prefix, layer, case)
        yield portion.finding(_RULE, layer, reason="contains tests and documentation of distributions", change=change)


class _Candidates:
    """Returns whether a file may be a test or a document, by its directory, which it remembers, or by its name."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def __call__(self, path: str) -> bool:
        directory, _, name = path.rpartition("/")
        known = self._known.get(directory)
        if known is None:
            known = self._known[directory] = bool(_DIRECTORY.search(f"/{directory}/"))
        return known or name[:1] in _INITIALS


def _change(prefix: str, layer: int, case: Case) -> str:
    if case.is_base(layer):
        return "use a base image without them"
    # A backtick would end the command in the sentence, and nobody can type a control character.
    if f"{prefix}/pyvenv.cfg" in case.inventory.entries and prefix.isprintable() and "`" not in prefix:
        trim = f"deadweight trim {quote(f'/{prefix}')} --kinds tests,docs --apply --discard"
        return f"run `{trim}` in the RUN that installs them, or in an earlier stage"
    return "delete them in the RUN that installs them"
