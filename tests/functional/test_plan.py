"""Levels of saving, each measured against a real resolver and an index, and the files that install them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deadweight import Settings, profile
from deadweight.cli import _run
from deadweight.errors import BadInput, InstallFailed
from deadweight.model.report.levels import Goal, Level, LevelReport
from deadweight.operations.measuring import from_archives
from deadweight.operations.planning.plan import Aims, plan
from deadweight.operations.trimming.measuring import measure
from deadweight.sources.codebase import application as codebase
from deadweight.sources.net import http
from tests.builders import dist_files, make_env, make_wheel, write_files
from tests.functional.test_session import counted
from tests.index_server import Server, index_of

TESTS = {"xgboost/tests/test_a.py": "t" * 500, "xgboost/__init__.py": ""}
WHEELS = [
    make_wheel("dw-web", requires=["dw-lib"]),
    make_wheel("dw-lib", files={"dw_lib/__init__.py": "l" * 3000}),
    make_wheel("pytest", requires=["pluggy"], files={"pytest/__init__.py": "p" * 7000}),
    make_wheel("pluggy", files={"pluggy/__init__.py": "p" * 900}),
    make_wheel("xgboost", files={**TESTS, "xgboost/lib.bin": "g" * 50_000}),
    make_wheel("xgboost-cpu", files={**TESTS, "xgboost/lib.bin": "c" * 4000}),
    make_wheel("opencv-python", files={"cv2/__init__.py": "", "cv2/lib.bin": "g" * 30_000}),
    make_wheel("opencv-python-headless", files={"cv2/__init__.py": "", "cv2/lib.bin": "c" * 10_000}),
]


@pytest.fixture
def server(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    with Server(**index_of(WHEELS)) as server:
        yield server


def settings_of(server: Server, **options: Any) -> Settings:
    return Settings.of(index_url=f"{server.url}/simple/", installer="uv", **options)


def levels(server: Server, requirements: str, code: str = "", **options: Any) -> dict[str, Level]:
    write_files(Path(), {"requirements.txt": requirements, **({"main.py": code} if code else {})})
    report = plan("requirements.txt", settings_of(server, **options)).report
    assert LevelReport.from_json(report.to_json()) == report
    return {level.name: level for level in report.levels}


ALL = "dw-web\npytest\nxgboost\nopencv-python\nopencv-python-headless\n"
CODE = "import dw_web\nimport xgboost\nimport cv2\n"


def test_levels__requirements__each_is_smaller_than_the_one_before(server: Server) -> None:
    found = levels(server, ALL, CODE)
    assert list(found) == ["today", "production", "deduplicated", "lighter", "alpine", "minimal", "trimmed"]
    sizes = [level.apparent_bytes or 0 for level in found.values()]
    assert sizes == sorted(sizes, reverse=True)
    for before, after in zip(found.values(), list(found.values())[1:], strict=False):
        assert after.saved_bytes == (before.apparent_bytes or 0) - (after.apparent_bytes or 0)
    assert [step.action for step in found["production"].steps] == ["drop pytest"]
    assert [step.name for step in found["deduplicated"].steps] == ["opencv-python"]
    assert [step.action for step in found["lighter"].steps] == ["use xgboost-cpu"]
    assert found["lighter"].steps[0].saves_bytes == found["lighter"].saved_bytes
    assert not found["trimmed"].steps  # xgboost has gone, with its tests
    assert [name for name, level in found.items() if not level.verified] == ["minimal", "trimmed"]
    drop, _ = found["minimal"].steps
    assert (drop.action, [(at.file, at.line) for at in drop.locations]) == ("drop xgboost-cpu", [("main.py", 2)])
    assert found["minimal"].effort.code_lines == 2
    assert [each.what for each in found["minimal"].lacking] == ["cv2", "xgboost"]
    assert {name: level.risk for name, level in found.items() if level.changes} == {
        "production": "low", "deduplicated": "low", "lighter": "low", "minimal": "high",
    }  # fmt: skip
    assert found["alpine"].not_taken == "its wheels save nothing"


@pytest.mark.parametrize("level", ["production", "deduplicated", "lighter"])
def test_apply__level__installing_its_files_gives_the_measured_size(server: Server, level: str) -> None:
    # Two builds of one library overwrite each other, so the size of both depends on the order of the installation.
    lines = ALL.replace("opencv-python\n", "") if level == "production" else ALL
    write_files(Path(), {"requirements.txt": lines, "main.py": CODE})
    index = ["--index-url", f"{server.url}/simple/", "--installer", "uv"]
    command = ["plan", "requirements.txt", *index, "--apply", level, "--output-dir", "out", "--format", "json"]
    assert _run([*command, "-o", "plan.json"], debug=False) == 0
    expected = LevelReport.from_json(Path("plan.json").read_text()).level(level).apparent_bytes
    installed = profile(f"out/requirements-{level}.txt", settings_of(server, no_install=False, bytecode="none"))
    assert installed.totals.apparent_bytes - installed.unowned.apparent_bytes == pytest.approx(expected, rel=0.001)
    assert f"-c constraints-{level}.txt" in Path(f"out/requirements-{level}.txt").read_text()
    assert _run([*command, "-o", "again.json"], debug=False) == 4  # nothing is overwritten


def test_apply__level_that_changes_nothing__is_the_one_before_it(server: Server) -> None:
    write_files(Path(), {"requirements.txt": "dw-web\n"})
    command = ["plan", "requirements.txt", "--index-url", f"{server.url}/simple/", "--apply", "production"]
    assert _run(command, debug=False) == 0
    assert "\ndw-web\n" in Path("requirements-production.txt").read_text()


def test_apply__level_that_is_not_taken__gives_the_reason(
    server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_env(tmp_path / "env", dist_files("app"))
    assert _run(["plan", "env", "--apply", "alpine", "--output-dir", "out"], debug=False) == 4
    assert "the level is not taken: only requirements can be resolved for another platform" in capsys.readouterr().err
    assert not Path("out").exists()


def test_apply__hashes_and_another_build__writes_no_hash(server: Server) -> None:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in WHEELS}
    lines = [
        f"{name}==1.0 --hash=sha256:{hashes[f'{module}-1.0-py3-none-any.whl']}\n"
        for name, module in (("dw-lib", "dw_lib"), ("xgboost", "xgboost"))
    ]
    write_files(Path(), {"requirements.txt": "".join(lines)})
    index = ["--index-url", f"{server.url}/simple/", "--installer", "uv"]
    for level, has_hashes in (("production", True), ("lighter", False)):
        assert _run(["plan", "requirements.txt", *index, "--apply", level, "-q"], debug=False) == 0
        text = Path(f"requirements-{level}.txt").read_text()
        assert ("--hash" in text, f"-c constraints-{level}.txt" in text) == (has_hashes, not has_hashes)
    assert "dw-lib==1.0\nxgboost-cpu==1.0\n" in text


def test_levels__code_that_opens_windows__keeps_the_build_with_windows(server: Server) -> None:
    found = levels(server, "opencv-python\n", "import cv2\n\ncv2.imshow('a', None)\n")
    (step,) = found["lighter"].rejected
    assert (step.name, step.reason) == ("opencv-python", "your code uses windows on a screen")
    assert [(at.file, at.line) for at in step.locations] == [("main.py", 3)]
    assert not found["lighter"].steps


def test_levels__code_asks_whether_a_gpu_is_available__cpu_build_is_enough(server: Server) -> None:
    code = "import xgboost, torch\ndevice = 'cuda' if torch.cuda.is_available() else 'cpu'\n"
    assert levels(server, "xgboost\n", code)["lighter"].steps
    assert not levels(server, "xgboost\n", "import xgboost\nmodel = xgboost.train(device='cuda')\n")["lighter"].steps


def test_levels__without_code__are_not_verified_and_riskier(server: Server) -> None:
    found = levels(server, ALL)
    assert all(level.verified is None for level in found.values())
    assert found["production"].risk == "medium"


def test_trimmed__without_code__is_riskier(tmp_path: Path) -> None:
    make_env(tmp_path / "env", dist_files("lib", files={"lib/__init__.py": "", "lib/tests/test_a.py": "t" * 300}))
    write_files(tmp_path / "code", {"app.py": "import lib\n"})
    unread = plan(str(tmp_path / "env")).report.level("trimmed")
    read = plan(str(tmp_path / "env"), Settings.of(source=str(tmp_path / "code"))).report.level("trimmed")
    assert (unread.verified, unread.risk) == (None, "medium")
    assert (read.verified, read.risk) == (True, "low")


def test_what_if__dropping_and_swapping__is_the_first_level_and_resolved(server: Server) -> None:
    found = levels(server, ALL, drop=("opencv-python",), swap=("xgboost=xgboost-cpu",))
    write_files(Path(), {"other.txt": "dw-web\npytest\nxgboost-cpu\nopencv-python-headless\n"})
    alone = profile("other.txt", settings_of(server, no_install=True))
    assert found["what-if"].apparent_bytes == alone.totals.apparent_bytes
    assert found["today"].apparent_bytes > alone.totals.apparent_bytes  # type: ignore[operator]
    assert not found["lighter"].steps


def test_plan__keep_and_drop_of_one_project__is_refused(server: Server) -> None:
    with pytest.raises(BadInput, match="--keep and --drop contradict each other: pytest"):
        levels(server, ALL, keep=("pytest",), drop=("pytest",))


@pytest.mark.parametrize("options", [{"no_install": False}, {"keep_env": "env"}])
def test_plan__installing__is_refused(server: Server, options: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="does not apply to plan, which installs nothing"):
        levels(server, ALL, **options)


def test_what_if__swap_that_does_not_resolve__is_an_error(server: Server) -> None:
    with pytest.raises(InstallFailed):
        levels(server, ALL, swap=("xgboost=dw-nowhere",))


def test_alpine__only_a_wheel_for_glibc__names_what_blocks_it(
    tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name, data = make_wheel("dw-native")
    native = (name.replace("none-any", "none-manylinux_2_17_x86_64"), data)
    write_files(tmp_path, {"requirements.txt": "dw-native\ndw-lib\n"})
    with Server(**index_of([native, *WHEELS])) as server:
        report = plan("requirements.txt", settings_of(server, platform="")).report
        musl = plan("requirements.txt", settings_of(server, platform="musllinux_1_2_x86_64", drop=("dw-native",)))
    alpine = report.level("alpine")
    assert (alpine.apparent_bytes, alpine.not_taken) == (None, "no wheel for musl: dw-native")
    assert musl.report.level("alpine").not_taken == "musllinux_1_2_x86_64 already uses musl"
    assert report.level("trimmed").apparent_bytes == report.level("today").apparent_bytes


def test_alpine__wheels_of_the_same_size__are_not_taken_and_add_no_risk(server: Server) -> None:
    found = levels(server, "dw-web\n", "import dw_web\n")
    assert (found["alpine"].saved_bytes, found["alpine"].not_taken) == (0, "its wheels save nothing")
    assert found["trimmed"].risk == "none"


def test_alpine__smaller_wheels_for_musl__are_taken(
    tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wheels = []
    for tag, size in (("manylinux_2_17_x86_64", 9000), ("musllinux_1_2_x86_64", 1000)):
        name, data = make_wheel("dw-native", files={"dw_native.bin": "n" * size})
        wheels.append((name.replace("none-any", f"none-{tag}"), data))
    write_files(tmp_path, {"requirements.txt": "dw-native\n"})
    with Server(**index_of(wheels)) as server:
        alpine = plan("requirements.txt", settings_of(server, platform="manylinux_2_28_x86_64")).report.level("alpine")
    assert (alpine.saved_bytes, alpine.not_taken) == (8000, "")


def test_plan__all_levels__read_the_code_once_and_open_one_client(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, opened = counted(monkeypatch, codebase, "read_application"), counted(monkeypatch, http, "Client")
    levels(server, ALL, CODE)
    assert (len(read), len(opened)) == (1, 1)


def test_plan__all_levels__measures_no_set_of_requirements_twice(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[object] = []
    real = from_archives.measure_archives

    def measure_archives(target: Any, settings: Any, session: Any, read: Any = None, accept: Any = None) -> Any:
        names = [each.name for each in read.content.all_requirements()] if read else ["the whole file"]
        measured.append((names, settings.request.swap, settings.request.platform))
        return real(target, settings, session, read, accept)

    monkeypatch.setattr(from_archives, "measure_archives", measure_archives)
    found = levels(server, ALL, CODE)
    assert found["lighter"].steps
    assert len(measured) == len({str(each) for each in measured})


def test_plan__environment__is_counted_in_its_graph(tmp_path: Path) -> None:
    files = {**dist_files("app", requires=["lib"]), **dist_files("lib"), **dist_files("pytest", requires=["pluggy"])}
    make_env(tmp_path / "env", {**files, **dist_files("pluggy")})
    report = plan(str(tmp_path / "env")).report
    today, production = report.level("today"), report.level("production")
    whole = profile(str(tmp_path / "env"))
    freed = (whole["pytest"].apparent_bytes, whole["pluggy"].apparent_bytes)
    assert production.saved_bytes == sum(freed)
    assert (today.apparent_bytes or 0) - sum(freed) == production.apparent_bytes
    lighter, alpine = report.level("lighter"), report.level("alpine")
    assert (lighter.apparent_bytes, alpine.apparent_bytes) == (None, None)
    assert lighter.not_taken == "only requirements can be resolved with other builds"
    assert alpine.not_taken == "only requirements can be resolved for another platform"
    assert (report.level("minimal").steps, production.risk) == ((), "medium")


def test_plan__environment__trims_only_what_stays(tmp_path: Path) -> None:
    code = {"app/__init__.py": "", "app/tests/test_a.py": "t" * 300}
    tool = {"pytest/__init__.py": "", "pytest/tests/test_a.py": "t" * 4000}
    make_env(tmp_path / "env", {**dist_files("app", files=code), **dist_files("pytest", files=tool)})
    trimmed = plan(str(tmp_path / "env")).report.level("trimmed")
    assert {step.name: step.saves_bytes for step in trimmed.steps}["tests"] == 300


def test_plan__environment_whose_code_imports_tests__trims_what_trim_removes(tmp_path: Path) -> None:
    lib = {"lib/__init__.py": "", "lib/tests/tools.py": "t" * 300, "lib/docs/a.html": "d" * 20}
    user = {"user/__init__.py": "from lib.tests import tools\n", "user/tests/test_a.py": "t" * 4000}
    make_env(tmp_path / "env", {**dist_files("lib", files=lib), **dist_files("user", files=user)})
    steps = plan(str(tmp_path / "env")).report.level("trimmed").steps
    assert {step.name: step.saves_bytes for step in steps} == {"tests": 4000, "docs": 20}
    kinds = {each.kind.name: each.apparent_bytes for each in measure(str(tmp_path / "env"), None).possible}
    assert (kinds["tests"], kinds["docs"]) == (4000, 20)


@pytest.mark.parametrize("file", ["app.py", "tests/test_app.py"])
def test_plan__directory_of_tests_that_the_code_imports__stays(tmp_path: Path, file: str) -> None:
    lib = {"lib/__init__.py": "", "lib/tests/tools.py": "t" * 300}
    other = {"other/__init__.py": "", "other/tests/test_a.py": "t" * 4000}
    make_env(tmp_path / "env", {**dist_files("lib", files=lib), **dist_files("other", files=other)})
    write_files(tmp_path / "code", {file: "import other\nfrom lib.tests import tools\n"})
    settings = Settings.of(source=str(tmp_path / "code"))
    report = plan(str(tmp_path / "env"), settings, Aims(target_bytes=1)).report
    assert {step.name: step.saves_bytes for step in report.level("trimmed").steps}["tests"] == 4000
    assert report.goal
    assert {step.name: step.saves_bytes for step in report.goal.steps}["tests"] == 4000


def test_command__text__has_a_row_for_each_level(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(Path(), {"requirements.txt": ALL, "main.py": CODE})
    index = ["--index-url", f"{server.url}/simple/", "--installer", "uv"]
    assert _run(["plan", "requirements.txt", *index, "--base-size", "1MB", "-q"], debug=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "requirements.txt, on a base of 1.00 MB"
    names = [line.split()[0] for line in lines[3:10]]
    assert names == ["today", "production", "deduplicated", "lighter", "alpine", "minimal", "trimmed"]
    assert max(map(len, lines)) <= 80
    assert "  use xgboost-cpu (46.0 kB): it lacks GPU support, and your code does not use a" in lines


def goal_of(server: Server, target: int, base: int | None = None, code: str = CODE) -> Goal:
    write_files(Path(), {"requirements.txt": ALL.replace("opencv-python\n", ""), "main.py": code})
    aims = Aims(base_bytes=base, target_bytes=target)
    goal = plan("requirements.txt", settings_of(server), aims).report.goal
    assert goal
    return goal


def test_target_size__reachable__is_reached_by_the_cheapest_steps(server: Server) -> None:
    goal = goal_of(server, 70_000)
    assert (goal.reached, goal.optimal, goal.measured) == (True, True, True)
    assert [step.action for step in goal.steps] == ["drop pytest"]  # a lighter build costs more
    less = goal_of(server, 25_000)
    assert [step.action for step in less.steps] == ["drop pytest", "use xgboost-cpu"]
    assert less.apparent_bytes <= 25_000


def test_target_size__with_a_base__counts_it(server: Server) -> None:
    assert goal_of(server, 1_070_000, base=1_000_000).steps == goal_of(server, 70_000).steps
    assert goal_of(server, 1_000_000).steps == ()


def test_target_size__below_the_floor__names_what_holds_it_up(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    goal = goal_of(server, 1000)
    assert not goal.reached
    assert {step.name for step in goal.steps} == {"pytest", "xgboost", "tests"}  # the code imports the others at start
    assert [each.name for each in goal.held_by] == ["opencv-python-headless", "xgboost-cpu", "dw-web"]
    assert [(at.file, at.line) for at in goal.held_by[0].locations] == [("main.py", 3)]
    index = ["--index-url", f"{server.url}/simple/", "--installer", "uv", "-q"]
    assert _run(["plan", "requirements.txt", *index, "--target-size", "1kB"], debug=False) == 3
    assert "1.00 kB cannot be reached. The floor is " in capsys.readouterr().out


def test_target_size__smaller_than_the_base__says_so(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    goal_of(server, 1000)
    index = ["--index-url", f"{server.url}/simple/", "--installer", "uv", "-q"]
    sizes = ["--target-size", "1MB", "--base-size", "130MB"]
    assert _run(["plan", "requirements.txt", *index, *sizes], debug=False) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "The base alone takes 130 MB. Use a smaller base image, or a larger --target-size." in said


def test_target_size__two_lines_of_one_project__are_one_step(server: Server) -> None:
    write_files(Path(), {"requirements.txt": "-r dev.txt\npytest>=0.5\ndw-web\n", "dev.txt": "pytest\n"})
    goal = plan("requirements.txt", settings_of(server), Aims(target_bytes=6000)).report.goal
    assert goal
    assert ([step.name for step in goal.steps], goal.reached, goal.optimal) == (["pytest"], True, True)


def test_target_size__builds_that_share_a_dependency__reach_what_the_level_reaches(
    tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = make_wheel("nvidia-nccl", files={"nvidia/nccl.bin": "n" * 90_000})
    names = ("tensorflow", "xgboost")
    heavy = [make_wheel(n, requires=["nvidia-nccl"], files={f"{n}/lib.bin": "g" * 3000}) for n in names]
    light = [make_wheel(f"{n}-cpu", files={f"{n}/lib.bin": "c" * 1000}) for n in names]
    write_files(tmp_path, {"requirements.txt": "tensorflow\nxgboost\n"})
    with Server(**index_of([shared, *heavy, *light])) as server:
        report = plan("requirements.txt", settings_of(server), Aims(target_bytes=8000)).report
    assert report.goal
    assert report.level("lighter").apparent_bytes <= 8000  # type: ignore[operator]
    assert (report.goal.reached, len(report.goal.steps)) == (True, 2)


@pytest.fixture
def joint(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve two projects whose lighter builds are larger, but do not require the heavy project that both require."""
    monkeypatch.chdir(tmp_path)
    names = ("tensorflow", "xgboost")
    heavy = [make_wheel(name, requires=["dw-heavy"], files={f"{name}.bin": "g" * 1000}) for name in names]
    light = [make_wheel(f"{name}-cpu", files={f"{name}.bin": "c" * 3000}) for name in names]
    alone = [make_wheel("paddlepaddle-gpu", files={"p.bin": "g" * 9000}), make_wheel("paddlepaddle")]
    shared = make_wheel("dw-heavy", files={"dw_heavy.bin": "n" * 90_000})
    write_files(tmp_path, {"requirements.txt": "tensorflow\nxgboost\npaddlepaddle-gpu\n"})
    with Server(**index_of([shared, *heavy, *light, *alone])) as server:
        yield server


def test_lighter__builds_that_save_only_together__are_found(joint: Server) -> None:
    report = plan("requirements.txt", settings_of(joint)).report
    before, level = report.level("deduplicated"), report.level("lighter")
    assert [step.name for step in level.steps] == ["paddlepaddle-gpu", "tensorflow", "xgboost"]
    assert [bool(step.saves_bytes) for step in level.steps] == [True, True, False]
    assert (before.apparent_bytes or 0) - (level.apparent_bytes or 0) == level.saved_bytes
    assert sum(step.saves_bytes or 0 for step in level.steps) == level.saved_bytes
    assert (level.saved_bytes or 0) > 85_000 + 9000
    assert [step.reason.partition("; it saves only if ")[2] for step in level.steps] == [
        "", "you also use xgboost-cpu", "you also use tensorflow-cpu",
    ]  # fmt: skip
    assert level.rejected == ()


def test_lighter__one_of_two_that_save_together_is_ruled_out__is_not_used(joint: Server) -> None:
    write_files(Path(), {"main.py": "import xgboost\nxgboost.train(device='cuda')\n"})
    level = plan("requirements.txt", settings_of(joint)).report.level("lighter")
    assert "tensorflow" not in {step.name for step in level.steps}


def test_target_size__builds_that_save_only_together__are_one_step(joint: Server) -> None:
    planned = plan("requirements.txt", settings_of(joint), Aims(target_bytes=30_000))
    goal = planned.report.goal
    assert goal
    assert ([step.name for step in goal.steps], goal.cost) == (["tensorflow", "xgboost"], 4)
    assert (goal.reached, goal.optimal, goal.measured) == (True, True, True)


def test_target_size__of_an_environment_with_dropped_requirements__starts_without_them(tmp_path: Path) -> None:
    big = dist_files("big", files={"big/__init__.py": "b" * 900_000})
    make_env(tmp_path / "env", {**big, **dist_files("app"), **dist_files("pytest")})
    settings = Settings.of(drop=("big",))
    goal = plan(str(tmp_path / "env"), settings, Aims(target_bytes=200_000)).report.goal
    assert goal
    assert (goal.reached, goal.steps) == (True, ())
    floor = plan(str(tmp_path / "env"), settings, Aims(target_bytes=1)).report.goal
    assert floor
    assert "big" not in {each.name for each in floor.held_by}
    assert "pytest" not in {each.name for each in floor.held_by}


def test_what_if__drop_of_an_unknown_project__is_refused(server: Server) -> None:
    with pytest.raises(BadInput, match=r"--drop nosuch: requirements\.txt has no requirement of that name"):
        levels(server, ALL, drop=("nosuch",))


def test_deduplicated__kept_or_only_copy__stays(server: Server, tmp_path: Path) -> None:
    kept = levels(server, ALL, keep=("opencv-python",))["deduplicated"]
    assert [step.name for step in kept.steps] == ["opencv-python-headless"]
    make_env(tmp_path / "env", {**dist_files("opencv-python"), **dist_files("opencv-python-headless")})
    report = plan(str(tmp_path / "env"), Settings.of(drop=("opencv-python-headless",))).report
    assert not report.level("deduplicated").steps


def test_target_size__no_size__is_refused(server: Server) -> None:
    write_files(Path(), {"requirements.txt": ALL})
    assert _run(["plan", "requirements.txt", "--target-size", "5XB"], debug=False) == 2
