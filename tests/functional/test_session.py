"""Several measurements in one session share what they can: the code is read once, and one client is opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deadweight import Policy, Report, Session, Settings, analyze, measure, profile
from deadweight.sources.codebase import application as codebase
from deadweight.sources.net import http
from tests.builders import dist_files, make_env, make_wheel, write_files
from tests.index_server import Server, index_of

WHEELS = [
    make_wheel("dw-app", requires=["dw-torch"]),
    make_wheel("dw-torch", files={"dw_torch/a.bin": "g" * 9000}),
    make_wheel("dw-torch-cpu", files={"dw_torch/a.bin": "g" * 90}),
]


@pytest.fixture
def server(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, {"requirements.txt": "dw-app\n", "main.py": "import dw_app\nimport dw_torch\n"})
    with Server(**index_of(WHEELS)) as server:
        yield server


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    """Return a list that grows by one each time that a function is called or a class is instantiated."""
    calls: list[object] = []
    real = getattr(owner, name)

    def count(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, count)
    return calls


def test_session__three_variants__read_the_code_once_and_open_one_client(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, opened = counted(monkeypatch, codebase, "read_application"), counted(monkeypatch, http, "Client")
    common = Settings.of(no_install=True, index_url=f"{server.url}/simple/", installer="uv")
    variants = [
        common,
        common.replacing(swap=("dw-torch=dw-torch-cpu",)),
        common.replacing(platform="musllinux_1_2_x86_64"),
    ]
    with Session() as session:
        reports = []
        for settings in variants:
            measurement = measure("requirements.txt", settings, session)
            application = session.application(measurement.target, settings)
            reports.append(analyze(measurement, application))
    assert (len(read), len(opened)) == (1, 1)
    as_is, swapped, musl = reports
    assert as_is.totals.apparent_bytes > swapped.totals.apparent_bytes + 8000
    assert musl.environment.platform == "musllinux_1_2_x86_64"
    assert all(report.source and report.source.files == 1 for report in reports)


def test_analyze__of_a_measurement__is_what_profile_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_env(tmp_path / "env", dist_files("a", requires=["b"], requested=True), dist_files("b"))
    with Session() as session:
        measurement = measure("env", None, session)
    assert analyze(measurement) == profile("env")


def test_analyze__other_policy__judges_the_same_measurement_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_env(tmp_path / "env", dist_files("a", requested=True), dist_files("b", requested=True))
    with Session() as session:
        measurement = measure("env", None, session)

    def kept(report: Report) -> tuple[str, ...]:
        return report.splits["production"].distributions

    assert kept(analyze(measurement)) == ("a", "b")
    assert kept(analyze(measurement, policy=Policy(drop=("b",)))) == ("a",)


def test_session__unused__creates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Session():
        pass
    assert list(tmp_path.iterdir()) == []
