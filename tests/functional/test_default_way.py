"""Requirements are measured without installing them, and installed where only a build can tell what they hold."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from deadweight import Progress, Settings
from deadweight.analysis.profile import Profile
from deadweight.errors import BadRequirement
from deadweight.operations.measure import profile
from tests.builders import make_wheel, make_wheelhouse, write_files
from tests.functional.test_install import BACKEND


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", requires=["dw-lib"]), make_wheel("dw-lib"))
    return tmp_path


def measure(target: str, text: str = "", seen: list[Progress] | None = None, **settings: object) -> Profile:
    if text:
        write_files(Path(), {target: text})
    given: dict[str, object] = {"find_links": ("wheels",), **settings}
    return profile(target, Settings.of(**given), observe=(seen if seen is not None else []).append)


def test_default__wheels_alone__nothing_is_installed(here: Path) -> None:
    seen: list[Progress] = []
    found = measure("requirements.txt", "dw-app\n", seen)
    assert found.method == "wheels"
    assert not {"preparing", "installing"} & {step.phase for step in seen}


@pytest.mark.parametrize("line", ["./local", "--no-binary dw-lib"])
def test_default__something_to_build__is_installed_and_says_why(here: Path, line: str) -> None:
    write_files(here / "local", BACKEND)
    seen: list[Progress] = []
    if line.startswith("--"):
        with pytest.raises(Exception, match="dw-lib"):  # which has no sdist to build
            measure("requirements.txt", f"{line}\ndw-app\n", seen)
    else:
        found = measure("requirements.txt", f"{line}\ndw-app\n", seen)
        assert (found.method, {d.name for d in found.inventory.distributions}) == (
            "install", {"dw-local", "dw-app", "dw-lib"},
        )  # fmt: skip
        assert found.inventory.total.bytecode > 0
    assert any("again, to install it, because" in step.detail and "must be built" in step.detail for step in seen)


def test_default__standard_input_with_something_to_build__is_read_once(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(here / "local", BACKEND)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"./local\ndw-lib\n"))))
    found = measure("-")
    assert (found.method, {d.name for d in found.inventory.distributions}) == ("install", {"dw-local", "dw-lib"})


def test_default__no_build__refuses_what_would_be_built(here: Path) -> None:
    write_files(here / "local", BACKEND | {"backend.py": f"open({str(here / 'ran')!r}, 'w')\n"})
    with pytest.raises(BadRequirement):
        measure("requirements.txt", "./local\n", no_build=True)
    assert not (here / "ran").exists()


def test_default__keep_env__installs(here: Path) -> None:
    assert measure("requirements.txt", "dw-app\n", keep_env="kept").method == "install"
    assert (here / "kept").is_dir()


def test_default__platform__is_measured_without_installing(here: Path) -> None:
    found = measure("requirements.txt", "dw-app\n", platform="win_amd64", installer="uv")
    assert (found.method, found.inventory.environment.platform) == ("wheels", "win_amd64")


def test_no_install__something_to_build__is_estimated(here: Path) -> None:
    write_files(here / "local", BACKEND)
    found = measure("requirements.txt", "./local\n", no_install=True)
    assert found.method == "wheels"
    assert all(d.archive and d.archive.estimated for d in found.inventory.distributions)
