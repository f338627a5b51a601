"""A folder on the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.inventory import take_inventory
from deadweight.sources import collector
from deadweight.sources.environment import Listing, read_environment
from tests.builders import SITE, bytes_below, dist_files, make_env, write_files


def test_read_environment__files_links_and_fifos__as_du_sees_them(tmp_path: Path) -> None:
    root = make_env(tmp_path / "env", dist_files("a", files={"a/x.bin": "12345"}))
    os.link(root / SITE / "a/x.bin", root / SITE / "a/y.bin")
    (root / "loop").symlink_to(".")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / SITE / "a/fifo.so")
    tree = read_environment(str(root))
    assert tree.entries["loop"].kind == "symlink"
    assert tree.entries[f"{SITE}/a/fifo.so"].kind == "other"
    assert tree.entries[f"{SITE}/a/y.bin"].inode == tree.entries[f"{SITE}/a/x.bin"].inode != None  # noqa: E711
    assert take_inventory(tree).total.apparent == bytes_below(root)


def test_read_environment__large_tree__is_the_same_in_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributions = [dist_files(f"d{n}", files={f"d{n}/__init__.py": "x" * n, f"d{n}/s/m.py": ""}) for n in range(50)]
    root = make_env(tmp_path, *distributions, extra={"bin/x": "y"})
    (root / SITE / "d7/link").symlink_to("m.py")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    apart = read_environment(str(root))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert apart.entries == read_environment(str(root)).entries
    assert len(apart.entries) == sum(map(len, distributions)) + 3


def test_listing__child_that_fails__is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_env(tmp_path, *(dist_files(f"d{n}") for n in range(50)))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(collector, "__file__", "/nonexistent.py")
    assert len(read_environment(str(root)).entries) == 50 * 4 + 1


def test_listing__folder_that_goes_meanwhile__is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files(tmp_path, {"gone/x": "1", "kept/x": "1"})
    real = os.open

    def vanish(path: str, *rest: int, **options: int) -> int:
        if str(path).endswith("gone/"):
            shutil.rmtree(root / "gone")
        return real(path, *rest, **options)

    monkeypatch.setattr(os, "open", vanish)
    tree = Listing(str(root)).finish()
    assert list(tree.entries) == ["kept/x"]
    assert [(s.name, s.reason) for s in tree.skipped] == [("gone", "No such file or directory")]


def test_read_environment__no_folder__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot list"):
        read_environment(str(tmp_path / "nothing"))


def test_read_environment__name_that_is_not_utf_8__is_owned(tmp_path: Path) -> None:
    root = make_env(tmp_path, dist_files("a"))
    odd = os.fsencode(root / SITE / "a") + b"/caf\xe9.py"
    with open(odd, "w") as file:
        file.write("1")
    (found,) = take_inventory(read_environment(str(root))).distributions
    assert found.sizes.files == 5


@pytest.mark.parametrize("limit", [3, 1 << 20])
def test_reader__file__is_read_up_to_the_limit(tmp_path: Path, limit: int) -> None:
    write_files(tmp_path, {"a": "12345"})
    assert read_environment(str(tmp_path)).reader.read("a", limit) == b"12345"[:limit]


def test_reader__symlink_and_fifo__are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    reader = read_environment(str(tmp_path)).reader
    for name in ("link", "fifo", "missing"):
        with pytest.raises(OSError):  # noqa: PT011  each its own
            reader.read(name)
    assert list(reader.heads(["link", "missing"])) == [b"", b""]


def test_python__site_packages_of_a_venv__is_told_by_what_lies_above(tmp_path: Path) -> None:
    make_env(tmp_path / "env", dist_files("a"))
    assert read_environment(str(tmp_path / "env" / SITE)).python == "3.11.7"


def test_python__prefix_without_pyvenv_cfg__is_told_by_its_path(tmp_path: Path) -> None:
    site = write_files(tmp_path / "lib/python3.9/site-packages", {"six.py": ""})
    assert read_environment(str(site)).python == "3.9"


def test_claims__dpkg__paths_count_from_the_prefix(tmp_path: Path) -> None:
    listed = "/.\n/usr\n/usr/lib\n/usr/lib/six.py\n/etc/six\n"
    write_files(tmp_path, {"var/lib/dpkg/info/python3-six:amd64.list": listed, "usr/lib/six.py": ""})
    claims = list(read_environment(str(tmp_path / "usr")).claims())
    assert claims == [("python3-six", ("lib", "lib/six.py"))]
