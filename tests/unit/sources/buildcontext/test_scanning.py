"""A directory as Docker sends it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.progress import silent
from deadweight.sources.buildcontext.reading import ContextReader, text_at
from deadweight.sources.buildcontext.scanning import scan_context
from tests.contexts import write_tree


def test_scan_context__tree__lists_each_directory_after_its_parent(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": "12", "d/b": "1", "d/e/c": "123"})
    context = scan_context(str(tmp_path), silent)
    assert dict(context.paths()) == {"a": 2, "d/b": 1, "d/e/c": 3}
    assert [(each.path, each.above) for each in context.directories] == [("", -1), ("d", 0), ("d/e", 1)]


def test_scan_context__symlinks__count_as_themselves(tmp_path: Path) -> None:
    write_tree(tmp_path, {"d/b": "1"})
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "d/out").symlink_to("/etc")
    (tmp_path / "gone").symlink_to("nowhere")
    assert dict(scan_context(str(tmp_path), silent).paths()) == {"loop": 1, "d/out": 4, "gone": 7, "d/b": 1}


def test_scan_context__special_files__have_no_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert dict(scan_context(".", silent).paths()) == {"fifo": 0}


def test_scan_context__names_with_line_breaks_and_bytes__are_kept(tmp_path: Path) -> None:
    names = ["a\nb", " #!*?[x]\\", os.fsdecode(b"caf\xe9")]
    write_tree(tmp_path, dict.fromkeys(names, "1"))
    assert {path for path, _ in scan_context(str(tmp_path), silent).paths()} == set(names)


def test_scan_context__hard_links__share_a_number(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": "1", "d/x": "2"})
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    top, inner = scan_context(str(tmp_path), silent).directories
    assert top.links["a"] == top.links["b"]
    assert not inner.links


def test_scan_context__unreadable_directory__is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"a": "1", "d/x": "2"})
    scandir = os.scandir

    def refuse(path: str) -> os._ScandirIterator[str]:
        if path.endswith("/d"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    context = scan_context(str(tmp_path), silent)
    assert [(each.name, each.reason) for each in context.skipped] == [("d", "Permission denied")]
    assert dict(context.paths()) == {"a": 1}


@pytest.mark.parametrize("name", ["missing", "file"])
def test_scan_context__no_directory__is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot list"):
        scan_context(str(tmp_path / name), silent)


def test_text_at__file__keeps_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfcaf\xe9\r\n")
    assert text_at(str(tmp_path / "x")) == "\ufeffcaf\udce9\r\n"
    assert text_at(str(tmp_path / "none")) is None


def test_text_at__what_is_no_text__is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate((1 << 24) + 1)
    for name, reason in (("binary", "null bytes"), ("fifo", "not a file"), ("huge", "16 MiB"), (".", "not a file")):
        with pytest.raises(BadInput, match=reason):
            text_at(str(tmp_path / name))


def test_context_reader__symlink_and_fifo__are_not_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": "text"})
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "fifo")
    reader = ContextReader(str(tmp_path))
    assert [reader.head(name) for name in ("a", "link", "fifo", "none", "a\0")] == [b"text", b"", b"", b"", b""]
    assert (reader.head("a", 2), reader.is_file("a"), reader.is_file("link"), reader.exists("link")) == (
        b"te", True, False, True,
    )  # fmt: skip
