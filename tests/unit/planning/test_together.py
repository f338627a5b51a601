"""Lighter builds that save only together. The law is in tests/property/test_lighter_together.py."""

from __future__ import annotations

from deadweight.graph import build_graph
from deadweight.planning.together import Installation, installation_of, lightest
from tests.builders import bare, bare_inventory, wants


def installed(*names: str, shared: int = 1) -> Installation:
    """Return what installs these projects: a and b require heavy, and their builds a-cpu and b-cpu are larger."""
    every = {
        "a": bare("a", 10, requires=["heavy"]), "b": bare("b", 10, requires=["heavy[x]"]), "a-cpu": bare("a-cpu", 12),
        "b-cpu": bare("b-cpu", 12), "c": bare("c", 30), "c-cpu": bare("c-cpu", 20),
        "heavy": bare("heavy", 500, requires=["shared; extra == 'x'"]), "shared": bare("shared", shared),
    }  # fmt: skip
    needed = ["heavy"] * ("a" in names or "b" in names) + ["shared"] * ("b" in names)
    return installation_of(build_graph(bare_inventory(*(every[name] for name in (*names, *needed))), wants(*names)))


BEFORE = installed("a", "b", "c")
A, B, C = installed("a-cpu", "b", "c"), installed("a", "b-cpu", "c"), installed("a", "b", "c-cpu")


def test_lightest__two_builds_that_share_a_requirement__are_one_group() -> None:
    assert lightest(BEFORE, [A, B]) == ((0, 1),)


def test_lightest__build_that_saves_alone__comes_first() -> None:
    assert lightest(BEFORE, [A, B, C]) == ((2,), (0, 1))


def test_lightest__only_one_of_them__is_not_used() -> None:
    assert lightest(BEFORE, [A]) == ()
    assert lightest(BEFORE, [A, C]) == ((1,),)
    assert lightest(BEFORE, []) == ()


def test_lightest__extra_that_only_one_requires__goes_with_it() -> None:
    assert lightest(BEFORE, [B]) == ()
    before, after = (installed("a", name, "c", shared=5) for name in ("b", "b-cpu"))
    assert lightest(before, [after]) == ((0,),)
