"""Two reports → what differs: distributions, groups, totals, and what else may be the reason."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.analysis.diff import compare
from deadweight.errors import BadReport
from deadweight.model.report import ImageReport, Report
from deadweight.model.report.diff import Copy, Difference, DistributionDifference
from deadweight.model.tree import Skipped
from tests.builders import bare, report_on


def only(old: Report, new: Report) -> DistributionDifference:
    """Return the one distribution that differs."""
    (each,) = compare(old, new).distributions
    return each


def test_compare__the_same_report__has_no_difference() -> None:
    report = report_on(bare("a", 10, requires=["b"], requested=True), bare("b", 5), unowned=3)
    diff = compare(report, report)
    assert (diff.distributions, diff.unchanged, diff.warnings) == ((), 2, ())
    assert diff.totals.apparent_bytes == Difference(old=18, new=18, change=0)


def test_compare__distribution_in_one_report__was_added_or_removed() -> None:
    less, more = report_on(bare("a", 10)), report_on(bare("a", 10), bare("b", 5, version="2.0", download=3))
    added, removed = only(less, more), only(more, less)
    copy = Copy(version="2.0", group="core", direct=True, apparent_bytes=5, download_bytes=3, estimated=False)
    assert (added.status, added.old, added.new, added.change_bytes) == ("added", None, copy, 5)
    assert (removed.status, removed.old, removed.new, removed.change_bytes) == ("removed", copy, None, -5)
    assert (added.download_change_bytes, removed.download_change_bytes) == (3, -3)


@pytest.mark.parametrize(
    ("old", "new", "status", "change", "download"),
    [
        (bare("a", 10), bare("a", 10, version="2"), "changed", 0, None),
        (bare("a", 10, version=None), bare("a", 12), "changed", 2, None),
        (bare("a", 10, download=4), bare("a", 8, version="2", download=9), "changed", -2, 5),
        (bare("a", 10), bare("a", 12), "resized", 2, None),
        (bare("a", 10, download=4), bare("a", 10, download=9), "resized", 0, 5),
        (bare("a", 10, download=4), bare("a", 11), "resized", 1, None),
    ],
)
def test_compare__distribution_in_both__has_a_status(
    old: object, new: object, status: str, change: int, download: int | None
) -> None:
    each = only(report_on(old), report_on(new))  # type: ignore[arg-type]
    assert (each.status, each.change_bytes, each.download_change_bytes) == (status, change, download)


def test_compare__other_group_alone__has_moved() -> None:
    old = report_on(bare("a", 10))
    new = replace(old, distributions=(replace(old["a"], group="dev"),))
    each, groups = only(old, new), compare(old, new).groups
    assert (each.status, each.change_bytes, each.because) == ("moved", 0, ())
    assert groups["core"].apparent_bytes.change == -10
    assert groups["dev"].distributions == Difference(old=0, new=1, change=1)


def test_compare__missing_where_it_could_not_be_measured__was_not_removed() -> None:
    old = report_on(bare("a", 10), bare("b", 5))
    new = replace(report_on(bare("a", 10)), skipped=(Skipped("b", "no wheel", 5),))
    diff = compare(old, new)
    assert [each.status for each in diff.distributions] == ["unmeasured"]
    assert [each.status for each in compare(new, old).distributions] == ["unmeasured"]
    assert (diff.exit_code, diff.skipped) == (5, new.skipped)


def test_compare__several__sorts_by_the_size_of_the_change() -> None:
    old = report_on(bare("a", 10), bare("b", 50), bare("c", 100), bare("d", 1))
    new = report_on(bare("a", 15), bare("c", 60), bare("d", 1), bare("e", 5))
    assert [each.key for each in compare(old, new).distributions] == ["b", "c", "a", "e"]


def test_compare__groups__have_counts_and_sizes_of_both() -> None:
    diff = compare(report_on(bare("a", 10, download=1)), report_on(bare("a", 10, download=1), bare("pytest", 7)))
    assert diff.groups["dev"].apparent_bytes == Difference(old=0, new=7, change=7)
    assert diff.groups["dev"].download_bytes == Difference(old=0, new=None, change=None)
    assert diff.groups["core"].download_bytes.change == 0
    assert list(diff.groups) == ["core", "data", "ml", "dev"]


def test_compare__image_and_no_image__has_what_the_image_ships() -> None:
    old = report_on(bare("a", 10))
    facts = ImageReport(layers=(), shipped_bytes=90, wasted_bytes=8, efficiency=None, wasted=(), wasted_paths=())
    totals = compare(old, replace(old, image=facts)).totals
    assert (totals.shipped_bytes, totals.wasted_bytes) == (
        Difference(old=None, new=90, change=None),
        Difference(old=None, new=8, change=None),
    )
    assert compare(old, old).totals.shipped_bytes is None


def test_compare__report_that_does_not_add_up__is_refused() -> None:
    report = report_on(bare("a", 10), location="env")
    wrong = replace(report, totals=replace(report.totals, apparent_bytes=11))
    for pair in ((report, wrong), (wrong, report)):
        with pytest.raises(BadReport, match=r"do not add up"):
            compare(*pair)


def test_compare__other_conditions__are_named() -> None:
    old = report_on(bare("a", 10))
    new = replace(
        old,
        version="9.9",
        target=replace(old.target, method="wheels"),
        environment=replace(old.environment, python="3.13.1", platform="win_amd64"),
        totals=replace(old.totals, unmeasured=1),
    )
    method, python, platform, version, incomplete = compare(old, new).warnings
    assert method == "OLD was measured from its files, NEW from the file lists of wheels, which contain no bytecode"
    assert python == "OLD is for Python 3.11.7, NEW for Python 3.13.1"
    assert platform == "OLD is for linux_x86_64, NEW for win_amd64"
    assert version.endswith("NEW by deadweight 9.9")
    assert incomplete == "NEW is incomplete: 1 distribution could not be measured"


def test_compare__bytecode_in_one_environment_alone__is_named() -> None:
    old = report_on(bare("a", 10))
    new = replace(old, totals=replace(old.totals, bytecode_bytes=4))
    assert compare(old, new).warnings == ("only NEW contains bytecode",)
