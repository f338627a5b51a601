"""Names → the part of a sentence that lists them."""

from __future__ import annotations

from deadweight.wording import listed


def test_listed__more_than_fit__are_counted() -> None:
    assert listed("abc", 3) == "a, b, c"
    assert listed("abc", 2) == "a, b and 1 more"
    assert listed("abc", 2, others=7) == "a, b and 8 more"
    assert listed("abc", 2, others=1999) == "a, b and 2,000 more"


def test_listed__nothing__is_empty() -> None:
    assert listed((), 3) == ""
