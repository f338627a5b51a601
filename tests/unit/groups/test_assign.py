"""What the graph says of a group, over what the names say."""

from __future__ import annotations

from collections.abc import Mapping

from deadweight.graph import build_graph
from deadweight.groups import assign_groups
from deadweight.groups.rules import config_names
from deadweight.model import Assignment, Distribution
from tests.builders import bare, bare_inventory, wants

DEV, DATA, ML = {"dev": ("tester*",)}, {"data": ("frame*",)}, {"ml": ("brain*",)}
STUBS = "Typing :: Stubs Only"


def assigned(
    *distributions: Distribution, asked: tuple[str, ...], config: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, Assignment]:
    inventory = bare_inventory(*distributions)
    return assign_groups(inventory, build_graph(inventory, wants(*asked)), config_names(config or {}))


def decided(found: dict[str, Assignment], key: str) -> tuple[str, str]:
    """Return (rule that decided, group); every assignment has evidence, and the first decides."""
    assert all(a.evidence and a.evidence[0].group == a.group and a.evidence[0].reason for a in found.values())
    return found[key].evidence[0].rule, found[key].group


def test_group__only_dev_requirements_reach_it__is_dev() -> None:
    found = assigned(bare("tester", requires=["helper"]), bare("helper"), asked=("tester",), config=DEV)
    assert decided(found, "tester") == ("DW001", "dev")
    assert decided(found, "helper") == ("DW301", "dev")
    assert "tester" in found["helper"].evidence[0].reason


def test_group__known_as_data_but_only_dev_reaches_it__is_dev_and_keeps_the_evidence() -> None:
    helper = bare("helper", classifiers=["Topic :: Database"])
    found = assigned(bare("tester", requires=["helper"]), helper, asked=("tester",), config=DEV)
    assert decided(found, "helper") == ("DW301", "dev")
    assert [e.rule for e in found["helper"].evidence] == ["DW301", "DW104"]


def test_group__looks_like_dev_but_is_needed__is_core_and_names_who_needs_it() -> None:
    found = assigned(bare("app", requires=["stubs"]), bare("stubs", classifiers=[STUBS]), asked=("app",))
    assert decided(found, "stubs") == ("DW302", "core")
    assert "app" in found["stubs"].evidence[0].reason


def test_group__dev_line_that_production_needs__is_core() -> None:
    stubs = bare("stubs", classifiers=[STUBS])
    assert decided(assigned(bare("app", requires=["stubs"]), stubs, asked=("app", "stubs")), "stubs") == (
        "DW302",
        "core",
    )


def test_group__dev_and_production_reach_it__is_not_dev() -> None:
    found = assigned(
        bare("tester", requires=["shared"]), bare("app", requires=["shared"]), bare("shared"),
        asked=("tester", "app"), config=DEV,
    )  # fmt: skip
    assert found["shared"].group == "core"


def test_group__reached_from_one_group__takes_it() -> None:
    found = assigned(bare("frame", requires=["under"]), bare("under"), asked=("frame",), config=DATA)
    assert decided(found, "under") == ("DW303", "data")


def test_group__reached_from_two_groups__is_core_by_default() -> None:
    found = assigned(
        bare("frame", requires=["under"]), bare("brain", requires=["under"]), bare("under"),
        asked=("frame", "brain"), config=DATA | ML,
    )  # fmt: skip
    assert decided(found, "under") == ("DW304", "core")


def test_group__is_unknown_it__is_core_by_default() -> None:
    assert decided(assigned(bare("x-unheard-of"), asked=("x-unheard-of",)), "x-unheard-of") == ("DW304", "core")


def test_group__config__beats_what_the_graph_says() -> None:
    config = DEV | {"ml": ("helper",)}
    found = assigned(bare("tester", requires=["helper"]), bare("helper"), asked=("tester",), config=config)
    assert decided(found, "helper") == ("DW001", "ml")


def test_group__config_says_dev_but_production_needs_it__config_holds() -> None:
    found = assigned(bare("app", requires=["tester"]), bare("tester"), asked=("app",), config=DEV)
    assert decided(found, "tester") == ("DW001", "dev")


def test_tags__of_all_evidence__each_once() -> None:
    db = bare("db", classifiers=["Topic :: Database"])
    found = assigned(db, asked=("db",), config={"core.storage": ("db",)})
    assert found["db"].tags == ("storage", "database")


def test_group__only_perhaps_dev_requirements_reach_it__is_perhaps_dev() -> None:
    found = assigned(bare("acme-mock-it", requires=["helper"]), bare("helper"), asked=("acme-mock-it",))
    assert (found["acme-mock-it"].group, found["acme-mock-it"].sure) == ("dev", False)
    assert decided(found, "helper") == ("DW307", "dev")
    assert not found["helper"].sure
    assert found["helper"].evidence[0].reason == "only acme-mock-it requires it, possibly for development"


def test_evidence__of_many_users__names_three_and_counts_the_rest() -> None:
    users = [bare(f"tester-{number}", requires=["helper"]) for number in range(5)]
    found = assigned(*users, bare("helper"), asked=tuple(d.key for d in users), config=DEV)
    reason = "only tester-0, tester-1, tester-2 and 2 more require it, for development"
    assert found["helper"].evidence[0].reason == reason


def test_declared__dependency_groups_of_the_project__are_evidence_with_their_names() -> None:
    inventory = bare_inventory(bare("a"), bare("b"), bare("c"))
    declared = {"a": frozenset({"dev"}), "b": frozenset({"dev", "test"}), "c": frozenset({"dev", ""})}
    found = assign_groups(inventory, build_graph(inventory, wants("a", "b", "c")), config_names({}), declared)
    assert [found[key].group for key in "abc"] == ["dev", "dev", "core"]
    assert found["a"].evidence[0].reason == "only the project's dev group requires it"
    assert found["b"].evidence[0].reason == "only the project's dev, test groups require it"
