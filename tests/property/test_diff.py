"""Rows add up to the difference of the totals, and the difference of two reports is the mirror of its reverse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deadweight.analysis.diff import compare
from deadweight.model.report import Report
from deadweight.model.report.diff import Diff, Difference, DistributionDifference, GroupDifference, TotalsDifference
from deadweight.report.diff import DIFF_FORMATS, render_diff
from deadweight.report.view import View
from tests.builders import bare, report_on

NAMES = st.sampled_from(("app", "base", "numpy", "pytest", "torch", "web", "x-y"))
MIRRORED = {"added": "removed", "removed": "added"}


@st.composite
def reports(draw: st.DrawFn, *, downloads: bool = False) -> Report:
    sizes = st.integers(0, 10**12)
    distributions = [
        bare(
            name,
            draw(sizes),
            version=draw(st.sampled_from(("1", "2", None))),
            requires=draw(st.lists(NAMES, max_size=3)),
            requested=draw(st.booleans()),
            download=draw(sizes if downloads else st.none() | sizes),
        )
        for name in draw(st.sets(NAMES))
    ]
    lines = " ".join(draw(st.lists(NAMES, max_size=3)))
    return report_on(*distributions, lines=lines, unowned=draw(sizes))


@given(reports(), reports())
def test_compare__any_reports__rows_add_up_to_the_difference_of_the_totals(old: Report, new: Report) -> None:
    diff = compare(old, new)
    change = new.totals.apparent_bytes - old.totals.apparent_bytes
    unowned = diff.totals.unowned_bytes.change or 0
    assert sum(each.change_bytes for each in diff.distributions) + unowned == change
    assert sum(group.apparent_bytes.change or 0 for group in diff.groups.values()) + unowned == change
    assert len(diff.distributions) + diff.unchanged == len({*old.rows} | {*new.rows})


@given(reports(downloads=True), reports(downloads=True))
def test_compare__all_downloads_known__they_add_up_too(old: Report, new: Report) -> None:
    diff = compare(old, new)
    change = sum(each.download_change_bytes or 0 for each in diff.distributions)
    assert change == sum(group.download_bytes.change or 0 for group in diff.groups.values())
    if old.distributions and new.distributions:
        assert change == diff.totals.download_bytes.change


@given(reports())
def test_compare__with_itself__is_empty(report: Report) -> None:
    diff = compare(report, report)
    assert (diff.distributions, diff.warnings) == ((), ())
    assert diff.totals.apparent_bytes.change == 0


@given(reports(), reports())
def test_compare__reversed__is_the_mirror(old: Report, new: Report) -> None:
    forth, back = compare(old, new), compare(new, old)
    assert [mirrored(each) for each in forth.distributions] == list(back.distributions)
    assert {name: mirrored_group(group) for name, group in forth.groups.items()} == back.groups
    assert mirrored_totals(forth.totals) == back.totals
    assert (forth.old, forth.new, forth.unchanged) == (back.new, back.old, back.unchanged)


def turned(size: Difference) -> Difference:
    return Difference(old=size.new, new=size.old, change=None if size.change is None else -size.change)


def mirrored(each: DistributionDifference) -> DistributionDifference:
    download = each.download_change_bytes
    return replace(
        each,
        status=MIRRORED.get(each.status, each.status),
        old=each.new,
        new=each.old,
        change_bytes=-each.change_bytes,
        download_change_bytes=None if download is None else -download,
        because=tuple(replace(cause, change=MIRRORED.get(cause.change, cause.change)) for cause in each.because),
    )


def mirrored_group(group: GroupDifference) -> GroupDifference:
    return GroupDifference(
        distributions=turned(group.distributions),
        apparent_bytes=turned(group.apparent_bytes),
        download_bytes=turned(group.download_bytes),
    )


def mirrored_totals(totals: TotalsDifference) -> TotalsDifference:
    return TotalsDifference(
        distributions=turned(totals.distributions),
        files=turned(totals.files),
        apparent_bytes=turned(totals.apparent_bytes),
        bytecode_bytes=turned(totals.bytecode_bytes),
        unowned_bytes=turned(totals.unowned_bytes),
        download_bytes=turned(totals.download_bytes),
        shipped_bytes=None,
        wasted_bytes=None,
    )


@given(reports(), reports())
def test_diff__any__is_read_back_as_it_was_written(old: Report, new: Report) -> None:
    diff = compare(old, new)
    assert Diff.from_json(diff.to_json()) == diff


@given(reports(), reports(), st.integers(40, 130), st.none() | st.integers(1, 4))
def test_render__any__fits_the_width(old: Report, new: Report, width: int, rows: int | None) -> None:
    diff = compare(old, new)
    texts = {form: render_diff(diff, form, View(width=width, rows=rows)) for form in DIFF_FORMATS}
    assert max(map(len, texts["text"].splitlines())) <= width
    assert all(text.endswith("\n") for text in texts.values())
