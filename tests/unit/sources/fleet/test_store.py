"""Reports and failures → the file of a fleet."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from deadweight.errors import BadFleet, BadInput, FleetFailed
from deadweight.fleet.values import Failure
from deadweight.model.report import Finding
from deadweight.model.tree import Skipped
from deadweight.sources.fleet.store import Fleet
from tests.builders import bare, report_on
from tests.fleets import fleet_file, image_report, layer, rows, wasteful

SMALL, LARGE = report_on(bare("a", 10), location="x"), report_on(bare("a", 20), bare("b", 5), location="x")
REFUSED = Failure(reason="the registry refused", exit_code=5)


def test_add__report__views_show_it(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": LARGE})
    assert rows(path, "SELECT target, run, distributions, apparent_bytes, failure FROM targets") == [
        ("app", 1, 2, 25, None)
    ]
    assert rows(path, "SELECT name, version, apparent_bytes, layer FROM distributions ORDER BY name") == [
        ("a", "1.0", 20, None),
        ("b", "1.0", 5, None),
    ]
    assert rows(path, "SELECT kind, apparent_bytes FROM kinds") == [("source", 25)]
    assert {row[0] for row in rows(path, "SELECT split FROM splits")} == {"production", "minimal"}
    assert rows(path, "SELECT targets, failed, finished IS NOT NULL FROM runs") == [(1, 0, 1)]


def test_add__image__each_layer_is_one_row(tmp_path: Path) -> None:
    base, one, two = layer("base", 100), layer("one", 50, wasted=20), layer("two", 60)
    path = fleet_file(
        tmp_path / "f.db",
        {
            "app:1": image_report(
                [base, one], bare("a"), bare("b"), where={"a": (0,), "b": (0, 1)}, findings=[wasteful(20)]
            ),
            "app:2": image_report([base, two], bare("a"), where={"a": (0,)}),
        },
    )
    assert rows(path, "SELECT digest, targets, apparent_bytes FROM layers ORDER BY digest") == [
        ("sha256:base", 2, 100),
        ("sha256:one", 1, 50),
        ("sha256:two", 1, 60),
    ]
    # A distribution with files in several layers is complete in the highest of them.
    assert rows(path, "SELECT name, layer FROM distributions WHERE target = 'app:1' ORDER BY name") == [
        ("a", "sha256:base"),
        ("b", "sha256:one"),
    ]
    hidden = rows(path, "SELECT run, target, rule, rule_name, layer, bytes, change FROM findings")
    assert hidden == [(1, "app:1", "DW504", "deleted-later", "sha256:one", 20, "delete them earlier")]
    changes = rows(path, "SELECT action, name, detail, layer, saves_bytes FROM savings")
    assert changes == [("instruction", "deleted-later", "delete them earlier", "sha256:one", 20)]


def test_add__layer_with_compressed_size_later__gets_it(tmp_path: Path) -> None:
    saved, pulled = layer("base"), layer("base", compressed=40)
    path = fleet_file(
        tmp_path / "f.db",
        {
            "archive": image_report([saved], bare("a"), where={}),
            "registry": image_report([pulled], bare("b"), where={}),
            "again": image_report([saved], bare("c"), where={}),
        },
    )
    assert rows(path, "SELECT apparent_bytes, compressed_bytes, targets FROM layers") == [(100, 40, 3)]


def test_add__finding_in_code__has_its_line(tmp_path: Path) -> None:
    finding = Finding(kind="unused", name="a", reason="is used nowhere", freed_bytes=10, locations=())
    path = fleet_file(tmp_path / "f.db", {"app": replace(SMALL, findings=(finding,))})
    assert rows(path, "SELECT rule, name, bytes, reason, file, line FROM findings") == [
        ("unused", "a", 10, "is used nowhere", None, None)
    ]
    assert rows(path, "SELECT action, name, saves_bytes FROM savings") == [("drop-unused", "a", 10)]


def test_add__same_target_twice_in_a_run__changes_nothing(tmp_path: Path) -> None:
    with Fleet.open(str(tmp_path / "f.db")) as fleet:
        run = fleet.begin("0.1")
        fleet.add(run, "app", SMALL)
        fleet.add(run, "app", LARGE)
        fleet.add(run, "app", REFUSED)
        assert fleet.measured(run) == {"app"}
    assert rows(tmp_path / "f.db", "SELECT target, apparent_bytes, failure FROM history") == [("app", 10, None)]


def test_add__failure_then_report__keeps_the_report(tmp_path: Path) -> None:
    with Fleet.open(str(tmp_path / "f.db")) as fleet:
        run = fleet.begin("0.1")
        fleet.add(run, "app", REFUSED)
        assert fleet.measured(run) == set()
        assert rows(tmp_path / "f.db", "SELECT target, run, last_run, failure FROM targets") == [
            ("app", None, 1, "the registry refused")
        ]
        fleet.add(run, "app", SMALL)
    assert rows(tmp_path / "f.db", "SELECT run, apparent_bytes, failure FROM history") == [(1, 10, None)]


def test_add__failure_after_an_earlier_result__latest_keeps_the_result(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": SMALL})
    with Fleet.open(str(path)) as fleet:
        fleet.add(fleet.begin("0.1"), "app", REFUSED)
    assert rows(path, "SELECT run, last_run, apparent_bytes, failure FROM targets") == [
        (1, 2, 10, "the registry refused")
    ]


def test_add__equal_reports__are_stored_once(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": SMALL}, {"app": SMALL}, {"app": LARGE})
    assert rows(path, "SELECT COUNT(*) FROM result") == [(2,)]
    assert rows(path, "SELECT run, apparent_bytes FROM history ORDER BY run") == [(1, 10), (2, 10), (3, 25)]


def test_reuse__known_identity__needs_no_report(tmp_path: Path) -> None:
    with Fleet.open(str(tmp_path / "f.db")) as fleet:
        first = fleet.begin("0.1")
        fleet.add(first, "app:1", SMALL, identity="sha256:abc")
        second = fleet.begin("0.1")
        assert fleet.reuse(second, "app:2", "sha256:abc")
        assert not fleet.reuse(second, "app:3", "sha256:def")
    assert rows(tmp_path / "f.db", "SELECT target, run, apparent_bytes FROM history ORDER BY run") == [
        ("app:1", 1, 10),
        ("app:2", 2, 10),
    ]


def test_finish__complete_run__other_targets_are_gone_from_then_on(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"old": SMALL, "app": SMALL})
    with Fleet.open(str(path)) as fleet:
        run = fleet.begin("0.1", complete=True)
        fleet.add(run, "app", LARGE)
        assert fleet.unfinished() is not None
        assert {name for (name,) in rows(path, "SELECT target FROM targets")} == {"old", "app"}
        fleet.finish(run)
        assert fleet.unfinished() is None
    assert rows(path, "SELECT target, apparent_bytes FROM targets") == [("app", 25)]
    assert len(rows(path, "SELECT * FROM history")) == 3


@pytest.mark.parametrize(
    ("target", "stored"),
    [
        ("https://bob:s3cret@host/app", "https://****@host/app"),
        ("registry:bob:s3cret@host/app:1", "registry:host/app:1"),
        ("registry:host/app@sha256:abc", "registry:host/app@sha256:abc"),
        ("docker:app@sha256:abc", "docker:app@sha256:abc"),
    ],
)
def test_add__credentials__are_nowhere_in_the_file(tmp_path: Path, target: str, stored: str) -> None:
    url = "https://bob:s3cret@index.example/simple"
    report = replace(SMALL, skipped=(Skipped("b", f"cannot fetch {url}", 5),))
    with Fleet.open(str(tmp_path / "f.db")) as fleet:
        run = fleet.begin("0.1", {"index_url": url})
        fleet.add(run, target, report, identity=url)
        fleet.add(run, "other", Failure(reason=f"cannot fetch {url}", exit_code=5))
    assert stored in {name for (name,) in rows(tmp_path / "f.db", "SELECT target FROM targets")}
    assert b"s3cret" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_add__hostile_texts__are_stored_as_they_are(tmp_path: Path) -> None:
    name = "'; DROP TABLE run; --\x1b[31m<b>=cmd()"
    path = fleet_file(tmp_path / "f.db", {name: SMALL})
    assert rows(path, "SELECT target FROM targets") == [(name,)]


def test_add__surrogates_and_nul__are_stored_escaped(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"a\udcffb\0c": SMALL})
    assert rows(path, "SELECT target FROM targets") == [("a\\udcffb\\x00c",)]


def test_add__full_disk__is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": SMALL})
    many = report_on(*(bare(f"a{number}") for number in range(5000)))
    with Fleet.open(str(path)) as fleet:
        run = fleet.begin("0.1")
        fleet._connection.execute("PRAGMA max_page_count = 60")
        with pytest.raises(FleetFailed, match="full") as failed:
            fleet.add(run, "large", many)
        assert failed.value.exit_code == 5
        assert "free some space" in failed.value.hint
        # The numbers of rows that were rolled back are forgotten.
        fleet._connection.execute("PRAGMA max_page_count = 100000")
        fleet.add(run, "large", many)
    assert rows(path, "SELECT COUNT(*) FROM distributions") == [(5001,)]
    assert rows(path, "SELECT COUNT(*) FROM version LEFT JOIN project ON project.id = project WHERE name IS NULL") == [
        (0,)
    ]


def test_add__failure_of_a_later_statement__leaves_nothing_half(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"app": SMALL})
    report = replace(LARGE, skipped=(Skipped("c", "no wheel", 4),))
    with Fleet.open(str(path)) as fleet:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TRIGGER stop BEFORE INSERT ON skipped BEGIN SELECT RAISE(ABORT, 'stop'); END")
        with pytest.raises(BadFleet, match="stop"):
            fleet.add(fleet.begin("0.1"), "app", report)
    assert rows(path, "SELECT COUNT(*) FROM result") == [(1,)]
    assert rows(path, "SELECT COUNT(*) FROM installed") == [(1,)]


def test_failure_of__error__keeps_its_first_line() -> None:
    assert Failure.of(BadInput("no such file\ndetails")) == Failure(reason="no such file", exit_code=4)


def test_add__names_that_are_stored_as_one__are_summed(tmp_path: Path) -> None:
    report = report_on(bare("a"))
    kinds = replace(report.totals, kinds={"a://x@h": 1, "a://y@h": 2, "data": 4})
    minimal = report.splits["minimal"]
    splits = {
        **report.splits,
        "a://x@h": replace(minimal, apparent_bytes=10, saved_bytes=1),
        "a://y@h": replace(minimal, apparent_bytes=20, saved_bytes=2),
    }
    path = fleet_file(tmp_path / "f.db", {"app": replace(report, totals=kinds, splits=splits)})
    assert rows(path, "SELECT name, apparent_bytes FROM kind ORDER BY 1") == [("a://****@h", 3), ("data", 4)]
    summed = "SELECT apparent_bytes, saved_bytes FROM split WHERE name = 'a://****@h'"
    assert rows(path, summed) == [(30, 3)]
