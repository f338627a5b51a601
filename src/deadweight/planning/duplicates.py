"""Projects that contain the same library → which of them to drop. duplicates.toml lists them with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from deadweight.shipped import table_beside


class Duplicate(Struct, frozen=True, kw_only=True):
    """Two projects of a set that contain the same library.

    name, keep: the one to drop, and the one that is enough
    needs:      the feature of the code that rules out ``keep``; "" for none
    """

    name: str
    keep: str
    reason: str
    needs: str = ""


def duplicates_among(installed: Collection[str], required: Collection[str]) -> Iterator[Duplicate]:
    """Yield what to drop of the installed projects, each once.

    required: installed projects that other distributions require. Dropping their requirement frees nothing, so they
              are the ones to keep, and two of them both stay
    """
    dropped: set[str] = set()
    for row in _table():
        names = [name for name in row["names"] if name in installed and name not in dropped]
        kept = next((name for name in names if name in required), names[0] if names else "")
        for name in names:
            if name != kept and name not in required:
                dropped.add(name)
                yield Duplicate(name=name, keep=kept, reason=row["reason"], needs=_needed(row, name, kept))


def _needed(row: Mapping[str, Any], name: str, keep: str) -> str:
    """Return the feature that ``name`` has and ``keep`` lacks; "" if it lacks none."""
    names: list[str] = row["names"]
    needs: Mapping[str, str] = row.get("needs", {})
    between = names[names.index(keep) + 1 : names.index(name) + 1] if names.index(keep) < names.index(name) else []
    return next((needs[each] for each in between if each in needs), "")


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, Any], ...]:
    return tuple(table_beside(__file__, "duplicates.toml")["duplicates"])
