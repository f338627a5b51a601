"""The HTML report: one file, inert whatever names say, and small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from deadweight.analysis.reporting import report_of
from deadweight.errors import BadInput
from deadweight.model.report import LighterBuild, Report
from deadweight.report.formats import render
from deadweight.report.html.as_html import as_html
from deadweight.report.view import View
from tests.builders import bare, bare_inventory, profile_of, requirements_file
from tests.html_reports import hostile_report, large_report

LARGEST = 400_000  # bytes of a page with 200 distributions


def small_report() -> Report:
    distributions = (bare("app", 3_000_000, requires=["lib>=2"]), bare("lib", 1_125), bare("extra", 7))
    return report_of(profile_of(bare_inventory(*distributions), requirements_file("app\nextra\n")))


class Page(HTMLParser):
    """The elements of a page with their attributes, and the texts of its tables, scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        last = self._open[-1] if self._open else ""
        if last in ("script", "style"):
            key = dict(self.elements)[last].get("type") or last
            self.raw[str(key)] = self.raw.get(str(key), "") + data
        elif {"th", "td"} & set(self._open):
            self.rows[-1][-1] += data

    @property
    def data(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.raw["application/json"])
        return value


def test_html__small_report__has_a_row_for_each_distribution_and_the_total() -> None:
    rows = Page(as_html(small_report())).rows
    assert ["app * 1.0", "core?", "3.00 MB", "", "3.00 MB", "3.00 MB", "", "1", ""] in rows
    assert ["lib 1.0", "core", "1.12 kB", "", "1.12 kB", "", "", "1", "1"] in rows
    assert ["total", "", "3.00 MB", "", "", "", "", "3", ""] in rows


def test_html__view__gives_order_and_groups() -> None:
    page = Page(as_html(small_report(), View(order="name", groups=("data",))))
    names = [row[0].split()[0] for row in page.rows if row[1:2] and row[1].startswith("core")]
    assert names[:3] == ["app", "extra", "lib"]
    assert page.data["view"] == {"order": "name", "groups": ["data"], "rows": 200}
    boxes = {a["value"]: "checked" in a for tag, a in page.elements if a.get("name") == "group"}
    assert boxes == {"core": False, "data": True, "ml": False, "dev": False}
    sorted_by = [a["data-key"] for tag, a in page.elements if "aria-sort" in a]
    assert sorted_by == ["name"]


def test_html__order_that_the_report_does_not_have__is_refused() -> None:
    with pytest.raises(BadInput, match="download sizes"):
        as_html(small_report(), View(order="download"))


def test_html__data__names_what_requires_and_what_is_removed() -> None:
    app, extra, lib = Page(as_html(small_report())).data["distributions"]
    assert (app["requirements"], app["leaves"]) == ([[2, "lib>=2"]], [2])
    assert lib["roots"] == [0]
    assert extra == {
        "name": "extra", "version": "1.0", "group": "core", "unsure": True, "direct": True, "own": 7, "closure": 7,
        "retained": 7, "freed": 7, "evidence": extra["evidence"],
    }  # fmt: skip


def test_html__policy__allows_our_style_and_script_alone() -> None:
    page = Page(as_html(small_report()))
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    digests = {
        name: base64.b64encode(hashlib.sha256(page.raw[name].encode()).digest()).decode()
        for name in ("script", "style")
    }
    assert policy.split("; ") == [
        "default-src 'none'", f"script-src 'sha256-{digests['script']}'", f"style-src 'sha256-{digests['style']}'",
        "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip


@pytest.mark.parametrize("report", [small_report, hostile_report])
def test_html__any_report__refers_to_nothing_outside(report: Any) -> None:
    page = Page(as_html(report()))
    assert {tag for tag, _ in page.elements} & {"img", "link", "iframe", "object", "embed", "base"} == set()
    attributes = [(name, value or "") for _, given in page.elements for name, value in given.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "style", "srcdoc")]
    assert all(value.startswith("#") for name, value in attributes if name in ("href", "action"))


def test_html__hostile_texts__are_inert() -> None:
    text = as_html(hostile_report())
    assert [tag for tag, _ in Page(text).elements].count("script") == 2
    assert set(text) & {"\x1b", "\u202e", "\u2028", "\udcff"} == set()
    text.encode()  # without surrogates
    assert "secret" not in text
    assert "49" not in re.sub(r"sha256-\S+", "", text)  # {{7*7}} is text
    evil = Page(text).data["distributions"][0]["name"]
    assert evil.startswith("</script><script>window.broken=1</script>")
    assert "\\x1b[2J\\u202e\\u2028\\udcff'\"&{{7*7}}" in evil


def test_html__split_with_what_pip_would_not_read__has_no_copy_button() -> None:
    page = Page(as_html(hostile_report()))
    assert not [a for _, a in page.elements if "data-copy" in a]


def test_html__split__is_what_the_command_writes() -> None:
    text = as_html(small_report())
    assert "# production: generated by deadweight from a report of requirements.txt\napp\nextra\n</pre>" in text


def test_html__200_distributions__is_small() -> None:
    assert len(as_html(large_report(200)).encode()) < LARGEST


def test_html__no_distributions__has_no_treemap() -> None:
    text = as_html(report_of(profile_of(bare_inventory(), path="env")))
    assert 'id="map"' not in text
    assert Page(text).data["distributions"] == []


def test_render__jinja2_missing__says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.report.formats.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="requires jinja2") as caught:
        render(small_report(), "html", View())
    assert caught.value.hint == 'install it with pip install "deadweight[html]"'


@pytest.mark.parametrize(("measured", "explained"), [(None, True), (4_500_000, False)])
def test_page__least_that_a_lighter_build_saves__is_explained(measured: int | None, explained: bool) -> None:
    lighter = LighterBuild(
        name="app", apparent_bytes=3_000_000, lighter="app-light", how="--swap app=app-light", loses="plots",
        saves_bytes=2_000_000, measured_saving_bytes=measured,
    )  # fmt: skip
    page = as_html(replace(small_report(), lighter=(lighter,)), View())
    assert ("&gt;2.00 MB" in page) is explained
    assert ("&gt; means at least" in page) is explained
