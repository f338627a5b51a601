"""What users of the Python API get: names of any spelling, one line in a shell, records for a table."""

from __future__ import annotations

import pytest

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def small() -> Profile:
    app = bare("app", 10, requires=["pyyaml>=6", "rich ; extra == 'color'"])
    found = bare_inventory(
        app, bare("pyyaml", 100, requested=True, installer="uv"), bare("rich", 1000), bare("typing-extensions")
    )
    return profile_of(
        found, requirements_file("app[color]\ntyping.Extensions\n"), Settings.of(groups={"dev": ("rich",)})
    )


@pytest.mark.parametrize("name", ["PyYAML", "pyyaml", "PYYAML"])
def test_weights__name_of_any_spelling__is_found(name: str) -> None:
    found = small()
    assert found.weights[name].retained == 100
    assert found.groups[name].group == found.groups["pyyaml"].group
    assert name in found.weights
    assert found.weights.get(name) == found.weights["pyyaml"]


def test_weights__separators_of_any_kind__are_one() -> None:
    assert (
        small().weights["typing_extensions"]
        == small().weights["Typing.Extensions"]
        == small().weights["typing-extensions"]
    )


@pytest.mark.parametrize("name", ["gone", "Gone", ""])
def test_weights__name_that_is_missing__is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        _ = small().weights[name]
    assert name not in small().weights
    assert small().weights.get(name) is None


def test_repr__is_one_short_line() -> None:
    assert repr(small()) == "<Profile of 'requirements.txt': 4 distributions, 1111 bytes>"


def test_report__requested__is_what_the_user_named__whatever_installers_mark() -> None:
    found = small()
    report = report_of(found)
    assert report.requested == ("app", "typing-extensions")
    assert tuple(d.key for d in found.inventory.distributions if d.requested) == report.requested
    assert tuple(row.key for row in found.rows() if row.direct) == report.requested


def test_report__graph__has_no_nodes_of_extras() -> None:
    graph = report_of(small()).graph
    assert set(graph) == {"app", "pyyaml", "rich", "typing-extensions"}
    assert graph.edges["app", "rich"]["requirement"] == "rich ; extra == 'color'"


def test_report__to_rows__are_flat_and_make_a_table() -> None:
    records = report_of(small()).to_rows()
    assert [record["name"] for record in records] == ["app", "pyyaml", "rich", "typing-extensions"]
    assert all(list(record) == list(records[0]) for record in records)
    assert all(value is None or isinstance(value, str | int) for record in records for value in record.values())
    assert records[0]["closure_bytes"] == 1110
    assert records[1]["freed_bytes"] is None
    assert sum(int(record["apparent_bytes"] or 0) for record in records) == 1111
