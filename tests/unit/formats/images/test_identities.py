"""The identities of findings in images."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.formats.images.identities import identities
from tests.unit.budget.test_findings import AGAIN, CACHE, LISTS


def test_identities__other_order_of_names__are_the_same() -> None:
    first, second = (replace(CACHE, names=names) for names in (("numpy", "scipy"), ("scipy", "numpy")))
    assert identities([first]) == identities([second])


def test_identities__other_command_or_names_or_rule__differ() -> None:
    every = [CACHE, LISTS, replace(CACHE, command="RUN make"), replace(CACHE, names=("numpy",))]
    assert len({text for each in every for text in identities([each])}) == 4


def test_identities__repeats__are_counted_from_the_lowest_layer() -> None:
    upper, lower = identities([AGAIN, CACHE])
    assert (upper[-2:], lower[-2:]) == (":2", ":1")
    assert upper[:-2] == lower[:-2]


def test_identities__no_findings__are_none() -> None:
    assert identities([]) == []
