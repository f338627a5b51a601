from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.operations.measure import profile
from deadweight.sources.disk.mounts import mounted_below
from tests.builders import dist_files, write_files

TABLE = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 254:1 / /srv/my\040data rw - xfs /dev/vdb rw
25 22 0:30 / /srv rw shared:2 master:1 - tmpfs tmpfs rw
broken line
"""


def test_mounted_below__a_table__is_relative_to_the_root(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    assert mounted_below("/", str(table)) == {"proc": "proc", "srv/my data": "xfs", "srv": "tmpfs"}
    assert mounted_below("/srv", str(table)) == {"my data": "xfs"}
    assert mounted_below("/sr", str(table)) == {}
    assert mounted_below("/", str(tmp_path / "nothing")) == {}


@pytest.mark.parametrize("scheme", ["rootfs:", ""])
def test_rootfs__mounts_below_it__are_excluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    mounts = {"proc": "proc", "home": "ext4", "etc/hosts": "ext4"}
    monkeypatch.setattr("deadweight.sources.disk.environment.mounted_below", lambda root: mounts)
    a = {f"usr/lib/python3.11/site-packages/{path}": data for path, data in dist_files("a").items()}
    files = {"usr/lib/os-release": "ID=debian", "proc/1/maps": "x" * 500, "home/me/file": "y" * 500, "etc/hosts": "z"}
    root = write_files(tmp_path / "root", {**a, **files})
    found = profile(f"{scheme}{root}")
    assert found.inventory.total.apparent == sum(map(len, a.values())) + len("ID=debian")
    assert [(skipped.name, "ext4" in skipped.reason) for skipped in found.skipped] == [
        ("etc/hosts", True), ("home", True)
    ]  # fmt: skip
