"""Requirements that no version satisfies, and the services without them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from deadweight.planning.sharing.conflicts import clashes, largest_part, single_options
from deadweight.planning.sharing.wanted import service_file
from tests.builders import requirements_file


def clash(one: str, other: str) -> bool:
    files = [service_file(name, requirements_file(f"{text}\n")) for name, text in (("a", one), ("b", other))]
    return bool(list(clashes(files, lambda requirement: "win32" not in requirement.marker)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x<2", "x>=2"), ("x==1", "x==2"), ("x==1.*", "x>=2"), ("x~=1.4", "x>=2"), ("x>2", "x<2"), ("x<=1,>=1", "x!=1"),
        ("x @ https://a/x.whl", "x @ https://b/x.whl"),
    ],
)  # fmt: skip
def test_clashes__no_version_satisfies_both__is_one(one: str, other: str) -> None:
    assert clash(one, other)
    assert clash(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x<2", "x>=1.5"), ("x>1", "x<2"), ("x==1.*", "x>=1.4"), ("x!=1", "x>=1"), ("x", "x==1"), ("x<2", "y>=2"),
        ("x<2 ; sys_platform == 'win32'", "x>=2"), ("x @ https://a/x.whl", "x>=2"),
        ("x==1+cpu", "x>=1"),
    ],
)  # fmt: skip
def test_clashes__a_version_may_satisfy_both__is_none(one: str, other: str) -> None:
    assert not clash(one, other)


def test_clashes__different_indexes__are_one_with_a_reason() -> None:
    usual = requirements_file("torch\nweb\n", "b.txt")
    own = requirements_file("torch\nweb\n", "a.txt")
    own = replace(own, requirements={1: replace(own.requirements[1], index="https://own/"), 2: own.requirements[2]})
    files = [service_file("a", own), service_file("b", usual), service_file("c", own)]
    found = list(clashes(files, lambda _: True))
    assert [(each.project, each.services) for each in found] == [("torch", ("a", "b")), ("torch", ("b", "c"))]
    assert {each.reason for each in found} == {"they take torch from different indexes"}


def test_largest_part__one_against_all__is_all_others() -> None:
    assert largest_part(["old", "a", "b"], [("old", "a"), ("old", "b")]) == ("a", "b")


def test_largest_part__chain__keeps_the_ends() -> None:
    assert largest_part(["a", "b", "c"], [("a", "b"), ("b", "c")]) == ("a", "c")


def test_largest_part__many_services__is_still_without_conflicts() -> None:
    names = [str(number) for number in range(60)]
    pairs = list(pairwise(names))
    kept = set(largest_part(names, pairs))
    assert kept
    assert not [pair for pair in pairs if set(pair) <= kept]


def test_single_options__only_those_that_cannot_be_combined() -> None:
    assert single_options(["--pre", "-i https://a", "--extra-index-url https://b", "-c x"]) == ("--pre", "-i https://a")
