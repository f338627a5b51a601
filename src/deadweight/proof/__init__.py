"""Source and a set of distributions → what the application needs and the set does not provide. No code is run.

__init__.py  the proof     bringing.py  which project would bring what is missing
remarks.py   what else is worth knowing of requirements and their uses
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from deadweight.groups import by_name
from deadweight.groups.names import names_table
from deadweight.model import Mention, Metadata, Source
from deadweight.proof.bringing import Bringing
from deadweight.usage import matched
from deadweight.usage.places import is_for_production, tells_less


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that the application names, and nothing in the set provides.

    name:    the project that would bring it, as far as is known; else ""
    what:    the module, program, path or scheme that is named
    excused: whether it is a tool for development that only files import which may not run in production, or that is
             only started or configured, as in a stage of a Dockerfile that tests
    """

    name: str
    what: str
    places: tuple[Mention, ...]
    excused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a set of distributions provides of what the application names.

    checked: how many places were looked at
    gaps:    what is not provided, by the project that would bring it
    """

    checked: int
    gaps: tuple[Gap, ...] = ()

    @property
    def holds(self) -> bool:
        """Say whether all is provided that has no excuse."""
        return all(gap.excused for gap in self.gaps)


def prove(
    source: Source,
    provides: Mapping[str, Collection[str]],
    projects: Collection[str],
    present: Collection[str],
    *,
    bringing: Bringing | None = None,
    counts: Callable[[Mention], bool] = is_for_production,
) -> Proof:
    """Say what of the places where the application names something is not provided by the projects in ``present``.

    provides: import name → projects, by the files of all that was measured
    projects: all that could be meant: what was measured, and what else is asked for
    bringing: tells who would bring an import that none of them provides, which then is a gap too; None where they are
              all that was asked for, since the whole would be no better than the part
    counts:   which places are looked at
    """
    places: dict[tuple[str, str], list[Mention]] = {}
    checked = 0
    for mention, matches in matched(source, provides, projects):
        if not counts(mention):
            continue
        checked += 1
        names = [name for name, _ in matches]
        if names and not any(name in present for name in names):
            places.setdefault((names[0], mention.name), []).append(mention)
        elif not names and bringing is not None and is_foreign(mention, source):
            places.setdefault((bringing.project(mention.name), mention.name), []).append(mention)
    return Proof(checked=checked, gaps=tuple(_gaps(places)))


def _gaps(places: Mapping[tuple[str, str], list[Mention]]) -> Iterator[Gap]:
    for (name, what), mentions in sorted(places.items()):
        known = by_name(Metadata(name=name, version=None), names_table(())) if name else None
        is_dev = known is not None and known.group == "dev" and known.sure
        excused = is_dev and all(mention.kind in ("command", "string") or tells_less(mention) for mention in mentions)
        yield Gap(name=name, what=what, places=tuple(mentions), excused=excused)


def is_foreign(mention: Mention, source: Source) -> bool:
    """Say whether an import is neither the standard library's nor the source's own."""
    top = mention.name.partition(".")[0]
    return mention.kind == "import" and top not in sys.stdlib_module_names and top not in source.local
