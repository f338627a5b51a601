"""The results of imports and trim as Markdown and HTML: complete, and inert whatever names say."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from deadweight.model.report import TargetFacts
from deadweight.model.report.imports import Attempt, ImportsReport, LazyImport, LazyStatement
from deadweight.model.report.trim import Checked, Reason, TrimReport
from deadweight.model.tree import Skipped
from deadweight.report.documents.formats import IMPORTS_FORMATS, TRIM_FORMATS, render_imports, render_trim
from deadweight.report.view import View
from tests.html_reports import EVIL
from tests.unit.report.html.test_as_html import Page
from tests.unit.report.results.test_imports import REPORT as START
from tests.unit.report.results.test_imports import row
from tests.unit.report.results.test_trim import REPORT as SHOWN

WIDE = View(width=200)


def hostile_start() -> ImportsReport:
    statement = LazyStatement(file=EVIL, line=1, statement=EVIL, function=EVIL, function_line=2)
    failed = Attempt(failure=EVIL)
    return replace(
        START,
        target=TargetFacts(kind="requirements", location=EVIL, method="install"),
        entry=EVIL,
        entry_from=EVIL,
        rows=(row(EVIL, 291_000),),
        lazy=(LazyImport(statements=(statement,), modules=(EVIL,), cost_us=1, attempt=failed),),
        together=failed,
        skipped=(Skipped(EVIL, EVIL),),
        warnings=(EVIL,),
    )


def hostile_trim() -> TrimReport:
    checked = Checked(modules=1, failing=(Reason(name=EVIL, reason=EVIL),), kept_files=1, restored=())
    left = (Reason(name=EVIL, reason=EVIL),)
    return replace(SHOWN, location=EVIL, checked=checked, left=left, warnings=(EVIL,))


def test_imports_markdown__report__has_all_tables() -> None:
    assert render_imports(START, "markdown", View(rows=1)).splitlines() == [
        "### shop.app (Procfile:1) starts in 300 ms and takes 76.0 MB of memory",
        "",
        "Range of 5 runs: 280..1300 ms.",
        "Not included: 9.00 ms and 9.50 MB for Python 3.11.7 itself.",
        "With each import timed, as in the table, it starts in 304 ms.",
        "",
        "#### Imports by distribution",
        "",
        "| distribution | self | range | with imports | memory | modules |",
        "|---|---:|---:|---:|---:|---:|",
        "| pandas 1.0 | 240 ms | 240..241 ms | 241 ms | 5.00 MB | 3 |",
        "| 1 more (use --all) | 20.0 ms | | | | |",
        "| (application) | 1.00 ms | 0.50..1.70 ms | 2.00 ms | 5.00 MB | 3 |",
        "| (standard library) | 30.0 ms | 29.5..30.7 ms | 31.0 ms | ? | 3 |",
        "| (outside of imports) | 13.0 ms | | | | |",
        "| total | 304 ms | 290..1310 ms | | 76.0 MB | 12 |",
        "",
        "#### Imports that only one function uses",
        "",
        "| import | used only in | takes | imported there |",
        "|---|---|---:|---|",
        (
            "| `shop/app.py:2: import pandas` | report() (line 10) | 240 ms | saves 250 ms and 30.0 MB of memory;"
            " starts in 290..310 ms before, in 49.0..60.0 ms after |"
        ),
    ]


def test_imports_markdown__no_lazy_import_and_a_failure__says_so() -> None:
    report = replace(START, lazy=(), skipped=(Skipped("pkg", "no wheel"),), warnings=("a note",))
    assert render_imports(report, "markdown", WIDE).splitlines()[-5:] == [
        "",
        "No heavy import at module level is used in one function only.",
        "",
        "> pkg: no wheel  ",
        "> a note  ",
    ]


def test_trim_markdown__shown__has_a_title_and_a_table() -> None:
    assert render_trim(SHOWN, "markdown", WIDE).splitlines() == [
        "### env can do without 4 files, 500 kB (25 % of 2.00 MB)",
        "",
        "Nothing was changed.",
        "To remove them, run: deadweight trim env --kinds docs,bytecode --apply",
        "",
        "#### Kinds of files",
        "",
        "| kind | files | size | risk | remove | what you lose |",
        "|---|---:|---:|---|---|---|",
        "| bytecode | 3 | 500 kB | low | yes | time |",
        "| docs | 1 | 10 B | low | yes | docs |",
        "| debug-symbols | 0 | ? | medium | - | names |",
        "| locale | 2 | 9 B | high | - | translations |",
    ]


def test_trim_markdown__undone__is_a_sentence() -> None:
    report = replace(SHOWN, action="undo", kinds=(), environment_bytes=None)
    assert render_trim(report, "markdown", WIDE) == "### Restored 4 files, 500 kB in env\n"


@pytest.mark.parametrize(
    "text",
    [render_imports(hostile_start(), "markdown", WIDE), render_trim(hostile_trim(), "markdown", WIDE)],
    ids=["imports", "trim"],
)
def test_markdown__hostile_names__are_shown_as_they_are(text: str) -> None:
    outside_code = re.sub(r"`[^`\n]+`", "", text)
    assert not re.search(r"<(?!details>|/details>|summary>|/summary>)", outside_code)
    assert all(line.isprintable() for line in text.splitlines())
    assert {line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("|")} <= {5, 7}


LONG = "<name>|" + 5000 * "n"
MANY = tuple(
    LazyStatement(file=f"{90 * 'd'}/{n}.py", line=1, statement=f"import module_{n}", function=f"f{n}", function_line=2)
    for n in range(14)
)


def test_imports_html__many_long_statements__are_all_there() -> None:
    report = replace(START, lazy=(LazyImport(statements=MANY, modules=("a",), cost_us=1),))
    text = render_imports(report, "html", WIDE)
    assert [n for n in range(14) if f"import module_{n}" not in text or f"f{n}() (line 2)" not in text] == []


def test_imports_markdown__many_long_statements__ends_with_the_number_of_others() -> None:
    report = replace(START, lazy=(LazyImport(statements=MANY, modules=("a",), cost_us=1),))
    last = render_imports(report, "markdown", WIDE).splitlines()[-1]
    assert "import module_9 and 4 more` | f0() (line 2), f1() (line 2)," in last
    assert "f9() (line 2) and 4 more |" in last
    assert "…" not in last


@pytest.mark.parametrize("form", TRIM_FORMATS[:2])
def test_trim__long_path__stands_in_whole_commands(form: str) -> None:
    path = f"/{200 * 'd'}/env"
    report = replace(SHOWN, action="apply", location=path, store=f"{path}.trimmed", store_bytes=1)
    text = "".join(render_trim(report, form, WIDE).split())
    assert f"run:deadweighttrim{path}--undo;tofreetheirspace:deadweighttrim{path}--discard" in text


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_imports__name_of_many_characters__is_abridged_alone(form: str) -> None:
    statement = LazyStatement(file=LONG, line=1, statement=LONG, function=LONG, function_line=2)
    lazy = LazyImport(statements=(statement,), modules=(LONG,), cost_us=1, attempt=Attempt(failure=LONG))
    skipped = (Skipped(LONG, "no wheel for this machine"),)
    report = replace(START, entry=LONG, rows=(row(LONG, 1),), lazy=(lazy,), skipped=skipped, warnings=(LONG,))
    text = render_imports(report, form, WIDE)
    assert 501 * "n" not in text
    assert "…() (line 2)" in text
    assert "…: no wheel for this machine" in text
    assert "<name" not in re.sub(r"`[^`\n]+`", "", text)


def test_trim_markdown__name_of_many_characters__is_abridged_alone() -> None:
    left = (Reason(name=LONG, reason="no permission"),)
    text = render_trim(replace(SHOWN, left=left, warnings=(LONG,)), "markdown", WIDE)
    assert 501 * "n" not in text
    assert "… was not restored: no permission" in text
    assert "<name" not in text


def test_imports_html__hostile_names__are_text() -> None:
    page = Page(render_imports(hostile_start(), "html", WIDE))
    assert {tag for tag, _ in page.elements} & {"img", "script", "link", "iframe"} == set()
    links = [attributes["href"] or "" for tag, attributes in page.elements if tag == "a"]
    assert all(link.startswith("#") for link in links)
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert any("<img src=x onerror=window.broken=1>" in cell for each in page.rows for cell in each)


@pytest.mark.parametrize("form", IMPORTS_FORMATS)
def test_render_imports__every_format__names_the_application(form: str) -> None:
    assert "shop.app" in render_imports(START, form, WIDE)


@pytest.mark.parametrize("form", TRIM_FORMATS)
def test_render_trim__every_format__names_the_environment(form: str) -> None:
    assert "env" in render_trim(SHOWN, form, WIDE)
