"""The selection of rows that every format shows alike."""

from __future__ import annotations

import pytest

from deadweight.report.view import cut


@pytest.mark.parametrize(
    ("most", "shown", "rest"), [(None, "abc", ""), (3, "abc", ""), (2, "abc", ""), (1, "a", "bc"), (0, "", "abc")]
)
def test_cut__more_than_fit__leave_at_least_two_for_one_row(most: int | None, shown: str, rest: str) -> None:
    first, left = cut("abc", most)
    assert (first, "".join(left)) == (shown, rest)
