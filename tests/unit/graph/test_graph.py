"""Requirements matched to distributions: extras, markers, roots, and what leaves with whom."""

from __future__ import annotations

from itertools import pairwise

import networkx
import pytest
from msgspec.structs import replace

from deadweight.graph import Extra, Graph, Holders, Root, build_graph, holders, weigh
from tests.builders import bare, bare_inventory, wants


def roots(graph: Graph) -> dict[str, set[str]]:
    """Return direct root → the extras it is asked for with."""
    return {root.key: set(root.extras) for root in graph.direct}


# --- edges, extras and markers -------------------------------------------------------------------


def test_edges__plain_requirement__carry_the_line() -> None:
    found = build_graph(bare_inventory(bare("a", requires=["B.x>=1 ; python_version > '3'"]), bare("b-x")), wants("a"))
    assert found.requires("a") == ("b-x",)
    assert found.required_by["b-x"] == ("a",)
    assert found.lines["a", "b-x"] == "B.x>=1 ; python_version > '3'"


def test_extra__requested_by_the_user__weighs_on_its_distribution() -> None:
    uvicorn = bare("uvicorn", 6, requires=["click", "uvloop ; extra == 'standard'", "wsproto ; extra == 'ws'"])
    rest = (bare("click", 10), bare("uvloop", 100), bare("wsproto", 1000))
    found = build_graph(bare_inventory(uvicorn, *rest), wants("uvicorn[standard]"))
    assert found.own["uvicorn"] == 6
    assert weigh(found)["uvicorn"].closure == 116
    assert weigh(found)["uvicorn"].retained == 116
    assert found.edges[Extra("uvicorn", "standard")] == ("uvicorn", "uvloop")
    assert [root.key for root in found.strays] == ["wsproto"]


def test_extra__requested_by_a_distribution__weighs_on_the_requirer_and_its_owner() -> None:
    app, lib = bare("app", 1, requires=["lib[fast]"]), bare("lib", 10, requires=["speed ; extra == 'fast'"])
    other = bare("other", 1000, requires=["lib"])
    found = build_graph(bare_inventory(app, lib, other, bare("speed", 100)), wants("app", "other"))
    assert found.edges["app"] == ("lib", Extra("lib", "fast"))
    assert found.closure([Root("other")]) == {"other", "lib"}
    assert found.retained_by("lib") == {"lib", "speed"}
    assert found.retained_by("app") == {"app", "speed"}


def test_extra__is_not_requested__adds_neither_edge_nor_conflict() -> None:
    a = bare("a", requires=["absent ; extra == 'x'", "b ; extra == 'y'"])
    found = build_graph(bare_inventory(a, bare("b")), wants("a", "b"))
    assert found.requires("a") == ()
    assert found.conflicts == ()


def test_extra__named_in_another_spelling__is_normalized() -> None:
    a = bare("a", requires=["b ; extra == 'Fast_IO'"])
    found = build_graph(bare_inventory(a, bare("b")), wants("a[fast.io]"))
    assert found.requires("a") == ("b",)


def test_extra__unknown__changes_nothing() -> None:
    found = build_graph(bare_inventory(bare("a")), wants("a[no-such]"))
    assert found.closure_of("a") == {"a"}
    assert roots(found) == {"a": {"no-such"}}


def test_extra__that_asks_for_itself_with_another__brings_both() -> None:
    a = bare("a", requires=["a[x] ; extra == 'all'", "b ; extra == 'x'"])
    found = build_graph(bare_inventory(a, bare("b")), wants("a[all]"))
    assert found.requires("a") == ("b",)
    assert found.extras["a"] == {"all", "x"}


@pytest.mark.parametrize(
    ("python", "platform", "brought"),
    [
        ("3.8", "linux_x86_64", {"old", "posix"}),
        ("3.12.1", "linux_aarch64", {"posix", "arm"}),
        ("3.12.1", "win_amd64", {"windows"}),
        ("3.12.1", "macosx_arm64", {"posix", "mac"}),
    ],
)
def test_markers__follow_the_measured_environment(python: str, platform: str, brought: set[str]) -> None:
    a = bare(
        "a",
        requires=[
            "old ; python_version < '3.9'", "posix ; os_name == 'posix'", "windows ; sys_platform == 'win32'",
            "mac ; platform_system == 'Darwin'", "arm ; platform_machine == 'aarch64'",
        ],
    )  # fmt: skip
    others = [bare(name) for name in ("old", "posix", "windows", "mac", "arm")]
    found = build_graph(bare_inventory(a, *others, python=python, platform=platform), wants("a"))
    assert set(found.requires("a")) == brought
    assert found.conflicts == ()


def test_marker__of_the_users_line__false_here__is_no_root() -> None:
    found = build_graph(bare_inventory(bare("a")), wants("a", "gone ; sys_platform == 'win32'"))
    assert roots(found) == {"a": set()}
    assert found.conflicts == ()


def test_marker__extra_or_platform__holds_without_the_extra() -> None:
    a = bare("a", requires=["b ; extra == 'x' or sys_platform == 'linux'"])
    assert build_graph(bare_inventory(a, bare("b")), wants("a")).requires("a") == ("b",)


def test_requirement__does_not_parse__is_a_warning_and_the_others_hold() -> None:
    found = build_graph(bare_inventory(bare("a", requires=["b ==", "c"]), bare("c")), wants("a"))
    assert found.requires("a") == ("c",)
    assert len(found.warnings) == 1
    assert "b ==" in found.warnings[0]


# --- conflicts -----------------------------------------------------------------------------------


def test_conflict__missing__names_who_asks_for_what() -> None:
    found = build_graph(bare_inventory(bare("a", requires=["gone>=2"])), wants("a"))
    assert [(c.kind, c.names) for c in found.conflicts] == [("missing", ("a", "gone"))]
    assert "gone>=2" in found.conflicts[0].reason


def test_conflict__version__names_both_versions() -> None:
    found = build_graph(bare_inventory(bare("a", requires=["b>=2"]), bare("b", version="1.4")), wants("a"))
    assert [(c.kind, c.names) for c in found.conflicts] == [("version", ("a", "b"))]
    assert ">=2" in found.conflicts[0].reason
    assert "1.4" in found.conflicts[0].reason


@pytest.mark.parametrize(("version", "specifier"), [("2.0rc1", ">=1"), ("2.0+cu118", "==2.0"), (None, ">=2")])
def test_conflict__version_that_fits_or_tells_nothing__is_none(version: str | None, specifier: str) -> None:
    a, b = bare("a", requires=[f"b{specifier}"]), bare("b", version=version)
    assert build_graph(bare_inventory(a, b), wants("a")).conflicts == ()


def test_conflict__users_line__missing_and_version() -> None:
    found = build_graph(bare_inventory(bare("a")), wants("a>=2", "gone"))
    assert sorted((c.kind, c.names[-1]) for c in found.conflicts) == [("missing", "gone"), ("version", "a")]


# --- roots ---------------------------------------------------------------------------------------


def test_roots__requested_marks__tell() -> None:
    a, b = bare("a", requires=["b"], requested=True), bare("b", requested=True)
    assert roots(build_graph(bare_inventory(a, b, bare("c")))) == {"a": set(), "b": set()}


def test_roots__installer_marks_everything__are_what_nothing_requires() -> None:
    a, b = bare("a", requires=["b"], requested=True, installer="uv"), bare("b", requested=True, installer="uv")
    assert roots(build_graph(bare_inventory(a, b))) == {"a": set()}


def test_roots__no_marks__are_what_nothing_requires() -> None:
    assert roots(build_graph(bare_inventory(bare("a", requires=["b"]), bare("b"), bare("c")))) == {
        "a": set(),
        "c": set(),
    }


def test_roots__two_installers__each_judged_by_its_own_marks() -> None:
    by_uv = [bare("u1", requires=["u2"], requested=True, installer="uv"), bare("u2", requested=True, installer="uv")]
    by_pip = [bare("p1", requires=["p2"], requested=True), bare("p2"), bare("p3")]
    assert set(roots(build_graph(bare_inventory(*by_uv, *by_pip)))) == {"u1", "p1"}


def test_strays__what_no_root_reaches__become_roots_of_their_own() -> None:
    a, left, under = bare("a", requested=True), bare("left", 5, requires=["under"]), bare("under", 7)
    found = build_graph(bare_inventory(a, left, under))
    assert found.strays == (Root("left"),)
    assert weigh(found)["left"].freed == 12
    assert weigh(found)["under"].freed is None


def test_strays__cycle_that_nothing_requires__starts_at_one_of_it() -> None:
    found = build_graph(bare_inventory(bare("a"), bare("x", requires=["y"]), bare("y", requires=["x"])), wants("a"))
    assert found.strays == (Root("x"),)


def test_roots__bare_url__is_matched_by_direct_url() -> None:
    inventory = bare_inventory(bare("a", url="https://host/a-1.0-py3-none-any.whl"), bare("b", url="file:///src/b"))
    (want,) = wants("a @ https://host/a-1.0-py3-none-any.whl")
    wheel = replace(want, name=None, location="https://host/a-1.0-py3-none-any.whl")
    by_url = (wheel, replace(want, name=None, url="./src/b", location="file:///src/b"))
    assert roots(build_graph(inventory, by_url)) == {"a": set(), "b": set()}
    assert list(build_graph(inventory, by_url).keys_of(by_url).values()) == ["a", "b"]


def test_roots__path_that_is_the_end_of_another__matches_nothing() -> None:
    inventory = bare_inventory(bare("mylib", url="file:///src/mylib"))
    (want,) = wants("a")
    assert build_graph(inventory, (replace(want, name=None, url="../lib", location="file:///lib"),)).direct == ()


def test_keys__line_whose_marker_is_false__names_nothing() -> None:
    lines = wants("num==2.0 ; python_version >= '3'", "num==1.0 ; python_version < '3'")
    assert list(build_graph(bare_inventory(bare("num", version="2.0")), lines).keys_of(lines).values()) == ["num", None]


def test_conflict__version_of_no_known_form__is_none() -> None:
    inventory = bare_inventory(bare("a", requires=["b>=2"]), bare("b", version="no-version"))
    assert build_graph(inventory, wants("a")).conflicts == ()


# --- extras that no environment records ----------------------------------------------------------


def test_inferred_extra__explains_what_nothing_reaches() -> None:
    a = bare("a", requires=["b ; extra == 'x'"], requested=True)
    found = build_graph(bare_inventory(a, bare("b")))
    assert roots(found) == {"a": {"x"}}
    assert found.strays == ()
    assert "a[x]" in "".join(found.warnings)


def test_inferred_extra__something_of_it_is_absent__is_not_guessed() -> None:
    a = bare("a", requires=["b ; extra == 'x'", "absent ; extra == 'x'"], requested=True)
    found = build_graph(bare_inventory(a, bare("b")))
    assert roots(found) == {"a": set()}
    assert found.strays == (Root("b"),)


@pytest.mark.parametrize(("names", "guessed"), [(("b", "c"), set()), (("b", "c", "d"), {"x"})])
def test_inferred_extra__without_marks__takes_three_names(names: tuple[str, ...], guessed: set[str]) -> None:
    a = bare("a", requires=[f"{name} ; extra == 'x'" for name in names])
    assert roots(build_graph(bare_inventory(a, *map(bare, names))))["a"] == guessed


@pytest.mark.parametrize("extra", ["dev", "test", "docs"])
def test_inferred_extra__for_developers__is_never_guessed(extra: str) -> None:
    a = bare("a", requires=[f"b ; extra == '{extra}'"], requested=True)
    found = build_graph(bare_inventory(a, bare("b")))
    assert roots(found) == {"a": set()}
    assert found.strays == (Root("b"),)


@pytest.mark.parametrize("marked", [True, False])
def test_inferred_extra__brings_a_root__which_stays_one_where_it_is_marked(marked: bool) -> None:
    """What another installer left without marks says nothing of these."""
    a = bare("a", requires=["b ; extra == 'x'", "c ; extra == 'x'"], requested=True)
    others = (bare("b", requested=marked), bare("c"), bare("d", installer="uv"))
    expected = {"a": {"x"}, "d": set()} | ({"b": set()} if marked else {})
    assert roots(build_graph(bare_inventory(a, *others))) == expected


def test_roots__no_marks_and_nothing_required__need_no_warning() -> None:
    assert build_graph(bare_inventory(bare("a"), bare("b"))).warnings == ()
    (warning,) = build_graph(bare_inventory(bare("a", requires=["b"]), bare("b"))).warnings
    assert "does not record what was requested" in warning


# --- a full freeze -------------------------------------------------------------------------------


def chain() -> tuple[str, ...]:
    return ("a==1.0", "b==1.0", "c==1.0", "d==1.0")


def test_freeze__all_pinned_and_all_named__only_the_unrequired_are_direct() -> None:
    inventory = bare_inventory(
        bare("a", requires=["b"]), bare("b", requires=["c"]), bare("c", requires=["d"]), bare("d")
    )
    found = build_graph(inventory, wants(*chain()))
    assert found.frozen
    assert roots(found) == {"a": set()}


def test_freeze__a_cycle_on_top__keeps_one_of_it() -> None:
    links = {"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": []}
    found = build_graph(bare_inventory(*(bare(n, requires=r) for n, r in links.items())), wants(*chain()))
    assert roots(found) == {"a": set()}


@pytest.mark.parametrize("lines", [("a>=1", "b", "c", "d"), ("a==1.0",)], ids=["not-pinned", "only-the-top"])
def test_freeze__not_pinned_or_not_whole__is_none(lines: tuple[str, ...]) -> None:
    inventory = bare_inventory(
        bare("a", requires=["b"]), bare("b", requires=["c"]), bare("c", requires=["d"]), bare("d")
    )
    found = build_graph(inventory, wants(*lines))
    assert not found.frozen
    assert len(found.direct) == len(lines)


# --- weights -------------------------------------------------------------------------------------


def test_weigh__diamond__closure_retained_and_freed_differ() -> None:
    top = bare("top", 1, requires=["left", "right"])
    sides = (bare("left", 10, requires=["shared"]), bare("right", 100, requires=["shared"]))
    weights = weigh(build_graph(bare_inventory(top, *sides, bare("shared", 1000)), wants("top")))
    assert {key: (w.closure, w.retained, w.freed) for key, w in weights.items()} == {
        "top": (1111, 1111, 1111),
        "left": (1010, 10, None),
        "right": (1100, 100, None),
        "shared": (1000, 1000, None),
    }


def test_weigh__direct_but_needed_elsewhere__retains_and_frees_nothing() -> None:
    inventory = bare_inventory(bare("a", 1, requires=["b"]), bare("b", 10, requires=["c"]), bare("c", 100))
    weight = weigh(build_graph(inventory, wants("a", "b")))["b"]
    assert (weight.closure, weight.retained, weight.freed) == (110, 110, 0)


def test_weigh__cycle__counts_each_once() -> None:
    inventory = bare_inventory(bare("a", 1, requires=["b"]), bare("b", 10, requires=["a"]))
    weights = weigh(build_graph(inventory, wants("a")))
    assert (weights["a"].closure, weights["a"].retained) == (11, 11)
    assert (weights["b"].closure, weights["b"].retained) == (11, 10)


def test_freed_by_dropping__both_holders__frees_what_they_share() -> None:
    inventory = bare_inventory(bare("a", requires=["s"]), bare("b", requires=["s"]), bare("s"), bare("c"))
    found = build_graph(inventory, wants("a", "b", "c"))
    assert found.freed_by_dropping({"a"}) == {"a"}
    assert found.freed_by_dropping({"a", "b"}) == {"a", "b", "s"}


def test_holders__name_the_direct_requirements_that_reach_it() -> None:
    inventory = bare_inventory(
        bare("a", requires=["m"]), bare("m", requires=["s"]), bare("b", requires=["s"]), bare("s")
    )
    found = build_graph(inventory, wants("a", "b"))
    assert holders(found, found.direct, 9) == {"m": Holders(("a",), 1), "s": Holders(("a", "b"), 2)}
    assert holders(found, found.direct, 1)["s"] == Holders(("a",), 2)
    assert found.holders_of("s") == ("a", "b")


# --- networkx ------------------------------------------------------------------------------------


def test_networkx__by_default__has_distributions_alone() -> None:
    a = bare("a", 3, requires=["b>=1", "c ; extra == 'x'"])
    found = build_graph(bare_inventory(a, bare("b", 5), bare("c", 7)), wants("a[x]")).networkx()
    assert dict(found.nodes(data="own_bytes")) == {"a": 3, "b": 5, "c": 7}
    assert {node for node, direct in found.nodes(data="direct") if direct} == {"a"}
    assert set(found.edges(data="requirement")) == {("a", "b", "b>=1"), ("a", "c", "c ; extra == 'x'")}


def test_networkx__with_extras__has_the_same_nodes_edges_and_bytes() -> None:
    a = bare("a", 3, requires=["b>=1", "c ; extra == 'x'"])
    found = build_graph(bare_inventory(a, bare("b", 5), bare("c", 7)), wants("a[x]")).networkx(extras=True)
    assert dict(found.nodes(data="own_bytes")) == {"a": 3, Extra("a", "x"): 0, "b": 5, "c": 7}
    assert {node for node, direct in found.nodes(data="direct") if direct} == {"a", Extra("a", "x")}
    assert set(found.edges(data="requirement")) == {
        ("a", "b", "b>=1"), (Extra("a", "x"), "a", ""),
        (Extra("a", "x"), "c", "c ; extra == 'x'"),
    }  # fmt: skip


def test_networkx__descendants__are_the_closure() -> None:
    links = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["b"]}
    found = build_graph(bare_inventory(*(bare(n, requires=r) for n, r in links.items())), wants("a"))
    for key in links:
        assert networkx.descendants(found.networkx(), key) | {key} == found.closure_of(key)


# --- several environments ---------------------------------------------------------------------------


def test_build_graph__two_environments__keep_their_own_edges_lines_and_roots() -> None:
    first = bare_inventory(bare("app", 1, requires=["lib"]), bare("lib", 2))
    tool = replace(bare("tool", 3, requires=["part>=1", "lib"]), prefix="opt/tool")
    part = replace(bare("part", 4), prefix="opt/tool")
    inventory = replace(
        first,
        environments=(*first.environments, replace(first.environment, prefix="opt/tool")),
        distributions=(*first.distributions, tool, part),
    )
    found = build_graph(inventory, wants("app"))
    assert found.requires("tool") == ("part",)
    assert found.lines["tool", "part"] == "part>=1"
    assert found.required_by == {"lib": ("app",), "part": ("tool",)}
    assert [root.key for root in found.direct] == ["app", "tool"]
    assert [(c.kind, c.names) for c in found.conflicts] == [("missing", ("tool", "lib"))]
    assert {key: weight.closure for key, weight in weigh(found).items()} == {"app": 3, "lib": 2, "tool": 7, "part": 4}


# --- what else is told ------------------------------------------------------------------------------


def test_requirement__that_does_not_parse__is_a_warning_with_the_reason() -> None:
    found = build_graph(bare_inventory(bare("a", requires=["b ==", "c"]), bare("c")), wants("a"))
    (warning,) = found.warnings
    assert warning.startswith("a has an invalid requirement: b == (Expected")
    assert found.requires("a") == ("c",)


def test_extra__of_a_requirement_with_a_url__is_normalized_too() -> None:
    a = bare("a", requires=["b[Fast_IO] @ https://host/b.whl"])
    b = bare("b", requires=["c ; extra == 'fast-io'"])
    assert build_graph(bare_inventory(a, b, bare("c")), wants("a")).edges[Extra("b", "fast-io")] == ("b", "c")


def test_freeze__line_of_a_url_that_was_requested__stays_a_root() -> None:
    names = ("a", "b", "c", "d")
    lines = [bare(name, requires=[f"{after}"]) for name, after in pairwise(names)]
    inventory = bare_inventory(*lines, bare("d", url="https://host/d.whl"))
    pins = tuple(replace(want, direct=False) for want in wants("a==1.0", "b==1.0", "c==1.0"))
    asked = replace(
        pins[0], name=None, specifier="", url="https://host/d.whl", location="https://host/d.whl", direct=True
    )
    found = build_graph(inventory, (*pins, asked))
    assert found.frozen
    assert [root.key for root in found.direct] == ["a", "d"]


def test_inferred_extras__one_that_adds_what_another_does__is_not_guessed_too() -> None:
    app = bare("app", requires=["p ; extra == 'a'", "p ; extra == 'z'", "q ; extra == 'z'"], requested=True)
    found = build_graph(bare_inventory(app, bare("p"), bare("q")))
    assert roots(found) == {"app": {"z"}}


def test_inferred_extras__where_marks_do_not_tell__take_three_names_that_nothing_requires() -> None:
    app = bare("app", requires=["lib", *(f"{name} ; extra == 'x'" for name in "abc")], requested=True)
    rest = [bare(name, requested=True) for name in ("a", "b", "c", "lib")]
    assert roots(build_graph(bare_inventory(app, *rest))) == {"app": {"x"}}
    assert roots(build_graph(bare_inventory(app, *rest[1:]))) == {"app": set(), "b": set(), "c": set()}
