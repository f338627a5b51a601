"""Growth since a baseline: what came or grew, and which baselines can be compared."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.builders import bare, bare_inventory, profile_of
from tests.reports import MB, measured

from deadweight.analysis.reporting import report_of
from deadweight.budget import Budget, judge
from deadweight.budget.growth import check_baseline, check_method
from deadweight.errors import BadInput
from deadweight.model.report import Report
from deadweight.model.report.check import Result
from deadweight.model.tree import Skipped

BEFORE = measured("web\nold\n", bare("web", 10 * MB, requires=["common"]), bare("common", MB), bare("old", 9 * MB))


def grown(after: Report, limit: str, before: Report = BEFORE) -> Result:
    (result,) = judge(after, Budget(max_growth=limit, baseline="b.json"), before)
    return result


def after() -> Report:
    """A newer web needs a larger common and a new fonts; ml is new; old is gone."""
    return measured(
        "web\nml\n",
        bare("web", 10 * MB, version="2.0", requires=["common", "fonts"]),
        bare("common", 3 * MB, version="1.1"),
        bare("fonts", 4 * MB),
        bare("ml", 8 * MB),
    )


@pytest.mark.parametrize(
    ("limit", "most", "status"),
    [
        ("25%", 5 * MB, "pass"), ("24%", 4_800_000, "fail"), ("5MB", 5 * MB, "pass"), ("4MB", 4 * MB, "fail"),
        ("0%", 0, "fail"),
    ],
)  # fmt: skip
def test_max_growth__share_or_size__is_of_the_baseline(limit: str, most: int, status: str) -> None:
    result = grown(after(), limit)
    assert (result.code, result.status, result.value_bytes, result.limit_bytes) == ("DW405", status, 5 * MB, most)


def test_max_growth__breach__names_what_came_and_grew_with_the_line_to_blame() -> None:
    result = grown(after(), "1%")
    assert [(c.name, c.before_bytes, c.size_bytes, c.note) for c in result.causes] == [
        ("ml", 0, 8 * MB, "new"),
        ("fonts", 0, 4 * MB, "new"),
        ("common", MB, 3 * MB, "was 1.0"),
    ]
    assert [[each.key for each in cause.requirements] for cause in result.causes] == [["ml"], ["web"], ["web"]]
    assert result.causes[0].requirements[0].line == 2


def test_max_growth__two_requirements_lead_to_it__the_one_that_changed_is_first() -> None:
    before = measured("a\nb\n", bare("a", 9 * MB), bare("b", MB))
    now = measured(
        "a\nb\n", bare("a", 9 * MB, requires=["c"]), bare("b", MB, version="2.0", requires=["c"]), bare("c", MB)
    )
    (cause,) = grown(now, "0MB", before).causes
    assert [each.key for each in cause.requirements] == ["b", "a"]


def test_max_growth__smaller_target__complies_with_zero() -> None:
    result = grown(measured("web\n", bare("web", MB)), "0%")
    assert (result.status, result.value_bytes) == ("pass", 0)


def test_max_growth__files_of_no_distribution__are_a_cause() -> None:
    totals = replace(BEFORE.totals, apparent_bytes=25 * MB, unowned_bytes=5 * MB)
    (cause,) = grown(replace(BEFORE, totals=totals), "1MB").causes
    assert (cause.name, cause.before_bytes, cause.size_bytes) == (None, 0, 5 * MB)


def test_max_growth__other_python__is_noted() -> None:
    environment = replace(BEFORE.environment, python="3.12.1")
    assert grown(replace(BEFORE, environment=environment), "5%").reason == "measured for another Python 3.11.7 → 3.12.1"


def test_max_growth__no_baseline__is_refused() -> None:
    with pytest.raises(BadInput, match="needs a baseline"):
        judge(BEFORE, Budget(max_growth="5%"))


def test_check_baseline__another_kind__is_refused() -> None:
    environment = report_of(profile_of(bare_inventory(bare("web"))))
    with pytest.raises(BadInput, match=r"b\.json: the baseline is a report of an environment, and the target is req"):
        check_baseline("b.json", environment, "requirements")
    check_baseline("b.json", environment, "environment")


def test_check_baseline__incomplete__is_refused() -> None:
    lost = measured("web\nlost\n", bare("web"), skipped=[Skipped("lost", "no wheel", 5)])
    with pytest.raises(BadInput, match="the baseline is incomplete"):
        check_baseline("b.json", lost, "requirements")


def test_check_method__another_method__is_refused() -> None:
    installed = replace(BEFORE, target=replace(BEFORE.target, method="install"))
    with pytest.raises(BadInput, match="measured by installing it, and the target from archives"):
        check_method("b.json", installed, BEFORE)
    check_method("b.json", BEFORE, BEFORE)
