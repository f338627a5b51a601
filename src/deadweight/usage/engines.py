"""Projects → those that another project loads on demand, by the table ``engines.toml``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from deadweight.shipped import table_beside

When = Literal["always", "development", "alone"]


class Engine(NamedTuple):
    """A project that another project loads on demand.

    when: "always", in production too; "development", only on a developer's machine; "alone", only in development, which
          is also the only reason to require it next to the loader
    """

    name: str
    by: str
    reason: str
    when: When = "always"


def engines_of(projects: Iterable[str]) -> dict[str, tuple[Engine, ...]]:
    """Return project → the entries for the given projects that load it; projects without one are left out."""
    given = set(projects)
    engines: dict[str, list[Engine]] = defaultdict(list)
    for engine in sorted(engine for loader in given for engine in _table().get(loader, ())):
        if engine.name in given and engine.name != engine.by:
            engines[engine.name].append(engine)
    return {name: tuple(loaders) for name, loaders in sorted(engines.items())}


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[Engine, ...]]:
    """Return loader → what it loads."""
    rows = table_beside(__file__, "engines.toml")["engines"]
    by_loader: dict[str, list[Engine]] = defaultdict(list)
    for row in rows:
        for by in row["by"].split():
            reason = f"{by} {row.get('verb', 'loads')} it {row.get('reason', '')}".rstrip()
            when = row.get("when", "always")
            by_loader[by] += (Engine(name, by, reason, when) for name in row["names"].split())
    return {by: tuple(engines) for by, engines in by_loader.items()}
