"""Mentions in the application → the projects that it uses, and where.

An import, or a dotted path in a string, is matched by the measured files, else by a table (``import_names.toml``), else
by the name of the project. The longest matching dotted prefix wins. A command is matched by the programs that
distributions install, else by a table (``programs.toml``). A URL is matched by a table only.

    names.py     modules → projects      programs.py   commands and URLs → projects
    standard.py  the standard library    places.py     the role of a mention
    engines.py   key a library loads on demand, without an import of the application
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from msgspec import Struct

from deadweight.model import Application, Distribution, Environment, Mention, Use
from deadweight.platforms.markers import marker_values
from deadweight.usage.engines import Engine, engines_of
from deadweight.usage.names import Match, Modules, builds_of_one
from deadweight.usage.programs import of_command, of_url
from deadweight.usage.standard import is_standard

__all__ = ["Engine", "Provided", "Usage", "builds_of_one", "engines_of", "provided", "usage_of"]


class Provided(Struct, frozen=True, kw_only=True):
    """The modules and programs of a measured set of distributions.

    modules:     import name → projects
    programs:    program → projects
    projects:    those whose files were measured
    environment: the Python and platform that the application runs on; None if unknown
    """

    modules: Mapping[str, tuple[str, ...]] = {}
    programs: Mapping[str, tuple[str, ...]] = {}
    projects: frozenset[str] = frozenset()
    environment: Environment | None = None

    @property
    def python(self) -> str | None:
        return self.environment.python if self.environment else None


def provided(distributions: Iterable[Distribution], environment: Environment | None = None) -> Provided:
    """Return the modules and programs of measured distributions."""
    modules: dict[str, dict[str, None]] = defaultdict(dict)
    programs: dict[str, dict[str, None]] = defaultdict(dict)
    measured = set()
    for distribution in distributions:
        measured |= {distribution.name} if distribution.sizes.files else set()
        for name in distribution.import_names:
            modules[name][distribution.name] = None
        for name in distribution.programs:
            programs[name][distribution.name] = None
    return Provided(
        modules={name: tuple(projects) for name, projects in modules.items()},
        programs={name: tuple(projects) for name, projects in programs.items()},
        projects=frozenset(measured),
        environment=environment,
    )


class Usage(Struct, frozen=True, dict=True):
    """How the application uses projects. It is computed once for groups, proofs and findings.

    provides: the modules and programs of the measured files
    matches:  each mention with the projects that it may mean, in the order of the code
    """

    application: Application
    provides: Provided
    matches: tuple[tuple[Mention, tuple[Match, ...]], ...]

    @cached_property
    def uses(self) -> Mapping[str, tuple[Use, ...]]:
        """Project → its uses, in the order of the code; projects without uses are left out."""
        uses_of: dict[str, list[Use]] = defaultdict(list)
        for mention, matches in self.matches:
            for project, by in matches:
                uses_of[project].append(Use(mention, by))
        return {project: tuple(uses) for project, uses in uses_of.items()}


def usage_of(application: Application, provides: Provided, projects: Collection[str]) -> Usage:
    """Match each mention with the projects that it may mean.

    Mentions that do not run on the measured Python and platform are left out.

    projects: the normalized names of all candidates
    """
    matcher = _Matcher(application, provides, projects)
    holds: dict[str, bool] = {"": True}
    matches = []
    for mention in application.mentions:
        if mention.marker not in holds:
            holds[mention.marker] = _holds(mention.marker, provides.environment)
        if holds[mention.marker]:
            matches.append((mention, matcher.find(mention)))
    return Usage(application, provides, tuple(matches))


def _holds(marker: str, environment: Environment | None) -> bool:
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(marker).evaluate(dict(marker_values(environment or Environment())))
    except InvalidMarker:  # packaging refuses deeply nested markers
        return True


class _Matcher:
    """Finds the projects of mentions, once per name."""

    def __init__(self, application: Application, provides: Provided, projects: Collection[str]) -> None:
        self._source, self._provides = application, provides
        self._projects = frozenset(projects)
        self._modules = Modules(provides.modules, projects)
        self._known: dict[tuple[str, str], tuple[Match, ...]] = {}

    def find(self, mention: Mention) -> tuple[Match, ...]:
        key = mention.kind, mention.name
        if key not in self._known:
            self._known[key] = self._look_up(mention)
        return self._known[key]

    def _look_up(self, mention: Mention) -> tuple[Match, ...]:
        if mention.kind == "url":
            return of_url(mention.name, self._projects)
        if mention.kind == "command":
            if mention.name.startswith("python -m "):
                return self._module(mention.name.removeprefix("python -m "))
            return of_command(mention.name, self._projects, self._provides.programs, self._provides.projects)
        # The scanner drops imports of the application's own modules, but it cannot tell that a string names one.
        if mention.kind == "string" and mention.name.partition(".")[0] in self._source.local:
            return ()
        return self._module(mention.name)

    def _module(self, name: str) -> tuple[Match, ...]:
        """Return the projects that provide a module. The standard library shadows installed modules."""
        top = name.partition(".")[0]
        shadowed = is_standard(top, self._provides.python) and top not in self._provides.modules
        return () if shadowed else self._modules.find(name)
