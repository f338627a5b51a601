"""The file of a fleet → the figures of its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.fleet.values import Failure
from deadweight.model.report import Finding, Report
from deadweight.model.report.fleet import (
    BaseDistribution,
    DistributionChange,
    FailedTarget,
    FleetChange,
    FleetDistribution,
    ProposedBase,
    RuleWaste,
    TargetChange,
    VersionsInUse,
    VersionUse,
)
from deadweight.operations.fleet.reporting import FleetScope, fleet_report
from deadweight.sources.fleet.files import reading
from deadweight.sources.fleet.store import Fleet
from deadweight.sources.fleet.summary import Summary
from tests.builders import bare, report_on
from tests.fleets import fleet_file, image_report, layer, wasteful

MB = 10**6
BASE = layer("base", 100 * MB)


def app(digest: str, *, version: str = "1.0", size: int = 10 * MB) -> Report:
    """Return an image with a distribution in the shared base, and two in its own layer."""
    return image_report(
        [BASE, layer(digest, 50 * MB, wasted=MB)],
        bare("common", 7 * MB),
        bare("numpy", size, version=version),
        bare("pytest", 3 * MB, requested=True),
        where={"common": (0,), "numpy": (0, 1), "pytest": (1,)},
        findings=[wasteful(MB)],
    )


FLEET = {"a:1": app("a"), "b:1": app("b"), "c:1": app("c", version="2.0"), "requirements.txt": report_on(bare("numpy", 10 * MB))}  # noqa: E501  # fmt: skip


@contextmanager
def summary(path: Path, *, before: int | None = None, most: int | None = None) -> Iterator[Summary]:
    with reading(str(path)) as connection:
        yield Summary(connection, run=None, before=before, most=most)


def test_totals__images__count_shared_layers_once(tmp_path: Path) -> None:
    with summary(fleet_file(tmp_path / "f.db", FLEET)) as figures:
        total = figures.totals()
    assert (total.targets, total.images, total.images_alone) == (4, 3, 0)
    assert total.apparent_bytes == 3 * 20 * MB + 10 * MB
    assert total.shipped_bytes == 3 * 150 * MB
    assert (total.layers, total.stored_bytes, total.wasted_bytes) == (4, 250 * MB, 3 * MB)
    assert (total.distributions, total.versions, total.copies) == (3, 4, 10)


def test_distributions__in_a_shared_layer__are_stored_once(tmp_path: Path) -> None:
    with summary(fleet_file(tmp_path / "f.db", FLEET)) as figures:
        numpy, common, pytest = figures.distributions()
    assert (numpy.name, numpy.versions, numpy.copies, numpy.apparent_bytes, numpy.stored_bytes) == (
        "numpy", 2, 4, 40 * MB, 40 * MB,
    )  # fmt: skip
    assert (common.copies, common.apparent_bytes, common.stored_bytes) == (3, 21 * MB, 7 * MB)
    assert pytest == FleetDistribution(
        name="pytest", versions=1, copies=3, apparent_bytes=9 * MB, stored_bytes=9 * MB, dev_copies=3, dev_bytes=9 * MB
    )


def test_dev__what_production_splits_leave_out(tmp_path: Path) -> None:
    with summary(fleet_file(tmp_path / "f.db", FLEET)) as figures:
        # Nothing requires numpy, so that the split does not have it either; it is not for development.
        assert [(each.name, each.dev_copies, each.dev_bytes) for each in figures.dev()] == [("pytest", 3, 9 * MB)]


def test_versions__several__are_listed(tmp_path: Path) -> None:
    with summary(fleet_file(tmp_path / "f.db", FLEET)) as figures:
        assert figures.versions() == (
            VersionsInUse(
                name="numpy",
                copies=4,
                versions=(
                    VersionUse(version="1.0", copies=3, apparent_bytes=30 * MB),
                    VersionUse(version="2.0", copies=1, apparent_bytes=10 * MB),
                ),
            ),
        )


def test_rules__layer_of_several_images__is_wasted_once(tmp_path: Path) -> None:
    finding = Finding(kind="unused", name="numpy", reason="is used nowhere", freed_bytes=5, locations=())
    shared = {"a:1": app("a"), "a:2": replace(app("a"), findings=(finding,))}
    with summary(fleet_file(tmp_path / "f.db", shared)) as figures:
        assert figures.rules() == (
            RuleWaste(rule="DW504", name="deleted-later", findings=2, apparent_bytes=2 * MB, stored_bytes=MB),
            RuleWaste(rule="unused", name="unused", findings=1, apparent_bytes=5, stored_bytes=5),
        )


def test_bases__same_versions_in_own_layers__are_proposed(tmp_path: Path) -> None:
    with summary(fleet_file(tmp_path / "f.db", FLEET)) as figures:
        bases = figures.bases()
    assert bases.proposed == (
        ProposedBase(
            python="3.11", platform="linux_x86_64",
            distributions=(
                BaseDistribution(name="numpy", version="1.0", apparent_bytes=10 * MB),
                BaseDistribution(name="pytest", version="1.0", apparent_bytes=3 * MB),
            ),
            layers=2, images=2, before_bytes=26 * MB, after_bytes=13 * MB,
        ),
    )  # fmt: skip
    assert (bases.before_bytes, bases.after_bytes) == (250 * MB, 237 * MB)
    (in_use,) = bases.in_use
    assert (in_use.digest, in_use.images, in_use.layers, in_use.stored_bytes) == ("sha256:base", 3, 1, 100 * MB)


def test_changes__shared_layer__is_one_line(tmp_path: Path) -> None:
    images = {"a:1": app("a"), "a:2": app("a"), "b:1": app("b")}
    with summary(fleet_file(tmp_path / "f.db", images)) as figures:
        changes = {each.action: each for each in figures.changes()}
    assert changes["drop-dev"] == FleetChange(
        action="drop-dev", name="pytest", detail="DW101", lines=2, targets=3, saves_bytes=9 * MB
    )
    assert changes["drop-dev"].saves_per_line == 4_500_000
    assert (changes["instruction"].lines, changes["instruction"].saves_bytes) == (2, 3 * MB)


def test_changes__two_findings_of_one_image__are_one_target(tmp_path: Path) -> None:
    layers = [BASE, layer("a", 50 * MB)]
    twice = image_report(layers, where={}, findings=[wasteful(MB), wasteful(2 * MB, number=0)])
    with summary(fleet_file(tmp_path / "f.db", {"a:1": twice, "a:2": twice, "b:1": app("b")})) as figures:
        (change,) = (each for each in figures.changes() if each.action == "instruction")
    assert (change.lines, change.targets, change.saves_bytes) == (3, 3, 7 * MB)


def test_trend__earlier_run__names_what_changed(tmp_path: Path) -> None:
    path = fleet_file(
        tmp_path / "f.db",
        {"a:1": app("a"), "old": report_on(bare("gone", 4)), "same": report_on(bare("kept", 1))},
        {"a:1": app("a2", size=11 * MB), "new": report_on(bare("came", 9)), "same": report_on(bare("kept", 1))},
        complete=True,
    )
    with summary(path, before=1) as figures:
        trend = figures.trend()
    assert trend is not None
    assert (trend.came, trend.went, trend.changed) == (1, 1, 1)
    assert (trend.before_bytes, trend.after_bytes) == (20 * MB + 5, 21 * MB + 10)
    assert trend.targets == (
        TargetChange(target="a:1", before_bytes=20 * MB, after_bytes=21 * MB),
        TargetChange(target="new", before_bytes=None, after_bytes=9),
        TargetChange(target="old", before_bytes=4, after_bytes=None),
    )
    assert trend.distributions == (
        DistributionChange(name="numpy", before_copies=1, after_copies=1, before_bytes=10 * MB, after_bytes=11 * MB),
        DistributionChange(name="came", before_copies=0, after_copies=1, before_bytes=0, after_bytes=9),
        DistributionChange(name="gone", before_copies=1, after_copies=0, before_bytes=4, after_bytes=0),
    )
    assert (trend.before.run, trend.after.run) == (1, 2)


def test_state__earlier_run__is_that_of_then(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"a": report_on(bare("x", 1))}, {"a": report_on(bare("x", 2))})
    assert fleet_report(str(path), FleetScope(run=1)).totals.apparent_bytes == 1
    assert fleet_report(str(path), FleetScope(run=2)).totals.apparent_bytes == 2


def test_failures__last_run_failed__counts_the_result_before(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"a": report_on(bare("x", 1))})
    with Fleet.open(str(path)) as fleet:
        run = fleet.begin("0.1")
        for name in ("a", "b"):
            fleet.add(run, name, Failure(reason="refused", exit_code=5))
    report = fleet_report(str(path))
    assert (report.totals.targets, report.totals.apparent_bytes, report.failed) == (1, 1, 2)
    assert report.failures == (
        FailedTarget(target="a", run=1, reason="refused"),
        FailedTarget(target="b", run=None, reason="refused"),
    )


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (FleetScope(run=3), "has no run 3"),
        (FleetScope(since="7x"), "expected the number of a run, or an age"),
        (FleetScope(since="7d"), "no run that is older than 7d"),
        (FleetScope(since="2"), "no such run before run 1"),
    ],
)
def test_fleet_report__wrong_runs__are_refused(tmp_path: Path, scope: FleetScope, message: str) -> None:
    path = fleet_file(tmp_path / "f.db", {"a": report_on(bare("x", 1))})
    with pytest.raises(BadInput, match=message):
        fleet_report(str(path), scope)


def test_fleet_report__no_runs__says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the fleet has no runs"):
        fleet_report(str(fleet_file(tmp_path / "f.db")))


def test_fleet_report__sizes_beyond_64_bits__is_an_error_of_the_file(tmp_path: Path) -> None:
    huge = {f"{number}": report_on(bare("x", 1 << 61)) for number in range(5)}
    with pytest.raises(BadInput, match="too large to add up"):
        fleet_report(str(fleet_file(tmp_path / "f.db", huge)))
