"""Files that were moved come back; tests/functional/test_trim.py does so after every kind of failure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.progress import silent
from deadweight.sources.trim.journal import Item, Journal, Row, Store
from deadweight.sources.trim.removing import directories_of, is_unchanged, remove, seen, write_new
from deadweight.sources.trim.restoring import abandon, undo
from tests.builders import write_files
from tests.trimming import snapshot


def removal(root: Path, *paths: str, new: Mapping[str, str] | None = None) -> tuple[Store, Journal]:
    """Prepare to remove files; the distribution has no RECORD, as if nothing listed it.

    new: path → content of the file that replaces it
    """
    new = new or {}
    store, found = Store(str(root)), seen(str(root), paths)
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in new.items()}
    items = tuple(Item.of(path, 0, found[path], replaced=path in new) for path in paths)
    journal = Journal(
        state="trimming",
        items=tuple(replace(item, new=digests.get(item.path, "")) for item in items),
        rows=(Row("demo", "RECORD", "", ""),),
        directories=directories_of(str(root), paths),
    )
    store.create()
    for number, item in enumerate(items):
        if item.replaced:
            write_new(store, number, item, new[item.path].encode())
    store.write(journal)
    return store, journal


def test_remove__and_undo__are_inverse(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/b/c/x": "1", "a/y": "2", "a/z": "3"})
    before = snapshot(tmp_path)
    store, journal = removal(tmp_path, "a/b/c/x", "a/y")
    remove(store, journal, silent)
    assert sorted(os.listdir(tmp_path / "a")) == ["z"]
    undone = undo(store)
    assert (undone.files, undone.apparent_bytes, undone.left) == (2, 2, ())
    assert snapshot(tmp_path) == before


def test_remove__file_that_changed__changes_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/x": "1", "a/y": "2"})
    store, journal = removal(tmp_path, "a/x", "a/y")
    (tmp_path / "a/y").write_text("longer")
    with pytest.raises(BadInput, match="a/y changed while the environment was trimmed"):
        remove(store, journal, silent)
    assert sorted(os.listdir(tmp_path / "a")) == ["x", "y"]
    abandon(store)
    abandon(store)
    assert not store.exists()


def test_undo__files_of_the_user__stay_and_are_reported(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"t.py": "1", "m.pyc": "2", "dir": "3", "same": "4", "gone": "5", "x.so": "long", "y.so": "long"}
    )
    store, journal = removal(
        tmp_path, "t.py", "m.pyc", "dir", "same", "gone", "x.so", "y.so", new={"x.so": "x", "y.so": "y"}
    )
    remove(store, journal, silent)
    write_files(tmp_path, {"t.py": "mine", "m.pyc": "again", "dir/file": "", "same": "4", "y.so": "mine"})
    undone = undo(store)
    assert (undone.files, undone.left, undone.occupied) == (4, (), ("dir", "t.py", "y.so"))
    texts = {name: (tmp_path / name).read_text() for name in ("t.py", "m.pyc", "same", "gone", "x.so", "y.so")}
    assert texts == {"t.py": "mine", "m.pyc": "2", "same": "4", "gone": "5", "x.so": "long", "y.so": "mine"}
    (tmp_path / "t.py").unlink()
    assert undo(store).occupied == ("dir", "y.so")
    assert (tmp_path / "t.py").read_text() == "1"


def test_undo__directory_became_a_file__says_so_and_can_be_repeated(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/b/x": "1"})
    before = snapshot(tmp_path)
    store, journal = removal(tmp_path, "a/b/x")
    remove(store, journal, silent)
    (tmp_path / "a").write_text("a file")
    with pytest.raises(BadInput, match="a is no longer a directory"):
        undo(store)
    (tmp_path / "a").unlink()
    undo(store)
    assert snapshot(tmp_path) == before


def test_undo__directory_became_a_link_out__writes_nothing_there(tmp_path: Path) -> None:
    root, outside = tmp_path / "env", tmp_path / "outside"
    write_files(root, {"a/x": "1"})
    outside.mkdir()
    store, journal = removal(root, "a/x")
    remove(store, journal, silent)
    (root / "a").symlink_to(outside)
    with pytest.raises(BadInput, match="no longer a directory"):
        undo(store)
    assert os.listdir(outside) == []


def test_seen__links_and_missing_files__are_left_out(tmp_path: Path) -> None:
    write_files(tmp_path, {"x": "1"})
    (tmp_path / "link").symlink_to("x")
    found = seen(str(tmp_path), ["x", "link", "gone", "x/below"])
    assert list(found) == ["x"]
    item = Item.of("x", 0, found["x"])
    assert is_unchanged(str(tmp_path / "x"), item)
    os.utime(tmp_path / "x", ns=(1, 1))
    assert not is_unchanged(str(tmp_path / "x"), item)
