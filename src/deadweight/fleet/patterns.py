"""Budgets by pattern → the budget of a target.

A pattern matches the whole name of a target; ``*`` stands for any characters, also slashes. All patterns that match
count: each limit is that of the most specific pattern that sets it, the one with most characters other than wildcards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

_WILDCARDS = re.compile(r"[*?]|\[[^]]*\]")
Limits = Mapping[str, Any]


class Patterns:
    """The limits of each pattern, as keyword arguments for Budget.

    everywhere: limits that replace those of the patterns, for all targets
    """

    def __init__(self, limits: Mapping[str, Limits], everywhere: Limits) -> None:
        self._limits = sorted(limits.items(), key=lambda each: (_specificity(each[0]), each[0]))
        self._everywhere = everywhere
        self._unmatched = set(limits)

    @property
    def has_growth(self) -> bool:
        """Whether a limit compares with an earlier result."""
        every = [*(limits for _, limits in self._limits), self._everywhere]
        return any(limits.get("max_growth") is not None for limits in every)

    def limits_of(self, target: str) -> dict[str, Any]:
        """Return the limits of a target; none if no pattern matches."""
        merged: dict[str, Any] = {}
        for pattern, limits in self._limits:
            if fnmatchcase(target, pattern):
                self._unmatched.discard(pattern)
                merged.update(limits)
        return {**merged, **self._everywhere}

    @property
    def unmatched(self) -> Iterable[str]:
        """The patterns that have matched no target yet, in order."""
        return sorted(self._unmatched)


def _specificity(pattern: str) -> int:
    return len(_WILDCARDS.sub("", pattern))
