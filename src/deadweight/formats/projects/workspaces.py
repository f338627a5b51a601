"""A project and its workspace → the requirement lines that are asked for, each with where it comes from.

Members of the workspace are the user's own code: in their place stand their dependencies.
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
_MOST_VISITS = 1000  # of extras, by way of others; each may come with another marker


class Asked(Struct, frozen=True, kw_only=True, order=True):
    """One requirement of a project.

    line:   PEP 508; as written, unless it comes from a place of its own
    index:  the URL of the only index that it may come from, "" for any
    groups: the dependency groups and extras that it stands in, "" for the project itself
    """

    line: str
    index: str = ""
    groups: frozenset[str]


class _Found(NamedTuple):
    """A line as it stands, with whose it is and the markers that it hangs on."""

    owner: Project
    line: str
    conditions: frozenset[str]


class Workspace(Struct, frozen=True, kw_only=True):
    """Projects that are resolved together.

    projects: those that are asked for; several where the root of a workspace is no project itself
    root:     the one that the workspace is of, whose sources and rules hold for all
    members:  normalized name → project
    near:     file URL → a project in that folder, which is no member: what it needs is asked for beside it, since its
              own pyproject.toml says where that comes from
    """

    projects: tuple[Project, ...]
    root: Project
    members: Mapping[str, Project] = {}
    near: Mapping[str, Project] = {}

    @property
    def rules(self) -> Rules:
        """What the resolver is told: a project's own indexes come after those of the root."""
        indexes = [index for project in (self.root, *self.projects) for index in project.rules.indexes]
        return replace(self.root.rules, indexes=tuple(dict.fromkeys(indexes)))

    def choosing(self, packages: frozenset[str]) -> Workspace:
        """Return the workspace with these members asked for; raises Malformed for one that is not there."""
        if not packages:
            return self
        names = chosen(packages, self.members, "member of the workspace")
        return replace(self, projects=tuple(self.members[name] for name in sorted(names)))

    def asked(self, choice: Choice, holds: Callable[[str], bool]) -> tuple[Asked, ...]:
        """Return what a choice asks for, each line once; raises Malformed for names that are not there.

        choice: of its groups an empty set means none, None means all
        holds:  whether a marker holds for the machine that is measured
        """
        extras = chosen(choice.extras, (e for project in self.projects for e in project.extras), "extra")
        groups = chosen(choice.groups, (g for project in self.projects for g in project.groups), "dependency group")
        found: dict[tuple[str, str], set[str]] = {}
        pairs = (
            (start, each)
            for project in self.projects
            for start, lines, own in _starts(project, extras, groups)
            for each in self._expanded(project, lines, start, own, holds)
        )
        for number, (start, each) in enumerate(pairs, start=1):
            if number > _MOST_LINES:
                raise Malformed(f"more than {_MOST_LINES} lines, with those of groups and extras in their places")
            found.setdefault(self._sourced(each, start, holds), set()).add(start)
        return tuple(Asked(line=line, index=url, groups=frozenset(s)) for (line, url), s in found.items())

    def _expanded(
        self, project: Project, lines: Iterable[str], start: str, extra: str, holds: Callable[[str], bool]
    ) -> Iterator[_Found]:
        """Yield lines, with those of a member, and of its extras, in place of what names the member.

        extra: the one of the project whose lines they are; asking for it again adds nothing
        """
        waiting = [_Found(project, line, frozenset()) for line in lines][::-1]
        seen: dict[tuple[str, str, str], list[frozenset[str]]] = {
            (project.folder, project.name, part): [frozenset()] for part in ("", extra)
        }
        visits = 0
        while waiting:
            owner, line, conditions = each = waiting.pop()
            found = requirement(line)
            member = self._member(owner, normalize(found.name), start, holds)
            near = None if member else self.near.get(self._source(owner, normalize(found.name), start, holds).place)
            if member is None:
                yield each
            member = member or near
            if member is None:
                continue
            conditions |= {str(found.marker)} if found.marker else set()
            for part in ("", *sorted(map(normalize, found.extras))):
                if near and part and part not in near.extras:
                    continue  # as for any distribution, it is nothing
                known = seen.setdefault((member.folder, member.name, part), [])
                if any(fewer <= conditions for fewer in known):
                    continue
                known.append(conditions)
                visits += 1
                if (part and part not in member.extras) or visits > _MOST_VISITS:
                    wrong = "too often" if part in member.extras else "which it does not have"
                    whose = "its own extra" if member is owner else f"the extra of {member.name}"
                    raise Malformed(f"it asks for {whose} {outline(part)}, {wrong}")
                inner = member.extras[part] if part else member.dependencies
                waiting += [_Found(member, one, conditions) for one in reversed(inner)]

    def _member(self, owner: Project, name: str, start: str, holds: Callable[[str], bool]) -> Project | None:
        """Return the member that a requirement of ``owner`` means; None for what comes from elsewhere."""
        if owner.name and name == owner.name:
            return owner
        if not self._source(owner, name, start, holds).workspace:
            return None
        if name not in self.members:
            raise Malformed(f"tool.uv.sources.{outline(name)} names a member of the workspace that is not there")
        return self.members[name]

    def _source(self, owner: Project, name: str, start: str, holds: Callable[[str], bool]) -> Source:
        """Return the source of one requirement: the owner's own, else the root's."""
        alternatives = owner.sources.get(name) or (self.root.sources.get(name, ()) if self._is_member(owner) else ())
        for source in alternatives:
            if (source.starts is None or start in source.starts) and (not source.marker or holds(source.marker)):
                return source
        return Source()

    def _is_member(self, project: Project) -> bool:
        return project in self.projects or self.members.get(project.name) is project

    def _sourced(self, found: _Found, start: str, holds: Callable[[str], bool]) -> tuple[str, str]:
        """Return a line with the place that it comes from in it, and the URL of its index."""
        parsed = requirement(found.line)
        source = self._source(found.owner, normalize(parsed.name), start, holds)
        if source.place and not parsed.url:
            parsed.specifier, parsed.url = type(parsed.specifier)(), source.place
            line = _with_markers(str(parsed), found.conditions)
        else:
            line = _with_markers(found.line, found.conditions)
        if not source.index or parsed.url:
            return line, ""
        index = named(found.owner.rules.indexes, source.index) or named(self.root.rules.indexes, source.index)
        if index is None:
            raise Malformed(f"{parsed.name} is to come from the index {outline(source.index)}, which is not defined")
        return line, index.url


def _starts(
    project: Project, extras: frozenset[str], groups: frozenset[str]
) -> Iterator[tuple[str, Iterable[str], str]]:
    """Yield (group, extra or "", its lines, the extra again or "") of what is asked for."""
    yield "", project.dependencies, ""
    for extra in sorted(extras & project.extras.keys()):
        yield extra, project.extras[extra], extra
    for group in sorted(groups & project.groups.keys()):
        yield group, project.included(group), ""


def _with_markers(line: str, conditions: frozenset[str]) -> str:
    """Return a line that holds where its own marker and these do; as written where there are none."""
    if not conditions:
        return line
    found = requirement(line)
    markers = sorted(conditions | ({str(found.marker)} if found.marker else set()))
    found.marker = None
    # PEP 508: a URL ends at a blank
    return f"{found} ; {' and '.join(f'({marker})' for marker in markers)}"
