"""``deadweight verify`` as people run it, with real installs and real imports, without an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.builders import dist_files, make_env, make_wheel, make_wheelhouse, write_files

PRINTS = "import os\nprint('SAID', os.listdir())\nos.write(1, b'[]\\n')\n"
HANGS = "import time\ntime.sleep(600)\n"


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_wheelhouse(
        tmp_path / "wheels",
        make_wheel("dw-app", requires=["dw-lib"], files={"dw_app/__init__.py": "value = 1", "dw_app/web.py": ""}),
        make_wheel("dw-lib"),
        make_wheel("dw-two", files={"dw_one.py": "", "dw_other/__init__.py": ""}),
        make_wheel("dw-ns-a", files={"dw_ns/a/__init__.py": ""}),
        make_wheel("dw-ns-b", files={"dw_ns/b/__init__.py": ""}),
        make_wheel("dw-raises", files={"dw_raises.py": "raise RuntimeError('libGL.so.1 is not there')"}),
        make_wheel("dw-hangs", files={"dw_hangs/__init__.py": HANGS, "dw_hangs/more.py": ""}),
        make_wheel("dw-prints", files={"dw_prints.py": PRINTS}),
        make_wheel("dw-needs", files={"dw_needs.py": "import dw_lib"}),
        make_wheel("dw-exits", files={"dw_exits.py": "import os\nos._exit(0)"}),
        make_wheel(
            "dw-tool",
            files={"dw_tool.py": "def main(): print('DONE')"},
            entry_points="[console_scripts]\ndw-tool = dw_tool:main\n",
        ),
    )
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", "verify", "split.txt", "-f", "wheels", *arguments]
    wide = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=wide)


def verify(directory: Path, split: str, code: str, *arguments: str, **others: str) -> subprocess.CompletedProcess[str]:
    """Verify a split whose application is one module; others: file → text, with ``__`` for a dot."""
    files = {name.replace("__", "."): text for name, text in others.items()}
    write_files(directory, {"split.txt": "\n".join(split.split()) + "\n", "app.py": code, **files})
    return run("-q", *arguments)


def reported(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0 if found["holds"] else 3, "")
    return found


@pytest.mark.parametrize("depth", [[], ["--run"], ["--no-install"]], ids=["static", "run", "no-install"])
def test_verify__all_is_there__holds_and_leaves_nothing(here: Path, offline: Path, depth: list[str]) -> None:
    code = "import dw_app.web\nfrom dw_app import value\nimport dw_lib, dw_one, dw_ns.a\ndef f():\n import dw_other\n"
    done = verify(here, "dw-app dw-two dw-ns-a", code, *depth)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "split.txt is sufficient: it provides everything that your code uses (checked 6 uses in "
    )
    assert ("; 6 of 6 modules can be imported\n" in done.stdout) == (depth == ["--run"])
    assert list(offline.iterdir()) == []
    assert not list(here.glob("**/__pycache__"))


def test_verify__imports_are_missing__says_who_and_which_line(here: Path) -> None:
    code = "import dw_app\nimport dw_ns.a\nimport dw_ns.b\ndef f():\n import yaml.nodes\n"
    done = verify(here, "dw-app dw-ns-a", code, requirements__txt="dw-app\ndw-ns-a\ndw-ns-b>=1  # b\npyyaml[fast]<9\n")
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "missing: dw-ns-b>=1",
        "  app.py:3 imports dw_ns.b at start",
        "missing: pyyaml[fast]<9",
        "  app.py:5 imports yaml.nodes in a function",
        "split.txt is not sufficient: 2 requirements are missing (checked 4 uses in 1 file)",
    ]


def test_verify__local_module_shadows_a_project__is_its_own(here: Path) -> None:
    assert verify(here, "dw-lib", "import yaml, dw_lib\n", yaml__py="").returncode == 0


def test_verify__command_and_string__count_where_they_are_asked_for(here: Path) -> None:
    write_files(here, {"Procfile": "web: gunicorn app:app\n"})
    code = "INSTALLED_APPS = ['corsheaders']\n"
    assert verify(here, "dw-app", code).returncode == 0
    write_files(here, {"all.in": "gunicorn==22\ndjango-cors-headers\ndw-app\n"})
    done = verify(here, "dw-app", code, "--against", "all.in", "--format", "json")
    found = reported(done)
    assert [(gap["line"], gap["locations"][0]["file"]) for gap in found["gaps"]] == [
        ("django-cors-headers", "app.py"),
        ("gunicorn==22", "Procfile"),
    ]
    assert (found["schema"], found["against"], found["depth"]) == ("deadweight.verify/1", "all.in", "static")


def test_verify__environment__is_proven_by_its_files(here: Path) -> None:
    make_env(here / "env", dist_files("dw-app"))
    write_files(here, {"src/app.py": "import dw_app, dw_gone\n"})
    command = [sys.executable, "-m", "deadweight", "verify", "env", "--source", "src", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "missing: module dw_gone\n" in done.stdout
    assert subprocess.run([*command, "--run"], capture_output=True, timeout=60, check=False).returncode == 4


def test_verify__no_source__says_what_to_give(here: Path) -> None:
    write_files(here, {"split.txt": "dw-app\n"})
    done = run("-q")
    assert (done.returncode, done.stdout) == (4, "")
    assert "--source DIR" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--run", "--no-install"], 4), (["--smoke", "'"], 2), (["--smoke", " "], 2), (["--against", "wheels"], 4)],
)
def test_verify__options_that_mean_nothing__are_refused(here: Path, arguments: list[str], code: int) -> None:
    done = verify(here, "dw-app", "import dw_app\n", *arguments)
    assert (done.returncode, done.stdout) == (code, "")


def test_run__failures__are_told_each_by_its_last_line(here: Path) -> None:
    split = "dw-app dw-raises dw-needs dw-exits dw-prints"
    code = "import dw_app.gone, dw_raises, dw_needs, dw_exits, dw_prints\n"
    write_files(here, {"requirements.txt": "dw-lib>=1\n"})
    make_wheelhouse(here / "wheels", make_wheel("dw-app", "2.0"))  # without dw-lib
    found = reported(verify(here, split, code, "--run", "--format", "json"))
    assert found["gaps"] == []
    assert found["run"]["tried"] == 5
    assert {failure["module"]: (failure["reason"], failure["line"]) for failure in found["run"]["failures"]} == {
        "dw_app.gone": ("ImportError: cannot import name 'gone' from 'dw_app'", None),
        "dw_exits": ("exited with status 0", None),
        "dw_needs": ("ModuleNotFoundError: No module named 'dw_lib'", "dw-lib>=1"),
        "dw_raises": ("RuntimeError: libGL.so.1 is not there", None),
    }


def test_run__missing_import__is_told_once(here: Path) -> None:
    done = verify(here, "dw-lib", "import dw_lib, dw_gone\n", "--run")
    assert done.returncode == 3
    *missing, last = done.stdout.splitlines()
    assert missing == ["missing: module dw_gone", "  app.py:1 imports dw_gone at start"]
    assert last.startswith("split.txt is not sufficient: 1 requirement is missing")
    assert last.endswith("; 1 of 2 modules can be imported")


def test_run__hangs__is_ended_and_the_others_are_tried(here: Path, offline: Path) -> None:
    began = time.monotonic()
    code = "import dw_hangs, dw_hangs.more, dw_lib\n"
    found = reported(verify(here, "dw-hangs dw-lib", code, "--run", "--timeout", "1.5", "--format", "json"))
    assert time.monotonic() - began < 30
    assert [(failure["module"], failure["reason"]) for failure in found["run"]["failures"]] == [
        ("dw_hangs", "did not finish within 1.5 s"),
        ("dw_hangs.more", "not tested: importing dw_hangs did not finish"),
    ]
    assert list(offline.iterdir()) == []


def test_run__prints__is_shown_on_demand_alone_and_works_in_an_empty_directory(here: Path) -> None:
    done = verify(here, "dw-prints", "import dw_prints\n", "--run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "SAID" not in done.stdout
    loud = verify(here, "dw-prints", "import dw_prints\n", "--run", "--debug")
    assert "SAID []" in loud.stderr


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("dw-tool", 0, "DONE"),
        ("python -c 'import dw_gone'", 1, "No module named 'dw_gone'"),
        ("dw-gone x", 127, "cannot run dw-gone"),
    ],
)
def test_smoke__command__runs_in_the_source_with_the_environment_first(
    here: Path, command: str, status: int, said: str
) -> None:
    found = reported(verify(here, "dw-tool", "import dw_tool\n", "--smoke", command, "--format", "json"))
    assert (found["depth"], found["holds"], found["run"]["tried"]) == ("run", status == 0, 0)
    assert (found["run"]["smoke"]["command"], found["run"]["smoke"]["status"]) == (command, status)
    assert said in found["run"]["smoke"]["reason"]


def test_smoke__runs_where_the_source_lies(here: Path) -> None:
    check = "import app, os, sys; assert sys.prefix == os.environ['VIRTUAL_ENV']; raise SystemExit(app.value)"
    done = verify(here, "dw-lib", "value = 7\n", "--run", "--smoke", f'python -c "{check}"')
    assert done.returncode == 3
    assert "exit status 7\n" in done.stdout


def test_smoke__hangs__is_ended(here: Path, offline: Path) -> None:
    done = verify(here, "dw-lib", "import dw_lib\n", "--smoke", "sleep 600", "--timeout", "0.5")
    assert done.returncode == 3
    assert "failed: sleep 600: timed out after 0.5 s\n" in done.stdout
    assert list(offline.iterdir()) == []
