"""ServicesReport → text."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.model import Skipped
from deadweight.model.report import EnvironmentFacts
from deadweight.model.report.services import (
    ConflictSide,
    LargerService,
    LayerRow,
    NamedSize,
    Proposal,
    ProposedFile,
    ServiceCheck,
    ServiceRow,
    ServicesReport,
    SharedDistribution,
    Storage,
    UnusedRequirement,
    VersionChange,
    VersionConflict,
)
from deadweight.report.services.text import as_text
from deadweight.report.view import View

ENVIRONMENT = EnvironmentFacts(prefix="/venv", python="3.11.7", platform="linux_x86_64", installer="uv")


def row(name: str, own: int, shared: int, unused: tuple[UnusedRequirement, ...] | None = None) -> ServiceRow:
    return ServiceRow(
        name=name, file=f"{name}.txt", source=None, requirements=2, distributions=3, apparent_bytes=own + shared,
        download_bytes=None, own_distributions=1, own_bytes=own, shared_bytes=shared, unused=unused,
        unused_bytes=None if unused is None else sum(each.freed_bytes for each in unused),
        largest=(NamedSize(name="torch", apparent_bytes=shared),), versions={"torch": "2.0"}, notes=(),
    )  # fmt: skip


def check(service: str, *gaps: str, problem: str = "") -> ServiceCheck:
    return ServiceCheck(
        service=service, holds=not gaps and not problem, method="resolved", proof=None, new_gaps=gaps, problem=problem
    )


PROPOSAL = Proposal(
    base_share=50,
    services=("api", "worker"),
    apart=(),
    files=(
        ProposedFile(
            name="base", kind="shared", includes=(), constraints="constraints", options=(),
            requirements=("torch==2.0 --hash=sha256:" + "0" * 64,), services=("api", "worker"),
        ),
        ProposedFile(
            name="api", kind="service", includes=("base",), constraints="constraints", options=(), requirements=(),
            services=("api",),
        ),
    ),
    constraints={"constraints": ("torch==2.0",)},
    conflicts=(),
    changes=(),
    larger=(),
    checks=(check("api"), check("worker")),
    layers=(
        LayerRow(
            name="base", distributions=3, apparent_bytes=900_000_000, download_bytes=None, services=("api", "worker")
        ),
    ),
    before=Storage(layers=2, apparent_bytes=1_800_000_000, download_bytes=None),
    after=Storage(layers=1, apparent_bytes=900_000_000, download_bytes=None),
)  # fmt: skip
REPORT = ServicesReport(
    version="1",
    environment=ENVIRONMENT,
    services=(row("api", 1_000, 900_000_000), row("worker", 0, 900_000_000)),
    total_bytes=1_800_001_000,
    distinct_bytes=900_001_000,
    shared=(
        SharedDistribution(
            name="torch", version="2.0", apparent_bytes=900_000_000, services=("api", "worker"),
            total_bytes=1_800_000_000,
        ),
    ),
    proposal=PROPOSAL,
    skipped=(),
    warnings=(),
)  # fmt: skip


def text_of(proposal: Proposal = PROPOSAL, width: int = 80) -> str:
    return as_text(replace(REPORT, proposal=proposal), View(width=width))


def test_as_text__eighty_columns__has_tables_and_the_check() -> None:
    assert text_of() == (
        "service     size  distributions      own  shared\n"
        "api       900 MB              3  1.00 kB  900 MB\n"
        "worker    900 MB              3      0 B  900 MB\n"
        "total    1.80 GB\n"
        "each distribution counted once: 900 MB\n"
        "\n"
        "shared by several services  version    size  services   in all\n"
        "torch                           2.0  900 MB         2  1.80 GB\n"
        "\n"
        "proposed files\n"
        "  base.txt: torch==2.0\n"
        "  api.txt: -r base.txt\n"
        "\n"
        "layer                         installed  download  distributions  images\n"
        "base                             900 MB         ?              3       2\n"
        "stored today (2 layers)         1.80 GB         ?\n"
        "stored as proposed (1 layer)     900 MB         ?\n"
        "sharing layers saves 900 MB (50 %), if today each service has one layer with its\n"
        "  requirements and a registry stores each layer once; without bytecode and base\n"
        "  images\n"
        "\n"
        "checked: the files of 2 services install what they do today\n"
    )


def test_as_text__wide_terminal__names_the_largest_distributions() -> None:
    first = text_of(width=120).splitlines()[:2]
    assert first[0].endswith("shared  largest")
    assert first[1].endswith("900 MB  torch")


@pytest.mark.parametrize("width", [20, 40, 60, 79])
def test_as_text__narrow_terminal__fits_and_truncates_nothing(width: int) -> None:
    long = replace(REPORT, services=(row("a-service-with-a-name-of-forty-characters", 1, 2), *REPORT.services[1:]))
    text = as_text(long, View(width=width))
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    shown = " ".join(text.split()).replace("- ", "-")
    assert ("distributions 3" in shown) is (width < 79)
    assert shown.count("900 MB") == 7


def test_as_text__larger_services__have_bytes_lines_and_distributions() -> None:
    larger = LargerService(
        service="worker",
        today_bytes=100_000_000,
        proposed_bytes=1_000_000_000,
        added_bytes=900_000_000,
        requirements=("torch>=2 --hash=sha256:" + "0" * 64, "numpy"),
        distributions=(
            NamedSize(name="torch", apparent_bytes=850_000_000),
            NamedSize(name="numpy", apparent_bytes=50_000_000),
        ),
    )
    changes = (
        VersionChange(service="worker", name="numpy", old=None, new="2.0"),
        VersionChange(service="worker", name="http", old="2.0", new="1.0"),
    )
    text = text_of(replace(PROPOSAL, larger=(larger,), changes=changes), 100)
    assert (
        "versions that change\n"
        "  http 2.0 → 1.0: worker\n"
        "  numpy not installed → 2.0: worker\n"
        "\n"
        "services that install more than today\n"
        "  worker +900 MB (100 MB → 1.00 GB): torch (850 MB), numpy (50.0 MB)\n"
        "    shared files add torch>=2, numpy\n"
        "\n"
        "checked: the files of 2 services install what they do today except for the changes above\n"
    ) in text


def test_as_text__larger_service_whose_sizes_read_the_same__has_the_difference_only() -> None:
    larger = LargerService(
        service="worker",
        today_bytes=7_860_000_000,
        proposed_bytes=7_860_233_000,
        added_bytes=233_000,
        requirements=(),
        distributions=(NamedSize(name="tzdata", apparent_bytes=583_000),),
    )
    text = text_of(replace(PROPOSAL, larger=(larger,)))
    assert "services that install more than today\n  worker +233 kB: tzdata (583 kB)\n" in text


def test_as_text__conflicts__name_both_sides_and_the_reason() -> None:
    sides = (
        ConflictSide(service="old", file="old.txt", line=4, requirement="pandas<2"),
        ConflictSide(service="api", file="api.txt", line=None, requirement=""),
    )
    conflict = VersionConflict(project=None, sides=sides, reason="they use\n  other indexes")
    text = text_of(replace(PROPOSAL, apart=("old",), conflicts=(conflict,)), 100)
    assert (
        "old keeps versions of its own\n"
        "  old requires pandas<2 (old.txt:4) but api has other requirements (api.txt)\n"
        "  they use other indexes\n"
    ) in text


def test_as_text__services_apart__are_not_among_those_that_were_checked() -> None:
    text = text_of(replace(PROPOSAL, services=("api",), apart=("worker",)))
    assert text.endswith("\nchecked: the files of api install what they do today\n")


def test_as_text__failed_checks__say_what_is_wrong() -> None:
    checks = (check("api", "torch", "numpy"), check("worker", problem="lacks requirements: web"))
    assert text_of(replace(PROPOSAL, checks=checks)).endswith(
        "these files do not pass the check:\n"
        "  api does not provide torch, numpy, which its code uses\n"
        "  worker lacks requirements: web\n"
    )


def test_as_text__code_and_failures__are_shown() -> None:
    unused = (UnusedRequirement(name="torch", freed_bytes=900_000_000),)
    skipped = (Skipped("jobs", "no version\nof \x1b[31mlib", 5),)
    report = replace(REPORT, services=(row("api", 1_000, 900_000_000, unused), row("worker", 0, 5)), skipped=skipped)
    text = as_text(report, View(width=100))
    assert "own  shared   unused  largest\n" in text
    assert "1.00 kB  900 MB   900 MB  torch\n" in text
    assert "0 B     5 B  no code  torch\n" in text
    assert "requirements that the code never imports\n  api: torch (900 MB)\n" in text
    assert text.endswith("note: jobs was not measured: no version of \\x1b[31mlib\n")


def test_as_text__rows__limit_lists() -> None:
    many = tuple(replace(REPORT.shared[0], name=f"lib-{n}") for n in range(5))
    changes = tuple(VersionChange(service="api", name=f"lib-{n}", old="1", new="2") for n in range(5))
    report = replace(REPORT, shared=many, proposal=replace(PROPOSAL, changes=changes))
    text = as_text(report, View(width=80, rows=2))
    assert [line.split() for line in text.splitlines() if "use --all" in line] == [
        "3 more (use --all) 5.40 GB".split(),
        "3 more (use --all)".split(),
    ]
    assert "use --all" not in as_text(report, View(width=80, rows=None))


def test_as_text__many_larger_services__are_limited_and_the_largest_come_first() -> None:
    larger = tuple(
        LargerService(
            service=f"s-{size}",
            today_bytes=1,
            proposed_bytes=1 + size,
            added_bytes=size,
            requirements=(),
            distributions=(NamedSize(name="web", apparent_bytes=size),),
        )
        for size in (1, 5, 3, 4)
    )
    report = replace(REPORT, proposal=replace(PROPOSAL, larger=larger))
    assert (
        "services that install more than today\n"
        "  s-5 +5 B (1 B → 6 B): web (5 B)\n"
        "  s-4 +4 B (1 B → 5 B): web (4 B)\n"
        "  2 more (use --all)\n"
    ) in as_text(report, View(width=80, rows=2))
    assert "  s-1 +1 B" in as_text(report, View(width=80, rows=None))


def test_as_text__nothing_to_share__says_that_it_saves_nothing() -> None:
    assert "sharing layers saves nothing, if today" in text_of(replace(PROPOSAL, before=PROPOSAL.after))
    less = Storage(layers=1, apparent_bytes=450_000_000, download_bytes=None)
    assert "sharing layers costs 450 MB (100 %), if today" in text_of(replace(PROPOSAL, before=less))
