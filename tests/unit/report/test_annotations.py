"""What to review in a target, as annotations of the user's files."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from deadweight.model.report import Finding, ImageFinding, Location, Overlap
from deadweight.report.formats import render
from deadweight.report.view import View
from tests.sarif import sarif_run
from tests.unit.budget.test_findings import CACHE, LISTS, image_of

UNUSED = Finding(
    kind="unused", name="pandas", reason="your code does not import it", freed_bytes=9,
    locations=(
        Location(kind="import", name="pandas", file="requirements.txt", line=3, cell=None, role="application",
                 how="start", condition=None),
    ),
)  # fmt: skip
BASE = replace(LISTS, base=True, overlaps=(Overlap(finding=0, apparent_bytes=400_000),))


def test_sarif__image_with_a_dockerfile__is_a_result_for_each_finding_at_its_line() -> None:
    run = sarif_run(render(replace(image_of(CACHE, BASE), findings=(UNUSED,)), "sarif", View()))
    first, second, third = run["results"]
    assert (first["ruleId"], first["level"]) == ("DW503", "warning")
    assert first["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "Dockerfile"}, "region": {"startLine": 7}}}
    ]
    assert first["message"]["text"] == "3.00 MB: contains a cache: /root/.cache\nchange installer-cache"
    assert (second["ruleId"], second["level"]) == ("DW502", "note")
    assert "logicalLocations" in second["locations"][0] or "physicalLocation" in second["locations"][0]
    assert second["message"]["text"].startswith("base image, layer 1 (RUN pip install app): 1.00 MB: ")
    assert second["message"]["text"].endswith("400 kB of these 1.00 MB are already counted for DW503 (line 7)")
    assert third["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert len({str(each["partialFingerprints"]) for each in run["results"]}) == 3


def fingerprints(*findings: ImageFinding) -> list[str]:
    run = sarif_run(render(image_of(*findings), "sarif", View()))
    return [each["partialFingerprints"]["deadweight/v1"] for each in run["results"]]


def test_sarif__more_layers_lines_and_bytes__keep_the_fingerprints() -> None:
    later = replace(CACHE, layer=2, line=9, apparent_bytes=7)
    assert fingerprints(CACHE, LISTS) == fingerprints(later, replace(LISTS, layer=2))


def test_sarif__same_command_and_files_in_two_layers__have_two_fingerprints() -> None:
    lower, upper = fingerprints(CACHE, replace(CACHE, layer=2))
    assert lower != upper
    assert fingerprints(replace(CACHE, layer=2), CACHE) == [upper, lower]


def test_sarif__long_commands_that_differ_at_the_end__have_two_fingerprints() -> None:
    first, second = (replace(CACHE, command=f"RUN {'x' * 600}{end}") for end in "ab")
    assert len(set(fingerprints(first, second))) == 2


def test_sarif__rules__are_those_of_the_results_with_their_titles() -> None:
    run = sarif_run(render(image_of(CACHE, BASE), "sarif", View()))
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["name"]) for rule in rules] == [("DW503", "InstallerCache"), ("DW502", "PackageLists")]
    assert rules[0]["shortDescription"]["text"] == "The cache of an installer is in the image."
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == ["DW503", "DW502"]


def test_github__image_with_a_dockerfile__annotates_its_lines() -> None:
    lines = render(image_of(CACHE, BASE), "github", View()).splitlines()
    assert lines[0] == (
        "::warning file=Dockerfile,line=7,title=deadweight%3A installer-cache (DW503)::3.00 MB: contains a cache:"
        " /root/.cache%0Achange installer-cache"
    )
    assert lines[1].startswith("::notice title=deadweight%3A package-lists (DW502)::base image, layer 1")
    assert lines[2].startswith("::notice title=deadweight::")
    assert lines[2].endswith(": 2 findings")


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_any_format__hostile_names__are_inert(form: str) -> None:
    evil = "a\r\n::stop-commands::x\x1b[31m,b:c%0A::error::d [e](http://f) \u202e ##[error]g"
    finding = replace(CACHE, rule=evil, name=evil, command=evil, reason=evil, change=evil, names=(evil,))
    text = render(image_of(finding, dockerfile=evil), form, View())
    assert not set(text) & {"\x1b", "\r", "\u202e"}
    assert not re.search(r"^\s*::stop-commands", text, re.MULTILINE)
    if form == "sarif":
        sarif_run(text)
    else:
        assert all(re.match(r"::(?:warning|notice) ", line) for line in text.splitlines())
