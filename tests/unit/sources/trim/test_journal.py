"""The journal of a store."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.sources.trim.journal import STORE, Directory, Item, Journal, Row, Store


def test_journal__written__is_read_with_names_that_are_no_text(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    journal = Journal(
        state="trimming",
        items=(Item("lib/caf\udce9.txt", 0, 1, 2, 3), Item("lib/RECORD", 0, 1, 2, 3, True)),
        rows=(Row("demo", "lib/RECORD", "a", "b"),),
        directories=(Directory("", 0o755, 1), Directory("lib", 0o700, 2)),
    )
    assert not store.exists()
    store.create()
    assert store.read() is None
    store.write(journal)
    assert store.read() == journal
    assert os.listdir(tmp_path / STORE) == ["journal.json"]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"state": "done"}', '{"state": "trimming", "version": 2}', "[" * 100_000,
        json.dumps({"state": "trimmed", "items": [["../x", 0, 1, 1, 1, False]], "rows": [["a", "b", "", ""]]}),
        json.dumps({"state": "trimmed", "items": [{"path": "../x", "row": 0, "size": 1, "mtime_ns": 1, "inode": 1}],
                    "rows": [{"name": "a", "record": "b", "before": "", "after": ""}]}),
        json.dumps({"state": "trimmed", "items": [{"path": "x", "row": 7, "size": 1, "mtime_ns": 1, "inode": 1}]}),
        json.dumps({"state": "trimmed", "directories": [{"path": "/etc", "mode": 0, "mtime_ns": 1}]}),
    ],
)  # fmt: skip
def test_journal__invalid_or_leaving_the_environment__is_refused(tmp_path: Path, text: str) -> None:
    store = Store(str(tmp_path))
    store.create()
    (tmp_path / STORE / "journal.json").write_text(text)
    with pytest.raises(BadInput, match="is invalid"):
        store.read()


def test_store__deleted__is_gone_even_if_a_run_was_killed_before(tmp_path: Path) -> None:
    left = tmp_path / f"{STORE}-deleted"
    left.mkdir()
    (left / "0").write_text("x")
    store = Store(str(tmp_path))
    store.create()
    Path(store.original(0)).write_text("12345")
    assert (store.holds(0), store.holds(1), store.bytes()) == (True, False, 5)
    store.delete()
    assert os.listdir(tmp_path) == []


def test_store__that_is_a_link__is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / STORE).symlink_to("elsewhere")
    store = Store(str(tmp_path))
    with pytest.raises(BadInput, match="is a symlink"):
        store.read()
    with pytest.raises(FileExistsError):
        store.create()
