"""The application and a set of distributions → what it needs that the set does not provide. No code is run.

__init__.py  the proof     bringing.py  the projects that provide missing modules
remarks.py   findings about requirements and their uses
unused.py    the requirements that nothing uses, judged together
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.groups import by_name
from deadweight.groups.names import names_table
from deadweight.model import Application, Mention, Metadata, Skipped
from deadweight.proof.bringing import Providers
from deadweight.usage import Usage
from deadweight.usage.locations import is_for_production
from deadweight.usage.standard import ALWAYS_THERE, is_for_other_systems, is_standard

# Why a gap does not fail the proof; "" for one that does. "conditional": a development tool that is used only under a
# condition, or started only by functions. "elsewhere": needed on other machines only. "unmeasured": a requirement that
# could not be measured may provide it. "subproject": only a project with requirements of its own, in the same
# repository, uses it. "not-production": only optional imports, tests, docs and builds use it.
Excuse = Literal["", "conditional", "elsewhere", "unmeasured", "subproject", "not-production"]


class Gap(Struct, frozen=True, kw_only=True):
    """Something that the application uses and the set does not provide.

    name: the project that provides it; "" if no requirement, measured file or index names one
    what: the module, program, path or scheme
    """

    name: str
    what: str
    locations: tuple[Mention, ...]
    excuse: Excuse = ""

    @property
    def excused(self) -> bool:
        return bool(self.excuse)


class Proof(Struct, frozen=True, kw_only=True):
    """Whether a set of distributions provides what the application uses.

    checked: the number of checked uses
    gaps:    what is missing, by the project that provides it
    """

    checked: int
    gaps: tuple[Gap, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether all gaps are excused."""
        return all(gap.excused for gap in self.gaps)


class Candidates(Struct, frozen=True, kw_only=True):
    """The projects that a mention can mean.

    projects:   all of them: measured projects and other requirements
    present:    those in the set to prove
    unmeasured: those in the set whose files are unknown, so that they may provide anything
    providers:   names the project of an import that none of the projects provides, which is then a gap too; None to
                ignore such imports, because the whole target does not provide them either
    """

    projects: frozenset[str]
    present: frozenset[str]
    unmeasured: frozenset[str] = frozenset()
    providers: Providers | None = None


def prove(usage: Usage, candidates: Candidates, *, counts: Callable[[Mention], bool] = is_for_production) -> Proof:
    """Check each use against the projects in the set.

    usage:  by all projects, measured or not
    counts: whether to check a mention
    """
    locations: dict[tuple[str, str], list[Mention]] = {}
    checked = 0
    provided = candidates.present.union(candidates.unmeasured, ALWAYS_THERE)
    programs = provided.union(_installed_by_images(usage.application))
    for mention, matches in usage.matches:
        if not counts(mention):
            continue
        checked += 1
        names = [name for name, _ in matches]
        if names and (programs if mention.kind == "command" else provided).isdisjoint(names):
            locations.setdefault((names[0], mention.name), []).append(mention)
        elif not names and candidates.providers is not None and is_foreign(mention, usage):
            locations.setdefault((candidates.providers.project(mention.name), mention.name), []).append(mention)
    gaps = (
        Gap(name=name, what=what, locations=tuple(mentions)) for (name, what), mentions in sorted(locations.items())
    )
    return Proof(checked=checked, gaps=tuple(_excused(gap, usage, candidates) for gap in gaps))


def _excused(gap: Gap, usage: Usage, candidates: Candidates) -> Gap:
    if all(map(_is_avoidable, gap.locations)) and gap.name and _is_dev(gap.name):
        return replace(gap, excuse="conditional")
    # What could not be measured may provide anything, also through its own requirements.
    if candidates.unmeasured and gap.name not in candidates.projects:
        return replace(gap, excuse="unmeasured")
    if gap.name not in candidates.projects and all(map(usage.application.is_in_subproject, gap.locations)):
        return replace(gap, excuse="subproject")
    if is_for_other_systems(gap.what, usage.provides.environment):
        return replace(gap, excuse="elsewhere")
    return gap


def _is_avoidable(mention: Mention) -> bool:
    """Return whether production may run without ever reaching a mention."""
    return mention.how == "conditional" or (mention.kind == "command" and mention.how == "lazy")


def _is_dev(name: str) -> bool:
    known = by_name(Metadata(name=name, version=None), names_table(()))
    return known.group == "dev" and known.sure


def _installed_by_images(application: Application) -> Iterator[str]:
    """Yield the projects that Dockerfiles and scripts of the application install by name, mostly for their programs."""
    start = "pip install "
    for mention in application.mentions:
        if mention.kind == "command" and mention.role == "application" and mention.name.startswith(start):
            yield normalize(mention.name.removeprefix(start))


def unmeasured_names(skipped: Iterable[Skipped]) -> frozenset[str]:
    """Return the normalized names of requirements that could not be measured, which may provide anything."""
    names = (each.name if is_name(each.name) else _name_in_url(each.name) for each in skipped)
    return frozenset(normalize(name) for name in names if is_name(name))


def _name_in_url(url: str) -> str:
    """Return the name of a repository or an archive: "git+https://host/team/acme.git@v2" is probably acme."""
    if "://" not in url:
        return ""
    path = url.partition("://")[2].partition("#")[0].partition("/")[2]
    # The "@" of a revision comes after the first slash; an earlier one ends a user name. A revision may contain "/".
    return path.partition("@")[0].rpartition("/")[2].removesuffix(".git")


def is_foreign(mention: Mention, usage: Usage) -> bool:
    """Return whether an import is neither of the standard library nor of the application itself."""
    top = mention.name.partition(".")[0]
    return (
        mention.kind == "import" and not is_standard(top, usage.provides.python) and top not in usage.application.local
    )
