"""What a name and its metadata say of a distribution's group: rules as data, each with a code and a reason.

rules.toml        every rule, also those of the source and the graph: code, name, what it argues for, strength
knowledge.toml    DW101, DW102 and DW107 to DW109: well-known names and families
classifiers.toml  DW103 and DW104: trove classifiers; DW110 and DW111: groups of entry points
words.toml        DW105, DW106 and DW207: words of names and of summaries, companions of tests
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, cast

from msgspec import Struct

from deadweight.formats.distributions.metadata import normalize
from deadweight.groups.names import Entry, Names, names_table
from deadweight.model import GROUPS, Evidence, Group, Metadata
from deadweight.shipped import table_beside

Strength = Literal["decisive", "strong", "weak"]


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. ``rules.toml`` describes the fields."""

    code: str
    name: str
    argues: str
    strength: Strength
    says: str
    decided_by: Literal["", "user", "project"] = ""
    known: bool = False
    on_demand: bool = False
    required: bool = False
    later: bool = False


class Hint(Struct, frozen=True):
    """What one rule makes of a distribution: the evidence and the second-level tag."""

    evidence: Evidence
    tag: str = ""

    @property
    def rule(self) -> Rule:
        return rules()[self.evidence.rule]


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Return code → rule, in the order of the codes."""
    return {code: Rule(code=code, **values) for code, values in _load("rules.toml").items()}


@lru_cache(maxsize=1)
def knowledge() -> Names:
    """Return the shipped table of well-known names."""
    tables = _load("knowledge.toml")
    return names_table(
        (name, Entry(cast("Group", group), tag, section["says"], section.get("rule", "")))
        for group, tags in tables.items()
        for tag, section in tags.items()
        for name in section["names"].split()
    )


@lru_cache(maxsize=1)
def companions() -> frozenset[str]:
    """Return the names that are often there for tests alone, though known for something else."""
    return frozenset(_load("words.toml")["companions"]["names"].split())


_Row = tuple[str, str, Group, str]  # rule, text or its start with *, group, tag


def _classifiers() -> tuple[_Row, ...]:
    return _telling()[0]


def _entry_points() -> tuple[_Row, ...]:
    return _telling()[1]


@lru_cache(maxsize=1)
def _telling() -> tuple[tuple[_Row, ...], tuple[_Row, ...]]:
    tables = _load("classifiers.toml")

    def rows(*keys: tuple[str, str]) -> tuple[_Row, ...]:
        return tuple(
            (code, start, cast("Group", place.split(".")[0]), place.split(".")[1])
            for code, key in keys
            for start, place in tables[key]
        )

    return rows(("DW103", "telling"), ("DW104", "topics")), rows(("DW110", "plugins"), ("DW111", "hooks"))


@lru_cache(maxsize=1)
def _words() -> Mapping[Group, tuple[frozenset[str], re.Pattern[str]]]:
    tables = _load("words.toml")
    tables.pop("companions")
    return {
        cast("Group", group): (frozenset(words["names"].split()), _any_of(words["summary"]))
        for group, words in tables.items()
    }


def _any_of(phrases: str) -> re.Pattern[str]:
    lines = sorted(phrases.split("\n"), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, filter(None, lines)))})(?![\w-])", re.IGNORECASE)


def _load(name: str) -> dict[str, Any]:
    return table_beside(__file__, name)


def by_config(names: Names, metadata: Metadata) -> Hint | None:
    """The user's word."""
    found = names.find(metadata.name)
    if found is None:
        return None
    entry, glob = found
    return Hint(Evidence("DW001", entry.group, f"set in your configuration{f' ({glob})' if glob else ''}"), entry.tag)


def by_knowledge(metadata: Metadata) -> Hint | None:
    """The shipped table of names and patterns."""
    found = knowledge().find(metadata.name)
    if found is None:
        return None
    entry, glob = found
    says = f"name matches {glob}: {entry.says}" if glob else f"known as {entry.says}"
    return Hint(Evidence(entry.rule or ("DW102" if glob else "DW101"), entry.group, says), entry.tag)


def by_classifier(metadata: Metadata) -> Hint | None:
    """The first telling trove classifier (https://pypi.org/classifiers/)."""
    if not metadata.classifiers:
        return None
    for code, start, group, tag in _classifiers():
        for classifier in metadata.classifiers:
            if classifier == start or (start[-1] == "*" and classifier.startswith(start[:-1])):
                return Hint(Evidence(code, group, f'classifier "{classifier}"'), tag)
    return None


def by_entry_points(metadata: Metadata) -> Hint | None:
    """The first telling group of its entry points: what it plugs into."""
    if not metadata.plugin_groups:
        return None
    for code, start, group, tag in _entry_points():
        for name in metadata.plugin_groups:
            if name == start or (start[-1] == "*" and name.startswith(start[:-1])):
                return Hint(Evidence(code, group, f'entry points in the group "{name}"'), tag)
    return None


def by_name(metadata: Metadata) -> Hint | None:
    """A word of the name."""
    parts = metadata.name.split("-")
    for group, (names, _) in _words().items():
        if found := next((part for part in parts if part in names), None):
            return Hint(Evidence("DW105", group, f'name contains "{found}"'))
    return None


def by_summary(metadata: Metadata) -> Hint | None:
    """A word of the summary."""
    for group, (_, phrases) in _words().items():
        if found := phrases.search(metadata.summary[:_SUMMARY]):
            return Hint(Evidence("DW106", group, f'summary contains "{found.group()}"'))
    return None


_KNOWN = frozenset(("DW101", "DW102", "DW103", "DW110"))
_DOUBTED = frozenset(("DW107", "DW108", "DW109"))
_SUMMARY = 300  # characters that are looked at; the field is one line


def judge(metadata: Metadata, config: Names) -> tuple[Hint, ...]:
    """Return what the rules make of a name and its metadata, by their codes."""
    by_names = tuple(hint for hint in (by_config(config, metadata), by_knowledge(metadata)) if hint)
    if any(hint.evidence.rule in _DOUBTED for hint in by_names):
        return by_names  # Sphinx has Sphinx's classifier: that it is for documentation is not what is in doubt
    told = (*by_names, *(hint for hint in (by_classifier(metadata), by_entry_points(metadata)) if hint))
    if any(hint.evidence.rule in _KNOWN for hint in told):
        return told  # words add nothing to what is known
    return told + tuple(hint for hint in (by_name(metadata), by_summary(metadata)) if hint)


def config_names(groups: Mapping[str, Iterable[str]]) -> Names:
    """Build the user's table from group → names and patterns; a group may be written ``data.viz``."""
    rows = []
    for place, names in groups.items():
        group, _, tag = place.partition(".")
        if group not in GROUPS:
            raise ValueError(f"unknown group {group!r} (choose from {', '.join(GROUPS)})")
        rows += [(normalize(name), Entry(group, tag)) for name in names]
    return names_table(rows)
