"""What source mentions → which projects it uses, and where; what those load by themselves.

An import is matched by the files of what was measured, else by a table (``import_names.toml``), else by the project's
name; a dotted path in a string likewise. Of several that fit, the longest dotted prefix counts. Commands and URLs have
tables of their own (``programs.toml``).

    names.py    modules → projects      programs.py   commands and URLs → projects
    places.py   what it says where a mention stands
    engines.py  what a library loads on demand, though nothing names it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from deadweight.model import Distribution, Mention, Source, Use
from deadweight.usage.engines import Engine, engines_of
from deadweight.usage.names import Match, Modules, builds_of_one
from deadweight.usage.programs import of_command, of_url

__all__ = ["Engine", "builds_of_one", "engines_of", "matched", "provided", "uses_of"]


def provided(distributions: Iterable[Distribution]) -> dict[str, tuple[str, ...]]:
    """Return import name → the projects whose measured files provide it."""
    found: dict[str, list[str]] = defaultdict(list)
    for distribution in distributions:
        for name in distribution.import_names:
            found[name].append(distribution.name)
    return {name: tuple(dict.fromkeys(projects)) for name, projects in found.items()}


def matched(
    source: Source, provides: Mapping[str, Collection[str]], projects: Collection[str]
) -> Iterator[tuple[Mention, tuple[Match, ...]]]:
    """Yield each mention with the projects that it may mean, in the source's order; none where no project is known.

    provides: import name → projects, of what was measured; may be empty
    projects: normalized names of all that could be meant
    """
    modules = Modules(provides, projects)
    known: dict[tuple[str, str], tuple[Match, ...]] = {}
    among = frozenset(projects)
    for mention in source.mentions:
        what = mention.kind, mention.name
        if what not in known:
            known[what] = _matches(mention, source, modules, among)
        yield mention, known[what]


def uses_of(
    source: Source, provides: Mapping[str, Collection[str]], projects: Collection[str]
) -> dict[str, tuple[Use, ...]]:
    """Return project → where the source uses it, in the source's order; what it does not use is left out.

    provides, projects: as ``matched`` takes them
    """
    found: dict[str, list[Use]] = defaultdict(list)
    for mention, matches in matched(source, provides, projects):
        for project, by in matches:
            found[project].append(Use(mention, by))
    return {project: tuple(uses) for project, uses in found.items()}


def _matches(mention: Mention, source: Source, modules: Modules, projects: frozenset[str]) -> tuple[Match, ...]:
    if mention.kind == "url":
        return of_url(mention.name, projects)
    if mention.kind == "command":
        # ``python -m NAME`` starts a module.
        return of_command(mention.name, projects) or modules.find(mention.name)
    # Imports of the application's own modules are no mentions; that a string means one, only its name tells.
    own = mention.kind == "string" and mention.name.partition(".")[0] in source.local
    return () if own else modules.find(mention.name)
