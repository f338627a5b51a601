"""pyproject.toml → the requirements that a project asks for, each with the groups and extras it stands in.

source: PEP 621 ([project]), PEP 735 ([dependency-groups])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from deadweight.errors import BadInput
from deadweight.formats.metadata import normalize
from deadweight.formats.tables import Malformed, Table, outline, parse_toml

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_MOST_NAMES = 1000  # of extras or of groups; the most that were seen are 130
_MOST_LINES = 100_000
_MOST_VISITS = 1000  # of extras, by way of others; each may come with another marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a project is asked for beside its own dependencies; names are normalized as they are compared.

    extras, groups: and dependency groups (PEP 735); None for all that there are
    """

    extras: frozenset[str] | None = frozenset()
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Asked:
    """One requirement of a project.

    line:   PEP 508, as written
    groups: the dependency groups and extras that it stands in, "" for the project itself
    """

    line: str
    groups: frozenset[str]


def chosen(asked: frozenset[str] | None, known: Iterable[str], called: str) -> frozenset[str]:
    """Return the names that were asked for, all that are known for None; raises Malformed for one that is not known.

    called: "extra" or "dependency group"
    """
    names = frozenset(normalize(name) for name in known)
    if len(names) > _MOST_NAMES:
        raise Malformed(f"more than {_MOST_NAMES} of the kind {called}")
    unknown = sorted(frozenset(map(normalize, asked)) - names) if asked else []
    if unknown:
        there = ", ".join(sorted(names)) or "none"
        raise Malformed(
            f"no {called} {', '.join(unknown)}", hint=f"there are these: {there}" if names else "it has none"
        )
    return names if asked is None else frozenset(map(normalize, asked))


def requirements_of_project(path: str, data: bytes, choice: Choice) -> tuple[Asked, ...]:
    """Return what a project's dependencies, and the extras and groups that were chosen, ask for; each line once.

    choice: of its groups an empty set means none, None means all
    raises: BadInput, with a hint where another file would tell
    """
    try:
        return read_project(parse_toml(data)).asked(choice)
    except Malformed as error:
        raise BadInput(f"{path}: {error.reason}", hint=error.hint) from error


class _Include(NamedTuple):
    """A line ``{include-group = "…"}`` of a dependency group; normalized."""

    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a pyproject.toml asks for; includes are as written."""

    name: str
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str | _Include, ...]]

    def asked(self, choice: Choice) -> tuple[Asked, ...]:
        """Return the lines that a choice asks for; raises Malformed for names that are not there."""
        extras = chosen(choice.extras, self.extras, "extra")
        groups = chosen(choice.groups, self.groups, "dependency group")
        pairs = chain(
            (("", line) for line in self._expanded(self.dependencies)),
            ((extra, line) for extra in sorted(extras) for line in self._expanded(self.extras[extra], extra)),
            ((group, line) for group in sorted(groups) for line in self._expanded(self._included(group))),
        )
        found: dict[str, set[str]] = {}
        for number, (start, line) in enumerate(pairs, start=1):
            if number > _MOST_LINES:
                raise Malformed(f"more than {_MOST_LINES} lines, with those of groups and extras in their places")
            found.setdefault(line, set()).add(start)
        return tuple(Asked(line=line, groups=frozenset(starts)) for line, starts in found.items())

    def _expanded(self, lines: Iterable[str], extra: str = "") -> Iterator[str]:
        """Yield lines, with those of an extra in place of what names the project itself: "project[extra]".

        extra: the one whose lines they are; asking for it again adds nothing
        """
        waiting = [(line, frozenset[str]()) for line in lines][::-1]
        seen: dict[str, list[frozenset[str]]] = {extra: [frozenset()]}
        visits = 0
        while waiting:
            line, conditions = waiting.pop()
            found = requirement(line)
            if not self.name or normalize(found.name) != self.name:
                yield _with_markers(line, conditions)
                continue
            conditions |= {str(found.marker)} if found.marker else set()
            for asked in sorted(map(normalize, found.extras)):
                known = seen.setdefault(asked, [])
                if any(fewer <= conditions for fewer in known):
                    continue
                known.append(conditions)
                visits += 1
                if asked not in self.extras or visits > _MOST_VISITS:
                    wrong = "too often" if asked in self.extras else "which it does not have"
                    raise Malformed(f"it asks for its own extra {outline(asked)}, {wrong}")
                waiting += [(inner, conditions) for inner in reversed(self.extras[asked])]

    def _included(self, group: str) -> Iterator[str]:
        """Yield the lines of a group and of those that it includes, each group once: circles end by themselves."""
        waiting: list[str | _Include] = [_Include(group)]
        seen: set[str] = set()
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                yield item
            elif item.group not in self.groups:
                raise Malformed(f"a dependency group includes {outline(item.group)}, which is not there")
            elif item.group not in seen:
                seen.add(item.group)
                waiting += reversed(self.groups[item.group])


def read_project(table: Table) -> Project:
    """Return what the tables of a pyproject.toml ask for; raises Malformed where they leave it to a tool."""
    project = table.table("project")
    tools = table.table("tool")
    if not project.values and "dependency-groups" not in table.values:
        raise Malformed("it has no [project] table", hint=_instead(tools))
    if "dependencies" in project.texts("dynamic"):
        raise Malformed("its dependencies are dynamic: only a build would tell them", hint=_instead(tools))
    return declared(table)


def declared(table: Table) -> Project:
    """Return what a pyproject.toml itself tells, which may be nothing."""
    project = table.table("project")
    extras, groups = project.table("optional-dependencies"), table.table("dependency-groups")
    return Project(
        name=normalize(project.text("name")),
        dependencies=project.texts("dependencies"),
        extras={normalize(extra): extras.texts(extra) for extra in extras.values},
        groups={normalize(group): _lines(groups, group) for group in groups.values},
    )


def _lines(groups: Table, group: str) -> tuple[str | _Include, ...]:
    found: list[str | _Include] = []
    for item in groups.take(group, list, "a list") or ():
        if isinstance(item, dict) and item.keys() == {"include-group"} and isinstance(item["include-group"], str):
            found.append(_Include(normalize(item["include-group"])))
        elif isinstance(item, str):
            found.append(item)
        else:
            raise groups.fails(group, 'holds what is neither a requirement nor {include-group = "…"}')
    return tuple(found)


def _instead(tools: Table) -> str:
    if "poetry" in tools.values:
        return "only poetry's own table tells them: measure its lock, poetry.lock"
    if "pdm" in tools.values:
        return "measure its lock, pdm.lock"
    return "measure a lock of the project, or an environment that it is installed in"


def requirement(line: str) -> Requirement:
    """Read a PEP 508 line; raises Malformed."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    # In a requirements file, which is what it becomes, a backslash at its end would join it with the next one.
    if len(line.splitlines()) != 1 or line.rstrip().endswith("\\"):
        raise Malformed(f"no requirement: {outline(line)}")
    try:
        return Parsed(line)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        raise Malformed(f"no requirement: {outline(line)}") from error


def _with_markers(line: str, conditions: frozenset[str]) -> str:
    """Return a line that holds where its own marker and these do; as written where there are none."""
    if not conditions:
        return line
    found = requirement(line)
    markers = sorted(conditions | ({str(found.marker)} if found.marker else set()))
    found.marker = None
    # PEP 508: a URL ends at a blank
    return f"{found} ; {' and '.join(f'({marker})' for marker in markers)}"
