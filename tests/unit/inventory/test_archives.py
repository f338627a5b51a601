"""Inventories with facts on archives, and with swaps."""

from __future__ import annotations

import pytest

from deadweight.inventory.archives import is_required, joined, with_archives, with_swaps
from deadweight.model import ArchiveFacts
from tests.builders import bare, bare_inventory


def test_with_archives__each_distribution__has_its_own_and_warnings_follow() -> None:
    facts = {"a": ArchiveFacts(filename="a-1.0.whl", size=7)}
    found = with_archives(bare_inventory(bare("a"), bare("b")), facts, ("told",))
    assert [d.archive for d in found.distributions] == [facts["a"], None]
    assert found.warnings == ("told",)


@pytest.mark.parametrize(("name", "expected"), [("b-x", True), ("c", True), ("a", False), ("", False)])
def test_is_required__by_any_spelling_and_for_any_extra(name: str, expected: bool) -> None:
    a = bare("a", requires=["B.x>=1", " c ; extra == 'z'", "@ nonsense"])
    assert is_required(name, bare_inventory(a, bare("b-x"))) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Old_one>=1", ("new",)),
        ("old-one[x]>=1 ; python_version > '3'", ("new ; python_version > '3'",)),
        ("gone>=1 ; extra == 'x'", ()),
        ("other>=1", ("other>=1",)),
        ("(no name)", ("(no name)",)),
    ],
)
def test_with_swaps__requirement_on_a_swapped_project__names_the_other(line: str, expected: tuple[str, ...]) -> None:
    before = bare_inventory(bare("a", requires=[line, "last"]))
    found = with_swaps(before, {"old-one": "new", "gone": ""})
    assert found.distributions[0].metadata.requires == (*expected, "last")
    assert with_swaps(before, {}) == before


def test_joined__parts_of_two_inventories__add_up() -> None:
    one = bare_inventory(bare("b", 10), bare("c", 100))
    other = bare_inventory(bare("a", 1000), bare("b", 7, version="2.0"))
    found = joined([(one, {"c"}), (other, {"a", "b"})])
    assert [(d.name, d.version) for d in found.distributions] == [("a", "1.0"), ("b", "2.0"), ("c", "1.0")]
    assert found.total.apparent == 1107
    assert found.owner == {}
