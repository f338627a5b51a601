"""The table ``kinds.toml``: what an image does not need, why, and how certain that is."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Literal

from msgspec import Struct

from deadweight.shipped import table_beside

Certainty = Literal["certain", "likely", "possible"]
_FLAGS = ("modules", "top", "copied_above", "everywhere", "least")


class Names:
    """Names and names with one star, at the start or the end. Every file is looked up, so this must be fast."""

    def __init__(self, globs: Sequence[str]) -> None:
        self._globs = globs
        self._exact = frozenset(glob for glob in globs if "*" not in glob)
        self._ends = tuple(glob[1:] for glob in globs if glob.startswith("*"))
        self._starts = tuple(glob[:-1] for glob in globs if glob.endswith("*"))

    def __contains__(self, name: str) -> bool:
        return name in self._exact or name.endswith(self._ends) or name.startswith(self._starts)

    def __bool__(self) -> bool:
        return bool(self._globs)

    def match(self, name: str) -> str:
        """Return the first that matches a name, "" for none."""
        return next((glob for glob in self._globs if name in Names([glob])), "")


class Kind(Struct, frozen=True, kw_only=True):
    """A row of ``kinds.toml``, which explains the fields."""

    name: str
    certainty: Certainty
    reason: str
    directories: Names
    files: Names
    unless: Names
    markers: frozenset[str]
    beside: frozenset[str]
    never_beside: frozenset[str]
    holds: re.Pattern[bytes] | None = None
    by_name: bool = False
    modules: bool = False
    top: bool = False
    copied_above: bool = False
    everywhere: bool = False
    least: int = 0

    def may_be_in(self, directory: str, beside: Collection[str]) -> bool:
        """Return whether such files may be in a directory, by the names in it."""
        if self.top and directory:
            return False
        return (not self.beside or not self.beside.isdisjoint(beside)) and self.never_beside.isdisjoint(beside)


def _kind(row: dict[str, Any]) -> Kind:
    return Kind(
        name=row["name"],
        certainty=row["certainty"],
        reason=row["reason"],
        directories=Names(row.get("directories", ())),
        files=Names(row.get("files", ())),
        unless=Names(row.get("unless", ())),
        markers=frozenset(row.get("markers", ())),
        beside=frozenset(row.get("beside", ())),
        never_beside=frozenset(row.get("never_beside", ())),
        holds=re.compile(row["holds"].encode()) if "holds" in row else None,
        by_name=row.get("named") == "names",
        **{flag: row[flag] for flag in _FLAGS if flag in row},
    )


_TABLE = table_beside(__file__, "kinds.toml")["kinds"]
KINDS = tuple(map(_kind, _TABLE))
NAMES = tuple(dict.fromkeys(kind.name for kind in KINDS))
DEFAULT = tuple(dict.fromkeys(kind.name for kind in KINDS if kind.certainty != "possible"))
FILES = Names([glob for row in _TABLE for glob in row.get("files", ())])
DIRECTORIES = Names([glob for row in _TABLE for glob in row.get("directories", ())])
MARKERS = frozenset(marker for row in _TABLE for marker in row.get("markers", ()))
