"""The file of a fleet and budgets → what the rules found."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from deadweight.budget import Budget, judge
from deadweight.errors import BadConfig, BadInput
from deadweight.fleet.values import Failure
from deadweight.model.report import ImageFinding, Overlap, Report
from deadweight.model.report.fleet.check import FleetCheckReport
from deadweight.operations.fleet.checking import fleet_check
from deadweight.report.fleet.check import CHECK_FORMATS, render_fleet_check
from deadweight.sources.fleet.store import Fleet
from tests.builders import bare, report_on
from tests.fleets import fleet_file, image_report, layer, wasteful

MB = 10**6


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Two runs: ``team/app`` grows from 10 to 20 MB, ``other`` stays at 5 MB, the image came later."""
    app, grown, other = (
        report_on(bare("numpy", size), bare("pytest", MB, requested=True)) for size in (10 * MB, 20 * MB, 5 * MB)
    )
    image = image_report(
        [layer("a", 9 * MB, wasted=3 * MB)],
        bare("scipy", 4 * MB),
        where={"scipy": (0,)},
        findings=[wasteful(3 * MB, number=0)],
    )
    return str(
        fleet_file(
            tmp_path / "f.db", {"team/app": app, "other": other}, {"team/app": grown, "other": other, "image": image}
        )
    )


def statuses(report: FleetCheckReport) -> dict[str, list[tuple[str, str]]]:
    return {
        check.target.location: [(result.rule, result.status) for result in check.results] for check in report.targets
    }


def test_check__pattern__judges_the_targets_that_match(path: str) -> None:
    report = fleet_check(path, {"team/*": {"max": "15MB"}, "nobody/*": {"max": "1MB"}}, {})
    assert statuses(report) == {"team/app": [("max", "fail")]}
    ((result,),) = [check.results for check in report.targets]
    assert (result.value_bytes, result.limit_bytes) == (21 * MB, 15 * MB)
    assert [(cause.name, cause.size_bytes) for cause in result.causes] == [("numpy", 20 * MB), ("pytest", MB)]
    assert (report.without_budget, report.unmatched, report.exit_code) == (2, ("nobody/*",), 3)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"maxi": "1B"}, "the budget of team/*: unknown limit 'maxi'"),
        ({"max": 1}, "the budget of team/*.max: expected `str | null`, got `int`"),
        ({"max": "x"}, "the budget of team/*.max: 'x' is not a size"),
    ],
)
def test_check__invalid_limit__names_the_pattern(path: str, limits: dict[str, object], message: str) -> None:
    with pytest.raises(BadConfig) as caught:
        fleet_check(path, {"team/*": limits})
    assert caught.value.cause == message


def test_check__all_rules__judge_as_those_of_one_target(path: str) -> None:
    everywhere = {
        "max": "30MB", "max_package": "15MB", "max_download": "1MB", "max_wasted": "1MB", "max_growth": "50%",
        "deny": ("scipy",), "deny_group": ("dev",), "deny_finding": ("DW504",), "max_finding": ("DW5*=1MB",),
    }  # fmt: skip
    report = fleet_check(path, {}, everywhere)
    skip, ok, no = "skip", "pass", "fail"
    rules = (
        "max", "max-package", "max-download", "max-wasted", "max-growth", "deny", "deny-group", "deny-finding",
        "max-finding",
    )  # fmt: skip
    assert statuses(report) == {
        "image": list(zip(rules, (ok, ok, skip, no, skip, no, ok, no, no), strict=True)),
        "other": list(zip(rules, (ok, ok, skip, skip, ok, ok, no, skip, skip), strict=True)),
        "team/app": list(zip(rules, (ok, no, skip, skip, no, ok, no, skip, skip), strict=True)),
    }
    (growth,) = [result for result in report.targets[0].results if result.rule == "max-growth"]
    assert growth.reason == "the fleet has no earlier result of this target"


def test_check__finding_in_an_image__is_judged_with_its_layer_and_change(path: str) -> None:
    report = fleet_check(path, {}, {"deny_finding": ("DW504", "DW503")})
    (image,) = [target for target in report.targets if target.target.location == "image"]
    first, second = image.results
    assert (first.status, second.status) == ("fail", "pass")
    (cause,) = first.causes
    assert (cause.name, cause.size_bytes) == ("DW504 deleted-later", 3 * MB)
    assert cause.note == "layer 0 (RUN pip install): a later layer deletes them"  # paths are not stored
    assert [remedy.action for remedy in first.remedies] == ["layer 0: delete them earlier"]


def with_findings(*findings: ImageFinding) -> Report:
    return image_report([layer("base", MB), layer("app", 9 * MB)], bare("numpy"), where={}, findings=findings)


def values(path: Path, *limits: str) -> list[int | None]:
    """Return what is counted for limits of findings in the only target."""
    (target,) = fleet_check(str(path), {"*": {"max_finding": limits}}).targets
    return [each.value_bytes for each in target.results]


def test_check__same_bytes_in_several_findings__counts_them_once_as_for_one_target(tmp_path: Path) -> None:
    both = Overlap(finding=0, also=(1,), apparent_bytes=2 * MB)
    report = with_findings(
        wasteful(5 * MB),
        replace(wasteful(5 * MB), rule="DW503", overlaps=(Overlap(finding=0, apparent_bytes=2 * MB),)),
        replace(wasteful(5 * MB), rule="DW503", overlaps=(both, Overlap(finding=1, apparent_bytes=3 * MB))),
    )
    limits = ("DW503=1kB", "DW504=1kB", "DW50*=1kB")
    assert [each.value_bytes for each in judge(report, Budget(max_finding=limits))] == [5 * MB, 5 * MB, 8 * MB]
    assert values(fleet_file(tmp_path / "f.db", {"image": report}), *limits) == [5 * MB, 5 * MB, 8 * MB]


def test_check__overlap_with_a_finding_of_no_layer__is_one_with_the_others(tmp_path: Path) -> None:
    both = Overlap(finding=0, also=(1,), apparent_bytes=2 * MB)
    report = with_findings(wasteful(MB, 9), wasteful(5 * MB), replace(wasteful(5 * MB), overlaps=(both,)))
    assert values(fleet_file(tmp_path / "f.db", {"image": report}), "DW504=1kB") == [8 * MB]


def test_check__file_of_version_3__counts_each_finding_alone(tmp_path: Path) -> None:
    again = replace(wasteful(5 * MB), overlaps=(Overlap(finding=0, apparent_bytes=5 * MB),))
    path = fleet_file(tmp_path / "f.db", {"image": with_findings(wasteful(5 * MB), again)})
    assert values(path, "DW504=1kB") == [5 * MB]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE finding_overlap")
        connection.execute("PRAGMA user_version = 3")
    assert values(path, "DW504=1kB") == [10 * MB]


def test_check__remedies__claim_nothing_about_requirements(path: str) -> None:
    report = fleet_check(path, {}, {"deny": ("numpy", "pytest")})
    results = {result.limit: result for result in report.targets[-1].results}
    assert [remedy.action for remedy in results["numpy"].remedies] == [
        "find out what requires it: deadweight why NAME team/app"
    ]
    assert results["pytest"].remedies[0].action.startswith("leave out what production does not need")


def test_check__failed_target__is_incomplete_and_no_breach(path: str) -> None:
    with Fleet.open(path) as fleet:
        run = fleet.begin("0.1")
        fleet.add(run, "other", Failure(reason="refused", exit_code=5))
        fleet.add(run, "never", Failure(reason="unknown host", exit_code=5))
    report = fleet_check(path, {}, {"max": "1GB"})
    assert (report.holds, report.exit_code) == (True, 5)
    assert [(each.name, each.reason) for each in report.never_measured] == [("never", "unknown host")]
    (other,) = [check for check in report.targets if check.target.location == "other"]
    assert other.skipped[0].reason == "refused; judged by an earlier result"
    assert render_fleet_check(report, "text").splitlines() == [
        f"{path} is not decided: 1 of 4 targets was never measured, and 0 of the other 3 failed",
        "never measured: never",
    ]
    assert "is over its budgets: 1 of 3 targets failed" in render_fleet_check(
        fleet_check(path, {}, {"max": "15MB"}), "text"
    )


@pytest.mark.parametrize(
    ("budgets", "everywhere", "error", "message"),
    [
        ({}, {}, BadInput, "no budget"),
        ({"nobody": {"max": "5XB"}}, {}, BadConfig, "'5XB' is not a size"),
        ({}, {"deny_group": ("x",)}, BadConfig, "no group 'x'"),
    ],
)
def test_check__wrong_budget__is_refused(
    path: str,
    budgets: dict[str, dict[str, object]],
    everywhere: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        fleet_check(path, budgets, everywhere)


def test_formats__text__shows_failing_targets_and_the_verdict(path: str) -> None:
    text = render_fleet_check(fleet_check(path, {"team/*": {"max": "15MB"}, "x": {"max": "1MB"}}, {}), "text")
    lines = text.splitlines()
    assert lines[:3] == [
        "team/app", "  FAIL  max  21.0 MB, limit 15MB, 6.00 MB over", "        numpy 1.0: 20.0 MB",
    ]  # fmt: skip
    assert lines[-3:] == [
        f"{path} is over its budgets: 1 of 1 target failed",
        "2 targets without a budget",
        "patterns that match no target: x",
    ]


def test_formats__sarif_and_github__name_the_target(path: str) -> None:
    report = fleet_check(path, {}, {"max": "15MB", "deny": ("scipy",)})
    sarif = json.loads(render_fleet_check(report, "sarif"))
    (run,) = sarif["runs"]
    names = [result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for result in run["results"]]
    assert names == ["image", "team/app"]
    assert len({result["partialFingerprints"]["deadweight/v1"] for result in run["results"]}) == 2
    assert run["invocations"][0]["exitCode"] == 3
    errors = [line for line in render_fleet_check(report, "github").splitlines() if line.startswith("::error")]
    assert [line.partition("::")[2].partition("::")[2].split(":")[0] for line in errors] == ["image", "team/app"]


def test_formats__json__matches_its_schema_and_round_trips(path: str) -> None:
    report = fleet_check(path, {}, {"max": "15MB"})
    text = render_fleet_check(report, "json")
    jsonschema.validate(json.loads(text), FleetCheckReport.json_schema())
    assert FleetCheckReport.from_json(text) == report


@pytest.mark.parametrize("form", CHECK_FORMATS)
def test_formats__hostile_target__is_inert(tmp_path: Path, form: str) -> None:
    name = "x\x1b[31m\n::error::y](z)"
    hostile = str(fleet_file(tmp_path / "f.db", {name: report_on(bare("numpy", MB))}))
    text = render_fleet_check(fleet_check(hostile, {}, {"max": "1kB"}), form)
    assert "\x1b" not in text
    assert not any(line.startswith("::error::y") for line in text.splitlines())


def test_check__no_target_with_a_budget__is_refused(path: str) -> None:
    with pytest.raises(BadInput, match="no target has a budget"):
        fleet_check(path, {"nobody/*": {"max": "1MB"}}, {})
