"""Every rule has a page, and every page a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.groups.rules import rules
from deadweight.image_rules import rules as advice_rules

PAGES = Path(__file__).parents[3] / "docs/rules"


def test_pages__one_for_each_rule_and_one_that_lists_them() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*rules(), *advice_rules(), "README"}


@pytest.mark.parametrize("code", list(rules()))
def test_page__says_what_the_table_says(code: str) -> None:
    rule = rules()[code]
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code} {rule.name}\n\n{rule.reason}\n")
    assert f"Argues for: {rule.argues}. Strength: {rule.strength}." in text
    assert f"[{code}]({code}.md) | {rule.name} | {rule.argues} | {rule.strength}" in (PAGES / "README.md").read_text()
