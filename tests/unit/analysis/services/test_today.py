"""Measured services → what each weighs and shares."""

from __future__ import annotations

from deadweight.analysis.services.today import (
    MeasuredService,
    distinct_bytes,
    downloads_of,
    service_rows,
    shared_distributions,
)
from deadweight.model import Application, Distribution, Mention
from deadweight.model.report.services import NamedSize, SharedDistribution, UnusedRequirement
from deadweight.planning.sharing.wanted import service_file
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def service(
    name: str, text: str, *distributions: Distribution, imports: tuple[str, ...] | None = None
) -> MeasuredService:
    """Return a service; ``imports``: what its code imports, None for no code."""
    file = requirements_file(text)
    mentions = tuple(Mention("import", each, "app.py", 1, "application") for each in imports or ())
    application = None if imports is None else Application(directory=name, mentions=mentions, files=1)
    profile = profile_of(bare_inventory(*distributions), file, application=application)
    return MeasuredService(path=f"{name}.txt", file=service_file(name, file), profile=profile, notes=("read it",))


WEB, HTTP, OLD_HTTP = bare("web", 30, requires=["http"]), bare("http", 5, version="2.0"), bare("http", 4, version="1.0")
TORCH = bare("torch", 900, download=300)


def test_service_rows__one_version__is_shared_and_other_versions_are_own() -> None:
    a, b, c = service_rows(
        [
            service("a", "web\ntorch\n", WEB, HTTP, TORCH),
            service("b", "web\n", WEB, OLD_HTTP),
            service("c", "web\n", WEB, HTTP),
        ]
    )
    assert [(row.name, row.apparent_bytes, row.own_bytes, row.shared_bytes) for row in (a, b, c)] == [
        ("a", 935, 900, 35), ("b", 34, 4, 30), ("c", 35, 0, 35),
    ]  # fmt: skip
    assert (a.file, a.requirements, a.distributions, a.own_distributions) == ("a.txt", 2, 3, 1)
    assert a.versions == {"http": "2.0", "torch": "1.0", "web": "1.0"}
    assert a.largest == tuple(
        NamedSize(name=name, apparent_bytes=size) for name, size in (("torch", 900), ("web", 30), ("http", 5))
    )
    assert (a.notes, a.source, a.unused, a.unused_bytes) == (("read it",), None, None, None)


def test_service_rows__code__has_what_it_never_imports_and_what_dropping_all_of_it_frees() -> None:
    (row,) = service_rows([service("a", "web\ntorch\nhttp\n", WEB, HTTP, TORCH, imports=("torch",))])
    assert row.source == "a"
    assert row.unused == (UnusedRequirement(name="web", freed_bytes=30), UnusedRequirement(name="http", freed_bytes=0))
    assert row.unused_bytes == 35


def test_service_rows__all_is_used__is_an_empty_list() -> None:
    (row,) = service_rows([service("a", "torch\n", TORCH, imports=("torch",))])
    assert (row.unused, row.unused_bytes) == ((), 0)


def test_shared_distributions__total_decides_the_order() -> None:
    services = [
        service("a", "web\ntorch\n", WEB, HTTP, TORCH),
        service("b", "web\n", WEB, HTTP),
        service("c", "", HTTP),
    ]
    assert shared_distributions(services) == (
        SharedDistribution(name="web", version="1.0", apparent_bytes=30, services=("a", "b"), total_bytes=60),
        SharedDistribution(name="http", version="2.0", apparent_bytes=5, services=("a", "b", "c"), total_bytes=15),
    )


def test_distinct_bytes__versions__count_once_each() -> None:
    services = [
        service("a", "web\n", WEB, HTTP),
        service("b", "web\n", WEB, OLD_HTTP),
        service("c", "web\n", WEB, HTTP),
    ]
    assert distinct_bytes(services) == 39


def test_downloads_of__one_archive_is_unknown__is_unknown() -> None:
    assert downloads_of([TORCH]) == 300
    assert downloads_of([TORCH, WEB]) is None
