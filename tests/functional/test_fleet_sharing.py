"""What several targets of a fleet share is read once, by whichever of four workers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.operations.fleet.measuring import FleetRun, Plan, measure_fleet
from deadweight.sources.system.pool import Call, Finished, Pool
from tests.builders import make_wheel, metadata, write_files
from tests.fleets import rows
from tests.images import Compression, Content, Form, image_files, make_tar
from tests.index_server import Server, index_of

SITE = "usr/lib/python3/site-packages"
WHEELS = [
    make_wheel("dw-app", requires=["dw-lib", "dw-other"]),
    make_wheel("dw-lib"),
    make_wheel("dw-other"),
    *(make_wheel(f"dw-own{number}") for number in range(4)),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Workers(Pool):
    """Workers whose finished calls a test sees: the name of the function, and its last argument."""

    def __init__(self, on_finished: Callable[[str, str], None] = lambda *_: None, size: int = 4) -> None:
        super().__init__(size)
        self.functions: Counter[str] = Counter()
        self._on_finished = on_finished
        self.seen: list[str | bytes | None] = []  # what was sent, and what came back
        self._submitted: dict[str, Call] = {}

    def submit(self, call: Call) -> None:
        self._submitted[call.key] = call
        self.seen += call.arguments
        super().submit(call)

    def next(self, seconds: float | None) -> Finished | None:
        finished = super().next(seconds)
        if finished is not None:
            call = self._submitted[finished.key]
            name = call.function.rpartition(":")[2]
            self.functions[name] += 1
            self.seen.append(finished.result)
            self._on_finished(name, str(call.arguments[-1]))
        return finished


def measure(workers: Workers, targets: Sequence[str], index: str = "", **settings: object) -> FleetRun:
    given = Settings.of(no_install=True, no_lighter=True, index_url=index, **settings)
    with workers:
        return measure_fleet("fleet.db", Plan(targets=targets, settings=given, cache="cache"), workers)


def repositories(here: Path, number: int) -> list[str]:
    names = [f"repo{each}/requirements.txt" for each in range(number)]
    write_files(here, {name: f"dw-app\ndw-own{each % 4}\n" for each, name in enumerate(names)})
    return names


def metadata_of(filename: str) -> bytes:
    name = filename.partition("-")[0].replace("_", "-")
    return metadata(name, "1.0", requires=["dw-lib", "dw-other"] if name == "dw-app" else []).encode()


def wheels_asked(server: Server) -> dict[str, int]:
    """Return wheel → requests for its bytes."""
    return {path.rpartition("/")[2]: n for path, n in server.count().items() if path.endswith(".whl")}


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_fleet_measure__repositories_with_the_same_requirements__read_each_wheel_once(
    here: Path, installer: str
) -> None:
    names = repositories(here, 12)
    beside = {filename: metadata_of(filename) for filename, _ in WHEELS}
    with Server(**index_of(WHEELS, beside=beside)) as server:
        workers = Workers()
        run = measure(workers, names, f"{server.url}/simple/", installer=installer)
        assert run.skipped == ()
        assert wheels_asked(server) == {filename: 1 for filename, _ in WHEELS}
    assert workers.functions["plan"] == workers.functions["measure"] == 12
    assert rows(here / "fleet.db", "SELECT DISTINCT distributions FROM targets") == [(4,)]


def test_fleet_measure__wheel_that_cannot_be_listed__is_skipped_in_each_target(here: Path) -> None:
    names = repositories(here, 4)
    index = index_of(WHEELS, beside={filename: metadata_of(filename) for filename, _ in WHEELS})
    index["files"]["/files/dw_lib-1.0-py3-none-any.whl"] = b"damaged"
    with Server(**index) as server:
        run = measure(Workers(), names, f"{server.url}/simple/")
    assert run.skipped == ()
    assert rows(here / "fleet.db", "SELECT DISTINCT name FROM unmeasured") == [("dw-lib",)]
    assert rows(here / "fleet.db", "SELECT DISTINCT distributions FROM targets") == [(3,)]


def test_fleet_measure__token_in_a_url__is_neither_in_a_task_nor_in_the_cache(here: Path) -> None:
    with Server(**index_of(WHEELS)) as server:
        url = f"{server.url}/files/dw_lib-1.0-py3-none-any.whl?token=HUNTER2"
        write_files(here, {"requirements.txt": f"dw-lib @ {url}\ndw-other\n"})
        workers = Workers(size=1)
        assert measure(workers, ["requirements.txt"], f"{server.url}/simple/").skipped == ()
        assert "HUNTER2" not in repr(workers.seen)
    assert rows(here / "fleet.db", "SELECT distributions FROM targets") == [(2,)]
    entries = [path for path in (here / "cache").rglob("*") if path.is_file()]
    assert entries
    assert not [path.name for path in entries if b"HUNTER2" in path.read_bytes()]


# --- layers ----------------------------------------------------------------------------------------


def distribution(name: str) -> dict[str, Content]:
    return {
        f"{SITE}/{name}/__init__.py": "x" * 1000,
        f"{SITE}/{name}-1.0.dist-info/METADATA": f"Name: {name}\nVersion: 1.0\n",
        f"{SITE}/{name}-1.0.dist-info/RECORD": f"{name}/__init__.py,,\n{name}-1.0.dist-info/METADATA,,\n",
    }


def images(compression: Compression, form: Form) -> list[dict[str, Content]]:
    """Return twelve images of four applications; all share a base."""
    base = {"usr/bin/python3": "x" * 5000, **distribution("base")}
    return [
        image_files(base, distribution(f"own{number % 4}"), compression=compression, form=form) for number in range(12)
    ]


def layers_of(contents: Iterable[Mapping[str, Content]]) -> dict[str, bytes]:
    """Return digest → bytes of the layers."""
    return {
        f"sha256:{hashlib.sha256(data).hexdigest()}": data
        for files in contents
        for path, data in files.items()
        if isinstance(data, bytes) and (path.endswith("layer.tar") or (path.startswith("blobs/") and data[:1] != b"{"))
    }


def spoil(directory: Path, layers: Mapping[str, bytes]) -> Callable[[str, str], None]:
    """Return what damages all copies of a layer after a worker has read it, so that nobody can read it again."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    contents = {path: path.read_bytes() for path in files}
    copies = {
        digest: [(path, content.index(data)) for path, content in contents.items() if data in content]
        for digest, data in layers.items()
    }

    def on_finished(function: str, digest: str) -> None:
        for path, start in copies[digest] if function == "read_layer" else ():
            with path.open("r+b") as file:
                file.seek(start)
                file.write(bytes(len(layers[digest])))

    return on_finished


@pytest.mark.parametrize(
    ("form", "compression", "archived"),
    [("oci", "gzip", True), ("oci", "", True), ("docker", "", True), ("oci", "gzip", False), ("oci", "", False)],
)
def test_fleet_measure__images_on_the_disk__read_each_layer_once(
    here: Path, form: Form, compression: Compression, archived: bool
) -> None:
    contents = images(compression, form)
    for number, files in enumerate(contents):
        if archived:
            write_files(here, {f"image{number}.tar": make_tar(files)})
        else:
            write_files(
                here / f"image{number}", {path: data for path, data in files.items() if isinstance(data, bytes | str)}
            )
    names = sorted(path.name for path in here.glob("image*" + ".tar" * archived))
    layers = layers_of(contents)
    assert len(layers) == 5
    workers = Workers(spoil(here, layers))
    assert measure(workers, names).skipped == ()
    assert workers.functions["read_layer"] == 5
    assert rows(here / "fleet.db", "SELECT DISTINCT distributions FROM targets") == [(2,)]
    assert rows(here / "fleet.db", "SELECT COUNT(*), SUM(targets) FROM layers") == [(5, 24)]
    again = Workers()
    measure(again, names)
    assert again.functions == {"plan": 12, "measure": 12}


def test_fleet_measure__damaged_layer_of_an_archive__fails_that_archive_alone(here: Path) -> None:
    good, *others = images("gzip", "oci")[:3]
    layer = next(iter(layers_of([good])))
    damaged = dict(good) | {f"blobs/sha256/{layer.removeprefix('sha256:')}": b"\x1f\x8bdamaged"}
    write_files(here, {f"{n}.tar": make_tar(files) for n, files in enumerate([damaged, *others])})
    run = measure(Workers(size=1), ["0.tar", "1.tar", "2.tar"])
    assert [(each.name, "does not match its digest" in each.reason) for each in run.skipped] == [("0.tar", True)]
    assert rows(here / "fleet.db", "SELECT target, distributions FROM targets ORDER BY target") == [
        ("0.tar", None),
        ("1.tar", 2),
        ("2.tar", 2),
    ]
