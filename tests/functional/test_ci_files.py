"""The files for CI systems and hooks: their commands exist, and pre-commit runs them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.builders import make_wheel, make_wheelhouse, write_files
from tests.functional.test_documentation import assert_accepted

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def commands_of_gitlab(**given: str) -> list[str]:
    """Return the script lines of the template, with the given inputs and the defaults of the others."""
    head, jobs = yaml.safe_load_all((ROOT / "templates/deadweight.yml").read_text("utf-8"))
    inputs = {name: each["default"] for name, each in head["spec"]["inputs"].items()} | given
    lines: list[str] = jobs["deadweight"]["script"]
    return [re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda match: inputs[match[1]], line) for line in lines]


@pytest.mark.parametrize("command", [*commands_of_gitlab(), *(hook["entry"] for hook in HOOKS)])
def test_command__of_a_template_or_hook__is_one_that_the_command_line_accepts(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "deadweight":
        assert_accepted(arguments)
    else:
        assert program == "pip"


@pytest.mark.parametrize(("budget", "status"), [("--max 1MB", 0), ("--max 1kB --deny 'dw-*'", 3)])
def test_gitlab__script__measures_and_checks_the_budget(
    budget: str, status: int, tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheelhouse(tmp_path / "wheels", make_wheel("dw-app", files={"dw_app.py": "#" * 5000}))
    write_files(
        tmp_path,
        {
            "requirements.txt": "dw-app\n",
            "pyproject.toml": '[tool.deadweight]\nno-install = true\nfind-links = ["wheels"]\n',
            # pip would download deadweight; the deadweight of this environment comes next on PATH.
            "bin/pip": '#!/bin/sh\necho "$@" > pip.txt\n',
        },
    )
    (tmp_path / "bin/pip").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{Path(sys.executable).parent}", prepend=os.pathsep)
    # As GitLab runs them: one shell for all lines, which the first failure ends.
    done = subprocess.run(
        ["sh", "-e"], input="\n".join(commands_of_gitlab(budget=budget)), cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert (tmp_path / "pip.txt").read_text() == "install --quiet deadweight[fast]\n"
    assert (tmp_path / "deadweight.md").read_text().startswith("### requirements.txt: ")
    assert json.loads((tmp_path / "deadweight.json").read_text())["distributions"][0]["name"] == "dw-app"
    verdict = {0: "within its budget: 1 rule passed", 3: "over its budget: 0 rules passed, 2 failed"}[status]
    assert done.stdout.splitlines()[-1] == f"requirements.txt is {verdict}"


@pytest.mark.parametrize(
    ("hook", "path", "runs"),
    [
        (0, "requirements.txt", True),
        (0, "services/requirements-dev.txt", True),
        (0, "pyproject.toml", True),
        (0, "app/uv.lock", True),
        (0, "app.py", False),
        (1, "app.py", True),
        (1, "requirements-production.txt", True),
        (1, "requirements.txt", False),
    ],
)
def test_hook__changed_file__decides_whether_it_runs(hook: int, path: str, runs: bool) -> None:
    assert bool(re.search(HOOKS[hook]["files"], path)) is runs


def test_action__variables__are_those_that_the_script_reads() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    (step,) = (step for step in action["runs"]["steps"] if step.get("id") == "run")
    script = (ROOT / "action/pull_request.py").read_text("utf-8")
    read = set(re.findall(r"""environ(?:\.(?:get|pop)\(|\[)["'](DEADWEIGHT_\w+|GITHUB_TOKEN)["']""", script))
    assert read == set(step["env"])
    used = set(re.findall(r"inputs\.([\w-]+)", str(action["runs"])))
    assert used == set(action["inputs"])


@pytest.mark.online
@pytest.mark.parametrize(("limit", "status", "verdict"), [("1kB", 1, "FAIL"), ("1GB", 0, "Passed")])
def test_pre_commit__hook_on_a_repository__checks_the_budget(
    limit: str, status: int, verdict: str, tmp_path: Path
) -> None:
    write_files(
        tmp_path, {"requirements.txt": "idna\n", "pyproject.toml": f'[tool.deadweight.budget]\nmax = "{limit}"\n'}
    )
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    hook = ["try-repo", str(ROOT), "deadweight-check", "--files", "requirements.txt"]
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *hook], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert verdict in done.stdout
