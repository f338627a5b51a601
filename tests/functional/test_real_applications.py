"""The shipped requirements of real applications, from the index: conservation, and splits that are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.operations.measure import profile
from deadweight.report.splits import split_files
from tests.builders import bytes_below

FIXTURES = Path(__file__).parents[2] / "fixtures"
pytestmark = pytest.mark.online


@pytest.fixture(scope="module", params=["paper-trading", "bookgen"])
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Profile, Path]:
    environment = tmp_path_factory.mktemp(request.param) / "env"
    report = profile(FIXTURES / request.param / "requirements.txt", Settings.of(keep_env=str(environment)))
    return report, environment


def test_profile__real_environment__gives_every_byte_to_one_row(measured: tuple[Profile, Path]) -> None:
    report, environment = measured
    owned = sum(d.sizes.apparent for d in report.inventory.distributions)
    assert owned + report.inventory.unowned.apparent == bytes_below(environment)
    assert report.inventory.unowned.apparent < 100_000  # what makes it a venv, and nothing of a distribution's


def test_profile__real_environment__matches_every_requirement(measured: tuple[Profile, Path]) -> None:
    report, _ = measured
    assert not [c for c in report.conflicts if c.kind in ("missing", "version")]
    assert not report.dependencies.strays


@pytest.mark.parametrize("name", ["production", "minimal"])
def test_split__installed_again__holds_what_it_said(name: str, measured: tuple[Profile, Path], tmp_path: Path) -> None:
    report, _ = measured
    split = report.split(name)
    files = split_files(report, str(tmp_path), pin=True)
    path = tmp_path / f"requirements-{name}.txt"
    path.write_text(files[str(path)])
    again = profile(path, Settings.of(no_install=False))
    assert {d.key for d in again.inventory.distributions} == set(split.distributions)
    assert not [c for c in again.conflicts if c.kind in ("missing", "version")]
    assert again.inventory.total.apparent == pytest.approx(split.apparent_bytes, rel=0.001)


def test_split__bookgen__leaves_out_the_tools_and_nothing_else(measured: tuple[Profile, Path]) -> None:
    report, _ = measured
    left_out = {d.name for d in report.split("production").dropped}
    assert left_out in (
        {"black", "flake8", "isort", "mypy", "pytest", "pytest-asyncio", "pytest-cov"},
        {"mypy"},
    )


def test_split__notebook_servers__stay_and_are_listed(measured: tuple[Profile, Path]) -> None:
    report, _ = measured
    unsure = {each.name for each in report.split("production").unsure}
    assert unsure in (set(), {"debugpy", "jupyterlab", "notebook"})


def test_no_install__real_application__is_the_install_without_its_bytecode(measured: tuple[Profile, Path]) -> None:
    report, environment = measured
    found = profile(report.target.location, Settings.of(no_install=True))
    installed = {d.key: d.sizes.apparent - d.sizes.bytecode for d in report.inventory.distributions}
    uninstalled = {d.key: d.sizes.apparent for d in found.inventory.distributions}
    assert uninstalled.keys() == installed.keys()
    # RECORD names the bytecode too where the installer compiled; for the rest only launchers differ.
    assert uninstalled == pytest.approx(installed, rel=0.01)
    assert sum(uninstalled.values()) == pytest.approx(sum(installed.values()), rel=0.002)
    assert {row.key: row.assignment.group for row in found.rows()} == {
        row.key: row.assignment.group for row in report.rows()
    }
    assert found.inventory.total.native == report.inventory.total.native
    assert environment.exists()
