"""The rules for findings in images: one table, image_rules.toml."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from msgspec import Struct

from deadweight.shipped import table_beside


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. ``image_rules.toml`` describes the fields."""

    code: str
    name: str
    title: str
    least: int = 0
    sure: bool = True


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Return code → rule, in the order of the codes."""
    return {code: Rule(code=code, **values) for code, values in table_beside(__file__, "image_rules.toml").items()}


def matching(pattern: str) -> frozenset[str]:
    """Return the codes of the rules that match a code or a pattern with stars, in any case."""
    return frozenset(code for code in rules() if fnmatchcase(code, pattern.upper()))
