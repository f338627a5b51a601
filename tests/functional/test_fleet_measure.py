"""``deadweight fleet measure`` as a user runs it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import write_files
from tests.chunked_layers import chunked_image, chunked_layer
from tests.fleets import rows
from tests.images import Content, image_files, make_image
from tests.registries import Registries
from tests.registry_server import Registry, published

SITE = "usr/lib/python3/site-packages"
PATIENCE = 180.0


@pytest.fixture(autouse=True)
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def distribution(name: str, size: int = 1000) -> dict[str, Content]:
    return {
        f"{SITE}/{name}/__init__.py": "x" * size,
        f"{SITE}/{name}-1.0.dist-info/METADATA": f"Name: {name}\nVersion: 1.0\n",
        f"{SITE}/{name}-1.0.dist-info/RECORD": f"{name}/__init__.py,,\n{name}-1.0.dist-info/METADATA,,\n",
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "deadweight", "fleet", "measure", *arguments]


def measure(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE, check=False)


def outcomes(path: Path) -> list[tuple[object, ...]]:
    return rows(path, "SELECT target, failure, distributions FROM targets ORDER BY target")


def test_fleet_measure__targets_of_several_kinds__are_rows(here: Path) -> None:
    write_files(
        here,
        {
            "images/a.tar": make_image(distribution("one")),
            "images/b.tar": make_image(distribution("one"), distribution("two")),
            "venv/pyvenv.cfg": "",
            "venv/lib/python3.11/site-packages/x.py": "",
            "list.txt": "venv\nimages/a.tar\n",
        },
    )
    done = measure("images/*.tar", "list.txt", "-o", "fleet.db")
    assert (done.returncode, done.stdout) == (0, "fleet.db: measured 3 targets (run 1)\n"), done.stderr
    assert outcomes(here / "fleet.db") == [("images/a.tar", None, 1), ("images/b.tar", None, 2), ("venv", None, 0)]
    assert rows(here / "fleet.db", "SELECT run, targets, failed, finished IS NULL FROM runs") == [(1, 3, 0, 0)]


def test_fleet_measure__targets_that_fail__are_rows_with_reasons(here: Path) -> None:
    write_files(here, {"good.tar": make_image(distribution("one")), "bad.tar": make_image({"a": "b"})[:700]})
    done = measure("good.tar", "bad.tar", "docker:--privileged", "-o", "fleet.db")
    assert done.returncode == 4
    assert done.stdout == "fleet.db: measured 1 target, 2 failed (run 1)\n"
    assert "error: bad.tar could not be measured: " in done.stderr
    (bad, engine, good) = outcomes(here / "fleet.db")
    assert good == ("good.tar", None, 1)
    assert bad[0] == "bad.tar"
    assert "bad.tar" in str(bad[1])
    assert "not a valid image or container name" in str(engine[1])


def test_fleet_measure__again__is_a_run_of_its_own(here: Path) -> None:
    write_files(here, {"a.tar": make_image(distribution("one"))})
    for run in (1, 2):
        assert measure("a.tar", "-o", "fleet.db").stdout == f"fleet.db: measured 1 target (run {run})\n"
    assert rows(here / "fleet.db", "SELECT COUNT(*) FROM result") == [(1,)]


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__complete_and_tags_of_a_repository_refused__its_targets_stay(here: Path) -> None:
    image, refused = image_files(distribution("one"), form="oci"), set[str]()

    def refuse(path: str) -> tuple[int, str] | None:
        return (403, "0") if path in refused else None

    with Registries({"a": {"1": image}, "b": {"1": image, "2": image}}, refuse=refuse) as registry:
        pattern = f"registry:{registry.host}/*"
        assert measure(pattern, "--tags", "all", "--complete", "-o", "fleet.db").returncode == 0
        before = outcomes(here / "fleet.db")
        refused |= {"/v2/b/tags/list", "/v2/b/manifests/2"}
        assert measure(pattern, "--tags", "all", "--complete", "-o", "fleet.db").returncode == 5
    after = outcomes(here / "fleet.db")
    assert [target for target, *_ in before] == [target for target, *_ in after]
    assert [failure is None for _, failure, _ in after] == [True, True, False]
    assert {count for *_, count in after} == {1}


def test_fleet_measure__cache_that_does_not_work__is_refused_before_a_run_begins(here: Path) -> None:
    write_files(here, {"a.tar": make_image(distribution("one")), "file": ""})
    for cache, cause in (("unknown://x", "Protocol not known: unknown"), ("file", "Not a directory")):
        done = measure("a.tar", "-o", "fleet.db", "--cache", cache)
        assert (done.returncode, done.stdout) == (4, "")
        assert f"error: the cache {cache} does not work: " in done.stderr
        assert cause in done.stderr
    assert not (here / "fleet.db").exists()


def test_fleet_measure__without_targets__is_refused_before_a_file_is_made(here: Path) -> None:
    assert measure("*.tar", "-o", "fleet.db").returncode == 4
    assert measure("--tags", "none", ".", "-o", "fleet.db").returncode == 2
    assert not (here / "fleet.db").exists()


def interrupted(number: int, *arguments: str, when: Callable[[], bool]) -> tuple[int, str]:
    """Send a signal to a run at some point; return its exit code and stderr."""
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        end = time.monotonic() + PATIENCE
        while not when():
            assert time.monotonic() < end
            time.sleep(0.01)
        child.send_signal(number)
        _, stderr = child.communicate(timeout=PATIENCE)
        return child.returncode, stderr


def images(here: Path, count: int) -> None:
    for number in range(count):
        base: dict[str, Content] = {f"f{n}": "x" for n in range(2000)}
        write_files(here, {f"{number:02}.tar": make_image(base, distribution(f"d{number}"), compression="gzip")})


def measured(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        return len(rows(path, "SELECT 1 FROM measurement"))
    except Exception:
        return 0  # not created yet


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_fleet_measure__interrupted__continues_with_what_is_left(here: Path, number: int) -> None:
    images(here, 12)
    arguments = ("*.tar", "-o", "fleet.db")
    code, stderr = interrupted(number, *arguments, when=lambda: measured(here / "fleet.db") > 0)
    assert code == (-number if number == signal.SIGKILL else 130)
    if number != signal.SIGKILL:
        assert "fleet.db has what was measured; run the same command again to continue" in stderr
    before = measured(here / "fleet.db")
    assert 0 < before < 12, "it was not interrupted halfway"
    done = measure(*arguments)
    assert done.stdout.endswith(f", {before} before the interruption (run 1)\n")
    assert [row[2] for row in outcomes(here / "fleet.db")] == [1] * 12
    assert rows(here / "fleet.db", "SELECT run, targets, failed, finished IS NULL FROM runs") == [(1, 12, 0, 0)]
    assert rows(here / "fleet.db", "PRAGMA integrity_check") == [("ok",)]
    assert not list((here / "tmp").iterdir())


def test_fleet_measure__interrupted_with_other_options__begins_a_new_run(here: Path) -> None:
    images(here, 12)
    interrupted(signal.SIGKILL, "*.tar", "-o", "fleet.db", when=lambda: measured(here / "fleet.db") > 0)
    assert measure("0*.tar", "-o", "fleet.db").stdout == "fleet.db: measured 10 targets (run 2)\n"
    interrupted(signal.SIGKILL, "*.tar", "-o", "other.db", when=lambda: measured(here / "other.db") > 0)
    assert measure("*.tar", "-o", "other.db", "--restart").stdout == "other.db: measured 12 targets (run 2)\n"


def test_fleet_measure__progress__says_what_is_left(here: Path) -> None:
    images(here, 2)
    lines = measure("*.tar", "-o", "fleet.db", "-v").stderr.splitlines()
    assert lines[0] == "measuring targets: 2 left (0 of 2)"
    assert lines[-1].startswith("measuring targets: 0 left (2 of 2)")


def fleet(count: int, bases: int = 2) -> dict[str, dict[str, dict[str, Content]]]:
    """Return the images of a registry; several share a base."""
    return {
        f"team/app{number}": {
            "1": image_files(
                {f"base{number % bases}-{n}": "x" for n in range(50)}, distribution(f"d{number}"), form="oci",
                compression="gzip",
            )
        }
        for number in range(count)
    }  # fmt: skip


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__registry__reads_each_layer_once(here: Path) -> None:
    with Registries(fleet(6), page=4) as registry:
        done = measure(f"registry:{registry.host}/*", "-o", "fleet.db")
        assert done.stdout == "fleet.db: measured 6 targets (run 1)\n", done.stderr
        assert [row[2] for row in outcomes(here / "fleet.db")] == [1] * 6
        assert set(registry.sent.values()) == {len(registry.blobs[digest]) for digest in registry.sent}
        layers = rows(here / "fleet.db", "SELECT digest, targets FROM layers")
        assert sorted(str(number) for _, number in layers) == [*"111111", *"33"]


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__table_of_contents_that_lies__each_target_has_the_warning(here: Path) -> None:
    large = {"model.bin": random.Random(3).randbytes(3_000_000)}
    layer = chunked_layer(large, "estargz", change=lambda table: table["entries"][0].update(type="door"))
    with Registry(**published(chunked_image(layer))) as registry:
        done = measure(registry.target(), registry.target(":latest"), "-o", "fleet.db")
        assert done.returncode == 0, done.stderr
    warnings = rows(here / "fleet.db", "SELECT target, text FROM warnings ORDER BY target")
    assert len(warnings) == 2
    assert all(
        "because its table of contents is wrong: an entry of it has the type 'door'" in str(text)
        for _, text in warnings
    )


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__unchanged_digest__costs_one_request_for_its_manifest(here: Path) -> None:
    with Registries(fleet(4)) as registry:
        target = f"registry:{registry.host}/*"
        assert measure(target, "-o", "fleet.db").returncode == 0
        registry.add("team/app0", "1", fleet(9)["team/app8"]["1"])  # another image has that tag now
        registry.asked.clear()
        done = measure(target, "-o", "fleet.db")
        assert done.stdout == "fleet.db: measured 1 target, 3 unchanged (run 2)\n", done.stderr
        asked = {path: n for path, n in registry.asked.items() if "/manifests/" in path or "/blobs/" in path}
        assert {path: n for path, n in asked.items() if "app0" not in path} == {
            f"/v2/team/app{number}/manifests/1": 1 for number in (1, 2, 3)
        }
        assert [path.rpartition("/")[2][:6] for path in asked if "app0" in path] == ["1", "sha256", "sha256"]
        assert measure(target, "-o", "fleet.db", "--keep", "d1").stdout == "fleet.db: measured 4 targets (run 3)\n"
    assert rows(here / "fleet.db", "SELECT COUNT(*) FROM result") == [(9,)]


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__tags_of_one_digest__are_measured_once(here: Path) -> None:
    image = fleet(1)["team/app0"]["1"]
    with Registries({"a": {"1": image, "2": image}, "b": {"1": image}}) as registry:
        done = measure(f"registry:{registry.host}/*", "--tags", "all", "-o", "fleet.db")
        assert done.returncode == 0, done.stderr
        manifest = registry.tags["b"]["1"]
        sent = {digest: number / len(registry.blobs[digest]) for digest, number in registry.sent.items()}
        assert sent.pop(manifest) == 3  # once for each tag
        assert set(sent.values()) == {1}
    assert rows(here / "fleet.db", "SELECT COUNT(*) FROM targets") == [(3,)]
    assert rows(here / "fleet.db", "SELECT COUNT(*) FROM result") == [(1,)]


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__layer_that_is_corrupt__fails_the_images_that_have_it(here: Path) -> None:
    with Registries(fleet(4)) as registry:
        layers = json.loads(registry.blobs[registry.tags["team/app0"]["1"]])["layers"]
        registry.blobs[layers[0]["digest"]] = b"poison"
        done = measure(f"registry:{registry.host}/*", "-o", "fleet.db")
        assert done.stdout == "fleet.db: measured 2 targets, 2 failed (run 1)\n"
        asked = [number for path, number in registry.asked.items() if layers[0]["digest"] in path]
        assert asked == [1, 1]  # once in each repository
    failures = [row[1] for row in outcomes(here / "fleet.db")]
    assert [bool(failure) for failure in failures] == [True, False, True, False]
    assert "does not match its digest" in str(failures[0])


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__registry_that_limits_requests__is_asked_later(here: Path) -> None:
    refused: list[str] = []

    def refuse(path: str) -> tuple[int, str] | None:
        if "app0/manifests" not in path or len(refused) > 4:
            return None
        refused.append(path)
        return 429, "0"

    with Registries(fleet(2), refuse=refuse) as registry:
        done = measure(f"registry:{registry.host}/*", "-o", "fleet.db")
        assert done.stdout == "fleet.db: measured 2 targets (run 1)\n", done.stderr
    assert len(refused) == 5


@pytest.mark.usefixtures("loopback")
def test_fleet_measure__max_connections__is_kept(here: Path) -> None:
    with Registries(fleet(4)) as registry:
        limits = ("--max-connections", "1", "--max-requests", "500", "--jobs", "4")
        assert measure(f"registry:{registry.host}/*", "-o", "fleet.db", *limits).returncode == 0
        assert registry.most_at_once == 1
