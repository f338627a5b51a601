"""The application and a set of distributions → what it needs and the set does not provide. No code is run.

__init__.py  the proof     bringing.py  which project would bring what is missing
remarks.py   what else is worth knowing of requirements and their uses
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.groups import by_name
from deadweight.groups.names import names_table
from deadweight.model import Mention, Metadata, Skipped, Source
from deadweight.proof.bringing import Bringing
from deadweight.usage import Usage
from deadweight.usage.places import is_for_production
from deadweight.usage.standard import ALWAYS_THERE, is_for_other_systems, is_standard

# Why a gap does not fail the proof; "" for one that does. "conditional": a development tool that is used only under a
# condition, or started only by functions. "elsewhere": needed on other machines only. "unmeasured": a requirement that
# could not be measured may provide it. "subproject": only a project with requirements of its own, in the same
# repository, uses it. "not-production": only optional imports, tests, docs and builds use it.
Excuse = Literal["", "conditional", "elsewhere", "unmeasured", "subproject", "not-production"]


class Gap(Struct, frozen=True, kw_only=True):
    """Something that the application names, and nothing in the set provides.

    name: the project that would bring it; "" where no requirement, measured file or index names one
    what: the module, program, path or scheme that is named
    """

    name: str
    what: str
    places: tuple[Mention, ...]
    excuse: Excuse = ""

    @property
    def excused(self) -> bool:
        return bool(self.excuse)


class Proof(Struct, frozen=True, kw_only=True):
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


class Candidates(Struct, frozen=True, kw_only=True):
    """The projects that a mention can mean.

    projects:   all of them: what was measured, and what else is asked for
    present:    those of the set that is proven
    unmeasured: those of the set whose files are not known, so that they may provide anything
    bringing:   tells who would bring an import that none of the projects provides, which then is a gap too; None where
                the projects are all that was asked for, since the whole would be no better than the part
    """

    projects: frozenset[str]
    present: frozenset[str]
    unmeasured: frozenset[str] = frozenset()
    bringing: Bringing | None = None


def prove(usage: Usage, candidates: Candidates, *, counts: Callable[[Mention], bool] = is_for_production) -> Proof:
    """Return what of the places where the application names something is not provided by the projects at hand.

    usage:  of all that was measured, asked for and not measured
    counts: which places are looked at
    """
    places: dict[tuple[str, str], list[Mention]] = {}
    checked = 0
    there = candidates.present.union(candidates.unmeasured, ALWAYS_THERE)
    programs = there.union(_installed_by_images(usage.source))
    for mention, matches in usage.matches:
        if not counts(mention):
            continue
        checked += 1
        names = [name for name, _ in matches]
        if names and (programs if mention.kind == "command" else there).isdisjoint(names):
            places.setdefault((names[0], mention.name), []).append(mention)
        elif not names and candidates.bringing is not None and is_foreign(mention, usage):
            places.setdefault((candidates.bringing.project(mention.name), mention.name), []).append(mention)
    gaps = (Gap(name=name, what=what, places=tuple(found)) for (name, what), found in sorted(places.items()))
    return Proof(checked=checked, gaps=tuple(_excused(gap, usage, candidates) for gap in gaps))


def _excused(gap: Gap, usage: Usage, candidates: Candidates) -> Gap:
    if all(map(_depends, gap.places)) and gap.name and _is_dev(gap.name):
        return replace(gap, excuse="conditional")
    # What could not be measured may provide anything, also by what it requires itself.
    if candidates.unmeasured and gap.name not in candidates.projects:
        return replace(gap, excuse="unmeasured")
    if gap.name not in candidates.projects and all(map(usage.source.is_in_subproject, gap.places)):
        return replace(gap, excuse="subproject")
    if is_for_other_systems(gap.what, usage.provides.environment):
        return replace(gap, excuse="elsewhere")
    return gap


def _depends(mention: Mention) -> bool:
    """Say whether production may run without ever reaching a place."""
    return mention.how == "conditional" or (mention.kind == "command" and mention.how == "lazy")


def _is_dev(name: str) -> bool:
    known = by_name(Metadata(name=name, version=None), names_table(()))
    return known.group == "dev" and known.sure


def _installed_by_images(source: Source) -> Iterator[str]:
    """Yield the projects that the application's Dockerfiles and scripts install by name, mostly for their programs."""
    start = "pip install "
    for mention in source.mentions:
        if mention.kind == "command" and mention.role == "application" and mention.name.startswith(start):
            yield normalize(mention.name.removeprefix(start))


def unmeasured_names(skipped: Iterable[Skipped]) -> frozenset[str]:
    """Return the normalized names of what the target asks for and could not be measured: it may provide anything."""
    names = (each.name if is_name(each.name) else _name_in_url(each.name) for each in skipped)
    return frozenset(normalize(name) for name in names if is_name(name))


def _name_in_url(url: str) -> str:
    """Return what a repository or an archive is called: "git+https://host/team/acme.git@v2" is probably acme's."""
    if "://" not in url:
        return ""
    path = url.partition("://")[2].partition("#")[0].partition("/")[2]
    # A branch may have a slash in its name; before the first slash, an "@" ends a user's name.
    return path.partition("@")[0].rpartition("/")[2].removesuffix(".git")


def is_foreign(mention: Mention, usage: Usage) -> bool:
    """Say whether an import is neither the standard library's nor the application's own."""
    top = mention.name.partition(".")[0]
    return mention.kind == "import" and not is_standard(top, usage.provides.python) and top not in usage.source.local
