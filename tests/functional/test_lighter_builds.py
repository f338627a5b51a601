"""What lighter builds would save, measured beside what was asked for, against a real resolver and an index."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.cli import _run
from deadweight.operations.measure import profile
from deadweight.operations.measuring import savings
from deadweight.report.text.as_text import as_text
from tests.builders import make_wheel, write_files
from tests.index_server import Server, index_of

WHEELS = [
    make_wheel("xgboost", requires=["nvidia-nccl-cu12"], files={"xgboost/lib.bin": "g" * 50_000}),
    make_wheel("nvidia-nccl-cu12", files={"nvidia/nccl.bin": "c" * 90_000}),
    make_wheel("xgboost-cpu", files={"xgboost/lib.bin": "c" * 4000}),
    make_wheel("opencv-python", files={"cv2/lib.bin": "g" * 30_000}),
    make_wheel("opencv-python-headless", files={"cv2/lib.bin": "c" * 10_000}),
    make_wheel("psycopg2-binary", files={"psycopg2/__init__.py": "", "psycopg2_binary.libs/libpq.so.5": "x" * 3000}),
    make_wheel("dw-app", requires=["opencv-python"]),
]
XGBOOST = "--swap xgboost=xgboost-cpu"
HEADLESS = "--swap opencv-python=opencv-python-headless"


@pytest.fixture
def index(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    with Server(**index_of(WHEELS)) as server:
        yield server


def measure(server: Server, text: str, **settings: object) -> Profile:
    write_files(Path(), {"requirements.txt": text})
    given: dict[str, object] = {"index_url": f"{server.url}/simple/", "bytecode": "none", **settings}
    return profile("requirements.txt", Settings.of(**given))


def saved(found: Profile) -> dict[str, int | None]:
    return {each.how: each.measured_bytes for each in found.lighter()}


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("no_install", [None, False])
def test_lighter__requirements__saving_is_the_difference_of_two_measurements(
    index: Server, installer: str, no_install: bool | None
) -> None:
    settings = {"installer": installer, "no_install": no_install}
    found = measure(index, "xgboost\n", **settings)
    cpu = measure(index, "xgboost-cpu\n", **settings)
    assert saved(found) == {XGBOOST: found.inventory.total.apparent - cpu.inventory.total.apparent}
    assert found.savings.together is None


def test_lighter__several__are_measured_each_and_together(index: Server) -> None:
    found = measure(index, "xgboost\nopencv-python\n")
    assert set(saved(found)) == {XGBOOST, HEADLESS}
    together = measure(index, "xgboost-cpu\nopencv-python-headless\n").inventory.total.apparent
    assert found.savings.together == found.inventory.total.apparent - together
    report = report_of(found)
    assert report.lighter_together_bytes == found.savings.together
    assert {each.how: each.measured_saving_bytes for each in report.lighter} == saved(found)
    assert "lighter builds save" in as_text(report)


def test_lighter__swapped_project_is_required_by_another__is_measured(index: Server) -> None:
    found = measure(index, "dw-app\n", installer="uv")
    assert (saved(found)[HEADLESS] or 0) > 19_000


def test_lighter__build_that_the_index_lacks__leaves_the_least_that_is_known(index: Server) -> None:
    found = measure(index, "psycopg2-binary\n")
    (build,) = found.lighter()
    assert (build.saves_bytes, build.measured_bytes) == (3000, None)
    assert any(
        "saving of --swap psycopg2-binary=psycopg2 could not be measured" in warning for warning in found.warnings
    )


def test_lighter__switched_off__asks_nothing_more(index: Server) -> None:
    found = measure(index, "xgboost\n", no_lighter=True)
    assert saved(found) == {XGBOOST: None}
    assert not [asked for asked in index.asked if "xgboost-cpu" in asked.path]


@pytest.mark.parametrize("command", [["why", "xgboost"], ["split"], ["groups"], ["verify", "--source", "source"]])
def test_lighter__commands_that_show_no_savings__do_not_measure_them(index: Server, command: list[str]) -> None:
    write_files(Path(), {"requirements.txt": "xgboost\n", "source/app.py": "import xgboost\n"})
    assert _run([*command, "requirements.txt", "--index-url", f"{index.url}/simple/", "-q"], debug=False) == 0
    assert not [asked for asked in index.asked if "xgboost-cpu" in asked.path]


def test_lighter__nothing_matches__asks_nothing_more(index: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.operations.measuring.savings._saved", None)  # calling it would fail
    assert measure(index, "dw-app\n", swap=("opencv-python=opencv-python-headless",), installer="uv").lighter() == ()


def test_lighter__index_goes_silent__is_given_up_in_time(index: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(savings, "SECONDS", 2.0)
    measured = savings._saved

    def with_silent_index(*arguments: Any) -> int:
        index.delay = 30
        return measured(*arguments)

    monkeypatch.setattr(savings, "_saved", with_silent_index)
    began = time.monotonic()
    found = measure(index, "xgboost\n")
    assert time.monotonic() - began < 25  # the index would take 30 s for each answer
    assert saved(found) == {XGBOOST: None}
    assert any("could not be measured: uv did not finish within 2 s" in warning for warning in found.warnings)
