"""The exit code of a check."""

from __future__ import annotations

import pytest

from deadweight.model.report import TargetFacts
from deadweight.model.report.check import CheckReport, Result, Status
from deadweight.model.tree import Skipped

TARGET = TargetFacts(kind="requirements", location="requirements.txt", method="wheels")


def result(status: Status, *, incomplete: bool = False) -> Result:
    return Result(code="DW401", rule="max", status=status, limit="5MB", incomplete=incomplete)


@pytest.mark.parametrize(
    ("results", "unmeasured", "code"),
    [
        ([], [], 0),
        ([result("pass"), result("skip")], [], 0),
        ([result("pass"), result("fail")], [], 3),
        ([result("fail")], [5], 3),  # a breach is certain, whatever else there is
        ([result("fail", incomplete=True)], [5, 4], 5),
        ([result("fail", incomplete=True)], [4], 4),
        ([result("fail", incomplete=True)], [0], 4),  # skipped on purpose, but no proof
        ([result("fail", incomplete=True), result("fail")], [5], 3),
        ([result("pass")], [5], 5),
    ],
)
def test_exit_code__breach__comes_before_what_could_not_be_measured(
    results: list[Result], unmeasured: list[int], code: int
) -> None:
    report = CheckReport(
        version="1",
        target=TARGET,
        baseline=None,
        holds=False,
        results=tuple(results),
        skipped=tuple(Skipped(f"a{number}", "lost", each) for number, each in enumerate(unmeasured)),
    )
    assert report.exit_code == code
