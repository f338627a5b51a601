"""A service today and as proposed → what changes and what makes it larger."""

from __future__ import annotations

from deadweight.analysis.services.changes import larger_service, version_changes
from deadweight.analysis.services.today import MeasuredService
from deadweight.model import Distribution
from deadweight.model.report.services import LargerService, NamedSize, VersionChange
from deadweight.planning.sharing.wanted import service_file
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def service(*distributions: Distribution) -> MeasuredService:
    file = requirements_file("web\n")
    profile = profile_of(bare_inventory(*distributions), file)
    return MeasuredService(path="a.txt", file=service_file("a", file), profile=profile)


def test_version_changes__other_new_and_removed_distributions__are_listed_by_name() -> None:
    today = service(bare("web", 10, version="2.0"), bare("old", 5), bare("same", 1))
    proposed = bare_inventory(bare("web", 10, version="1.0"), bare("new", 5), bare("same", 1))
    assert list(version_changes(today, proposed)) == [
        VersionChange(service="a", name="new", old=None, new="1.0"),
        VersionChange(service="a", name="old", old="1.0", new=None),
        VersionChange(service="a", name="web", old="2.0", new="1.0"),
    ]


def test_larger_service__more_bytes__names_what_is_new_or_larger() -> None:
    today = service(bare("web", 10), bare("http", 8))
    proposed = bare_inventory(bare("web", 7), bare("http", 10), bare("torch", 900), bare("numpy", 70))
    assert larger_service(today, proposed, ("torch>=2",)) == LargerService(
        service="a",
        today_bytes=18,
        proposed_bytes=987,
        added_bytes=969,
        requirements=("torch>=2",),
        distributions=(
            NamedSize(name="torch", apparent_bytes=900),
            NamedSize(name="numpy", apparent_bytes=70),
            NamedSize(name="http", apparent_bytes=2),
        ),
    )


def test_larger_service__as_many_bytes_or_fewer__is_none() -> None:
    today = service(bare("web", 10), bare("http", 8))
    assert larger_service(today, bare_inventory(bare("web", 12), bare("http", 6)), ("http",)) is None
    assert larger_service(today, bare_inventory(bare("web", 10)), ()) is None
