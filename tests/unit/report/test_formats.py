"""Markdown, CSV and CycloneDX: what they contain, and that untrusted text in them does nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deadweight.analysis.reporting import report_of
from deadweight.errors import BadInput
from deadweight.model.report import Report
from deadweight.report.formats import FORMATS, render
from deadweight.report.view import View
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file

HOSTILE = "=cmd()|<script>alert(1)</script> [x](y) `z` @everyone #1 \x1b[31m \udcff \u202e"


def service(version: str = "1.5") -> Report:
    found = bare_inventory(
        bare("web", 2_000_000, requires=["json"]),
        bare("json", 500_000, version=version),
        bare("pytest", 700_000),
    )
    return report_of(profile_of(found, requirements_file("web\npytest\n"), Settings()))


@pytest.mark.parametrize("form", FORMATS)
def test_render__any_format__is_the_same_from_a_saved_report(form: str) -> None:
    report = service()
    assert render(Report.from_json(report.to_json()), form, View()) == render(report, form, View())


@pytest.mark.parametrize("form", FORMATS)
def test_render__no_distributions__works(form: str) -> None:
    report = report_of(profile_of(bare_inventory(), requirements_file("")))
    assert render(report, form, View()).endswith("\n")


@pytest.mark.parametrize("form", FORMATS)
def test_render__hostile_versions__reach_no_terminal(form: str) -> None:
    text = render(service(version=HOSTILE), form, View())
    assert not {"\x1b", "\u202e", "\udcff"} & set(text)


def test_markdown__service__looks_like_this() -> None:
    lines = render(service(), "markdown", View()).splitlines()
    assert lines[0] == "### requirements.txt: 3.20 MB"
    assert lines[4:11] == [
        "| Distribution | Version | Own | Native | Retained | Group |",
        "|---|---|---:|---:|---:|---|",
        "| `web` \\* | 1.0 | 2.00 MB | | 2.50 MB | core |",
        "| `pytest` \\* | 1.0 | 700 kB | | 700 kB | dev |",
        "| `json` | 1.5 | 500 kB | | 500 kB | core |",
        "| **total** | | **3.20 MB** | 0 B | | |",
        "",
    ]
    assert "<summary>production split: 2.50 MB, saves 700 kB (22 %)</summary>" in lines
    assert any(line.startswith("| `pytest` | 700 kB | dev | known as ") for line in lines)


def test_markdown__split__lists_what_is_removed_the_largest_first_with_the_total() -> None:
    found = bare_inventory(bare("web", 9000), bare("small", 1000), bare("large", 5000), bare("tiny", 10))
    settings = Settings.of(groups={"dev": ("small", "large", "tiny")})
    report = report_of(profile_of(found, requirements_file("small\nlarge\nweb\ntiny\n"), settings))
    text = render(report, "markdown", View())
    production = text[text.index("production split") : text.index("minimal split")]
    cells = re.findall(r"^\| (\S+) \| (.*?) \| dev", production, re.MULTILINE)
    assert cells == [("`large`", "5.00 kB"), ("`small`", "1.00 kB"), ("`tiny`", "10 B")]
    assert "| **total** | **6.01 kB** | | |" in production


def test_markdown__top__ends_with_what_was_cut() -> None:
    found = bare_inventory(*(bare(f"d{n}", 1000 * n) for n in range(1, 6)))
    text = render(report_of(profile_of(found, requirements_file("d1\n"))), "markdown", View(rows=2))
    assert "| 3 more | | 6.00 kB | 0 B | | |" in text


def test_csv__service__is_read_back_by_a_reader() -> None:
    rows = list(csv.DictReader(io.StringIO(render(service(), "csv", View(rows=None)))))
    assert [row["name"] for row in rows] == ["web", "pytest", "json"]
    assert sum(int(row["apparent_bytes"]) for row in rows) == 3_200_000
    assert (rows[0]["direct"], rows[2]["freed_bytes"]) == ("true", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_csv__formula__is_text(start: str) -> None:
    rows = list(csv.DictReader(io.StringIO(render(service(version=f"{start}cmd()"), "csv", View(rows=None)))))
    assert rows[2]["version"] == f"'{start}cmd()"


def test_cyclonedx__service__is_valid_and_has_sizes_and_groups() -> None:
    text = render(service(), "cyclonedx", View())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    components = {each["name"]: each for each in found["components"]}
    assert components["json"]["purl"] == "pkg:pypi/json@1.5"
    properties = {each["name"]: each["value"] for each in components["pytest"]["properties"]}
    assert properties["deadweight:group"] == "dev"
    assert properties["deadweight:apparent_bytes"] == "700000"
    depends = {each["ref"]: each.get("dependsOn", []) for each in found["dependencies"]}
    assert depends == {"deadweight:target": ["pytest", "web"], "web": ["json"], "json": [], "pytest": []}


def test_cyclonedx__hostile_version__is_valid() -> None:
    text = render(service(version=HOSTILE), "cyclonedx", View())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_cyclonedx__extra_is_missing__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx", None)
    with pytest.raises(BadInput) as caught:
        render(service(), "cyclonedx", View())
    assert caught.value.hint == 'install it with pip install "deadweight[sbom]"'
