"""Our reading of a distribution's metadata agrees with that of importlib_metadata, generated and installed."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import importlib_metadata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.distributions.metadata import normalize, parse_direct_url, parse_metadata
from deadweight.formats.distributions.record import record_paths
from deadweight.inventory import take_inventory
from deadweight.sources.disk.environment import Listing


class InMemory(importlib_metadata.Distribution):
    """A distribution whose metadata files are in a dict."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read_text(self, filename: str) -> str | None:
        return self._files.get(str(filename))

    def locate_file(self, path: object) -> Any:
        return SimpleNamespace(exists=lambda: True)  # importlib_metadata leaves out files that are missing


WORD = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)
VERSION = st.from_regex(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}(?:rc1|\.post2|\.dev3|\+local\.1)?", fullmatch=True)
LINE = st.text(st.characters(blacklist_categories=("C", "Z"), whitelist_characters=" "), max_size=30).map(str.strip)
REQUIREMENT = st.builds(
    lambda name, extra, version, marker: f"{name}{extra}{version}{marker}",
    WORD,
    st.sampled_from(("", "[x]", "[x,y]")),
    st.sampled_from(("", " (>=1.0)", ">=1,<2", "==1.*", " @ https://host/a.whl")),
    st.sampled_from(("", " ; extra == 'x'", ' ; python_version >= "3.8"')),
)
ENTRY_POINTS = st.dictionaries(
    st.sampled_from(("console_scripts", "gui_scripts", "pytest11", "flask.commands")),
    st.dictionaries(WORD, st.sampled_from(("m:f", "m.n:f.g", "m:f [x]", "m")), min_size=1, max_size=4),
    max_size=3,
)
# No line separators, at which importlib_metadata ends a row where a file name may contain them
_CHARACTERS = st.characters(max_codepoint=0x17F, blacklist_categories=("C", "Z"), blacklist_characters='/\\"')
PATH = st.lists(st.text(_CHARACTERS, min_size=1, max_size=8), min_size=1, max_size=3).map("/".join)


@given(WORD, VERSION, LINE, st.lists(REQUIREMENT, max_size=5), st.lists(LINE.filter(bool), max_size=3), st.data())
def test_metadata__generated__is_read_as_importlib_metadata_does(
    name: str, version: str, summary: str, requires: list[str], classifiers: list[str], data: st.DataObject
) -> None:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: {summary}"]
    lines += [f"Requires-Dist: {line}" for line in requires]
    lines += [f"Classifier: {line}" for line in classifiers]
    text = "\n".join([*lines, "", data.draw(LINE)])
    oracle = InMemory({"METADATA": text})
    found = parse_metadata(text.encode(), "x-0.dist-info")
    assert found is not None
    assert (found.name, found.version) == (normalize(oracle.metadata["Name"]), oracle.version)
    assert list(found.requires) == (oracle.requires or [])
    assert list(found.classifiers) == (oracle.metadata.get_all("Classifier") or [])
    assert found.summary == oracle.metadata["Summary"]


@given(ENTRY_POINTS)
def test_entry_points__generated__are_read_as_importlib_metadata_does(groups: dict[str, dict[str, str]]) -> None:
    text = "\n".join(
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()), "")
    )
    oracle = InMemory({"METADATA": "Name: a\nVersion: 1\n", "entry_points.txt": text}).entry_points
    found = parse_metadata(b"Name: a\nVersion: 1\n", "a-1.dist-info", entry_points=text.encode())
    assert found is not None
    commands = {entry.name for group in ("console_scripts", "gui_scripts") for entry in oracle.select(group=group)}
    assert set(found.commands) == commands
    assert set(found.plugin_groups) == {entry.group for entry in oracle} - {"console_scripts", "gui_scripts"}


@given(st.lists(PATH, min_size=1, max_size=8, unique=True))
def test_record__generated__lists_the_paths_that_importlib_metadata_does(paths: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([path, "sha256=abc", "3"] for path in paths)
    oracle = InMemory({"METADATA": "Name: a\nVersion: 1\n", "RECORD": written.getvalue()}).files or []
    assert record_paths(written.getvalue().encode()) == paths
    assert [str(path) for path in oracle] == [str(importlib_metadata.PackagePath(path)) for path in paths]


@given(st.sampled_from(("file:///home/me/app", "https://host/a.whl", "git+https://host/a@v1")), st.booleans())
def test_direct_url__generated__is_read_as_importlib_metadata_does(url: str, editable: bool) -> None:
    text = json.dumps({"url": url, "dir_info": {"editable": editable}})
    origin = InMemory({"METADATA": "Name: a\nVersion: 1\n", "direct_url.json": text}).origin
    assert parse_direct_url(text.encode()) == (origin.url, origin.dir_info.editable)


def test_environment__this_one__agrees_with_importlib_metadata() -> None:
    inventory = take_inventory(Listing(sys.prefix).finish())
    ours = {distribution.name: distribution for distribution in inventory.distributions}
    site = next(path for path in sys.path if path.startswith(sys.prefix) and path.endswith("site-packages"))
    oracles = {normalize(each.metadata["Name"]): each for each in importlib_metadata.distributions(path=[site])}
    assert set(ours) == set(oracles)
    declared: dict[str, set[str]] = {}
    for module, names in importlib_metadata.packages_distributions().items():
        for name in names:
            declared.setdefault(normalize(name), set()).add(module)
    for name, oracle in oracles.items():
        found = ours[name]
        assert found.version == oracle.version
        assert list(found.metadata.requires) == (oracle.requires or [])
        assert set(found.metadata.commands) == {
            entry.name for entry in oracle.entry_points if entry.group in ("console_scripts", "gui_scripts")
        }
        tops = {module.partition(".")[0] for module in found.import_names}
        assert tops == {module for module in declared.get(name, ()) if module.isidentifier()} - {"__pycache__"}, name
        if not found.editable:
            existing = [path for path in oracle.files or [] if Path(str(path.locate())).is_file()]
            assert found.sizes.files >= len(existing) - sum(str(path).endswith(".pyc") for path in existing)


@pytest.mark.parametrize("text", ["a,,\nb,,", "a,,\n"])
def test_record__without_hashes__is_read(text: str) -> None:
    oracle = InMemory({"METADATA": "Name: a\nVersion: 1\n", "RECORD": text}).files or []
    assert record_paths(text.encode()) == [str(path) for path in oracle]
