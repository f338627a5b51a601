"""Ranges of Python → the version to measure for."""

from __future__ import annotations

import pytest

from deadweight.formats.tables import Malformed
from deadweight.formats.versions import nearest_python


@pytest.mark.parametrize(
    ("specifiers", "expected"),
    [
        ((), "3.11.7"),
        ((">=3.8",), "3.11.7"),
        ((">=3.12",), "3.12"),
        ((">=3.13.2,<3.15",), "3.13.2"),
        ((">3.13.2,<3.13.9",), "3.13.3"),
        (("==3.14.*",), "3.14"),
        (("<3.11",), "3.10"),
        ((">=3.7,!=3.11.*",), "3.12"),
        ((">=3.11.9",), "3.11.9"),
        (("~=3.11.9",), "3.11.9"),
        (("==3.8.*", "==3.9.*"), "3.9"),
        ((">=4",), None),
        (("<3",), None),
    ],
)
def test_nearest_python__range__is_the_running_one_or_the_nearest(
    specifiers: tuple[str, ...], expected: str | None
) -> None:
    assert nearest_python(specifiers, "3.11.7") == expected


def test_nearest_python__invalid_specifier__is_refused() -> None:
    with pytest.raises(Malformed, match="invalid version specifier: >>3"):
        nearest_python((">>3",), "3.11.7")
