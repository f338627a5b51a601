"""A directory on the disk → FileTree: it is listed and read, and no symlink is followed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.inventory import take_inventory
from deadweight.model import Skipped
from deadweight.sources.disk.collector import collect
from deadweight.sources.disk.environment import DiskReader, Listing
from tests.builders import bytes_below, dist_files, make_env, write_files


def test_listing__files__have_the_sizes_of_the_disk(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/b/x.bin": "x" * 5000, "y": ""})
    tree = Listing(str(tmp_path)).finish()
    assert {path: entry.size for path, entry in tree.entries.items()} == {"a/b/x.bin": 5000, "y": 0}
    assert tree.entries["a/b/x.bin"].allocated == os.lstat(tmp_path / "a/b/x.bin").st_blocks * 512
    assert {entry.kind for entry in tree.entries.values()} == {"file"}
    assert tree.location == str(tmp_path)


def test_listing__whole_environment__sums_to_du(tmp_path: Path) -> None:
    prefix = make_env(tmp_path / "v", dist_files("a"), extra={"bin/python": "1234", "loose": "12"})
    os.link(prefix / "loose", prefix / "bin/again")
    (prefix / "lib64").symlink_to("lib")
    found = take_inventory(Listing(str(prefix)).finish())
    assert found.total.apparent == bytes_below(prefix)
    assert found.total.apparent == found.distributions[0].sizes.apparent + found.unowned.apparent


def test_listing__symlinks_in_a_circle__are_entries_and_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/x": "1"})
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "out").symlink_to("/etc/passwd")
    tree = Listing(str(tmp_path)).finish()
    assert {path: (entry.kind, entry.size) for path, entry in tree.entries.items()} == {
        "a/x": ("file", 1),
        "a/up": ("symlink", 2),
        "self": ("symlink", 4),
        "out": ("symlink", 11),
    }


def test_listing__prefix_is_a_symlink__lists_what_it_leads_to(tmp_path: Path) -> None:
    write_files(tmp_path, {"real/x": "1"})
    (tmp_path / "link").symlink_to("real")
    assert list(Listing(f"{tmp_path}/link").finish().entries) == ["x"]


def test_listing__hard_links__share_an_inode(tmp_path: Path) -> None:
    write_files(tmp_path, {"x": "1", "alone": "1"})
    os.link(tmp_path / "x", tmp_path / "y")
    entries = Listing(str(tmp_path)).finish().entries
    assert entries["x"].inode == entries["y"].inode == (os.lstat(tmp_path).st_dev, os.lstat(tmp_path / "x").st_ino)
    assert entries["alone"].inode is None


def test_listing__fifo__is_an_entry_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.so")
    tree = Listing(str(tmp_path)).finish()
    assert tree.entries["pipe.so"].kind == "other"
    assert take_inventory(tree).unowned.files == 1


def test_listing__name_not_in_utf8__is_listed_read_and_owned(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    record = [os.fsencode(name).decode("utf-8", "surrogateescape") + ",,"]
    files = {k: v for k, v in dist_files("a", files={}).items() if not k.endswith("RECORD")}
    prefix = make_env(tmp_path, files)
    site = prefix / "lib/python3.11/site-packages"
    (site / name).write_bytes(b"12345")
    (site / "a-1.0.dist-info/RECORD").write_bytes(record[0].encode("utf-8", "surrogateescape"))
    tree = Listing(str(prefix)).finish()
    assert tree.reader.read(f"lib/python3.11/site-packages/{name}") == b"12345"
    assert take_inventory(tree).distributions[0].sizes.kinds["source"] == 5


def test_listing__many_directories__several_processes_list_the_same(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff")
    write_files(tmp_path, {f"p{n}/q/f{n}": "x" * n for n in range(150)} | {f"p7/{odd}/x": "1"})
    (tmp_path / "p9/link").symlink_to("..")
    os.link(tmp_path / "p8/q/f8", tmp_path / "p140/q/again")
    shared = Listing(str(tmp_path)).finish()
    paths, sizes, *_, others, _, left = collect(str(tmp_path), [""])
    assert left == []
    assert {path: entry.size for path, entry in shared.entries.items()} == {
        **dict(zip(paths, sizes, strict=True)),
        **{other[0]: other[1] for other in others},
    }
    assert len(shared.entries) == 153
    assert take_inventory(shared).total.apparent == bytes_below(tmp_path)


def test_listing__helper_that_fails__loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {f"p{n}/q/f": "1" for n in range(150)})
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    assert len(Listing(str(tmp_path)).finish().entries) == 150


def test_listing__directory_removed_meanwhile__is_skipped_with_the_reason(tmp_path: Path) -> None:
    write_files(tmp_path, {f"p{n}/q/f": "1" for n in range(150)})
    # The helpers have been told of p149, or will list it: either way it is gone before they come to its directory q.
    listing = collect(str(tmp_path), [""], (), 64)
    shutil.rmtree(tmp_path / "p149")
    paths, *_, skipped, left = collect(str(tmp_path), listing[-1])
    assert ("p149", "No such file or directory") in skipped
    assert len(paths) == 149
    assert left == []


def test_listing__unreadable_directory__is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"shut/x": "1", "open/y": "1"})
    really_open = os.open

    def refusing(path: str, flags: int, *more: int) -> int:
        if str(path).endswith("shut/"):
            raise PermissionError(13, "Permission denied", path)
        return really_open(path, flags, *more)

    monkeypatch.setattr(os, "open", refusing)  # root, as whom tests may run, may open all
    tree = Listing(str(tmp_path)).finish()
    assert list(tree.entries) == ["open/y"]
    assert tree.skipped == (Skipped("shut", "Permission denied", 4),)


@pytest.mark.parametrize("path", ["nothing", "file"])
def test_listing__missing_directory__is_bad_input(tmp_path: Path, path: str) -> None:
    write_files(tmp_path, {"file": ""})
    with pytest.raises(BadInput, match=f"cannot list {tmp_path}/{path}: "):
        Listing(f"{tmp_path}/{path}").finish()


# --- reading --------------------------------------------------------------------------------------


def test_reader__limit__cuts(tmp_path: Path) -> None:
    write_files(tmp_path, {"x": "x" * 3_000_000})
    reader = DiskReader(str(tmp_path))
    assert len(reader.read("x")) == 3_000_000
    assert len(reader.read("x", 2_000_000)) == 2_000_000
    assert reader.read("x", 0) == b""


def test_reader__not_a_regular_file__is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "directory").mkdir()
    for path in ("pipe", "link", "directory", "nothing"):
        with pytest.raises(OSError, match=r"regular|symbolic|[Dd]irectory"):
            DiskReader(str(tmp_path)).read(path)


def test_reader__heads__are_in_order_and_empty_if_unreadable(tmp_path: Path) -> None:
    write_files(tmp_path, {"x": "x" * 100, "y": "y"})
    assert list(DiskReader(str(tmp_path)).heads(["x", "nothing", "y"])) == [b"x" * 64, b"", b"y"]


# --- Python and dpkg ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "python"),
    [
        ("version = 3.9.1\n", "3.9.1"),
        ("version_info = 3.9.1.final.0\n", "3.9.1"),
        ("version = 3.9\n", "3.9"),
        ("home = /usr\n", None),
    ],
)
def test_listing__pyvenv_cfg__tells_the_python(tmp_path: Path, config: str, python: str | None) -> None:
    write_files(tmp_path, {"pyvenv.cfg": config})
    assert Listing(str(tmp_path)).finish().python == python


def test_listing__site_packages_alone__has_the_python_of_its_parents(tmp_path: Path) -> None:
    make_env(tmp_path, dist_files("a", files={"a/x.py": "12345"}))
    tree = Listing(f"{tmp_path}/lib/python3.11/site-packages").finish()
    found = take_inventory(tree)
    assert found.environment.python == "3.11.7"
    assert (found.distributions[0].sizes.kinds["source"], found.unowned.files) == (5, 0)


def test_listing__site_packages_without_a_venv__has_the_python_of_its_path(tmp_path: Path) -> None:
    write_files(tmp_path, {"lib/python3.12/site-packages/x": ""})
    assert Listing(f"{tmp_path}/lib/python3.12/site-packages").finish().python == "3.12"


@pytest.mark.parametrize("prefix", ["", "usr"])
def test_claims__dpkg_above_the_prefix__tells_paths_below_it(tmp_path: Path, prefix: str) -> None:
    root = os.path.realpath(tmp_path)
    write_files(
        tmp_path,
        {
            "var/lib/dpkg/info/python3-a:amd64.list": "/.\n/usr\n/usr/lib/a.py\n",
            "var/lib/dpkg/info/none.list": "relative\n",
            "var/lib/dpkg/info/python3-a.md5sums": "x",
            "usr/lib/a.py": "1",
        },
    )
    found = dict(Listing(f"{root}/{prefix}".rstrip("/")).finish().claims())
    expected = {"": (".", "usr", "usr/lib/a.py"), "usr": ("lib/a.py",)}
    assert found == {"python3-a": expected[prefix]}


def test_listing__pyvenv_cfg_that_is_a_fifo__is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyvenv.cfg")
    assert Listing(str(tmp_path)).finish().python is None


def test_claims__list_that_is_not_a_file__is_ignored(tmp_path: Path) -> None:
    write_files(tmp_path, {"var/lib/dpkg/info/b.list": f"{'/x'}\n"})
    (tmp_path / "var/lib/dpkg/info/a.list").symlink_to("nowhere")
    os.mkfifo(tmp_path / "var/lib/dpkg/info/c.list")
    assert dict(Listing(os.path.realpath(tmp_path)).finish().claims()) == {"b": ("x",)}


def test_listing__no_process_can_be_started__lists_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {f"p{number}/x": "x" for number in range(150)})
    expected = Listing(str(tmp_path)).finish().entries

    def popen(*arguments: object, **options: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", popen)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    assert Listing(str(tmp_path)).finish().entries == expected


def test_listing__site_packages_behind_a_symlink_out_of_the_prefix__is_reported(tmp_path: Path) -> None:
    elsewhere = make_env(tmp_path / "elsewhere", dist_files("a"))
    prefix = tmp_path / "env"
    (prefix / "lib").mkdir(parents=True)
    (prefix / "lib64").symlink_to("lib")
    (prefix / "lib/python3.11").symlink_to(elsewhere / "lib/python3.11")
    found = take_inventory(Listing(str(prefix)).finish())
    assert found.distributions == ()
    (skipped,) = found.skipped
    assert skipped.name == "lib/python3.11"
    assert str(elsewhere) in skipped.reason
