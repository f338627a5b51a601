"""The public surface is a list, and importing it is cheap."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

import deadweight
from tests.builders import dist_files, make_env

HEAVY = {"click", "rich", "networkx", "packaging", "pip_api", "jinja2", "urllib3", "asyncio", "importlib.metadata"}


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded once ``code`` has run in a fresh interpreter."""
    reported = f"import atexit, sys; atexit.register(lambda: print('LOADED', *sys.modules)); {code}"
    out = subprocess.check_output([sys.executable, "-c", reported], text=True)
    return set(out.partition("LOADED")[2].split())


def test_all__is_sorted_and_equals_what_is_there() -> None:
    assert deadweight.__all__ == sorted(deadweight.__all__)
    assert dir(deadweight) == deadweight.__all__
    assert all(getattr(deadweight, name) is not None for name in deadweight.__all__)


def test_all__no_name_is_that_of_a_module() -> None:
    # Importing such a module would replace the function.
    assert not [name for name in deadweight.__all__ if find_spec(f"deadweight.{name}")]


def test_getattr__unknown_name__raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'footprint'"):
        _ = deadweight.footprint


def test_import__leaves_heavy_modules_alone() -> None:
    loaded = loaded_by("import deadweight")
    assert "deadweight" in loaded
    assert not loaded & {*HEAVY, "deadweight.operations.measure", "subprocess", "tempfile"}


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("profile", "profile"), ("plan", "planning.plan"), ("trim", "trimming"), ("imports", "imports"),
        ("services", "services"), ("dockerfile", "dockerfile"), ("dockerignore", "dockerignore"),
        ("fleet_add", "fleet.adding"), ("fleet_report", "fleet.reporting"), ("fleet_check", "fleet.checking"),
    ],
)  # fmt: skip
def test_import__public_name__loads_it_on_first_use(name: str, module: str) -> None:
    loaded = loaded_by(f"from deadweight import {name}")
    assert f"deadweight.operations.{module}" in loaded
    assert not loaded & {"click", "rich", "networkx", "pip_api", "jinja2", "urllib3", "deadweight.cli"}


def test_version__loads_neither_graph_nor_terminal_libraries() -> None:
    code = "import deadweight.cli as cli; cli.root.main(['--version'], standalone_mode=False)"
    loaded = loaded_by(code)
    assert "click" in loaded
    assert not loaded & {"networkx", "rich", "pip_api", "packaging", "deadweight.operations.measure"}


def test_environment_target__needs_no_pip_api_and_no_networkx() -> None:
    loaded = loaded_by("import deadweight; deadweight.profile()")
    assert "deadweight.graph" in loaded
    assert not loaded & {"pip_api", "networkx", "rich", "click", "deadweight.sources.install.installer"}


def test_environment_as_json__imports_only_what_it_uses(tmp_path: Path) -> None:
    make_env(tmp_path / "env", dist_files("a", requires=["b>=1"], requested=True), dist_files("b"))
    code = (
        f"import deadweight.cli.commands.profile, deadweight; deadweight.profile({str(tmp_path / 'env')!r}).to_json()"
    )
    loaded = loaded_by(code)
    unused = {
        "rich", "difflib", "urllib3", "urllib.parse", "csv", "pathlib", "shutil", "random", "tempfile", "zipfile",
        "deadweight.codescan.shell", "deadweight.sources.net.http",
        "deadweight.operations.measuring.savings", "deadweight.inventory.systems.scripts",
    }  # fmt: skip
    assert "deadweight.analysis.reporting" in loaded
    assert (loaded - loaded_by("pass")) & unused == set()


def test_module__run_as_python_m__tells_the_same_version() -> None:
    out = subprocess.check_output([sys.executable, "-m", "deadweight", "--version"], text=True)
    assert out == f"deadweight {deadweight.__version__}\n"


def test_script__entry_point__is_the_module_that_heeds_signals_first() -> None:
    (script,) = entry_points(group="console_scripts", name="deadweight")
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    declared = tomllib.loads(pyproject.read_text("utf-8"))["project"]["scripts"]
    assert declared == {"deadweight": "deadweight.__main__:main"}
    assert callable(script.load())
