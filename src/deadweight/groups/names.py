"""Tables of names and patterns → the entry for a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from deadweight.model import Group


class Entry(Struct, frozen=True):
    """An entry of a table.

    rule: the code of its rule; "" for DW101 if it is a name, DW102 if it is a pattern
    """

    group: Group
    tag: str
    reason: str = ""
    rule: str = ""


class Names(Struct, frozen=True):
    """A table of names. Exact names take precedence over patterns, and patterns with a suffix over prefixes.

    families: prefix (the text before the only star, at the end of a pattern) → entry
    patterns: the other patterns, as the texts between their stars, the longest first
    longest:  length of the longest prefix, since names may have any length
    tokens:   the longest text of each pattern; a name that contains none of them, as nearly all, matches no pattern
    """

    exact: Mapping[str, Entry]
    families: Mapping[str, Entry]
    patterns: tuple[tuple[tuple[str, ...], Entry], ...]
    longest: int
    tokens: tuple[str, ...]

    def find(self, name: str) -> tuple[Entry, str] | None:
        """Return the entry for a name, and the pattern that matched ("" for an exact name)."""
        if name in self.exact:
            return self.exact[name], ""
        for parts, entry in self.patterns if any(map(name.__contains__, self.tokens)) else ():
            if _matches(name, parts):
                return entry, "*".join(parts)
        starts = (name[:length] for length in range(min(len(name), self.longest), -1, -1))
        return next(((self.families[start], f"{start}*") for start in starts if start in self.families), None)


def _matches(name: str, parts: tuple[str, ...]) -> bool:
    """Return whether a name matches a pattern in which only ``*`` is special. Compiling a regex is slow."""
    first, last = parts[0], parts[-1]
    if not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in parts[1:-1]:
        at = name.find(part, at, end) + len(part)
        if at < len(part):
            return False
    return at <= end


def names_table(rows: Iterable[tuple[str, Entry]]) -> Names:
    """Build a table from (name or pattern, entry); the first of two equal names wins."""
    exact: dict[str, Entry] = {}
    families: dict[str, Entry] = {}
    others: dict[str, Entry] = {}
    for name, entry in rows:
        if "*" not in name:
            exact.setdefault(name, entry)
        elif name.find("*") == len(name) - 1:
            families.setdefault(name[:-1], entry)
        else:
            others.setdefault(name, entry)
    ordered = sorted(others.items(), key=lambda item: (-len(item[0]), item[0]))
    patterns = tuple((tuple(glob.split("*")), entry) for glob, entry in ordered)
    tokens = tuple(dict.fromkeys(max(parts, key=len) for parts, _ in patterns))
    return Names(exact, families, patterns, max(map(len, families), default=0), tokens)
