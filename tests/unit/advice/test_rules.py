"""Every rule has a page for users, and every page says what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.advice.files.paths import sorts
from deadweight.image_rules import rules

PAGES = Path(__file__).parents[3] / "docs/rules"


def test_rules__are_in_the_order_of_their_codes() -> None:
    assert list(rules()) == sorted(rules())


@pytest.mark.parametrize("code", list(rules()))
def test_page__says_what_the_table_says(code: str) -> None:
    rule = rules()[code]
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code} {rule.name}\n\n{rule.title}\n\n")
    assert "\n```" in text  # an example
    assert f"| [{code}]({code}.md) | {rule.name} | {rule.title} |\n" in (PAGES / "README.md").read_text("utf-8")


def test_paths__every_sort__has_a_rule() -> None:
    assert {sort.rule for sort in sorts()} <= set(rules())
