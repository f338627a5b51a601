"""Name and metadata → hints for the group of a distribution. The rules are data, each with a code and a reason.

rules.toml        all rules, also those of the application and the graph
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
    reason: str
    decided_by: Literal["", "user", "project"] = ""
    known: bool = False
    on_demand: bool = False
    required: bool = False
    later: bool = False


class Hint(Struct, frozen=True):
    """The evidence of one rule about a distribution, and the second-level tag."""

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
        (name, Entry(cast("Group", group), tag, section["reason"], section.get("rule", "")))
        for group, tags in tables.items()
        for tag, section in tags.items()
        for name in section["names"].split()
    )


@lru_cache(maxsize=1)
def companions() -> frozenset[str]:
    """Return names that are known for something else, but often needed only for tests."""
    return frozenset(_load("words.toml")["companions"]["names"].split())


_Row = tuple[str, str, Group, str]  # rule, text (a prefix if it ends with *), group, tag


def _classifiers() -> tuple[_Row, ...]:
    return _metadata_rows()[0]


def _entry_points() -> tuple[_Row, ...]:
    return _metadata_rows()[1]


@lru_cache(maxsize=1)
def _metadata_rows() -> tuple[tuple[_Row, ...], tuple[_Row, ...]]:
    tables = _load("classifiers.toml")

    def rows(*keys: tuple[str, str]) -> tuple[_Row, ...]:
        return tuple(
            (code, start, cast("Group", target.split(".")[0]), target.split(".")[1])
            for code, key in keys
            for start, target in tables[key]
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
    """Return the hint of the user's configuration."""
    match = names.find(metadata.name)
    if match is None:
        return None
    entry, glob = match
    return Hint(Evidence("DW001", entry.group, f"set in your configuration{f' ({glob})' if glob else ''}"), entry.tag)


def by_knowledge(metadata: Metadata) -> Hint | None:
    """Return the hint of the shipped table of names and patterns."""
    match = knowledge().find(metadata.name)
    if match is None:
        return None
    entry, glob = match
    reason = f"name matches {glob}: {entry.reason}" if glob else f"known as {entry.reason}"
    return Hint(Evidence(entry.rule or ("DW102" if glob else "DW101"), entry.group, reason), entry.tag)


def by_classifier(metadata: Metadata) -> Hint | None:
    """Return the hint of the first known trove classifier (https://pypi.org/classifiers/)."""
    if not metadata.classifiers:
        return None
    for code, start, group, tag in _classifiers():
        for classifier in metadata.classifiers:
            if classifier == start or (start[-1] == "*" and classifier.startswith(start[:-1])):
                return Hint(Evidence(code, group, f'classifier "{classifier}"'), tag)
    return None


def by_entry_points(metadata: Metadata) -> Hint | None:
    """Return the hint of the first known group of entry points."""
    if not metadata.plugin_groups:
        return None
    for code, start, group, tag in _entry_points():
        for name in metadata.plugin_groups:
            if name == start or (start[-1] == "*" and name.startswith(start[:-1])):
                return Hint(Evidence(code, group, f'entry points in the group "{name}"'), tag)
    return None


def by_name(metadata: Metadata) -> Hint | None:
    """Return the hint of a word in the name."""
    parts = metadata.name.split("-")
    for group, (names, _) in _words().items():
        word = next((part for part in parts if part in names), None)
        if word is not None:
            return Hint(Evidence("DW105", group, f'name contains "{word}"'))
    return None


def by_summary(metadata: Metadata) -> Hint | None:
    """Return the hint of a word in the summary."""
    for group, (_, phrases) in _words().items():
        if match := phrases.search(metadata.summary[:_SUMMARY]):
            return Hint(Evidence("DW106", group, f'summary contains "{match.group()}"'))
    return None


_KNOWN = frozenset(("DW101", "DW102", "DW103", "DW110"))
_DOUBTED = frozenset(("DW107", "DW108", "DW109"))
_SUMMARY = 300  # characters to search; a summary is one line


def judge(metadata: Metadata, config: Names) -> tuple[Hint, ...]:
    """Return the hints for a name and its metadata, by rule code."""
    by_names = tuple(hint for hint in (by_config(config, metadata), by_knowledge(metadata)) if hint)
    if any(hint.evidence.rule in _DOUBTED for hint in by_names):
        # A classifier cannot resolve the doubt: Sphinx has its own classifier, but production may serve it.
        return by_names
    hints = (*by_names, *(hint for hint in (by_classifier(metadata), by_entry_points(metadata)) if hint))
    if any(hint.evidence.rule in _KNOWN for hint in hints):
        return hints  # words add nothing to a known name
    return hints + tuple(hint for hint in (by_name(metadata), by_summary(metadata)) if hint)


def config_names(groups: Mapping[str, Iterable[str]]) -> Names:
    """Build the user's table from group → names and patterns. A group may include a tag: ``data.viz``."""
    rows = []
    for section, names in groups.items():
        group, _, tag = section.partition(".")
        if group not in GROUPS:
            raise ValueError(f"unknown group {group!r} (choose from {', '.join(GROUPS)})")
        rows += [(normalize(name), Entry(group, tag)) for name in names]
    return names_table(rows)
