"""Projects → which of them another loads on demand, by a table with its reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from deadweight.shipped import table_beside

When = Literal["always", "development", "alone"]


class Engine(NamedTuple):
    """One project that another loads by itself when it is asked to.

    when: "always", wherever it runs; "development", on a developer's machine alone; "alone", in development too, which
          is the one reason to have it beside the other
    """

    name: str
    by: str
    says: str
    when: When = "always"


def engines_of(projects: Iterable[str]) -> dict[str, tuple[Engine, ...]]:
    """Return project → who of the others loads it on demand; what nobody loads is left out."""
    asked = set(projects)
    found: dict[str, list[Engine]] = defaultdict(list)
    for engine in sorted(engine for loader in asked for engine in _table().get(loader, ())):
        if engine.name in asked and engine.name != engine.by:
            found[engine.name].append(engine)
    return {name: tuple(engines) for name, engines in sorted(found.items())}


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[Engine, ...]]:
    """Return who loads → what."""
    rows = table_beside(__file__, "engines.toml")["engines"]
    found: dict[str, list[Engine]] = defaultdict(list)
    for row in rows:
        for by in row["by"].split():
            says = f"{by} {row.get('verb', 'loads')} it {row.get('says', '')}".rstrip()
            when = row.get("when", "always")
            found[by] += (Engine(name, by, says, when) for name in row["names"].split())
    return {by: tuple(engines) for by, engines in found.items()}
