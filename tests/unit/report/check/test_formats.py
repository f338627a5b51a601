"""The formats of a check: what they say, and that no name in them can do anything."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from tests.sarif import sarif_run
from tests.unit.budget.test_findings import CACHE, LISTS, image_of

from deadweight.budget import RULES, Budget, judge
from deadweight.model.report import DirectRequirement, ImageFinding, TargetFacts
from deadweight.model.report.check import Cause, CheckReport, Remedy, Result
from deadweight.model.tree import Skipped
from deadweight.report.check import FORMATS, render_check

MB = 10**6
HOSTILE = (
    "a\r\n::stop-commands::x\x1b[31m,b:c%0A::error::d [e](http://f) {0} \u202e https://user:secret@host/ ##[error]g"
)
LINE = DirectRequirement(file="requirements.txt", line=3, name="torch", key="torch", text="torch>=2")


def checked(*results: Result, location: str = "requirements.txt") -> CheckReport:
    target = TargetFacts(kind="requirements", form="file", location=location, method="wheels", requirements=2)
    return CheckReport(
        version="1.2",
        target=target,
        baseline=None,
        holds=all(result.status != "fail" for result in results),
        results=results,
        skipped=(),
    )


OVER = Result(
    code="DW402",
    rule="max-package",
    status="fail",
    limit="100MB",
    limit_bytes=100 * MB,
    value_bytes=906 * MB,
    causes=(
        Cause(name="torch", version="2.5.1", size_bytes=906 * MB, requirements=(LINE,)),
        Cause(name="triton", version="3.1", size_bytes=200 * MB, requirements=(LINE,)),
        Cause(name="scipy", size_bytes=110 * MB),
    ),
    causes_left_out=2,
    remedies=(Remedy(action="use the CPU build of PyTorch, without GPU support: --torch cpu", saves_bytes=700 * MB),),
)
FINE = Result(code="DW401", rule="max", status="pass", limit="2GB", limit_bytes=2000 * MB, value_bytes=1500 * MB)
SKIPPED = Result(
    code="DW404", rule="max-wasted", status="skip", limit="5MB", limit_bytes=5 * MB, reason="not an image with layers"
)
GROWN = Result(
    code="DW405", rule="max-growth", status="fail", limit="5%", limit_bytes=5 * MB, value_bytes=15 * MB,
    causes=(Cause(name="torch", version="2", size_bytes=20 * MB, before_bytes=5 * MB, note="was 1"),),
)  # fmt: skip
DENIED = Result(code="DW406", rule="deny", status="fail", limit="torch", causes=(Cause(name="torch"),))
ABSENT = Result(code="DW406", rule="deny", status="pass", limit="numpy")
LOST = Result(
    code="DW401", rule="max", status="fail", limit="2GB", limit_bytes=2000 * MB, value_bytes=MB, incomplete=True,
    reason="incomplete: 1 could not be measured (lost)",
)  # fmt: skip
EVERY = (FINE, OVER, SKIPPED, GROWN, DENIED, ABSENT)


def test_text__every_status__has_a_line_with_value_and_limit() -> None:
    assert render_check(checked(*EVERY), "text").splitlines() == [
        "PASS  max          1.50 GB, limit 2GB",
        "FAIL  max-package  906 MB, limit 100MB, 806 MB over",
        "      torch 2.5.1: 906 MB, required by torch>=2 (requirements.txt:3)",
        "      triton 3.1: 200 MB, required by torch>=2 (requirements.txt:3)",
        "      scipy: 110 MB",
        "      and 2 more",
        "      fix: use the CPU build of PyTorch, without GPU support: --torch cpu (saves 700 MB, not enough alone)",
        "SKIP  max-wasted   limit 5MB; not an image with layers",
        "FAIL  max-growth   grown by 15.0 MB, limit 5% of the baseline (5.00 MB), 10.0 MB over",
        "      torch 2: +15.0 MB to 20.0 MB, was 1",
        "FAIL  deny torch   1 distribution found",
        "      torch",
        "PASS  deny numpy   nothing found",
        "requirements.txt is over its budget: 2 rules passed, 3 failed, 1 skipped",
    ]


def test_text__all_rules_pass__says_so() -> None:
    assert render_check(checked(FINE), "text").splitlines()[-1] == (
        "requirements.txt is within its budget: 1 rule passed"
    )


def test_text__only_incomplete__says_so() -> None:
    lines = render_check(checked(LOST), "text").splitlines()
    assert lines[0].endswith("1.00 MB, limit 2GB; incomplete: 1 could not be measured (lost)")
    assert lines[-1].startswith("requirements.txt could not be checked completely")


def test_json__result__fits_its_schema() -> None:
    values = json.loads(render_check(checked(*EVERY), "json"))
    jsonschema.validate(values, CheckReport.json_schema())
    assert values["schema"] == "deadweight.check/1"
    assert [each["status"] for each in values["results"]] == ["pass", "fail", "skip", "fail", "fail", "pass"]
    assert values["results"][1]["causes"][0]["requirements"][0]["line"] == 3


def test_github__breach__annotates_the_line_of_the_requirement_once() -> None:
    lines = render_check(checked(OVER), "github").splitlines()
    assert lines[0].startswith("::error file=requirements.txt,line=3,title=deadweight%3A max-package (DW402)::906 MB, ")
    assert "%0Atorch 2.5.1: 906 MB" in lines[0]
    assert "%0Atriton 3.1: 200 MB" in lines[0]
    assert lines[1].startswith("::error title=deadweight%3A max-package (DW402)::906 MB, ")
    assert "%0Ascipy: 110 MB" in lines[1]
    assert all("%0Aand 2 more%0Afix: " in line for line in lines[:2])
    assert lines[2].startswith("::notice title=deadweight::requirements.txt is over its budget")


def test_github__rule_that_is_breached_as_a_whole__is_one_annotation() -> None:
    whole = replace(OVER, code="DW401", rule="max", causes=OVER.causes[::-1])
    first, last = render_check(checked(whole), "github").splitlines()
    assert first.startswith("::error file=requirements.txt,line=3,")
    assert "scipy" in first
    assert last.startswith("::notice ")


def test_github__skipped__is_a_warning() -> None:
    first = render_check(checked(SKIPPED), "github").splitlines()[0]
    assert first == "::warning title=deadweight%3A max-wasted (DW404)::limit 5MB; not an image with layers"


def hostile() -> CheckReport:
    line = DirectRequirement(file=HOSTILE, line=1, name=None, key=None, text=HOSTILE)
    cause = Cause(name=HOSTILE, version=HOSTILE, size_bytes=MB, note=HOSTILE, requirements=(line,))
    result = Result(
        code="DW406", rule="deny", status="fail", limit=HOSTILE, reason=HOSTILE, causes=(cause, Cause(name=HOSTILE)),
        remedies=(Remedy(action=HOSTILE),),
    )  # fmt: skip
    report = checked(result, replace(result, status="skip"), replace(result, status="pass"), location=HOSTILE)
    return replace(report, skipped=(Skipped(HOSTILE, HOSTILE, 4),))


@pytest.mark.parametrize("form", FORMATS)
def test_any_format__hostile_names__are_inert(form: str) -> None:
    text = render_check(hostile(), form)
    assert not set(text) & {"\x1b", "\r", "\u202e"}
    assert "secret" not in text
    assert not re.search(r"^\s*::stop-commands", text, re.MULTILINE)


def test_github__hostile_names__are_within_one_command_per_line() -> None:
    for line in render_check(hostile(), "github").splitlines():
        match = re.fullmatch(r"::(?:error|warning|notice) ((?:[a-z]+=[^,:]*,)*[a-z]+=[^,:]*)::(.*)", line)
        assert match
        names = [each.partition("=")[0] for each in match[1].split(",")]
        assert names in (["title"], ["file", "line", "title"])
        assert re.fullmatch(r"(?:[^%]|%25|%0A|%0D|%3A|%2C)*", match[1])
        assert re.fullmatch(r"(?:[^%]|%25|%0A|%0D)*", match[2])


def run_of(report: CheckReport) -> dict[str, Any]:
    return sarif_run(render_check(report, "sarif"))


def test_sarif__breach__is_a_result_for_each_line() -> None:
    results = run_of(checked(*EVERY))["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [
        ("DW402", "error"), ("DW402", "error"), ("DW405", "error"), ("DW406", "error"),
    ]  # fmt: skip
    location = results[0]["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": "requirements.txt"}, "region": {"startLine": 3}}
    assert results[1]["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "requirements.txt"}}
    assert len({json.dumps(each["partialFingerprints"]) for each in results}) == len(results)


def fingerprints(*findings: ImageFinding) -> list[str]:
    results = judge(image_of(*findings), Budget(deny_finding=("DW50*",)))
    return [each["partialFingerprints"]["deadweight/v1"] for each in run_of(checked(*results))["results"]]


def test_sarif__finding_in_another_layer__keeps_its_fingerprint() -> None:
    lists = replace(LISTS, line=8)
    later = replace(CACHE, layer=2, line=9, reason="layer 2 contains a cache", apparent_bytes=7 * MB)
    assert fingerprints(CACHE, lists) == fingerprints(later, replace(lists, layer=2))


def test_sarif__same_command_and_files_in_two_layers__have_two_fingerprints() -> None:
    assert len(set(fingerprints(CACHE, replace(CACHE, layer=2, line=9)))) == 2
    assert len(set(fingerprints(CACHE, replace(CACHE, layer=2)))) == 2  # of one line


def test_sarif__rules__have_help_and_the_index_of_results() -> None:
    run = run_of(checked(*EVERY))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_sarif__skipped_and_unmeasured__are_notifications() -> None:
    report = replace(checked(SKIPPED), skipped=(Skipped("lost", "no wheel", 5),))
    (invocation,) = run_of(report)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolConfigurationNotifications"][0]["associatedRule"]["id"] == "DW404"
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "lost: no wheel"


@pytest.mark.parametrize(
    ("path", "uri"),
    [("a b/r#1.txt", "a%20b/r%231.txt"), ("/srv/r.txt", "file:///srv/r.txt"), ("c:r.txt", "c%3Ar.txt")],
)
def test_sarif__path__is_an_escaped_uri(path: str, uri: str) -> None:
    cause = Cause(name="torch", requirements=(replace(LINE, file=path),))
    (result,) = run_of(checked(replace(DENIED, causes=(cause,))))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif__image__is_a_logical_location() -> None:
    target = TargetFacts(kind="image", location="docker:app", method="files")
    (result,) = run_of(replace(checked(DENIED), target=target))["results"]
    assert result["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "docker:app", "kind": "resource"}]}]


def test_sarif__brackets_of_a_link__are_escaped() -> None:
    (result, _) = run_of(hostile())["results"]
    assert "\\[e\\](http://f)" in result["message"]["text"]
