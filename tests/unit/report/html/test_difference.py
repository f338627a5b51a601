"""A difference as HTML: every row, sums, and names that mean nothing to HTML."""

from __future__ import annotations

import re

import pytest

from deadweight.analysis.diff import compare
from deadweight.report.diff import render_diff
from deadweight.report.html.difference import as_html
from deadweight.report.view import View
from tests.builders import bare, report_on
from tests.unit.report.diff.test_text import shop


def cells(html: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", row).strip() for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)]


def test_as_html__every_change__has_a_row_and_the_total_is_below() -> None:
    diff = shop()
    rows = cells(as_html(diff, View(rows=1)))
    for each in diff.distributions:
        assert any(each.name in row and each.status in row for row in rows)
    assert any(row.startswith("total") for row in rows)


def test_as_html__nothing_differs__says_so() -> None:
    report = report_on(bare("a", 10))
    assert "All 1 distributions are the same in both." in as_html(compare(report, report))


def test_as_html__policy__allows_the_style_alone() -> None:
    html = as_html(shop())
    assert "<script" not in html
    assert re.search(r"default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]{44}&#39;;", html)


@pytest.mark.parametrize("version", ["<script>alert(1)</script>", '"onload="alert(1)', "\x1b[31m", "\u202e", "\udcff"])
def test_as_html__hostile_version__is_text(version: str) -> None:
    html = render_diff(compare(report_on(bare("a", 1)), report_on(bare("a", 2, version=version))), "html", View())
    assert not {"\x1b", "\u202e", "\udcff"} & set(html)
    assert "<script" not in html
    assert '"onload' not in html
