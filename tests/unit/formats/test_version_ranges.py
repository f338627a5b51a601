"""Version ranges in uv's log → the versions in them."""

from __future__ import annotations

import pytest
from packaging.version import Version

from deadweight.formats.version_ranges import is_exact, within


@pytest.mark.parametrize(
    ("versions", "admitted", "not_admitted"),
    [
        ("*", ["0.1", "2.0"], []),
        ("<=3.5.1+", ["3.5.1", "3.5.1+cpu", "3.4"], ["3.5.2", "3.5.1.post1"]),
        ("<3.5.1+", ["3.5.1", "3.5.1+cpu"], ["3.5.2"]),
        (">4.9.2+", ["4.9.3", "4.9.2.post1"], ["4.9.2", "4.9.2+cpu", "4.9.1"]),
        (">=4.9.2+, <4.9.3", [], ["4.9.2", "4.9.3", "4.9.1"]),
        ("<=4.9.1 | >=4.9.2+, <4.9.3", ["4.9.1", "4.8"], ["4.9.2", "4.9.3"]),
        ("<0.5 | >=0.5+, <2.0 | >=2.0+", ["0.4", "0.6", "2.1"], ["0.5", "2.0"]),
        (">=1.0, <1.0+", ["1.0", "1.0+cpu"], ["1.0.1", "0.9"]),
        (">=1.dev0, <2.dev0", ["1.0", "1.9"], ["2.0", "2.0a1"]),
        ("==1.0", ["1.0"], ["1.1"]),
        ("what uv may write one day", ["1.0"], []),
    ],
)
def test_within__range_of_uv__admits(versions: str, admitted: list[str], not_admitted: list[str]) -> None:
    assert [text for text in (*admitted, *not_admitted) if within(Version(text), versions)] == admitted


@pytest.mark.parametrize(
    ("versions", "exact"),
    [("==1.0", True), ("===1.0", True), (">=1.0, <1.0+", True), (">=1.0, <=1.0+", True),
     (">=1.0, <1.1+", False), ("*", False), ("<=1.0", False), ("==1.0 | ==2.0", False)],
)  # fmt: skip
def test_is_exact__one_version__is_exact(versions: str, exact: bool) -> None:
    assert is_exact(versions) is exact
