"""Mappings by names of distributions, with lookup by any spelling."""

from __future__ import annotations

import re
from typing import TypeVar

T = TypeVar("T")
_SEPARATORS = re.compile(r"[-_.]+")


class ByName(dict[str, T]):
    """Key of a distribution → value. Lookups normalize names (PEP 503)."""

    def __missing__(self, name: str) -> T:
        normalized = _normalized(name)
        if normalized == name or not dict.__contains__(self, normalized):
            raise KeyError(name)
        return self[normalized]

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or (isinstance(name, str) and dict.__contains__(self, _normalized(name)))

    def get(self, name: str, default: T | None = None) -> T | None:  # type: ignore[override]
        """Return the value of a name; ``default`` if it has none."""
        try:
            return self[name]
        except KeyError:
            return default


def _normalized(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
