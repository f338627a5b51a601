"""Versions that a resolver ignored → stand-ins, with cached results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deadweight.platforms.machine import Machine
from deadweight.sources.net.http import Client
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.resolve.stand_ins import StandIns
from deadweight.sources.system.scratch import scratch_directory
from deadweight.sources.wheels.archives import ArchiveReader
from deadweight.sources.wheels.cache import Cache
from tests.builders import make_wheel
from tests.index_server import Server, index_of

if TYPE_CHECKING:
    import pytest

MACHINE = Machine("3.11.7", "manylinux_2_28_x86_64")


def add(server: Server, cache: Cache, directory: Path, versions: str = "*", machine: Machine = MACHINE) -> list[str]:
    """Return what one run makes stand-ins for, of the project dw-a."""
    with Client(timeout=5) as client, scratch_directory() as scratch:
        indexes = Indexes(lambda: IndexLocations((f"{server.url}/simple/",)), Pages(lambda: client, cache.store))
        reader = ArchiveReader(lambda: client, cache, scratch)
        stand_ins = StandIns(str(directory), machine, machine, indexes, reader)
        stand_ins.expect("dw-a", versions)
        found = stand_ins.add([("dw-a", versions)])
        stand_ins.close()
        return found


def test_add__nothing_could_be_built__is_not_looked_up_again(
    loopback: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = [make_wheel("dw-a", "1.0"), make_wheel("dw-a", "2.0", headers=["Requires-Python: >=3.12"])]
    index = index_of(wheels)
    index["files"]["/simple/dw-a/"] = index["files"]["/simple/dw-a/"].replace(
        b">dw_a-2.0", b' data-requires-python="&gt;=3.12">dw_a-2.0'
    )
    cache = Cache(str(tmp_path / "cache"))
    with Server(**index) as server:
        assert add(server, cache, tmp_path / "a") == []
        assert len(server.asked) == 1
        for path in (tmp_path / "cache").rglob("page-*"):
            path.unlink()
        assert add(server, cache, tmp_path / "b") == []
        assert len(server.asked) == 1
        assert add(server, cache, tmp_path / "c", "<2.0") == []  # another range
        assert add(server, cache, tmp_path / "d", machine=Machine("3.12", MACHINE.platform)) == []  # another Python
        monkeypatch.setattr("deadweight.sources.resolve.stand_ins.time.time", lambda: 4e9)  # much later
        for path in (tmp_path / "cache").rglob("page-*"):
            path.unlink()
        before = len(server.asked)
        assert add(server, cache, tmp_path / "e") == []
        assert len(server.asked) == before + 1
