"""The working directory may be anybody's: no module in it is imported, by us or by the Pythons that we start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deadweight import Settings, groups_of
from tests.builders import dist_files, make_env, make_wheel, make_wheelhouse, write_files

# What Python, pip, uv and deadweight may import; each of them leaves a file behind when it runs.
PLANTED = (
    *sorted(sys.stdlib_module_names - {"antigravity", "this"}),
    "click", "deadweight", "isal", "networkx", "packaging", "pip", "pip_api", "rich", "setuptools", "sitecustomize",
    "urllib3", "usercustomize", "uv", "wheel", "zstandard",
)  # fmt: skip
COMMANDS = {
    "profile": "profile requirements.txt -f WHEELS",
    "profile, by uv": "profile requirements.txt -f WHEELS --installer uv --install",
    "profile, by pip": "profile requirements.txt -f WHEELS --installer pip --install",
    "profile, by pip that may not build": "profile requirements.txt -f WHEELS --installer pip --no-build --install",
    "profile, by pip without installing": "profile requirements.txt -f WHEELS --installer pip --no-install",
    "profile, by uv without installing": "profile requirements.txt -f WHEELS --installer uv --no-install",
    "profile of a file: URL": "profile places.txt -f WHEELS --no-install",
    "profile for another Python": "profile requirements.txt -f WHEELS --no-install --python PYTHON",
    "profile of an environment": "profile ENV",
    "profile of a lock": "profile pylock.toml -f WHEELS",
    "groups": "groups requirements.txt --no-measure -f WHEELS",
    "groups offline": "groups places.txt --no-measure --offline",
    "split": "split places.txt -f WHEELS --output-dir OUT --unproven",
    "why": "why dw-lib requirements.txt -f WHEELS",
    "verify": "verify requirements.txt -f WHEELS --source SOURCE",
    "verify without installing": "verify requirements.txt -f WHEELS --source SOURCE --no-install",
    "verify by running, by pip": "verify requirements.txt -f WHEELS --source SOURCE --run --installer pip",
    "verify by running, by uv": "verify requirements.txt -f WHEELS --source SOURCE --run --installer uv",
    "cache": "cache info",
    "help": "--help",
}


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory full of modules that must not run; what the commands read lies in it and beside it."""
    code = f"import os\nopen(os.path.join({str(tmp_path)!r}, 'ran-' + __name__), 'w').close()\n"
    wheels = make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", requires=["dw-lib"]), make_wheel("dw-lib"))
    make_env(tmp_path / "env", dist_files("a", requested=True))
    write_files(tmp_path, {"source/app.py": "import dw_app\n", "out/x": ""})
    write_files(
        tmp_path / "work", {f"{name}.py": code for name in PLANTED if name != "os"} | {"os.py": os_that_runs(tmp_path)}
    )
    write_files(
        tmp_path / "work",
        {
            "requirements.txt": "dw-app\n",
            "places.txt": f"dw-lib\n{(wheels / 'dw_app-1.0-py3-none-any.whl').as_uri()}\n",
            "pylock.toml": 'lock-version = "1.0"\ncreated-by = "test"\npackages = []\n',
        },
    )
    # What looks like an environment, or configures uv to use one, is not run either.
    program = f"#!/bin/sh\ntouch {tmp_path}/ran-$(basename $0)\nexit 1\n"
    for directory in (".venv", "venv"):
        write_files(tmp_path / "work" / directory, {"pyvenv.cfg": "home = /usr/bin\nversion = 3.11.7\n"})
        for name in ("python", "python3", "pip", "uv"):
            write_files(tmp_path / "work" / directory, {f"bin/{name}": program})
            (tmp_path / "work" / directory / "bin" / name).chmod(0o755)
    write_files(
        tmp_path / "work", {".python-version": "./venv/bin/python\n", "uv.toml": "pip.python = './venv/bin/python'\n"}
    )
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def os_that_runs(directory: Path) -> str:
    return f"open({str(directory / 'ran-os')!r}, 'w').close()\n"


def run(directory: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_command__modules_in_the_working_directory__are_not_run(here: Path, name: str) -> None:
    words = {"WHEELS": "wheels", "ENV": "env", "OUT": "out", "SOURCE": "source"}
    paths = {word: str(here / directory) for word, directory in words.items()} | {
        "PYTHON": os.path.realpath(sys.executable)
    }
    arguments = [paths.get(word, word) for word in COMMANDS[name].split()]
    # As the script of an installation does, which has its own directory in front of sys.path.
    script = write_files(here / "bin", {"deadweight": "from deadweight.cli import main\nmain()\n"}) / "deadweight"
    done = run(
        here, [sys.executable, str(script), *arguments, *(["-q"] if "cache" not in name and name != "help" else [])]
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in here.glob("ran-*")] == []


def test_module_of_the_working_directory__really_would_run(here: Path) -> None:
    run(here, [sys.executable, "-c", "import wheel"])
    assert (here / "ran-wheel").exists()


def test_python_m_deadweight__forgets_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    write_files(tmp_path, {"click.py": f"open({str(ran)!r}, 'w').close()\n"})
    monkeypatch.chdir(tmp_path)
    done = run(tmp_path, [sys.executable, "-m", "deadweight", "--version"])
    assert (done.returncode, ran.exists()) == (0, False)


def test_groups_offline__requirements_with_places__start_no_process(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def popen(*arguments: object, **options: object) -> None:
        raise AssertionError(arguments)

    write_files(
        Path(),
        {
            "r.txt": f"-e {here}/source\n./x-1.0.tar.gz\ngit+https://host/y.git#egg=y\n-r places.txt\nz>1\n",
            "pyproject.toml": '[project]\nname = "p"\ndependencies = ["a @ https://host/a-1.tar.gz"]\n',
        },
    )
    monkeypatch.setattr("subprocess.Popen", popen)
    found = {name: set(groups_of(name, Settings.of(offline=True)).groups) for name in ("r.txt", "pyproject.toml")}
    assert found == {"r.txt": {"dw-app", "dw-lib", "x", "y", "z"}, "pyproject.toml": {"a"}}
    assert groups_of("pylock.toml", Settings.of(offline=True)).method == "names"
