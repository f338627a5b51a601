"""``deadweight fleet measure`` while workers, the client and the registry die: nothing is lost or counted twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deadweight.sources.fleet.cache import KEY_VARIABLE
from tests import hostile_images
from tests.builders import write_files
from tests.fleets import rows
from tests.functional.test_fleet_measure import command, distribution, fleet, measure, outcomes
from tests.images import make_image
from tests.registries import Registries

pytestmark = pytest.mark.usefixtures("loopback")
IMAGES, KILLS = 40, 20
PATIENCE = 120.0


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def registry() -> Iterator[Registries]:
    with Registries(fleet(IMAGES, bases=6)) as registry:
        yield registry


@pytest.fixture
def small() -> Iterator[Registries]:
    with Registries(fleet(8)) as registry:
        yield registry


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(client: subprocess.Popen[str]) -> str:
    """Wait for a client; return its stderr."""
    _, stderr = client.communicate(timeout=PATIENCE)
    return stderr


def workers_of(client: int) -> list[int]:
    """Return the processes that the threads of a client have started."""
    pids: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{client}/task").iterdir():
            pids += map(int, (task / "children").read_text().split())
    return pids


def assert_whole(here: Path, registry: Registries) -> None:
    """Check that each image has one result in one finished run, and that the file is sound."""
    database, count = here / "fleet.db", len(registry.tags)
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    assert rows(database, "SELECT run, targets, failed, finished IS NULL FROM runs") == [(1, count, 0, 0)]
    assert [row[1:] for row in outcomes(database)] == [(None, 1)] * count
    assert rows(database, "SELECT COUNT(*), COUNT(DISTINCT name) FROM target") == [(count, count)]
    assert rows(database, "SELECT COUNT(*) FROM result") == [(count,)]
    names = {name for (name,) in rows(database, "SELECT name FROM distributions")}
    assert names == {f"d{number}" for number in range(count)}
    targets = rows(database, "SELECT SUM(targets) FROM layers")
    assert targets == [(2 * count,)]


@pytest.mark.slow
def test_faults__killed_workers__are_replaced(here: Path, registry: Registries) -> None:
    chance, killed = random.Random(1), 0
    client = started(f"registry:{registry.host}/*", "-o", "fleet.db", "--max-requests", "8")
    while killed < KILLS and client.poll() is None:
        time.sleep(chance.uniform(0.1, 1.0))
        if pids := workers_of(client.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)
                killed += 1
    stderr = ended(client)
    assert client.returncode == 0, stderr
    assert killed == KILLS
    assert_whole(here, registry)


@pytest.mark.slow
def test_faults__killed_client__is_resumed(here: Path, registry: Registries) -> None:
    chance = random.Random(2)
    for number in range(KILLS):
        client = started(f"registry:{registry.host}/*", "-o", "fleet.db", "--max-requests", "6")
        time.sleep(chance.uniform(0.3, 1.5))
        pids = workers_of(client.pid)
        client.kill()
        ended(client)
        if client.returncode != -signal.SIGKILL:
            assert number >= KILLS / 2, "it was killed too late"
            break
        wait_for(lambda pids=pids: not any(map(alive, pids)))  # type: ignore[misc]
    if client.returncode:
        assert measure(f"registry:{registry.host}/*", "-o", "fleet.db").returncode == 0
    assert_whole(here, registry)
    assert not list((here / "tmp").iterdir())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
def test_faults__registry_that_stops_and_starts__is_waited_for(here: Path) -> None:
    registry, chance = Registries(fleet(IMAGES, bases=6)), random.Random(3)
    with registry:
        client = started(f"registry:{registry.host}/*", "-o", "fleet.db", "--max-requests", "40")
        wait_for(lambda: registry.requests("manifests") > 0)
    for _ in range(KILLS - 1):
        time.sleep(chance.uniform(0.01, 0.1))
        with registry:
            time.sleep(chance.uniform(0.1, 0.4))
    with registry:
        stderr = ended(client)
        # A request that met the registry only while it was down is a failure, and the next run asks again.
        assert client.returncode in (0, 5), stderr
        if client.returncode:
            assert "127.0.0.1" in stderr
            assert measure(f"registry:{registry.host}/*", "-o", "fleet.db").returncode == 0
    assert rows(here / "fleet.db", "PRAGMA integrity_check") == [("ok",)]
    assert [row[1:] for row in outcomes(here / "fleet.db")] == [(None, 1)] * IMAGES
    assert rows(here / "fleet.db", "SELECT COUNT(*) FROM result") == [(IMAGES,)]


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_faults__full_disk__keeps_what_was_measured(here: Path, registry: Registries) -> None:
    target = f"registry:{registry.host}/*"
    full = subprocess.run(
        [sys.executable, "-c", LIMITED, *command(target, "-o", "fleet.db")],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert full.returncode == 5, full.stderr
    assert "fleet.db" in full.stderr
    assert rows(here / "fleet.db", "PRAGMA integrity_check") == [("ok",)]
    done = measure(target, "-o", "fleet.db")
    assert done.returncode == 0, done.stderr
    assert_whole(here, registry)


@pytest.mark.parametrize("key", ["", "secret-key"])
def test_faults__poisoned_cache__is_read_again(
    here: Path, small: Registries, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = small
    monkeypatch.setenv(KEY_VARIABLE, key)
    target, cache = f"registry:{registry.host}/*", here / "cache"
    assert measure(target, "-o", "good.db", "--cache", str(cache)).returncode == 0
    entries = [path for path in cache.rglob("*") if path.is_file()]
    chance = random.Random(4)
    for path in entries:
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    assert entries
    registry.sent.clear()
    assert measure(target, "-o", "fleet.db", "--cache", str(cache)).returncode == 0
    assert_whole(here, registry)
    assert len(registry.sent) == 2 + 3 * 8  # bases; the manifest, configuration and layer of each image
    assert sizes(here / "fleet.db") == sizes(here / "good.db")
    if key:
        assert not [path for path in cache.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


def sizes(path: Path) -> list[tuple[object, ...]]:
    return rows(path, "SELECT target, apparent_bytes, shipped_bytes FROM targets ORDER BY target")


def test_faults__poison_of_those_without_the_key__is_not_used(
    here: Path, small: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = small
    target, cache = f"registry:{registry.host}/*", str(here / "cache")
    assert measure(target, "-o", "evil.db", "--cache", cache).returncode == 0
    registry.sent.clear()
    monkeypatch.setenv(KEY_VARIABLE, "ours")
    assert measure(target, "-o", "fleet.db", "--cache", cache).returncode == 0
    assert len(registry.sent) == 2 + 3 * 8


@pytest.mark.slow
def test_faults__hostile_images_amid_good_ones__are_failures_or_rows(here: Path) -> None:
    hostile = {f"hostile/{name}.tar": make(0.01) for name, make in hostile_images.REFUSED_OR_MEASURED.items()}
    write_files(here, hostile)
    for number in range(4):
        write_files(here, {f"good/{number}.tar": make_image(distribution(f"d{number}"))})
    write_files(here, {"good/torn.tar": b"\x1f\x8b\x08" + bytes(100), "good/empty.tar": b""})
    done = measure("good/*.tar", "hostile/*.tar", "-o", "fleet.db")
    assert done.returncode in (0, 4), done.stderr
    found = {str(row[0]): row[1:] for row in outcomes(here / "fleet.db")}
    assert len(found) == len(hostile) + 6
    assert [found[f"good/{number}.tar"] for number in range(4)] == [(None, 1)] * 4
    reasons = [str(failure) for failure, _ in found.values() if failure]
    assert not [reason for reason in reasons if "bug" in reason or "process" in reason]


SECRET = "s3cr3t-p4ssw0rd"


def secrets_in(*places: Path) -> list[str]:
    """Return the files that contain the password, as it is or as it is sent."""
    import base64

    forms = [
        SECRET.encode(),
        *(base64.b64encode(f"{user}:{SECRET}".encode()).rstrip(b"=")[4:-2] for user in ("robot",)),
    ]
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file()]
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.fixture
def login(here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what saves the login for a registry, as ``docker login`` does."""
    import base64
    import json

    def save(host: str) -> None:
        auth = base64.b64encode(f"robot:{SECRET}".encode()).decode()
        write_files(here.parent / f"{here.name}-docker", {"config.json": json.dumps({"auths": {host: {"auth": auth}}})})
        monkeypatch.setenv("DOCKER_CONFIG", str(here.parent / f"{here.name}-docker"))

    return save


def test_faults__credentials__are_written_nowhere(here: Path, login: Callable[[str], None]) -> None:
    with Registries(fleet(4), user=f"robot:{SECRET}") as registry:
        login(registry.host)
        done = measure(f"registry:{registry.host}/*", "-o", "fleet.db", "-v", "--debug", "--cache", "cache")
        assert done.returncode == 0, done.stderr
        written = f"registry:robot:{SECRET}@{registry.host}/team/app0:1"
        pattern = f"registry:robot:{SECRET}@{registry.host}/*"
        (here / "list").write_text(f"{written}\n")
        refused = [
            measure("@list", "-o", "fleet.db", "-v", "--debug"),
            measure(written, pattern, "-o", "fleet.db", "-v", "--debug"),
            measure(f"registry:{registry.host}/team/missing:1", "-o", "fleet.db", "-v", "--debug"),
        ]
    (here / "list").unlink()
    assert [each.returncode for each in refused] == [4, 4, 5]
    for each in (done, *refused):
        assert SECRET not in each.stdout + each.stderr
    assert rows(here / "fleet.db", "SELECT COUNT(*) FROM measurement WHERE reason IS NOT NULL") == [(2,)]
    assert not secrets_in(here)


# --- Dask ------------------------------------------------------------------------------------------


@pytest.fixture
def dask() -> None:
    pytest.importorskip("distributed")


@pytest.mark.usefixtures("dask")
def test_faults__credentials__reach_no_log_and_no_key_of_a_cluster(here: Path, login: Callable[[str], None]) -> None:
    from tests.clusters import DaskCluster

    with Registries(fleet(4), user=f"robot:{SECRET}") as registry:
        login(registry.host)
        with DaskCluster(here / "logs") as cluster:
            to_cluster = ("--scheduler", cluster.address, "--cache", str(here / "cache"), "-v", "--debug")
            done = measure(f"registry:{registry.host}/*", "-o", "fleet.db", *to_cluster)
            assert done.returncode == 0, done.stderr
            missing = measure(f"registry:{registry.host}/team/missing:1", "-o", "fleet.db", *to_cluster)
            url = f"https://robot:{SECRET}@index.example/simple"
            write_files(here, {"requirements.txt": "six\n"})
            refused = measure("requirements.txt", "--index-url", url, "-o", "fleet.db", *to_cluster)
            location = measure(
                "requirements.txt", "-o", "x.db", "--scheduler", cluster.address, "--cache", f"s3://a:{SECRET}@b/c"
            )
    assert (missing.returncode, refused.returncode, location.returncode) == (5, 4, 4)
    for each in (done, missing, refused, location):
        assert SECRET not in each.stdout + each.stderr
    assert not secrets_in(here)


@pytest.mark.usefixtures("dask")
def test_cluster__measures_what_local_workers_measure(here: Path, small: Registries) -> None:
    from tests.clusters import DaskCluster

    registry = small
    target = f"registry:{registry.host}/*"
    assert measure(target, "-o", "local.db").returncode == 0
    registry.sent.clear()
    with DaskCluster(here / "logs") as cluster:
        done = measure(target, "-o", "fleet.db", "--scheduler", cluster.address, "--cache", str(here / "cache"))
    assert done.returncode == 0, done.stderr
    assert_whole(here, registry)
    assert {digest for digest, size in registry.sent.items() if size != len(registry.blobs[digest])} == set()
    assert sizes(here / "fleet.db") == sizes(here / "local.db")


@pytest.mark.usefixtures("dask")
def test_cluster__nobody_there__is_an_error(here: Path) -> None:
    write_files(here, {"a.tar": make_image(distribution("one"))})
    done = measure("a.tar", "-o", "fleet.db", "--scheduler", "tcp://127.0.0.1:1", "--cache", "cache")
    assert (done.returncode, done.stderr.splitlines()[-2:]) == (
        5, ["error: no Dask scheduler answers at tcp://127.0.0.1:1", "hint: check the address"],
    )  # fmt: skip
    assert measure("a.tar", "-o", "fleet.db", "--scheduler", "tcp://127.0.0.1:1").returncode == 2


@pytest.mark.slow
@pytest.mark.usefixtures("dask")
def test_cluster__killed_workers__are_replaced(here: Path, registry: Registries) -> None:
    from tests.clusters import DaskCluster

    chance = random.Random(5)
    with DaskCluster(here / "logs", workers=3) as cluster:
        arguments = ("-o", "fleet.db", "--scheduler", cluster.address, "--cache", str(here / "cache"))
        client = started(f"registry:{registry.host}/*", *arguments, "--max-requests", "20")
        wait_for(lambda: registry.requests("manifests") > 0)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.1, 0.6))
            number = chance.randrange(3)
            cluster.workers[number].kill()
            cluster.workers[number] = cluster.start_worker()
        stderr = ended(client)
        assert client.returncode == 0, stderr
    assert_whole(here, registry)


@pytest.mark.slow
@pytest.mark.usefixtures("dask")
def test_cluster__killed_scheduler__is_resumed(here: Path, registry: Registries) -> None:
    from tests.clusters import DaskCluster

    chance, target = random.Random(6), f"registry:{registry.host}/*"
    codes = []
    for number in range(KILLS):
        with DaskCluster(here / f"logs{number}", workers=1) as cluster:
            client = started(target, "-o", "fleet.db", "--scheduler", cluster.address, "--cache", str(here / "cache"))
            killer = threading.Timer(chance.uniform(1.0, 4.0), cluster.scheduler.kill)
            killer.start()
            stderr = ended(client)
            killer.cancel()
        codes.append(client.returncode)
        assert client.returncode in (0, 5), stderr
        if client.returncode == 0:
            break
        assert "scheduler" in stderr
    if codes[-1]:
        assert measure(target, "-o", "fleet.db").returncode == 0
    assert codes[0] == 5, "it was never killed"
    assert_whole(here, registry)
