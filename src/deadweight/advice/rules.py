"""The rules for findings in images: one table, rules.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from deadweight.shipped import table_beside


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. ``rules.toml`` describes the fields."""

    code: str
    name: str
    title: str
    least: int = 0
    sure: bool = True


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Return code → rule, in the order of the codes."""
    return {code: Rule(code=code, **values) for code, values in table_beside(__file__, "rules.toml").items()}
