"""deadweight trim on real environments: what goes, what stays, and that undo restores every byte."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from deadweight.model.report.trim import TrimReport
from deadweight.operations.trimming import trim_undo
from tests.builders import make_env, make_wheel, make_wheelhouse
from tests.trimming import check_records, copy_of, make_demo, make_venv, pip, site_of, snapshot

STORE = ".deadweight-trim"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def env(demo: Path, tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return copy_of(demo, tmp_path / "env")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", "trim", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def trimmed(*arguments: str) -> TrimReport:
    done = run(*arguments, "--format", "json", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    jsonschema.validate(json.loads(done.stdout), TrimReport.json_schema())
    return TrimReport.from_json(done.stdout)


def left(env: Path) -> set[str]:
    """Return the files in site-packages, without metadata."""
    site = site_of(env)
    paths = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    return {path for path in paths if ".dist-info/" not in path}


def test_trim__by_default__shows_and_changes_nothing(env: Path) -> None:
    before = snapshot(env)
    done = run("env")
    assert (done.returncode, done.stderr) == (0, "measuring env\n")
    assert snapshot(env) == before
    assert "\nTo remove them, run: deadweight trim env --apply\n" in done.stdout
    report = trimmed("env")
    kinds = {kind.kind: kind for kind in report.kinds}
    assert {name for name, kind in kinds.items() if kind.selected} == {"tests", "bytecode", "docs", "stubs"}
    assert (kinds["tests"].files, kinds["headers"].files, kinds["locale"].files) == (7, 1, 1)
    assert report.apparent_bytes == sum(kind.apparent_bytes or 0 for kind in report.kinds if kind.selected)
    assert (report.action, report.store, report.checked) == ("show", None, None)


def test_trim__apply__removes_what_nothing_needs(env: Path) -> None:
    report = trimmed("env", "--apply")
    assert left(env) == {
        "dw_app/__init__.py",
        "dw_app/py.typed",
        "dw_lib/__init__.py",
        "dw_lib/README.md",  # opened while importing
        "dw_lib/LICENSE",
        "dw_lib/helpers/__init__.py",
        "dw_lib/helpers/tests/__init__.py",  # imported by dw-app
        "dw_lib/helpers/tests/util.py",
        "dw_lib/include/dw.h",  # not of low risk
        "dw_lib/locale/de/LC_MESSAGES/dw.po",
    }
    assert not (site_of(env) / "dw_lib/tests").exists()
    assert check_records(env) == 10 + len(list(site_of(env).glob("*.dist-info/*")))
    assert pip(env, "check") == "No broken requirements found.\n"
    assert report.checked is not None
    assert (report.checked.modules, report.checked.kept_files, report.checked.restored) == (2, 1, ())
    assert report.store == "env/.deadweight-trim"


def test_trim__undo__restores_every_byte_mode_and_time(env: Path) -> None:
    (site_of(env) / "dw_lib/CHANGELOG.md").chmod(0o600)
    before = snapshot(env)
    removed = trimmed("env", "--apply", "--kinds", "tests,bytecode,docs,stubs,headers,locale")
    assert snapshot(env) != before
    restored = trimmed("env", "--undo")
    assert snapshot(env) == before
    assert (restored.files, restored.apparent_bytes) == (removed.files, removed.apparent_bytes)
    assert run("env", "--undo").returncode == 4


def test_trim__undo_after_bytecode_was_written_again__restores_the_original(env: Path) -> None:
    before = snapshot(env)
    trimmed("env", "--apply")
    writing = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([env / "bin/python", "-c", "import dw_app"], check=True, cwd="/", env=writing)
    assert "dw_lib/__pycache__" in {os.path.dirname(path) for path in left(env)}
    trimmed("env", "--undo")
    assert snapshot(env) == before


def test_trim__undo_after_a_file_was_written_again__keeps_it_and_its_original(env: Path) -> None:
    before = snapshot(env)
    trimmed("env", "--apply", "--kinds", "tests")
    path = site_of(env) / "dw_app/tests/test_app.py"
    path.parent.mkdir()
    path.write_text("mine\n")
    done = run("env", "--undo", "-q")
    assert done.returncode == 4
    name = path.relative_to(env)
    assert f"error: {name} was not restored: another file is in its place" in " ".join(done.stdout.split())
    assert path.read_text() == "mine\n"
    path.unlink()
    trimmed("env", "--undo")
    assert snapshot(env) == before


def test_trim__discard__frees_the_bytes_for_good(env: Path) -> None:
    report = trimmed("env", "--apply", "--discard")
    assert (report.store, report.store_bytes) == (None, None)
    assert not (env / STORE).exists()
    done = run("env", "--undo")
    assert (done.returncode, done.stdout) == (4, "")
    assert "has no .deadweight-trim" in done.stderr


def test_trim__discard_later__frees_what_undo_would_restore(env: Path) -> None:
    applied = trimmed("env", "--apply")
    discarded = trimmed("env", "--discard")
    assert (discarded.files, discarded.apparent_bytes) == (applied.files, applied.store_bytes)
    assert not (env / STORE).exists()
    assert check_records(env)


def test_trim__twice__is_refused_until_undone(env: Path) -> None:
    trimmed("env", "--apply")
    done = run("env", "--apply")
    assert done.returncode == 4
    assert (
        "error: env is trimmed already\nhint: restore the removed files with deadweight trim env --undo" in done.stderr
    )
    assert "The originals take" in run("env").stdout


def test_trim__nothing_to_remove__leaves_no_store(env: Path) -> None:
    before = snapshot(env)
    assert trimmed("env", "--apply", "--kinds", "static-libraries").files == 0
    assert snapshot(env) == before
    assert "Nothing was removed." in run("env", "--apply", "--kinds", "static-libraries").stdout


def test_trim__imports__write_no_bytecode_and_failures_before_do_not_count(tmp_path: Path, offline: Path) -> None:
    env = make_demo(tmp_path, app={"dw_broken.py": "import dw_gone\n"})
    report = trimmed(str(env), "--apply")
    assert report.checked is not None
    assert [(each.name, each.reason) for each in report.checked.failing] == [
        ("dw_broken", "ModuleNotFoundError: No module named 'dw_gone'")
    ]
    assert not [path for path in left(env) if path.endswith(".pyc")]


def test_trim__module_that_fails_afterwards__is_restored(tmp_path: Path, offline: Path) -> None:
    # Nothing opens the file and no line imports it, but the module looks for it.
    code = "import os\nif not os.listdir(os.path.join(os.path.dirname(__file__), 'tests')): raise OSError\n"
    env = make_demo(tmp_path, app={"dw_picky/__init__.py": code, "dw_picky/tests/a.txt": ""})
    report = trimmed(str(env), "--apply")
    assert report.checked is not None
    assert [each.name for each in report.checked.restored] == ["dw-app"]
    assert "dw_picky could not be imported without them: FileNotFoundError" in report.checked.restored[0].reason
    assert "dw_picky/tests/a.txt" in left(env)
    assert "dw_lib/tests/test_lib.py" not in left(env)
    check_records(env)


def test_trim__module_that_needs_files_of_another_distribution__restores_all(tmp_path: Path, offline: Path) -> None:
    code = (
        "import os, dw_lib\nif not os.path.exists(os.path.dirname(dw_lib.__file__) + '/CHANGELOG.md'): raise OSError\n"
    )
    env = make_demo(tmp_path, app={"dw_app/__init__.py": code})
    before = snapshot(env)
    report = trimmed(str(env), "--apply")
    assert report.checked is not None
    assert [each.name for each in report.checked.restored] == ["dw-app", "dw-lib"]
    assert (report.files, report.store) == (0, None)
    assert snapshot(env) == before


def test_trim__module_that_fails_for_another_reason__restores_all_and_fails(tmp_path: Path, offline: Path) -> None:
    marker = tmp_path / "imported"
    code = (
        f"import os\nif os.path.exists({str(marker)!r}): raise OSError('again')\nopen({str(marker)!r}, 'w').close()\n"
    )
    env = make_demo(tmp_path, app={"dw_app/__init__.py": code})
    before = snapshot(env)
    done = run(str(env), "--apply", "-q")
    assert done.returncode == 4
    assert "dw_app could be imported before, and cannot be imported now that every file is restored" in done.stderr
    assert snapshot(env) == before


def test_trim__nothing_can_be_imported__is_refused(tmp_path: Path, offline: Path) -> None:
    env = make_venv(
        tmp_path, make_wheel("dw-broken", files={"dw_broken/__init__.py": "1/0\n", "dw_broken/tests/x": ""})
    )
    before = snapshot(env)
    done = run(str(env), "--apply", "-q")
    assert done.returncode == 4
    assert "can be imported, so that nothing can be checked: dw_broken: ZeroDivisionError" in done.stderr
    assert snapshot(env) == before


def test_trim__module_that_hangs__is_not_checked(tmp_path: Path, offline: Path) -> None:
    env = make_demo(tmp_path, app={"dw_slow.py": "import time\ntime.sleep(60)\n"})
    report = trimmed(str(env), "--apply", "--timeout", "1")
    assert report.checked is not None
    assert [(each.name, each.reason) for each in report.checked.failing] == [("dw_slow", "did not finish within 1 s")]


def test_trim__environment_that_changes_meanwhile__is_restored(tmp_path: Path, offline: Path) -> None:
    # It changes when it is imported, after it was measured.
    code = "import os\nwith open(os.path.join(os.path.dirname(__file__), 'NEWS'), 'a') as f: f.write('more')\n"
    env = make_demo(tmp_path, app={"dw_app/__init__.py": code, "dw_app/NEWS": "", "dw_app/TODO.md": ""})
    before = snapshot(env)
    done = run(str(env), "--apply", "-q", "--kinds", "docs")
    assert done.returncode == 0  # it was opened, so it stays
    assert "dw_app/NEWS" in left(env)
    trimmed(str(env), "--undo")
    after = snapshot(env)
    assert {path for path in before if before[path] != after.get(path)} == {
        os.path.relpath(site_of(env) / "dw_app/NEWS", env)
    }


@pytest.mark.parametrize("when", ["before", "after"])
def test_trim__distribution_updated_meanwhile__is_refused(tmp_path: Path, offline: Path, when: str) -> None:
    # As another installer does it, when the module is imported for the first or the second time.
    code = (
        "import glob, os\n"
        "here = os.path.dirname(__file__)\n"
        "record = glob.glob(os.path.join(here, '..', 'dw_app-*', 'RECORD'))[0]\n"
        "tests = os.path.exists(os.path.join(here, 'tests', 'test_app.py'))\n"
        f"if tests == {when == 'before'}:\n"
        "    os.rename(record, record + '.old')\n"
        "    with open(record, 'w') as f: f.write('dw_app/other.py,,\\n')\n"
    )
    env = make_demo(tmp_path, app={"dw_app/__init__.py": code})
    done = run(str(env), "--apply", "-q")
    assert done.returncode == 4
    assert "changed while the environment was trimmed" in done.stderr
    assert "dw_lib/tests/test_lib.py" in left(env)
    # The files of the old version do not come back into the new one.
    assert (env / STORE).exists() == (when == "after")


def test_trim__undo_after_an_update__leaves_the_new_version_alone(env: Path, tmp_path: Path) -> None:
    trimmed("env", "--apply")
    new = make_wheel("dw-lib", "2.0", files={"dw_lib/__init__.py": "", "dw_lib/helpers/tests/util.py": ""})
    wheels = make_wheelhouse(tmp_path / "new", new)
    pip(env, "install", "-q", "--no-index", str(wheels / new[0]))
    done = run("env", "--undo", "-q")
    assert done.returncode == 4
    assert "error: dw-lib was not restored: it was changed after the environment was trimmed" in done.stdout
    assert "dw_app/tests/test_app.py" in left(env)
    assert "dw_lib/tests/test_lib.py" not in left(env)
    check_records(env)
    assert run("env", "--discard").returncode == 0
    assert not (env / STORE).exists()


def test_trim__second_run_at_once__is_refused(tmp_path: Path, offline: Path) -> None:
    asked = tmp_path / "asked"
    code = f"import os, time\nwhile not os.path.exists({str(asked)!r}): time.sleep(0.02)\n"
    env = make_demo(tmp_path, app={"dw_slow.py": code})
    with subprocess.Popen([sys.executable, "-m", "deadweight", "trim", str(env), "--apply", "-q"]) as first:
        until = time.monotonic() + 20
        while "another run of deadweight is trimming" not in (message := run(str(env), "--undo").stderr):
            assert first.poll() is None, message
            assert time.monotonic() < until, message
        assert run(str(env), "--apply", "-q").returncode == 4
        asked.touch()
    assert first.returncode == 0


def test_trim__interrupted__restores_everything(tmp_path: Path, offline: Path) -> None:
    code = "import os, time\nif not os.path.exists(os.path.dirname(__file__) + '/tests'): time.sleep(60)\n"
    env = make_demo(tmp_path, app={"dw_app/__init__.py": code})
    before = snapshot(env)
    command = [sys.executable, "-m", "deadweight", "trim", str(env), "--apply", "-q"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        until = time.monotonic() + 30
        while (site_of(env) / "dw_app/tests").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        child.terminate()
        _, errors = child.communicate()
    assert (child.returncode, errors.strip()) == (130, "interrupted; everything was restored")
    assert snapshot(env) == before


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_trim__killed_at_any_step__is_undone_to_the_byte(env: Path, tmp_path: Path, stride: int) -> None:
    command = [sys.executable, "-m", "tests.killing", str(env), str(tmp_path / "copy"), str(stride)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    trim, undo, discard = map(int, done.stdout.split())
    assert trim > 40
    assert undo > 40
    assert discard > 20


def test_trim__killed_at_a_random_moment__is_undone_to_the_byte(env: Path) -> None:
    expected = snapshot(env)
    command = [sys.executable, "-m", "deadweight", "trim", str(env), "--apply", "-q"]
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    longest = time.monotonic() - started
    trimmed("env", "--undo")
    for _ in range(4):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
            time.sleep(random.uniform(longest / 3, longest))
            child.kill()
        if (env / STORE).exists():
            trim_undo("env")
        assert snapshot(env) == expected


def test_trim__read_only_directory__is_refused_before_the_first_change(env: Path) -> None:
    directory = site_of(env) / "dw_lib/tests"
    directory.chmod(0o555)
    before = snapshot(env)
    done = run("env", "--apply", "-q")
    if os.geteuid():
        assert done.returncode == 4
        assert f"{directory} is read-only" in done.stderr
    else:  # root may write, and the mode comes back
        assert done.returncode == 0
        trimmed("env", "--undo")
    assert snapshot(env) == before


def test_trim__hard_links__are_not_modified(env: Path, tmp_path: Path) -> None:
    site, cache = site_of(env), tmp_path / "cache"
    cache.mkdir()
    paths = [path for path in site.rglob("*") if path.is_file()]
    for number, path in enumerate(paths):
        os.link(path, cache / str(number))
    before = snapshot(cache)
    trimmed("env", "--apply")
    assert snapshot(cache) == before
    trimmed("env", "--undo")
    assert snapshot(cache) == before
    assert all(os.path.samefile(path, cache / str(number)) for number, path in enumerate(paths))


def test_trim__after_a_killed_run__says_so_and_how_to_restore(env: Path) -> None:
    trimmed("env", "--apply")
    assert not trimmed("env").interrupted
    journal = env / STORE / "journal.json"
    journal.write_text(journal.read_text().replace('"trimmed"', '"trimming"'))  # as a run leaves it while files move
    assert trimmed("env").interrupted
    text = " ".join(run("env", "-q").stdout.split())
    assert text.endswith("Trimming env was interrupted. To restore its files, run: deadweight trim env --undo")


@pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("strip")), reason="needs gcc and binutils")
def test_trim__debug_symbols__are_stripped_and_recorded(tmp_path: Path, offline: Path) -> None:
    source, library = tmp_path / "x.c", tmp_path / "x.so"
    source.write_text("int answer(void) { return 42; }\n")
    subprocess.run(["gcc", "-g3", "-shared", "-fPIC", "-o", library, source], check=True)
    load = "import ctypes, os\nassert ctypes.CDLL(os.path.dirname(__file__) + '/libx.so').answer() == 42\n"
    env = make_demo(tmp_path, app={"dw_app/__init__.py": load, "dw_app/libx.so": library.read_bytes()})
    installed, before = site_of(env) / "dw_app/libx.so", snapshot(env)
    shown = next(kind for kind in trimmed(str(env)).kinds if kind.kind == "debug-symbols")
    done = trimmed(str(env), "--apply", "--kinds", "debug-symbols")
    saved = library.stat().st_size - installed.stat().st_size
    assert shown.apparent_bytes is not None
    assert 0 < shown.apparent_bytes <= saved == done.apparent_bytes
    check_records(env)
    assert trimmed(str(env), "--undo").apparent_bytes == saved
    assert snapshot(env) == before
    # Without binutils, it is left alone.
    monkey = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "deadweight", "trim", str(env), "--apply", "--kinds", "debug-symbols", "-q"]
    without = subprocess.run(command, capture_output=True, text=True, env=monkey, check=False)
    warning = "warning: no native code was stripped: strip, which is part of binutils, was not found"
    assert warning in " ".join(without.stdout.split())
    assert snapshot(env) == before


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_trim__source__is_part_of_the_command_that_removes(env: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "my code").mkdir()
    done = run("env", "--kinds", "tests", "--source", "my code", "--timeout", "9", "--format", form, "-q")
    command = "deadweight trim env --kinds tests --timeout 9.0 --source 'my code' --apply"
    assert f"To remove them, run: {command}\n" in done.stdout


def test_trim__source__keeps_tests_that_the_application_imports(env: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "main.py").write_text("from dw_lib.tests import test_lib\n")
    trimmed("env", "--apply", "--source", "code")
    assert "dw_lib/tests/test_lib.py" in left(env)
    assert "dw_app/tests/test_app.py" not in left(env)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("env", "--undo", "--apply"), "--undo and --apply cannot be combined"),
        (("env", "--undo", "--discard"), "--undo and --discard cannot be combined"),
        (("env", "--undo", "--kinds", "docs"), "--kinds and --undo cannot be combined"),
        (("env", "--discard", "--kinds", "docs"), "--kinds and --discard cannot be combined"),
    ],
)
def test_trim__options_that_contradict__are_a_usage_error(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_trim__wrong_target__is_refused(tmp_path: Path, env: Path) -> None:
    assert "'--kinds': unknown kind 'x' (choose from tests, bytecode," in run("env", "--kinds", "x").stderr
    assert "is not a virtual environment: it has no pyvenv.cfg" in run(str(tmp_path)).stderr
    assert "is not a virtual environment" in run("gone").stderr
    assert "error: env has no .deadweight-trim" in run("env", "--discard").stderr
    (env / "conda-meta").mkdir()
    assert "is a conda environment, whose files conda owns" in run("env").stderr
    unusable = make_env(tmp_path / "unusable")
    assert "bin/python cannot be run" in run(str(unusable), "--apply").stderr


def test_trim__later_commands__do_not_see_the_store_as_an_environment(env: Path) -> None:
    trimmed("env", "--apply")
    command = [sys.executable, "-m", "deadweight", "env", "--format", "json", "-q"]
    report = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert [row["name"] for row in report["distributions"]] == ["dw-app", "dw-lib"]
    assert report["skipped"] == []


def test_trim__file_names_that_are_no_text__are_restored(tmp_path: Path, offline: Path) -> None:
    env = make_venv(tmp_path, make_wheel("dw-lib"))
    site = os.fsencode(site_of(env))
    os.mkdir(site + b"/dw_lib/tests")
    with open(site + b"/dw_lib/tests/caf\xe9.txt", "wb"):
        pass
    with open(site + b"/dw_lib-1.0.dist-info/RECORD", "ab") as record:
        record.write(b"dw_lib/tests/caf\xe9.txt,,\n")
    before = snapshot(env)
    report = run(str(env), "--apply", "-q", "--kinds", "tests")
    assert "Removed 1 file" in report.stdout
    assert not os.path.exists(site + b"/dw_lib/tests")
    assert run(str(env), "--undo").returncode == 0
    assert snapshot(env) == before


@pytest.mark.online
def test_trim__numpy_and_pandas__work_and_come_back(tmp_path: Path) -> None:
    env = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", env], check=True)
    pip(env, "install", "-q", "numpy", "pandas")
    before = snapshot(env)
    every = "tests,bytecode,docs,headers,static-libraries,stubs,debug-symbols,locale"
    command = [
        sys.executable,
        "-m",
        "deadweight",
        "trim",
        str(env),
        "--apply",
        "--kinds",
        every,
        "--format",
        "json",
        "-q",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report = TrimReport.from_json(done.stdout)
    assert report.checked is not None
    assert report.checked.restored == ()
    assert (report.apparent_bytes or 0) > 20_000_000
    code = "import numpy, pandas; print(pandas.DataFrame({'a': numpy.arange(4)}).a.sum())"
    assert subprocess.check_output([env / "bin/python", "-B", "-c", code], text=True, cwd="/") == "6\n"
    assert pip(env, "check") == "No broken requirements found.\n"
    check_records(env)
    assert run(str(env), "--undo", "-q").returncode == 0
    assert snapshot(env) == before
