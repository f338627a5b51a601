"""Which of several projects with the same library to drop."""

from __future__ import annotations

import pytest

from deadweight.codescan.python.features import GPU, WINDOWS
from deadweight.formats.distributions.metadata import normalize
from deadweight.planning.duplicates import _table, duplicates_among


@pytest.mark.parametrize(
    ("installed", "required", "expected"),
    [
        ("opencv-python opencv-python-headless", "", [("opencv-python", "opencv-python-headless", WINDOWS)]),
        ("opencv-python opencv-python-headless", "opencv-python", [("opencv-python-headless", "opencv-python", "")]),
        ("opencv-python opencv-python-headless", "opencv-python opencv-python-headless", []),
        ("tensorflow tensorflow-cpu", "", [("tensorflow", "tensorflow-cpu", GPU)]),
        ("psycopg2 psycopg2-binary numpy", "", [("psycopg2", "psycopg2-binary", "")]),
        ("opencv-python", "", []),
        ("", "", []),
    ],
)
def test_duplicates__installed__are_dropped_once(
    installed: str, required: str, expected: list[tuple[str, str, str]]
) -> None:
    found = duplicates_among(installed.split(), required.split())
    assert [(each.name, each.keep, each.needs) for each in found] == expected


def test_duplicates__three_of_one_set__one_stays() -> None:
    names = ["opencv-contrib-python", "opencv-python", "opencv-python-headless"]
    assert len(list(duplicates_among(names, ()))) == 2


def test_table__every_row__is_whole_and_normalized() -> None:
    for row in _table():
        assert row.keys() - {"needs"} == {"names", "reason"}
        assert len(row["names"]) > 1
        assert [normalize(name) for name in row["names"]] == row["names"]
        assert set(row.get("needs", {})) <= set(row["names"])
        assert set(row.get("needs", {}).values()) <= {GPU, WINDOWS}
