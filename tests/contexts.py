"""Build contexts for tests, from dicts of paths."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from pathlib import Path

from deadweight.buildcontext.context import BuildContext, Directory


def make_context(files: Mapping[str, int]) -> BuildContext:
    """Return a context with files of these sizes."""
    directories = {""}
    for path in files:
        parts = path.split("/")[:-1]
        directories |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    order = sorted(directories, key=lambda path: path.split("/") if path else [])
    numbers = {path: number for number, path in enumerate(order)}
    made = []
    for path in order:
        here = {name.rpartition("/")[2]: size for name, size in files.items() if name.rpartition("/")[0] == path}
        inner = tuple(each.rpartition("/")[2] for each in order if each and each.rpartition("/")[0] == path)
        above = numbers[path.rpartition("/")[0]] if path else -1
        made.append(Directory(path, above, "/".join(here), array("q", here.values()), {}, inner))
    return BuildContext("app", tuple(made))


def write_tree(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a directory."""
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return directory
