"""Imports point one way: cli → operations → {sources → formats, stages, report} → model → errors."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import deadweight

SOURCE = Path(deadweight.__file__).parent
PURE = (
    "advice", "analysis", "budget", "buildcontext", "codescan", "dockerfiles", "errors", "explore", "fleet", "formats",
    "graph", "groups", "image_rules", "inventory", "model", "planning", "platforms", "proof", "reaching", "report",
    "startup", "trimming", "untrusted", "usage", "wording",
)  # fmt: skip
MOST_MODULES = 12  # in a directory

# What each module (or directory of modules) may import of deadweight; "" is its own __init__, for the version.
MAY_IMPORT = {
    "errors": set(),
    "interrupts": set(),
    "progress": set(),
    "shipped": set(),
    "untrusted": {"errors"},
    "wording": set(),
    "arguments": {"errors"},
    "model": {"errors", "untrusted"},
    "formats": {"errors", "model", "progress"},
    "codescan": {"formats", "model", "wording"},
    "dockerfiles": {"codescan", "errors", "formats", "model", "untrusted"},
    "platforms": {"errors", "model"},
    "image_rules": {"shipped"},
    "budget": {"errors", "formats", "graph", "image_rules", "model", "untrusted", "wording"},
    "settings": {"budget", "errors", "formats", "model"},
    "fleet": {"errors", "model", "untrusted", "wording"},
    "targets": {"errors", "formats", "settings"},
    "inventory": {"codescan", "errors", "formats", "model", "wording"},
    "advice": {
        "codescan", "formats", "graph", "image_rules", "inventory", "model", "planning", "proof", "shipped",
        "trimming", "wording",
    },
    "graph": {"errors", "formats", "model", "platforms"},
    "usage": {"formats", "model", "platforms", "shipped"},
    "groups": {"formats", "graph", "model", "shipped", "usage", "wording"},
    "planning": {"errors", "formats", "graph", "groups", "model", "settings", "shipped", "usage", "wording"},
    "proof": {"formats", "graph", "groups", "model", "usage", "wording"},
    "trimming": {"formats", "model", "shipped"},
    "buildcontext": {"errors", "model", "shipped"},
    "reaching": {"graph"},
    "startup": {"codescan", "errors", "formats", "model", "usage", "wording"},
    "analysis": {
        "", "advice", "codescan", "errors", "formats", "graph", "groups", "image_rules", "model", "planning",
        "platforms", "proof", "reaching", "settings", "targets", "trimming", "untrusted", "usage",
    },
    "report": {
        "", "analysis", "budget", "errors", "formats", "graph", "image_rules", "model", "planning", "proof", "targets",
        "trimming", "untrusted", "wording",
    },
    "explore": {"errors", "graph", "model", "report", "untrusted", "wording"},
    "sources": {
        "buildcontext", "codescan", "errors", "fleet", "formats", "interrupts", "model", "platforms", "progress",
        "startup", "targets", "untrusted", "wording",
    },
    "operations": {
        "", "advice", "analysis", "arguments", "budget", "buildcontext", "codescan", "dockerfiles", "errors", "fleet",
        "formats", "graph", "groups", "inventory", "model", "planning", "platforms", "progress", "proof", "reaching",
        "settings", "sources", "startup", "targets", "trimming", "untrusted", "usage", "wording",
    },
    "cli": {
        "", "analysis", "arguments", "budget", "buildcontext", "dockerfiles", "errors", "explore", "fleet", "formats",
        "interrupts", "model", "operations", "platforms", "progress", "report", "settings", "sources", "targets",
        "trimming", "untrusted",
    },
    "__main__": {"", "cli", "interrupts"},
    "": {"analysis", "budget", "errors", "model", "operations", "progress", "settings"},
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
            # ``from deadweight.report.results import why`` imports a module
            yield from (f"{node.module}.{a.name}" for a in node.names if f"{node.module}.{a.name}" in DOTTED)


DOTTED = {f"deadweight.{name}" for name in modules() if name}


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports__any_module__point_one_way(module: str) -> None:
    location = module.partition(".")[0]
    for imported in imports(modules()[module]):
        top, _, inner = imported.partition(".")
        if top == "deadweight":
            inner = "" if inner in ("", "__version__") else inner
            allowed = MAY_IMPORT[location]
            assert inner.partition(".")[0] == location or allowed & {inner, inner.partition(".")[0]}, imported


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


LOOKING = re.compile(
    r"open|os\.(walk|listdir|scandir|l?stat|access|path\.(l?exists|is\w+|realpath|abspath|samefile|getsize))"
)
OF_BUILDS_AND_FLEETS = ("operations.dockerfile", "operations.dockerignore", "operations.fleet")


@pytest.mark.parametrize("module", [m for m in sorted(modules()) if m.startswith(OF_BUILDS_AND_FLEETS)])
def test_calls__operation_on_builds_and_fleets__leaves_paths_to_sources(module: str) -> None:
    tree = ast.parse(modules()[module].read_text("utf-8"))
    calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    assert not [call for call in calls if LOOKING.fullmatch(call)]


def test_child_processes__are_started_in_one_module() -> None:
    starters = {"subprocess", "multiprocessing", "pty", "asyncio"}
    assert {module for module, path in modules().items() if starters & set(imports(path))} == {
        "sources.system.processes"
    }
    calls = {
        module: {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        for module, path in modules().items()
    }
    starting = re.compile(r"os\.(exec|fork|posix_spawn|spawn|system|popen)")
    # The supervisor and what becomes another program are programs of their own.
    assert {module for module, names in calls.items() if any(map(starting.match, names))} == {
        "sources.startup.stamping",
        "sources.system.supervisor",
    }


@pytest.mark.parametrize("library", ["click", "rich.live"])
def test_imports__terminal_library__only_in_cli(library: str) -> None:
    users = {module for module, path in modules().items() if library in set(imports(path))}
    assert users
    assert {user.partition(".")[0] for user in users} == {"cli"}


def test_allowed__table__names_what_is_there_and_has_no_cycle() -> None:
    locations = {module.partition(".")[0] for module in modules()}
    assert locations == set(MAY_IMPORT)
    left = {
        location: {a.partition(".")[0] for a in allowed} - {location, ""} for location, allowed in MAY_IMPORT.items()
    }
    left.pop("")  # imports at first use only
    while left:
        free = {location for location, needed in left.items() if not needed & set(left)}
        assert free, f"a cycle among {sorted(left)}"
        left = {location: needed for location, needed in left.items() if location not in free}


def test_directories__any__hold_few_modules() -> None:
    directories = [path for path in [SOURCE, *SOURCE.rglob("*")] if path.is_dir() and path.name != "__pycache__"]
    counts = {str(path.relative_to(SOURCE)): len({*path.glob("*.py")} - {path / "__init__.py"}) for path in directories}
    # One module for each command.
    assert not {path for path, count in counts.items() if count > MOST_MODULES and path != "cli/commands"}


def test_unit_tests__directories__mirror_those_of_the_modules() -> None:
    tests = Path(__file__).parent
    directories = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")} - {Path()}
    assert not {str(path) for path in directories if not (SOURCE / path).is_dir()}


def test_mutation__configured_paths__exist() -> None:
    root = Path(__file__).parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    paths = [*settings["only_mutate"], *settings["pytest_add_cli_args_test_selection"]]
    assert not [path for path in paths if not (root / path.removesuffix("/*")).exists()]
