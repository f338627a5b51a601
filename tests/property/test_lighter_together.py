"""Lighter builds that save only together: what each changes alone tells which set of them installs least."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from deadweight.graph import Node, reachable
from deadweight.planning.together import Installation, lightest


class Index(NamedTuple):
    """An index: the bytes of each project and what it requires; ``builds``: old → new project."""

    own: Mapping[str, int]
    requires: Mapping[str, Collection[str]]
    roots: frozenset[str]
    builds: Mapping[str, str]

    def installed(self, replaced: Collection[str]) -> Installation:
        """Return what a resolver installs if some projects are replaced wherever they are required."""
        new = {self.builds[old] for old in replaced if old in self.roots}
        edges: dict[Node, list[Node]] = {
            name: [each for each in self.requires[name] if each not in replaced] for name in self.own
        }
        found = reachable(edges, (self.roots - set(replaced)) | new)
        return Installation(
            roots=(self.roots - set(replaced)) | new,
            edges={name: edges[name] for name in found},
            own={str(name): self.own[str(name)] for name in found},
        )

    def bytes(self, replaced: Collection[str]) -> int:
        return sum(self.installed(replaced).own.values())


@st.composite
def indexes(draw: st.DrawFn) -> Index:
    projects = [f"p{number}" for number in range(draw(st.integers(1, 8)))]
    old = projects[: draw(st.integers(1, 5))]
    builds = {name: f"{name}-cpu" for name in old}
    names = [*projects, *builds.values()]
    edges = st.lists(st.sampled_from(projects), max_size=3)  # any graph, with cycles
    return Index(
        own={name: draw(st.integers(0, 40)) for name in names},
        requires={name: draw(edges) for name in names},
        roots=frozenset([*old, *draw(st.lists(st.sampled_from(projects), max_size=2))]),
        builds=builds,
    )


def sets(names: Collection[str]) -> list[tuple[str, ...]]:
    return [each for count in range(len(names) + 1) for each in combinations(sorted(names), count)]


@given(indexes())
def test_lightest__any_graph__installs_as_little_as_the_best_of_all_sets(index: Index) -> None:
    old = sorted(index.builds)
    groups = lightest(index.installed(()), [index.installed([name]) for name in old])
    chosen = [old[number] for group in groups for number in group]
    assert len(set(chosen)) == len(chosen)
    best = min((index.bytes(each), len(each)) for each in sets(old))
    assert (index.bytes(chosen), len(chosen)) == best


@given(indexes())
def test_lightest__any_graph__each_group_saves_and_no_smaller_one_does(index: Index) -> None:
    old = sorted(index.builds)
    done: list[str] = []
    for group in lightest(index.installed(()), [index.installed([name]) for name in old]):
        names = [old[number] for number in group]
        before = index.bytes(done)
        assert index.bytes([*done, *names]) < before
        if len(names) > 1:
            assert all(index.bytes([*done, name]) >= before for name in names)
        done += names
