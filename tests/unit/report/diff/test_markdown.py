"""A difference as Markdown for a comment: what is folded, what adds up, and names that mean nothing to Markdown."""

from __future__ import annotations

import re

import pytest

from deadweight.analysis.diff import compare
from deadweight.report.diff.markdown import as_markdown
from deadweight.report.view import View
from tests.builders import bare, report_on
from tests.conftest import Golden
from tests.unit.report.diff.test_text import shop


def test_as_markdown__golden(golden: Golden) -> None:
    text = as_markdown(shop(), View(rows=3))
    assert text == golden("diff.md", text)


def test_as_markdown__every_row__has_the_columns_of_its_table() -> None:
    for block in re.findall(r"(?:^\|.*\n)+", as_markdown(shop(), View(rows=3)), re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}) == 1


def test_as_markdown__nothing_differs__is_a_summary() -> None:
    report = report_on(bare("a", 10), location="env")
    text = as_markdown(compare(report, report))
    assert text.startswith("**no change** from `env` to `env`: no distribution differs; 1 unchanged\n")
    assert "|" not in text


def test_as_markdown__all_rows__folds_none_of_them() -> None:
    assert "more change" not in as_markdown(shop(), View(rows=None))


def test_as_markdown__many_rows__fits_a_comment() -> None:
    new = report_on(*(bare(f"distribution-{number}", number + 1) for number in range(1000)))
    text = as_markdown(compare(report_on(), new))
    assert len(text) < 1 << 16
    assert "<summary>980 more changes</summary>" in text
    assert "| | 780 more changes | | +305 kB |" in text


HOSTILE = (
    "</details><img src=x onerror=alert(1)>", "a|b", "a\\|b", "`x`", "``", "@someone", "#1", "https://example.org",
    "www.example.org", "![x](https://example.org/x.png)", "a\n\n# b", "*b*", "$x$", "<!--", "\\",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_as_markdown__hostile_name__is_in_a_code_span(name: str) -> None:
    old = report_on(location=name)
    new = report_on(bare(name, 9, version=name), bare("child", 3), location=name)
    text = as_markdown(compare(old, new))
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)
    assert "`" not in outside
    for part in ("img", "@", "#", "http", "www", "*b", "$", "<!--", "\\"):
        assert part not in outside
    assert outside.count("<details>") == outside.count("</details>") == 1
