"""Whether a split may leave one requirement out, and by what evidence."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deadweight.graph import Root, build_graph, weigh
from deadweight.groups import assign_groups
from deadweight.groups.rules import config_names
from deadweight.model import Distribution, Evidence, Mention, Use
from deadweight.model.application import How, Role
from deadweight.planning.judging import Judged, Plan, is_chosen, is_direct, judged_later
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, wants


def use(how: How = "start", role: Role = "application", line: int = 1) -> Use:
    return Use(Mention("import", "it", "app.py", line, role, how), "name")


def planned(
    *distributions: Distribution,
    asked: str,
    uses: Mapping[str, tuple[Use, ...]] | None = None,
    by_marks: bool = False,
    unmeasured: str = "",
    **settings: object,
) -> Plan:
    """Return the plan for requirements, one a word."""
    policy = Settings.of(**settings).policy
    inventory, lines = bare_inventory(*distributions), wants(*asked.split())
    graph, config = build_graph(inventory, lines), config_names(policy.groups)
    return Plan(
        requirements=lines,
        graph=graph,
        weights=weigh(graph),
        groups=assign_groups(inventory, graph, config, None, uses),
        config=config,
        policy=policy,
        uses=uses or {},
        with_code=uses is not None,
        by_marks=by_marks,
        unmeasured=frozenset(unmeasured.split()),
    )


def only(plan: Plan) -> Judged:
    (each,) = plan.judged
    return each


def test_judged__dropped_by_the_user__says_so_first_and_surely() -> None:
    found = only(planned(bare("acme-mock-it"), asked="acme-mock-it", drop=("acme-mock-it",))).assignment
    assert found.evidence[0] == Evidence("DW003", "dev", "you asked to drop it")
    assert [e.rule for e in found.evidence[1:]] == ["DW105"]
    assert found.sure


def test_judged__not_installed__is_judged_by_its_name_and_frees_nothing() -> None:
    plan = planned(bare("a"), asked="pytest")
    each = only(plan)
    assert (each.key, each.name, each.assignment.group, each.freed(plan)) == (None, "pytest", "dev", None)


@pytest.mark.parametrize("name", ["pip", "setuptools", "wheel"])
def test_judged__what_new_environments_have__is_dev_where_marks_alone_name_it(name: str) -> None:
    found = only(planned(bare(name), asked=name, by_marks=True)).assignment
    assert (found.group, found.sure) == ("dev", True)
    assert found.evidence[0] == Evidence("DW107", "dev", "part of every new environment")
    by_a_file = only(planned(bare(name), asked=name)).assignment
    assert found.evidence[1:] == by_a_file.evidence
    used = only(planned(bare(name), asked=name, by_marks=True, uses={name: (use(),)})).assignment
    assert "new environments have it" not in used.evidence[0].reason
    in_tests = only(planned(bare(name), asked=name, by_marks=True, uses={name: (use(role="tests"),)})).assignment
    assert in_tests.evidence[0].rule == "DW107"


def test_judged__other_names__are_not_what_new_environments_have() -> None:
    assert only(planned(bare("a"), asked="a", by_marks=True)).assignment.evidence[0].rule == "DW304"


# --- what is imported later ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((3,), "never imported at start, only in app.py:3"),
        ((3, 4, 5), "never imported at start, only in app.py:3 and 2 more"),
    ],
)
def test_judged_later__never_imported_at_start__says_where_it_is(lines: tuple[int, ...], reason: str) -> None:
    plan = planned(bare("a"), asked="a", uses={"a": tuple(use("lazy", line=line) for line in lines)})
    before = only(plan).assignment
    found = judged_later(only(plan), plan).assignment
    assert found.evidence == (Evidence("DW305", before.group, reason), *before.evidence)
    assert (found.group, found.sure) == (before.group, before.sure)


@pytest.mark.parametrize(
    "settings",
    [{"keep": ("a",)}, {"drop": ("a",)}, {"groups": {"core": ("a",)}}],
    ids=["kept", "dropped", "grouped"],
)
def test_judged_later__what_the_user_decided__stays_as_it_is(settings: dict[str, object]) -> None:
    plan = planned(bare("a"), asked="a", uses={"a": (use("lazy"),)}, **settings)  # type: ignore[arg-type]
    assert judged_later(only(plan), plan) == only(plan)


def test_judged_later__what_something_else_loads_on_demand__stays_as_it_is() -> None:
    uses = {"psycopg2-binary": (use("lazy"),), "sqlalchemy": (use(),)}
    plan = planned(bare("sqlalchemy"), bare("psycopg2-binary"), asked="sqlalchemy psycopg2-binary", uses=uses)
    each = plan.judged[1]
    assert "DW205" in {e.rule for e in each.assignment.evidence}
    assert judged_later(each, plan) == each


def test_judged_later__imported_at_start_too__stays_as_it_is() -> None:
    plan = planned(bare("a"), asked="a", uses={"a": (use("lazy"), use())})
    assert judged_later(only(plan), plan) == only(plan)


# --- what a split keeps --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "allowed", "settings", "expected"),
    [
        ("a", ("core",), {}, True),
        ("a", ("data",), {}, False),
        ("a", ("data",), {"keep": ("a",)}, True),
        ("a", ("core",), {"drop": ("a",)}, False),
        ("a", ("core",), {"drop": ("a",), "keep": ("a",)}, False),
        ("a", ("data",), {"unmeasured": "a"}, True),
        ("pytest", ("core",), {}, False),
        ("acme-mock-it", ("core",), {}, True),
    ],
)
def test_is_chosen__by_group_and_by_the_user(
    name: str, allowed: tuple[str, ...], settings: dict[str, object], expected: bool
) -> None:
    plan = planned(bare(name), asked=name, **settings)  # type: ignore[arg-type]
    assert is_chosen(only(plan), allowed, plan) is expected


def test_is_chosen__imported_later__is_left_out_of_its_own_group() -> None:
    plan = planned(bare("a"), asked="a", uses={"a": (use("lazy"),)})
    assert is_chosen(only(plan), ("core",), plan)
    assert not is_chosen(judged_later(only(plan), plan), ("core",), plan)


def test_is_direct__in_a_full_freeze__only_what_no_other_line_needs() -> None:
    distributions = [bare("a", requires=["b"]), bare("b", requires=["c"]), bare("c", requires=["d"]), bare("d")]
    frozen = planned(*distributions, asked="a==1.0 b==1.0 c==1.0 d==1.0 gone==1.0")
    assert [each.requirement.name for each in frozen.judged if is_direct(each, frozen)] == ["a"]
    loose = planned(*distributions, asked="a b gone")
    assert [each.requirement.name for each in loose.judged if is_direct(each, loose)] == ["a", "b"]


def test_root__of_a_requirement__has_the_extras_of_its_own_line() -> None:
    a = bare("a", requires=["x ; extra == 'x'", "y ; extra == 'y'"])
    plan = planned(a, bare("b", requires=["a[y]"]), bare("x"), bare("y"), asked="a[x] b")
    assert [each.root(plan.graph) for each in plan.judged] == [Root("a", frozenset({"x"})), Root("b")]
    assert plan.required == {"a", "b", "x", "y"}
    assert [each.freed(plan) for each in plan.judged] == [1, 2]
