"""Imports point one way: cli → pipeline → {sources → formats, stages, report} → model → errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import deadweight

SOURCE = Path(deadweight.__file__).parent
PURE = (
    "formats",
    "inventory",
    "markers",
    "machine",
    "selection",
    "graph",
    "usage",
    "groups",
    "plan",
    "proof",
    "findings",
    "concluding",
    "verdict",
    "report",
    "reporting",
    "untrusted",
    "model",
    "errors",
)

# What each module (or folder of modules) may import of deadweight; "" is its own __init__, for the version.
MAY_IMPORT = {
    "errors": set(),
    "interrupts": set(),
    "progress": set(),
    "untrusted": {"errors"},
    "model": {"errors", "untrusted"},
    "settings": {"errors", "formats", "model"},
    "folders": {"formats"},
    "naming": {"errors"},
    "targets": {"errors", "folders", "formats", "naming"},
    "markers": {"model"},
    "machine": {"errors", "markers", "model"},
    "selection": {"machine", "model"},
    "formats": {"errors", "model", "progress"},
    "inventory": {"errors", "formats", "model"},
    "graph": {"errors", "formats", "markers", "model"},
    "usage": {"formats", "markers", "model"},
    "groups": {"formats", "graph", "model", "usage"},
    "plan": {"errors", "formats", "graph", "groups", "model", "settings", "usage"},
    "proof": {"formats", "graph", "groups", "model", "usage"},
    "sources": {"errors", "folders", "formats", "interrupts", "machine", "markers", "model", "progress", "selection"},
    "findings": {"errors", "formats", "graph", "model", "plan", "proof", "settings", "targets"},
    "concluding": {
        "findings", "formats", "graph", "groups", "model", "plan", "proof", "settings", "targets", "usage",
    },
    "grouping": {
        "application", "errors", "findings", "formats", "groups", "installing", "pipeline", "progress", "reading",
        "settings", "sources", "targets",
    },
    "verdict": {"findings", "formats", "markers", "model", "proof", "usage"},
    "reporting": {"", "findings", "graph", "model", "plan", "proof", "untrusted"},
    "report": {
        "", "errors", "findings", "graph", "grouping", "groups", "model", "plan", "proof", "report", "reporting",
        "untrusted", "verdict",
    },
    "operations": {"errors", "model", "pipeline", "progress", "reporting", "settings", "targets"},
    "reading": {"errors", "formats", "machine", "model", "settings", "sources", "targets"},
    "application": {"model", "progress", "settings", "sources", "targets"},
    "whole_systems": {
        "application", "concluding", "errors", "findings", "formats", "inventory", "model", "progress", "settings",
        "sources", "targets",
    },
    "installing": {
        "application", "concluding", "errors", "findings", "formats", "inventory", "model", "progress", "reading",
        "settings", "sources", "targets",
    },
    "from_archives": {
        "application", "concluding", "errors", "findings", "formats", "installing", "inventory", "model", "progress",
        "reading", "settings", "sources", "targets",
    },
    "savings": {"errors", "findings", "formats", "from_archives", "inventory", "model", "plan", "progress", "sources"},
    "pipeline": {
        "application", "concluding", "errors", "findings", "formats", "from_archives", "installing", "progress",
        "reading", "savings", "settings", "targets", "whole_systems",
    },
    "providers": {
        "groups", "installing", "inventory", "model", "progress", "settings", "sources", "usage",
    },
    "verifying": {
        "application", "errors", "findings", "formats", "installing", "pipeline", "progress", "proof", "providers",
        "reading", "settings", "sources", "targets", "verdict",
    },
    "cli": {
        "", "errors", "findings", "folders", "formats", "grouping", "interrupts", "pipeline", "progress", "proof",
        "model", "operations", "report", "reporting", "settings", "sources", "targets", "untrusted", "verifying",
    },
    "__main__": {"", "cli", "interrupts"},
    "": {"errors", "findings", "grouping", "model", "operations", "pipeline", "progress", "settings", "verifying"},
}  # fmt: skip


def modules() -> dict[str, Path]:
    """Return dotted name below deadweight → file."""
    return {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
        for path in SOURCE.rglob("*.py")
    }


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever the line stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they point"
            assert node.module is not None
            yield node.module
            # ``from deadweight.report import why`` imports a module
            yield from (f"{node.module}.{a.name}" for a in node.names if f"{node.module}.{a.name}" in DOTTED)


DOTTED = {f"deadweight.{name}" for name in modules() if name}


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports__any_module__point_one_way(module: str) -> None:
    place = module.partition(".")[0]
    for imported in imports(modules()[module]):
        top, _, inner = imported.partition(".")
        if top == "deadweight":
            inner = "" if inner in ("", "__version__") else inner
            allowed = MAY_IMPORT[place]
            assert inner.partition(".")[0] == place or allowed & {inner, inner.partition(".")[0]}, imported


@pytest.mark.parametrize("module", [m for m in sorted(modules()) if m.partition(".")[0] in PURE])
def test_imports__pure_module__neither_sources_nor_processes(module: str) -> None:
    touching = {"subprocess", "shutil", "tempfile", "socket", "urllib.request", "deadweight.cli", "deadweight.sources"}
    found = set(imports(modules()[module]))
    assert not {name for name in found if name in touching or name.startswith(("deadweight.cli", "deadweight.sources"))}


@pytest.mark.parametrize("module", [m for m in sorted(modules()) if m.partition(".")[0] in PURE])
def test_calls__pure_module__opens_nothing(module: str) -> None:
    tree = ast.parse(modules()[module].read_text("utf-8"))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {"open", "print", "input", "os.open", "os.stat", "os.lstat", "os.listdir", "os.scandir"} & set(calls)


def test_child_processes__are_started_in_one_module() -> None:
    starters = {"subprocess", "multiprocessing", "pty", "asyncio"}
    assert {module for module, path in modules().items() if starters & set(imports(path))} == {"sources.processes"}
    calls = {
        module: {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        for module, path in modules().items()
    }
    starting = re.compile(r"os\.(exec|fork|posix_spawn|spawn|system|popen)")
    # The supervisor is a program of its own.
    assert {module for module, names in calls.items() if any(map(starting.match, names))} == {"sources.supervisor"}


@pytest.mark.parametrize("library", ["click", "rich.live"])
def test_imports__terminal_library__only_in_cli(library: str) -> None:
    users = {module for module, path in modules().items() if library in set(imports(path))}
    assert users
    assert {user.partition(".")[0] for user in users} == {"cli"}


def test_allowed__table__names_what_is_there_and_has_no_cycle() -> None:
    places = {module.partition(".")[0] for module in modules()}
    assert places == set(MAY_IMPORT)
    left = {place: {a.partition(".")[0] for a in allowed} - {place, ""} for place, allowed in MAY_IMPORT.items()}
    left.pop("")  # imports at first use only
    while left:
        free = {place for place, needed in left.items() if not needed & set(left)}
        assert free, f"a cycle among {sorted(left)}"
        left = {place: needed for place, needed in left.items() if place not in free}
