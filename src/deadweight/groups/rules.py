"""What a name and its metadata say of a distribution's group: rules as data, tried in order, each with its reason.

DW-CONFIG      the user's [tool.deadweight.groups]
DW-KNOWN       knowledge.toml: well-known names
DW-PATTERN     knowledge.toml: patterns of names
DW-CLASSIFIER  classifiers.toml: trove classifiers
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from deadweight.formats.metadata import normalize
from deadweight.model import GROUPS, Evidence, Group, Metadata


@dataclass(frozen=True, slots=True)
class Hint:
    """What one rule makes of a distribution: the evidence and the second-level tag."""

    evidence: Evidence
    tag: str = ""


Entry = tuple[Group, str, str]  # group, tag, what it is known as


@dataclass(frozen=True, slots=True)
class Names:
    """A table of names: exact ones beat patterns, a longer pattern a shorter one."""

    exact: Mapping[str, Entry]
    patterns: tuple[tuple[str, Entry], ...]

    def find(self, name: str) -> tuple[Entry, str] | None:
        """Return what the table says of a name, and the pattern that matched ("" for an exact name)."""
        if name in self.exact:
            return self.exact[name], ""
        return next(((entry, glob) for glob, entry in self.patterns if _matches(name, glob)), None)


def _matches(name: str, glob: str) -> bool:
    """Say whether a name fits a pattern, where only ``*`` means something; compiling 138 expressions takes 15 ms."""
    first, *middle, last = glob.split("*")
    if not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        at = name.find(part, at, end) + len(part)
        if at < len(part):
            return False
    return at <= end


def names_table(rows: Iterable[tuple[str, Entry]]) -> Names:
    """Build a table from (name or pattern, entry); the first of two equal names counts."""
    exact: dict[str, Entry] = {}
    globs: dict[str, Entry] = {}
    for name, entry in rows:
        (globs if "*" in name else exact).setdefault(name, entry)
    return Names(exact, tuple(sorted(globs.items(), key=lambda item: (-len(item[0]), item[0]))))


@lru_cache(maxsize=1)
def knowledge() -> Names:
    """Return the shipped table of well-known names."""
    tables = _load("knowledge.toml")
    return names_table(
        (name, (cast("Group", group), tag, section["says"]))
        for group, tags in tables.items()
        for tag, section in tags.items()
        for name in section["names"].split()
    )


@lru_cache(maxsize=1)
def _classifiers() -> tuple[tuple[str, Group, str], ...]:
    rows = _load("classifiers.toml")["classifiers"]
    return tuple((start, cast("Group", place.split(".")[0]), place.split(".")[1]) for start, place in rows)


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))


def by_config(names: Names, metadata: Metadata) -> Hint | None:
    """The user's word."""
    found = names.find(metadata.name)
    if found is None:
        return None
    (group, tag, _), glob = found
    return Hint(Evidence("DW-CONFIG", group, f"your configuration says so{f' ({glob})' if glob else ''}"), tag)


def by_knowledge(metadata: Metadata) -> Hint | None:
    """The shipped table of names and patterns."""
    found = knowledge().find(metadata.name)
    if found is None:
        return None
    (group, tag, says), glob = found
    if glob:
        return Hint(Evidence("DW-PATTERN", group, f"{glob} is {says}"), tag)
    return Hint(Evidence("DW-KNOWN", group, f"known as {says}"), tag)


def by_classifier(metadata: Metadata) -> Hint | None:
    """The first telling trove classifier (https://pypi.org/classifiers/)."""
    for start, group, tag in _classifiers():
        for classifier in metadata.classifiers:
            if classifier == start or (start[-1] == "*" and classifier.startswith(start[:-1])):
                return Hint(Evidence("DW-CLASSIFIER", group, f'its classifier is "{classifier}"'), tag)
    return None


def rules(config: Names) -> tuple[Callable[[Metadata], Hint | None], ...]:
    """Return the rules that look at one distribution alone, in order; the first that speaks decides."""
    return (lambda metadata: by_config(config, metadata), by_knowledge, by_classifier)


def config_names(groups: Mapping[str, Iterable[str]]) -> Names:
    """Build the user's table from group → names and patterns; a group may be written ``data.viz``."""
    rows = []
    for place, names in groups.items():
        group, _, tag = place.partition(".")
        if group not in GROUPS:
            raise ValueError(f"no group {group!r}; there are {', '.join(GROUPS)}")
        rows += [(normalize(name), (group, tag, "")) for name in names]
    return names_table(rows)
