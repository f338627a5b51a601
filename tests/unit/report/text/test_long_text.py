"""Foreign text of any length: messages and reports show the first 500 characters of it."""

from __future__ import annotations

import pytest

from deadweight.analysis.reporting import report_of
from deadweight.errors import MOST_SHOWN, BadInput, BadRequirement
from deadweight.inventory import take_inventory
from deadweight.model import Conflict, Evidence, Skipped
from deadweight.report.text.as_text import as_text
from deadweight.report.view import View
from deadweight.untrusted import plain
from tests.builders import dist_files, profile_of, requirements_file, site_tree

LONG = "é" * 300_000


@pytest.mark.parametrize(
    "files",
    [
        dist_files("a", record=[f"{LONG}.py,,"]),
        dist_files("a", record=[f"/{LONG},,"]),
        dist_files("a", record=[f"m{number}.py,," for number in range(20_000)]),
        dist_files("a", requires=[f"b{LONG}"]),
        dist_files("a", requires=["b" * 200_000]),
        dist_files("a", headers=[f"Classifier: Framework :: Pytest{LONG}", f"Summary: {LONG}"]),
    ],
    ids=["path", "path-that-leaves", "paths-that-are-not-there", "no-requirement", "requirement", "headers"],
)
def test_report__foreign_text_without_end__stays_small(files: dict[str, bytes]) -> None:
    found = profile_of(take_inventory(site_tree(files)))
    assert len(report_of(found).to_json()) < 12_000
    assert len(as_text(report_of(found), View(width=120))) < 6_000


def test_error__line_without_end__shows_its_beginning() -> None:
    with pytest.raises(BadRequirement) as caught:
        requirements_file(f"a{' ' * 60_000}b")
    assert len(caught.value.cause) < 2 * MOST_SHOWN + 100
    assert len(BadInput("x" * 1_000_000).cause) < 20_000


def test_values__text_without_end__is_cut() -> None:
    assert len(Skipped(LONG, LONG).reason) == MOST_SHOWN
    assert len(Conflict(kind="path", names=(LONG,), reason=LONG).reason) == MOST_SHOWN
    assert len(Evidence("DW101", "core", LONG).reason) == MOST_SHOWN


def test_plain__password_where_the_text_is_cut__is_blotted_out() -> None:
    text = plain("x" * (MOST_SHOWN - 20) + " https://me:secret-of-mine@host/" + "y" * 1000)
    assert "secret" not in text
    assert len(text) == MOST_SHOWN
