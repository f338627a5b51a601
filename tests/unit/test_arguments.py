from __future__ import annotations

from math import inf, nan

import pytest

from deadweight.arguments import check_limits, items
from deadweight.errors import BadInput
from deadweight.operations.trimming import Trimming


def test_items__one_string__is_one_item() -> None:
    assert items("requirements.txt") == items(["requirements.txt"]) == ("requirements.txt",)
    assert items(name for name in "ab") == ("a", "b")


@pytest.mark.parametrize("number", [0, -1, nan, inf, 1e-320, 1e300])
def test_limits__that_no_clock_takes__are_refused_by_name(number: float) -> None:
    with pytest.raises(BadInput, match=r"^seconds must be from 0\.000001 to 1,000,000,000, not "):
        check_limits(runs=1, tags=None, seconds=number)


def test_trimming__without_a_kind__says_so() -> None:
    with pytest.raises(BadInput, match=r"no kind is given \(choose from tests, "):
        Trimming(kinds=())
    with pytest.raises(BadInput, match="unknown kind 'x'"):
        Trimming(kinds=("tests", "x"))
