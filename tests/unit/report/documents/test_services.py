"""What services share as Markdown and HTML: complete, and inert whatever names say."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from deadweight.model import Skipped
from deadweight.model.report.services import (
    ConflictSide,
    LargerService,
    NamedSize,
    ServicesReport,
    UnusedRequirement,
    VersionChange,
    VersionConflict,
)
from deadweight.report.services import SERVICES_FORMATS, render_services
from deadweight.report.view import View
from tests.html_reports import EVIL
from tests.unit.report.html.test_as_html import Page
from tests.unit.report.services.test_text import PROPOSAL, REPORT, check, row

VIEW = View(width=200)
SIDES = (
    ConflictSide(service="api", file="api.txt", line=1, requirement="dw-http<2"),
    ConflictSide(service="worker", file="worker.txt", line=None, requirement="dw-http>=2"),
)
FULL = replace(
    REPORT,
    services=(*REPORT.services, row("web", 5, 0, (UnusedRequirement(name="redis", freed_bytes=5),))),
    total_bytes=1_800_001_005,
    proposal=replace(
        PROPOSAL,
        apart=("worker",),
        conflicts=(VersionConflict(project="dw-http", sides=SIDES, reason=""),),
        changes=(
            VersionChange(service="api", name="numpy", old="1.0", new="2.0"),
            VersionChange(service="web", name="numpy", old="1.0", new="2.0"),
            VersionChange(service="web", name="scipy", old=None, new="1.0"),
        ),
        larger=(
            LargerService(
                service="web", today_bytes=5, proposed_bytes=25, added_bytes=20, requirements=("scipy",),
                distributions=(NamedSize(name="scipy", apparent_bytes=20),),
            ),
        ),
        checks=(check("api"), check("web", "redis")),
    ),
    skipped=(Skipped("old", "no such file"),),
    warnings=("a note",),
)  # fmt: skip


def hostile() -> ServicesReport:
    sides = (
        ConflictSide(service=EVIL, file=EVIL, line=1, requirement=EVIL),
        ConflictSide(service=EVIL, file=EVIL, line=None, requirement=EVIL),
    )
    file = replace(PROPOSAL.files[1], name=EVIL, includes=(EVIL,), requirements=(EVIL,))
    proposal = replace(
        PROPOSAL,
        apart=(EVIL,),
        files=(file,),
        conflicts=(VersionConflict(project=EVIL, sides=sides, reason=EVIL),),
        changes=(VersionChange(service=EVIL, name=EVIL, old=EVIL, new=EVIL),),
        checks=(check(EVIL, EVIL), check(EVIL, problem=EVIL)),
        layers=(replace(PROPOSAL.layers[0], name=EVIL),),
    )
    shared = (replace(REPORT.shared[0], name=EVIL, version=EVIL),)
    unused = (UnusedRequirement(name=EVIL, freed_bytes=1),)
    return replace(
        REPORT, services=(row(EVIL, 1, 1, unused),), shared=shared, proposal=proposal, warnings=(EVIL,),
        skipped=(Skipped(EVIL, EVIL),),
    )  # fmt: skip


def test_services_markdown__report__has_all_sections() -> None:
    assert render_services(FULL, "markdown", View(rows=1)).splitlines() == [
        "### 3 services: 1.80 GB (900 MB with each distribution counted once)",
        "",
        "#### Services",
        "",
        "| service | size | distributions | own | shared | unused | largest |",
        "|---|---:|---:|---:|---:|---:|---|",
        "| api | 900 MB | 3 | 1.00 kB | 900 MB | no code | torch |",
        "| worker | 900 MB | 3 | 0 B | 900 MB | no code | torch |",
        "| web | 5 B | 3 | 5 B | 0 B | 5 B | torch |",
        "| total | 1.80 GB | | | | | |",
        "",
        "#### Requirements that the code never imports",
        "",
        "- web: redis (5 B)",
        "",
        "<details>",
        "<summary>Shared by several services</summary>",
        "",
        "| distribution | version | size | services | in all |",
        "|---|---|---:|---:|---:|",
        "| torch | 2.0 | 900 MB | 2 | 1.80 GB |",
        "",
        "</details>",
        "",
        "#### Proposed files",
        "",
        "| file | includes | requirements |",
        "|---|---|---|",
        "| `base.txt` | | torch==2.0 |",
        "| `api.txt` | -r base.txt | |",
        "",
        "#### Layers",
        "",
        "| layer | installed | download | distributions | images |",
        "|---|---:|---:|---:|---:|",
        "| base | 900 MB | ? | 3 | 2 |",
        "| stored today (2 layers) | 1.80 GB | ? | | |",
        "| stored as proposed (1 layer) | 900 MB | ? | | |",
        "",
        (
            "Sharing layers saves 900 MB (50 %), if today each service has one layer with its requirements and a"
            " registry stores each layer once; without bytecode and base images."
        ),
        "",
        "#### Conflicts",
        "",
        "- api requires dw-http&#60;2 (api.txt:1) but worker requires dw-http&#62;=2 (worker.txt)",
        "",
        "worker keeps versions of its own.",
        "",
        "<details>",
        "<summary>Versions that change</summary>",
        "",
        "- numpy 1.0 → 2.0: api, web",
        "- 1 more (use --all)",
        "",
        "</details>",
        "",
        "#### Services that install more than today",
        "",
        "- web +20 B (5 B → 25 B): scipy (20 B); shared files add scipy",
        "",
        "#### Check",
        "",
        "- web does not provide redis, which its code uses",
        "",
        "> old was not measured: no such file  ",
        "> a note  ",
    ]


def test_services_html__report__has_all_rows_whatever_the_view() -> None:
    rows = Page(render_services(FULL, "html", View(rows=0))).rows
    assert ["torch", "2.0", "900 MB", "2", "1.80 GB"] in rows
    assert ["total", "1.80 GB", "", "", "", "", ""] in rows


def test_services_markdown__hostile_names__are_shown_as_they_are() -> None:
    text = render_services(hostile(), "markdown", VIEW)
    outside_code = re.sub(r"`[^`\n]+`", "", text)
    assert not re.search(r"<(?!details>|/details>|summary>|/summary>)", outside_code)
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_services__name_of_many_characters__is_abridged_alone(form: str) -> None:
    name = "<name>|" + 5000 * "n"
    text = render_services(replace(FULL, skipped=(Skipped(name, "no wheel\n\nat all"),)), form, VIEW)
    assert 501 * "n" not in text
    assert "… was not measured: no wheel at all" in " ".join(text.split())
    assert ("<name" in text) is (form == "text")


def test_services_html__hostile_names__are_text() -> None:
    page = Page(render_services(hostile(), "html", VIEW))
    assert {tag for tag, _ in page.elements} & {"img", "script", "link", "iframe"} == set()
    assert any("<img src=x onerror=window.broken=1>" in cell for each in page.rows for cell in each)


@pytest.mark.parametrize("form", SERVICES_FORMATS)
def test_render_services__every_format__names_the_services(form: str) -> None:
    assert "worker" in render_services(REPORT, form, VIEW)
