"""Paths of a copy are shown as REV:PATH wherever a text names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from deadweight.errors import BadRequirement
from deadweight.operations.revisions.hiding import Hiding, hiding_of
from deadweight.progress import Progress
from tests.builders import bare, report_on


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{0}/svc/a.txt, line 1", "main:a.txt, line 1"),
        ("{0}/svc/../base.txt", "main:../base.txt"),
        ("{0}/base.txt", "main:../base.txt"),
        ("{0}/svc/lib and {0}", "main:lib and main:../"),
        ("{0}/svc/../../out.whl", "main:../../out.whl"),
        ("other/git-1/svc/a.txt", "other/git-1/svc/a.txt"),
    ],
)
def test_in_text__path_of_the_copy__is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "scratch-1/git-1"
    copy.mkdir(parents=True)
    hiding = hiding_of(str(copy), "svc/", "main")
    assert hiding.in_text(text.format(copy)) == shown
    assert hiding.in_text(f"file://{copy}/svc/lib") == "main:lib"
    assert hiding.in_text(text.format("scratch-1/git-1")) == shown


def test_in_value__report__is_replaced_at_any_depth() -> None:
    report = report_on(bare("a", 10, requires=["b"], url="file:///copy/a"), location="/copy/env")
    report = replace(report, warnings=("in /copy/x",))
    shown = Hiding((("/copy/", "main:"),)).in_value(report)
    assert (shown.target.location, shown.warnings, shown["a"].url) == ("main:env", ("in main:x",), "file://main:a")
    assert shown.distributions[0].requirements == report.distributions[0].requirements
    assert Hiding().in_value(report) is report


def test_in_error__and_progress__are_replaced() -> None:
    hiding, seen = Hiding((("/copy/", "main:"),)), list[Progress]()
    error = BadRequirement("/copy/r.txt", 1, "x", "invalid")
    hiding.in_error(error)
    assert str(error) == error.cause == "main:r.txt, line 1: invalid: x"
    hiding.in_progress(seen.append)(Progress("reading", "/copy/r.txt", done=1))
    assert seen == [Progress("reading", "main:r.txt", done=1)]
