"""Which versions layers store → base images that would serve several images."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from deadweight.fleet.bases import Proposal, Stored, proposals

ON_LINUX = ("3.11", "linux_x86_64")


def stored(*layers: set[int], size: int = 10) -> list[Stored]:
    """Return a copy of each version of each layer."""
    return [Stored(version, layer, size) for layer, versions in enumerate(layers) for version in sorted(versions)]


def test_proposals__versions_in_many_layers__are_one_base() -> None:
    systems = dict.fromkeys(range(4), ON_LINUX)
    (base,) = proposals(stored({1, 2, 3}, {1, 2}, {1, 2, 4}, {5}), systems, most=9, least=1)
    assert base == Proposal(ON_LINUX, {1: 10, 2: 10}, (0, 1, 2))
    assert base.saves == 40


def test_proposals__two_systems__have_bases_of_their_own() -> None:
    systems = {0: ON_LINUX, 1: ON_LINUX, 2: ("3.12", "linux_x86_64")}
    bases = proposals(stored({1}, {1}, {1}), systems, most=9, least=1)
    assert [base.layers for base in bases] == [(0, 1)]


def test_proposals__little_saved__are_left_out() -> None:
    assert proposals(stored({1}, {1}), {}, most=9, least=11) == []
    assert proposals([], {}, most=9, least=0) == []


def test_proposals__large_version_in_few_layers__comes_before_small_one_in_many() -> None:
    copies = [Stored(1, layer, 5) for layer in range(4)] + [Stored(2, 4, 100), Stored(2, 5, 100)]
    assert [base.saves for base in proposals(copies, {}, most=9, least=1)] == [100, 15]


FLEETS = st.lists(st.sets(st.integers(0, 5), max_size=4), max_size=6)


@given(FLEETS)
def test_proposals__any_fleet__save_what_is_stored_more_than_once(layers: list[set[int]]) -> None:
    copies = stored(*layers)
    bases = proposals(copies, {}, most=20, least=1)
    used = [layer for base in bases for layer in base.layers]
    assert len(used) == len(set(used))
    for base in bases:
        assert base.saves == 10 * len(base.sizes) * (len(base.layers) - 1)
        assert all(set(base.sizes) <= layers[layer] for layer in base.layers)
    everything = sum(10 * (sum(version in layer for layer in layers) - 1) for version in set().union(*layers))
    assert sum(base.saves for base in bases) <= everything


@given(FLEETS)
def test_proposals__any_fleet__first_saves_at_least_what_one_version_does(layers: list[set[int]]) -> None:
    single = max((sum(version in layer for layer in layers) - 1 for version in range(6)), default=0)
    best = max((base.saves for base in proposals(stored(*layers), {}, most=20, least=1)), default=0)
    assert best >= 10 * single
    # No pair of versions that share layers is missed altogether.
    assert bool(best) == any(first & second for first, second in combinations(layers, 2))
