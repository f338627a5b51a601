"""A context and lists of patterns → what is in the context before and after, and what each pattern takes out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from deadweight.buildcontext.context import BuildContext, Directory
from deadweight.buildcontext.matcher import TOP, Matcher, State
from deadweight.buildcontext.patterns import Pattern


class Weight(NamedTuple):
    """A number of files, and their bytes; a file with several hard links counts once."""

    files: int = 0
    apparent_bytes: int = 0


class Weighed(NamedTuple):
    """What lists of patterns, each of which continues the one before, leave in a context.

    stages:   what is left after each list
    taken:    pattern → what it takes out first; patterns are numbered through all lists
    directories: what each directory contains after the list ``kept``, without what is in inner directories
    restored: the outermost directories, or files, in which a later list restores what an earlier one ignores
    """

    stages: tuple[Weight, ...]
    taken: dict[int, Weight]
    directories: tuple[Weight, ...]
    restored: frozenset[str]


def weigh(context: BuildContext, lists: Sequence[Sequence[Pattern]], kept: int) -> Weighed:
    """Return what lists of patterns leave in a context.

    lists: each continues the one before
    kept:  the number of the list for ``directories``
    """
    return _Weighing(context, lists, kept).result()


class _Weighing:
    def __init__(self, context: BuildContext, lists: Sequence[Sequence[Pattern]], kept: int) -> None:
        self._context, self._kept = context, kept
        ends = [sum(map(len, lists[: number + 1])) for number in range(len(lists))]
        self._matcher = Matcher([pattern for patterns in lists for pattern in patterns], ends)
        # A list without patterns ignores nothing, whatever is asked.
        self._empty = tuple(end == 0 for end in ends)
        self._count = len(lists)
        self._tally: dict[tuple[int, ...], list[int]] = {}
        self._linked: dict[int, list[tuple[int, ...]]] = {}  # inode → the decisions for its names
        self._linked_size: dict[int, int] = {}
        self._restored: set[str] = set()

    def result(self) -> Weighed:
        """Visit every directory once."""
        states: list[tuple[tuple[int, ...] | None, tuple[int, ...], State]] = []
        own: list[Weight] = []
        counted: set[int] = set()
        for directory in self._context.directories:
            if directory.above < 0:
                settled, decided, state = None, (-1,) * self._count, TOP
            else:
                settled, decided, state = states[directory.above]
                if settled is None:
                    decided, state = self._decide(directory.path, state)
                    settled = decided if self._is_settled(directory.path, decided) else None
            states.append((settled, decided, state))
            own.append(self._visit(directory, settled, state, counted))
        stages, taken = self._sums()
        return Weighed(stages, taken, tuple(own), frozenset(self._restored))

    def _decide(self, path: str, state: State) -> tuple[tuple[int, ...], State]:
        decided, state = self._matcher.decide(path, state)
        if any(one >= 0 > two for one, two in pairwise(decided)):
            self._restored.add(path)
        return decided, state

    def _is_settled(self, path: str, decided: tuple[int, ...]) -> bool:
        """Return whether the same is true for everything in a directory."""
        known = all(one >= 0 or empty for one, empty in zip(decided, self._empty, strict=True))
        return known and not self._matcher.may_restore(path)

    def _visit(self, directory: Directory, settled: tuple[int, ...] | None, state: State, counted: set[int]) -> Weight:
        """Count the files of one directory; return what stays of them."""
        if settled is not None and not directory.links:
            weight = Weight(len(directory.sizes), sum(directory.sizes))
            self._add(settled, weight)
            return weight if settled[self._kept] < 0 else Weight()
        files = size = 0
        for name, bytes_ in directory.files():
            decided = settled or self._decide(directory.path_of(name), state)[0]
            inode = directory.links.get(name)
            if inode is None:
                self._add(decided, Weight(1, bytes_))
            else:
                self._linked.setdefault(inode, []).append(decided)
                self._linked_size[inode] = bytes_
            if decided[self._kept] < 0 and inode not in counted:
                files, size = files + 1, size + bytes_
                if inode is not None:
                    counted.add(inode)
        return Weight(files, size)

    def _add(self, decided: tuple[int, ...], weight: Weight) -> None:
        tally = self._tally.setdefault(decided, [0, 0])
        tally[0] += weight.files
        tally[1] += weight.apparent_bytes

    def _sums(self) -> tuple[tuple[Weight, ...], dict[int, Weight]]:
        for inode, decisions in self._linked.items():
            # It is in the context as long as one of its names is; the last name to go decides what takes it out.
            best = max(decisions, key=lambda decided: [one < 0 for one in decided])
            self._add(best, Weight(1, self._linked_size[inode]))
        stages = []
        for stage in range(self._count):
            left = [weight for decided, weight in self._tally.items() if decided[stage] < 0]
            stages.append(Weight(sum(each[0] for each in left), sum(each[1] for each in left)))
        taken: dict[int, Weight] = {}
        for decided, (files, size) in self._tally.items():
            by = next((one for one in decided if one >= 0), -1)
            before = taken.get(by, Weight())
            taken[by] = Weight(before.files + files, before.apparent_bytes + size)
        taken.pop(-1, None)
        return tuple(stages), taken
