"""Budgets: sizes are read as they are written, and a larger limit never fails where a smaller one passes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deadweight.budget import Budget, judge
from deadweight.budget.causes import Blame
from deadweight.budget.limits import UNITS, format_size, parse_size
from deadweight.budget.suggesting import suggestions, with_headroom
from deadweight.graph.holding import Holders
from deadweight.model.report import Report
from tests.builders import bare
from tests.reports import archived, measured

SIZES = st.integers(0, 10**9)


@given(st.integers(0, 10**15))
def test_parse__of_format__is_the_size(size: int) -> None:
    assert parse_size(format_size(size)) == size


@given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS)))
def test_parse__whole_number_of_any_unit__is_its_multiple(number: int, unit: str) -> None:
    assert parse_size(f"{number}{unit}") == parse_size(f"{number} {unit.swapcase()}") == number * UNITS[unit]


def report_of_sizes(sizes: list[int]) -> Report:
    names = [f"a{number}" for number in range(len(sizes))]
    return measured("\n".join(names), *(archived(name, size, size) for name, size in zip(names, sizes, strict=True)))


@given(st.lists(SIZES, max_size=4), st.lists(SIZES, max_size=4), SIZES, SIZES)
def test_judge__any_rule__is_monotone_in_the_limit(now: list[int], before: list[int], one: int, other: int) -> None:
    report, baseline = report_of_sizes(now), report_of_sizes(before)
    strict, lax = (
        judge(report, Budget(max=f"{n}B", max_package=f"{n}B", max_growth=f"{n}B", baseline="b"), baseline)
        for n in sorted((one, other))
    )
    for small, large in zip(strict, lax, strict=True):
        assert small.value_bytes == large.value_bytes
        assert small.status == "fail" or large.status == "pass"


@given(st.lists(SIZES, max_size=4), SIZES)
def test_judge__maximum__fails_exactly_where_the_value_exceeds_it(sizes: list[int], limit: int) -> None:
    (result,) = judge(report_of_sizes(sizes), Budget(max=f"{limit}B"))
    assert (result.status == "fail") == (sum(sizes) > limit)


@given(st.lists(SIZES, min_size=1, max_size=4))
def test_suggestions__for_a_report__pass_for_it(sizes: list[int]) -> None:
    report = report_of_sizes(sizes)
    budget = Budget(**{each.key.replace("-", "_"): each.value for each in suggestions(report)})  # type: ignore[arg-type]
    assert {result.status for result in judge(report, budget)} == {"pass"}


@given(st.integers(0, 10**14))
def test_with_headroom__any_size__adds_at_least_10_percent_and_at_most_21(size: int) -> None:
    limit = with_headroom(size)
    assert limit * 100 >= size * 110
    assert limit <= max(10**6, size * 121 // 100)
    assert len(str(limit).rstrip("0")) <= 2


def test_suggestions__dev_distribution__does_not_deny_dev() -> None:
    report = measured("pytest\n", bare("pytest"))
    assert [each.key for each in suggestions(report)] == ["max", "max-package"]


EDGES = st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")))


@given(EDGES, st.sets(st.sampled_from("abcdef"), min_size=1), st.sets(st.sampled_from("abcdef")))
def test_blame__any_graph__is_on_the_direct_requirements_that_reach_it(
    edges: set[tuple[str, str]], direct: set[str], first: set[str]
) -> None:
    report = measured(
        "".join(f"{name}\n" for name in sorted(direct)),
        *(bare(name, 1 << number, requires=[b for a, b in edges if a == name]) for number, name in enumerate("abcdef")),
    )
    blame = Blame(report, first)
    for row in report.distributions:
        reaching, pending = {row.key}, [row.key]
        while pending:
            new = {*report.rows[pending.pop()].required_by} - reaching
            reaching |= new
            pending += new
        rows = [report.rows[key] for key in reaching & direct]
        rows.sort(key=lambda each: (each.key not in first, each.key != row.key, -(each.freed_bytes or 0), each.key))
        assert blame.on(row.key) == Holders(tuple(each.key for each in rows[:5]), len(rows))
