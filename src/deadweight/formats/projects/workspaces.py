"""A project and its workspace → its direct requirement lines, with sources resolved.

Members of the workspace are the user's own code, so a requirement on a member is replaced by its dependencies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.projects.project_sources import Rules, Source, named
from deadweight.formats.projects.pyproject import Choice, Project, chosen, requirement
from deadweight.formats.tables import Malformed, outline

_MOST_LINES = 100_000
_MOST_VISITS = 1000  # of extras that refer to each other; each visit may have different markers


class DirectRequirement(Struct, frozen=True, kw_only=True, order=True):
    """One direct requirement of a project.

    line:   PEP 508; as written, unless it comes from a path, a URL or git
    index:  the URL of the only index that may provide it, "" for any
    groups: the dependency groups and extras that list it, "" for the project itself
    """

    line: str
    index: str = ""
    groups: frozenset[str]


class _OwnedLine(NamedTuple):
    """A line as written, with its project and the markers that were collected on the way to it."""

    owner: Project
    line: str
    conditions: frozenset[str]


class Workspace(Struct, frozen=True, kw_only=True):
    """Projects that are resolved together.

    projects: the projects to measure; several if the root of a workspace is not a project itself
    root:     the root of the workspace, whose sources and rules apply to all members
    members:  normalized name → project
    near:     file URL → a local project that is not a member. Its dependencies are added as requirements, because its
              own pyproject.toml gives their sources
    """

    projects: tuple[Project, ...]
    root: Project
    members: Mapping[str, Project] = {}
    near: Mapping[str, Project] = {}

    @property
    def rules(self) -> Rules:
        """The resolver configuration: the root's, with the indexes of the projects after those of the root."""
        indexes = [index for project in (self.root, *self.projects) for index in project.rules.indexes]
        return replace(self.root.rules, indexes=tuple(dict.fromkeys(indexes)))

    def choosing(self, packages: frozenset[str]) -> Workspace:
        """Return the workspace with these members as the projects to measure; raises Malformed for an unknown one."""
        if not packages:
            return self
        names = chosen(packages, self.members, "member of the workspace")
        return replace(self, projects=tuple(self.members[name] for name in sorted(names)))

    def requirements(self, choice: Choice, holds: Callable[[str], bool]) -> tuple[DirectRequirement, ...]:
        """Return the requirements for a choice, each line once; raises Malformed for unknown names.

        choice: its extras and groups; an empty set means none, None means all
        holds:  returns whether a marker holds for the measured machine
        """
        extras = chosen(choice.extras, (e for project in self.projects for e in project.extras), "extra")
        groups = chosen(choice.groups, (g for project in self.projects for g in project.groups), "dependency group")
        starts_of: dict[tuple[str, str], set[str]] = {}
        pairs = (
            (start, each)
            for project in self.projects
            for start, lines, own in _starts(project, extras, groups)
            for each in self._expanded(project, lines, start, own, holds)
        )
        for number, (start, each) in enumerate(pairs, start=1):
            if number > _MOST_LINES:
                raise Malformed(
                    f"more than the limit of {_MOST_LINES:,} requirements after expanding groups and extras"
                )
            starts_of.setdefault(self._sourced(each, start, holds), set()).add(start)
        return tuple(
            DirectRequirement(line=line, index=url, groups=frozenset(s)) for (line, url), s in starts_of.items()
        )

    def _expanded(
        self, project: Project, lines: Iterable[str], start: str, extra: str, holds: Callable[[str], bool]
    ) -> Iterator[_OwnedLine]:
        """Yield lines, replacing a requirement on a member by the dependencies of the member and its extras.

        extra: the project's extra that the lines belong to, "" for none; it is not expanded again
        """
        waiting = [_OwnedLine(project, line, frozenset()) for line in lines][::-1]
        seen: dict[tuple[str, str, str], list[frozenset[str]]] = {
            (project.directory, project.name, part): [frozenset()] for part in ("", extra)
        }
        visits = 0
        while waiting:
            owner, line, conditions = each = waiting.pop()
            parsed = requirement(line)
            name = normalize(parsed.name)
            member = self._member(owner, name, start, holds)
            near = None if member else self.near.get(self._source(owner, name, start, holds).reference)
            if member is None:
                yield each
            member = member or near
            if member is None:
                continue
            conditions |= {str(parsed.marker)} if parsed.marker else set()
            for part in ("", *sorted(map(normalize, parsed.extras))):
                if near and part and part not in near.extras:
                    continue  # an unknown extra of a distribution has no effect
                known = seen.setdefault((member.directory, member.name, part), [])
                if any(fewer <= conditions for fewer in known):
                    continue
                known.append(conditions)
                visits += 1
                if (part and part not in member.extras) or visits > _MOST_VISITS:
                    problem = "too often" if part in member.extras else "which does not exist"
                    raise Malformed(f"{outline(line)} requires the extra {outline(part)} of {member.name}, {problem}")
                inner = member.extras[part] if part else member.dependencies
                waiting += [_OwnedLine(member, one, conditions) for one in reversed(inner)]

    def _member(self, owner: Project, name: str, start: str, holds: Callable[[str], bool]) -> Project | None:
        """Return the member that a requirement of ``owner`` refers to; None if it is not a member."""
        if owner.name and name == owner.name:
            return owner
        if not self._source(owner, name, start, holds).workspace:
            return None
        if name not in self.members:
            raise Malformed(f"tool.uv.sources.{outline(name)} refers to an unknown member of the workspace")
        return self.members[name]

    def _source(self, owner: Project, name: str, start: str, holds: Callable[[str], bool]) -> Source:
        """Return the source of one requirement from the owner's sources, else from the root's."""
        alternatives = owner.sources.get(name) or (self.root.sources.get(name, ()) if self._is_member(owner) else ())
        for source in alternatives:
            if (source.starts is None or start in source.starts) and (not source.marker or holds(source.marker)):
                return source
        return Source()

    def _is_member(self, project: Project) -> bool:
        return project in self.projects or self.members.get(project.name) is project

    def _sourced(self, owned: _OwnedLine, start: str, holds: Callable[[str], bool]) -> tuple[str, str]:
        """Return a line with its direct reference inserted, and the URL of its index."""
        parsed = requirement(owned.line)
        source = self._source(owned.owner, normalize(parsed.name), start, holds)
        if source.reference and not parsed.url:
            parsed.specifier, parsed.url = type(parsed.specifier)(), source.reference
            line = _with_markers(str(parsed), owned.conditions)
        else:
            line = _with_markers(owned.line, owned.conditions)
        if not source.index or parsed.url:
            return line, ""
        index = named(owned.owner.rules.indexes, source.index) or named(self.root.rules.indexes, source.index)
        if index is None:
            raise Malformed(f"{parsed.name} uses the undefined index {outline(source.index)}")
        return line, index.url


def _starts(
    project: Project, extras: frozenset[str], groups: frozenset[str]
) -> Iterator[tuple[str, Iterable[str], str]]:
    """Yield (start, its lines, extra or "") for the project, the chosen extras and the chosen groups."""
    yield "", project.dependencies, ""
    for extra in sorted(extras & project.extras.keys()):
        yield extra, project.extras[extra], extra
    for group in sorted(groups & project.groups.keys()):
        yield group, project.included(group), ""


def _with_markers(line: str, conditions: frozenset[str]) -> str:
    """Return a line with its own marker and these combined; unchanged without conditions."""
    if not conditions:
        return line
    parsed = requirement(line)
    markers = sorted(conditions | ({str(parsed.marker)} if parsed.marker else set()))
    parsed.marker = None
    # PEP 508: a URL ends at a space, so one must precede the semicolon
    return f"{parsed} ; {' and '.join(f'({marker})' for marker in markers)}"
