"""The groups alone, for people and for programs."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from deadweight.analysis.profile import Grouping, grouping_of
from deadweight.model import Assignment, Evidence, Group, Skipped
from deadweight.report.results.groups import groups_json, groups_text
from deadweight.targets.types import Requirements
from tests.builders import bare, bare_inventory, profile_of, requirements_file
from tests.conftest import Golden


def assigned(group: Group, rule: str, reason: str, *more: Evidence, sure: bool = True, tag: str = "") -> Assignment:
    return Assignment(
        group=group, sure=sure, tags=(tag,) if tag else (), evidence=(Evidence(rule, group, reason), *more)
    )


def service() -> Grouping:
    """Something of every group; unsure ones, of which two have the same evidence."""
    default = assigned("core", "DW304", "no evidence for another group", sure=False)
    nowhere = Evidence("DW208", "dev", "not used in your code")
    return Grouping(
        target=Requirements("requirements.txt"),
        method="metadata",
        groups={
            "acme-bus": default,
            "acme-cart": default,
            "fastapi": assigned("core", "DW101", "known as a web framework, server or part of one", tag="web"),
            "numpy": assigned("data", "DW101", "known as a library of arrays and numerical kernels", tag="arrays"),
            "pytest": assigned("dev", "DW101", "known as a test runner, plugin or fixture library", tag="test"),
            "shop-test-helpers": assigned("dev", "DW105", 'name contains "test"', nowhere, sure=False),
            "torch": assigned("ml", "DW101", "known as a library of training and modelling", tag="training"),
        },
        warnings=("judged by name alone: acme-bus, acme-cart: no index has it",),
    )


@pytest.mark.parametrize("width", [40, 80, 120])
def test_text__every_group_and_what_to_judge__looks_like_this(golden: Golden, width: int) -> None:
    text = groups_text(service(), width=width)
    assert text == golden(f"groups-{width}.txt", text)


@pytest.mark.parametrize("width", [40, 60, 71, 72, 100, 120, 200])
def test_text__long_and_hostile__keeps_to_the_width_and_to_letters(width: int) -> None:
    name = "a-very-long-name-of-a-distribution-that-somebody-thought-was-a-good-idea-to-publish"
    groups = {
        name: assigned("ml", "DW106", "says " + "日本語" * 40, sure=False, tag="serialization"),
        "b": assigned("dev", "DW106", "\x1b[31mred\u202e", sure=False),
    }
    found = replace(service(), groups=groups, warnings=("https://me:secret@example.org/" + "x" * 200,))
    text = groups_text(found, width=width)
    assert max(map(cell_len, text.splitlines())) <= min(width, 120)
    assert not {"\x1b", "\u202e"} & set(text)
    assert "secret" not in text


def test_text__nothing_at_all__is_said() -> None:
    assert "0 projects" in groups_text(replace(service(), groups={}, warnings=()), width=80)


def test_json__keys_and_order() -> None:
    found = json.loads(groups_json(service()))
    assert found["target"] == {"kind": "requirements", "location": "requirements.txt", "method": "metadata"}
    assert [row["name"] for row in found["groups"]] == sorted(service().groups)
    assert found["groups"][5] == {
        "name": "shop-test-helpers", "group": "dev", "tags": [], "sure": False,
        "evidence": [
            {"rule": "DW105", "group": "dev", "reason": 'name contains "test"'},
            {"rule": "DW208", "group": "dev", "reason": "not used in your code"},
        ],
    }  # fmt: skip


def test_grouping__of_a_profile__names_what_could_not_be_measured() -> None:
    inventory = replace(bare_inventory(bare("b"), bare("a")), skipped=(Skipped("gone", "it is not there", 5),))
    found = grouping_of(profile_of(inventory, requirements_file("a\nb\n")))
    assert (list(found.groups), found.exit_code, found.method) == (["a", "b"], 5, "install")
    assert json.loads(groups_json(found))["warnings"] == ["no group: gone: it is not there"]
