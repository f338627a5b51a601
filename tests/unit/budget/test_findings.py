"""Budgets for the findings in an image."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.builders import bare, bare_inventory, profile_of

from deadweight import model
from deadweight.advice.ranking import ranked
from deadweight.analysis.reporting import report_of
from deadweight.analysis.reporting.systems import image_report
from deadweight.budget import Budget, judge
from deadweight.budget.findings import union_size
from deadweight.errors import BadConfig
from deadweight.image_rules import rules
from deadweight.model.report import ImageFinding, ImageReport, LayerFacts, Overlap, PathSize, Report
from deadweight.model.report.check import Line, Result

MB = 10**6


def finding(rule: str, name: str, size: int, **facts: Any) -> ImageFinding:
    given = {"layer": 1, "line": None, "saves_bytes": size, "change": f"change {name}"} | facts
    return ImageFinding(
        rule=rule, name=name, command="RUN /bin/sh -c pip install app # buildkit", hidden_by=None,
        apparent_bytes=size, files=1, names=(), paths=(PathSize(path="root/.cache", apparent_bytes=size),),
        reason="contains a cache", sure=True, **given,
    )  # fmt: skip


CACHE = finding("DW503", "installer-cache", 3 * MB, line=7)
LISTS = finding("DW502", "package-lists", MB)
AGAIN = finding("DW503", "installer-cache", 5 * MB, layer=2, overlaps=(Overlap(finding=0, apparent_bytes=2 * MB),))


def image_of(*findings: ImageFinding, dockerfile: str | None = "Dockerfile") -> Report:
    layers = tuple(
        LayerFacts(digest=f"sha256:{n}", command="", files=1, apparent_bytes=MB, wasted_bytes=0, hides_bytes=0)
        for n in range(3)
    )
    image = ImageReport(
        layers=layers, shipped_bytes=3 * MB, wasted_bytes=0, efficiency=1.0, wasted=(), wasted_paths=(),
        findings=findings, dockerfile=dockerfile,
    )  # fmt: skip
    return replace(report_of(profile_of(bare_inventory(bare("web")))), image=image)


def image_with(files: Mapping[str, Collection[str]], sizes: Mapping[str, int]) -> Report:
    """Return an image with a finding for each rule, of files with some sizes."""
    found = [
        model.ImageFinding(
            rule=rule, layer=0, size=sum(sizes[name] for name in names), parts={name: sizes[name] for name in names}
        )
        for rule, names in files.items()
    ]  # fmt: skip
    facts = model.ImageFacts(layers=(model.Layer(digest="sha256:0"),), findings=ranked(found, 0))
    return replace(image_of(), image=image_report(facts))


def only(report: Report, budget: Budget) -> Result:
    (result,) = judge(report, budget)
    return result


def test_deny_finding__rule_that_found_something__names_the_line_and_the_change() -> None:
    result = only(image_of(CACHE, LISTS), Budget(deny_finding=("DW503",)))
    assert (result.code, result.status, result.limit) == ("DW408", "fail", "DW503")
    (cause,) = result.causes
    assert (cause.name, cause.size_bytes) == ("DW503 installer-cache", 3 * MB)
    assert cause.note == "layer 1 (RUN pip install app): contains a cache: /root/.cache"
    assert cause.line == Line(file="Dockerfile", line=7)
    (remedy,) = result.remedies
    assert (remedy.action, remedy.saves_bytes, remedy.enough) == ("line 7: change installer-cache", 3 * MB, True)


@pytest.mark.parametrize("limit", ["DW5*", "dw502", "DW50*"])
def test_deny_finding__pattern_or_other_case__matches(limit: str) -> None:
    result = only(image_of(LISTS), Budget(deny_finding=(limit,)))
    assert (result.status, result.limit) == ("fail", limit.upper())


def test_deny_finding__rule_that_found_nothing__passes() -> None:
    assert only(image_of(CACHE), Budget(deny_finding=("DW501",))).status == "pass"


def test_deny_finding__no_dockerfile__has_no_line() -> None:
    (cause,) = only(image_of(CACHE, dockerfile=None), Budget(deny_finding=("DW503",))).causes
    assert cause.line is None


def test_deny_finding__base_image__is_named() -> None:
    (cause,) = only(image_of(replace(LISTS, base=True)), Budget(deny_finding=("DW502",))).causes
    assert cause.note.startswith("layer 1 of the base image (RUN pip install app): ")


@pytest.mark.parametrize("budget", [Budget(deny_finding=("DW503",)), Budget(max_finding=("DW503=1MB",))])
def test_findings__no_image__are_skipped_with_the_reason(budget: Budget) -> None:
    result = only(report_of(profile_of(bare_inventory(bare("web")))), budget)
    assert (result.status, result.reason) == ("skip", "the target is not an image with layers")


def test_max_finding__several_findings__counts_each_byte_once() -> None:
    report = image_of(CACHE, LISTS, AGAIN)
    assert only(report, Budget(max_finding=("DW503=6MB",))).status == "pass"
    result = only(report, Budget(max_finding=("dw503=5.9MB",)))
    assert (result.code, result.status, result.limit) == ("DW409", "fail", "DW503=5.9MB")
    assert (result.value_bytes, result.limit_bytes) == (6 * MB, 5_900_000)
    assert [cause.size_bytes for cause in result.causes] == [5 * MB, 3 * MB]
    assert [(remedy.action, remedy.enough) for remedy in result.remedies[:1]] == [
        ("line 7: change installer-cache", True)
    ]


def test_max_finding__bytes_of_a_finding_outside_of_the_pattern__count_once() -> None:
    sizes = {"a": 50 * MB, "x": 30 * MB, "y": 10 * MB, "z": 20 * MB}
    report = image_with({"DW501": {"a", "x"}, "DW513": {"x", "y"}, "DW515": {"x", "z"}}, sizes)
    assert only(report, Budget(max_finding=("DW51*=60MB",))).status == "pass"
    assert only(report, Budget(max_finding=("DW51*=1MB",))).value_bytes == 60 * MB


_SIZES = {name: 10 * MB + 2**number for number, name in enumerate("abcdef")}


@given(st.dictionaries(st.sampled_from(sorted(rules())), st.sets(st.sampled_from("abcdef"), min_size=1), max_size=4))
def test_union_size__every_subset_of_rules__is_that_of_the_union(files: dict[str, set[str]]) -> None:
    image = image_with(files, _SIZES).image
    assert image is not None
    for size in range(len(files) + 1):
        for chosen in combinations(files, size):
            numbered = [(number, each) for number, each in enumerate(image.findings) if each.rule in chosen]
            union = set().union(*(files[rule] for rule in chosen))
            assert union_size(numbered) == sum(_SIZES[name] for name in union)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"deny_finding": ("DW999",)}, "deny-finding: no rule 'DW999' for images"),
        ({"deny_finding": ("torch",)}, "deny-finding: no rule 'torch' for images"),
        ({"deny_finding": ("DW4*",)}, "deny-finding: no rule 'DW4*' for images"),
        ({"max_finding": ("DW503",)}, "max-finding: 'DW503' has no size"),
        ({"max_finding": ("DW503=5",)}, "max-finding: '5' is not a size"),
        ({"max_finding": ("numpy=5MB",)}, "max-finding: no rule 'numpy' for images"),
    ],
)
def test_findings__wrong_limit__is_refused(limits: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(BadConfig) as raised:
        Budget(**limits)  # type: ignore[arg-type]
    assert raised.value.cause == message
