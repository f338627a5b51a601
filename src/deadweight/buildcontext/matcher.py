"""Patterns and paths → what Docker ignores, as MatchesUsingParentResults of github.com/moby/patternmatcher decides.

A path is ignored if the last pattern that matches it, or one of its parents, is no exception.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from deadweight.buildcontext.patterns import Pattern


class State(NamedTuple):
    """What a directory hands down to what is in it.

    matched: for each pattern, whether it matched the directory or a parent; empty if none did
    """

    matched: tuple[bool, ...] = ()


TOP = State()


class Matcher:
    """Decides for the paths of a context; a directory is asked for before what it contains.

    patterns: in order, those of later stages last
    stages:   how many patterns each stage ends with, such as those of a file, and of the file with more lines
    """

    def __init__(self, patterns: Sequence[Pattern], stages: Sequence[int] = ()) -> None:
        self._patterns = [(pattern.matcher(), pattern.negative) for pattern in patterns]
        self._stages = tuple(stages) or (len(self._patterns),)
        self._may_match = _any_of([pattern for pattern in patterns if not pattern.negative])
        self._exceptions = [pattern for pattern in patterns if pattern.negative]
        self._unmatched = (-1,) * len(self._stages)

    def decide(self, path: str, above: State = TOP) -> tuple[tuple[int, ...], State]:
        """Return for each stage the pattern by whose match a path is ignored, -1 if it is not; and what it hands down.

        above: what its directory handed down
        """
        if not above.matched and not self._may_match(path):
            return self._unmatched, TOP
        matched = []
        ignored_by = -1
        stages = []
        for number, (matches, negative) in enumerate(self._patterns):
            if number in self._stages:
                stages += [ignored_by] * self._stages.count(number)
            match = bool(above.matched) and above.matched[number]
            # What would not change the result is not tried, and then does not hold for what is inside either.
            if not match and negative == (ignored_by >= 0):
                match = bool(matches(path))
            matched.append(match)
            if match:
                ignored_by = -1 if negative else ignored_by if ignored_by >= 0 else number
        stages += [ignored_by] * self._stages.count(len(self._patterns))
        return tuple(stages), State(tuple(matched)) if any(matched) else TOP

    def may_restore(self, directory: str) -> bool:
        """Return whether an exception could match something in an ignored directory, so that it must be entered."""
        return any(_may_be_below(pattern.text, directory) for pattern in self._exceptions)


def ignored(path: str, patterns: Sequence[Pattern]) -> bool:
    """Return whether patterns ignore one path."""
    matcher, state, names = Matcher(patterns), TOP, path.split("/")
    decided: tuple[int, ...] = (-1,)
    for depth in range(1, len(names) + 1):
        decided, state = matcher.decide("/".join(names[:depth]), state)
    return decided[-1] >= 0


def _may_be_below(pattern: str, directory: str) -> bool:
    # As BuildKit does; a pattern with a wildcard in it could match in any directory.
    start = pattern.removesuffix("/**").removesuffix("/*")
    return bool(re.search(r"[*\[\]?^\\]", start)) or f"{start}/".startswith(f"{directory}/")


def _any_of(patterns: Sequence[Pattern]) -> Callable[[str], bool]:
    """Return a function that is true for the paths that one of the patterns matches; it is asked for every file."""
    exact = frozenset(pattern.text for pattern in patterns if pattern.form == "exact")
    starts = tuple(pattern.text[:-2] for pattern in patterns if pattern.form == "prefix")
    ends = [pattern.text[2:] for pattern in patterns if pattern.form == "suffix"]
    whole = frozenset(end[1:] for end in ends if end.startswith("/"))
    suffixes = tuple(ends)
    regexes = [pattern.regex for pattern in patterns if pattern.form == "regex"]
    search = re.compile("|".join(f"(?:{regex})" for regex in regexes), re.ASCII).match if regexes else None

    def matches(path: str) -> bool:
        return (
            path in exact
            or path in whole
            or path.endswith(suffixes)
            or path.startswith(starts)
            or (search is not None and search(path) is not None)
        )

    return matches
