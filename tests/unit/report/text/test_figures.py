"""One figure, one definition: the text report, the split command and JSON tell the same of one profile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.model import ArchiveFacts, Skipped
from deadweight.report.splits import split_text
from deadweight.report.text.as_text import as_text
from deadweight.report.units import counted, human, percent
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file

CONFIG = Settings.of(groups={"dev": ("tester",)})
PATHS = ["requirements-production.txt", "requirements-minimal.txt"]


def environment() -> Profile:
    """An environment with pip and with what an uninstalled requirement left behind, which no requirement brings in."""
    return profile_of(
        bare_inventory(
            bare("app", 600_000_000, requested=True), bare("tester", 50_000_000, requested=True, requires=["helper"]),
            bare("helper", 320_000_000), bare("left-behind", 28_000_000),
        ),
        None,
        CONFIG,
    )  # fmt: skip


def values(profile: Profile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report_of(profile).to_json())
    return found


def row(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def test_figures__share_that_a_split_saves__is_of_what_the_requirements_bring_in() -> None:
    found = environment()
    totals, production = values(found)["totals"], values(found)["splits"]["production"]
    share = percent(production["saved_bytes"], totals["required_bytes"])
    assert (totals["apparent_bytes"], totals["required_bytes"]) == (998_000_000, 970_000_000)
    assert share == "38 %"
    assert f"  {human(production['saved_bytes'])}  {share}  " in row(as_text(report_of(found)), "production")
    assert f"of 970 MB, saves 370 MB ({share})" in row(
        split_text(report_of(found), PATHS, width=80, color=False), PATHS[0]
    )


def test_figures__total_and_required__are_both_named_where_they_differ() -> None:
    text = as_text(report_of(environment()))
    assert row(text, "total").split()[1:3] == ["998", "MB"]
    assert row(text, "required  ").split()[1:3] == ["970", "MB"]
    assert "required: everything that the requirements install, out of 998 MB in total" in text


def test_figures__what_leaves_beside_the_group__is_reported_by_group() -> None:
    found = profile_of(
        bare_inventory(bare("app", 10), bare("tester", 50_000_000, requires=["pandas"]), bare("pandas", 30_000_000)),
        requirements_file("app\ntester\n"),
        Settings.of(groups={"dev": ("tester",), "data": ("pandas",)}),
    )
    split = values(found)["splits"]["production"]
    assert split["saved_groups"] == {"data": 30_000_000, "dev": 50_000_000}
    assert sum(split["saved_groups"].values()) == split["saved_bytes"]
    assert "dev 50.0 MB, data 30.0 MB" in as_text(report_of(found))
    assert row(as_text(report_of(found)), "dev ").split()[1:4] == ["50.0", "MB", "1"]


@pytest.mark.parametrize("shared", [True, False])
def test_figures__rows_that_do_not_add_up_to_the_total__are_explained(shared: bool) -> None:
    tools = [bare(name, 5_000_000, requires=["helper"] * shared) for name in ("linter", "tester")]
    found = profile_of(
        bare_inventory(bare("app", 10), *tools, bare("helper", 1_000_000)),
        requirements_file("app\nlinter\ntester\n"),
        Settings.of(groups={"dev": ("linter", "tester")}),
    )
    text = split_text(report_of(found), PATHS, width=80, color=False)
    assert ("dependencies that several rows share count once" in text) is shared


def test_figures__what_could_not_be_measured__is_counted_once() -> None:
    archive = ArchiveFacts(filename="app-1.whl", size=1)
    inventory = bare_inventory(replace(bare("app", 10), archive=archive))
    skipped = (Skipped("far", "no wheel"), Skipped("gone", "not there (404)", 5))
    found = profile_of(replace(inventory, skipped=skipped), requirements_file("app\n"), Settings.of(no_install=True))
    totals = values(found)["totals"]
    assert (totals["distributions"], totals["unmeasured"]) == (1, 2)
    assert "in 1 of 3 distributions, 1 file;" in as_text(report_of(found))
    assert f"incomplete: {counted(totals['unmeasured'], 'distribution')} could not be measured" in as_text(
        report_of(found)
    )


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=8), st.sets(st.sampled_from("abcd"))
)
def test_figures__any_environment__parts_sum_to_the_required_bytes(
    edges: list[tuple[str, str]], asked: set[str]
) -> None:
    distributions = [
        bare(
            name, 10**location, requested=name in asked, requires=[target for source, target in edges if source == name]
        )
        for location, name in enumerate("abcd")
    ]
    found = profile_of(bare_inventory(*distributions), None, Settings.of(groups={"dev": ("d",)}))
    assert found.required_bytes == found.dependencies.bytes_of(found.required_keys())
    for split in found.splits:
        assert split.apparent_bytes + split.saved_bytes == found.required_bytes
        assert sum(split.saved_groups.values()) == split.saved_bytes
