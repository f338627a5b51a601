"""deadweight check as CI runs it: exit codes, formats, configuration, and budgets that are wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from deadweight import Budget, Settings, check
from deadweight.errors import BadInput
from deadweight.model.report.check import CheckReport
from tests.builders import dist_files, make_env, make_wheel, make_wheelhouse, write_files
from tests.images import make_image


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """dw-app needs dw-lib of 100 kB; dw-tester is for tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    make_wheelhouse(
        tmp_path / "wheels",
        make_wheel("dw-app", requires=["dw-lib"]),
        make_wheel("dw-lib", files={"dw_lib/__init__.py": "#" * 100_000}),
        make_wheel("dw-tester", headers=["Classifier: Framework :: Pytest"]),
    )
    return write_files(
        tmp_path, {"requirements.txt": "# runtime\ndw-app>=1  # the app\n-r dev.txt\n", "dev.txt": "\ndw-tester\n"}
    )


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", "check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def measure(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("requirements.txt", "-f", "wheels", "--no-install", "-q", *arguments)


def test_check__within_the_budget__exits_0(here: Path) -> None:
    done = measure("--max", "1MB", "--deny", "numpy")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "requirements.txt is within its budget: 2 rules passed"


def test_check__over_the_budget__exits_3_and_names_the_line(here: Path) -> None:
    done = measure("--max-package", "50kB")
    assert (done.returncode, done.stderr) == (3, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("FAIL  max-package  101 kB, limit 50kB")
    assert lines[1].startswith("      dw-lib 1.0: 101 kB, required by dw-app>=1 (requirements.txt:2)")


def test_check__github__annotates_included_files(here: Path) -> None:
    done = measure("--deny-group", "dev", "--format", "github")
    assert done.returncode == 3
    assert done.stdout.startswith("::error file=dev.txt,line=2,title=deadweight%3A deny-group dev (DW407)::")


def test_check__github__annotates_the_line_in_a_pyproject(here: Path) -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = [\n  "dw-app>=1",\n]\n'
    write_files(here, {"pyproject.toml": text})
    done = run("pyproject.toml", "-f", "wheels", "--no-install", "-q", "--max", "50kB", "--format", "github")
    assert done.returncode == 3
    assert done.stdout.startswith("::error file=pyproject.toml,line=5,")


def test_check__json_to_a_file__fits_its_schema(here: Path) -> None:
    arguments = ("--max", "50kB", "--format", "json", "-o", "check.json")
    done = measure(*arguments)
    assert (done.returncode, done.stdout) == (3, "")
    values = json.loads((here / "check.json").read_text())
    jsonschema.validate(values, CheckReport.json_schema())
    assert values["holds"] is False
    assert measure(*arguments).returncode == 4
    assert measure(*arguments, "--force").returncode == 3


def test_check__sarif__is_json(here: Path) -> None:
    done = measure("--max", "50kB", "--format", "sarif")
    assert done.returncode == 3
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    assert result["ruleId"] == "DW401"


def test_check__saved_report__needs_no_measurement(here: Path) -> None:
    command = ["requirements.txt", "-f", "wheels", "--no-install", "--format", "json", "-o", "saved.json"]
    assert subprocess.run([sys.executable, "-m", "deadweight", *command], check=False).returncode == 0
    done = run("saved.json", "--deny", "dw-lib", "--format", "github")
    assert done.returncode == 3
    assert "file=requirements.txt,line=2," in done.stdout


def test_check__something_unmeasured__never_passes(here: Path) -> None:
    write_files(here, {"requirements.txt": "dw-app\ndw-gone @ git+https://127.0.0.1:9/gone\n"})
    done = measure("--max", "1GB", "--no-build")
    assert done.returncode != 0
    assert "PASS" not in done.stdout


def test_check__growth__is_compared_with_the_baseline_beside_the_configuration(here: Path) -> None:
    config = '[tool.deadweight.budget]\nmax-growth = "10%"\nbaseline = "base.json"\n'
    write_files(here, {"pyproject.toml": config, "sub/x": "", "small.txt": "dw-tester\n"})
    command = ["small.txt", "-f", "wheels", "--no-install", "--format", "json", "-o", "base.json"]
    assert subprocess.run([sys.executable, "-m", "deadweight", *command], check=False).returncode == 0
    arguments = ["../requirements.txt", "-f", "../wheels", "--no-install", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "deadweight", "check", *arguments],
        cwd=here / "sub", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "dw-lib 1.0: +101 kB to 101 kB, new, required by dw-app>=1 (../requirements.txt:2)" in done.stdout


def test_check__growth__is_compared_with_a_revision(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for arguments in (["init", "-qb", "main"], ["add", "dev.txt"], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True)
    done = measure("--max-growth", "10%", "--baseline", "main:dev.txt")
    assert done.returncode == 3, done.stderr
    assert "dw-lib 1.0: +101 kB to 101 kB, new, required by dw-app>=1 (requirements.txt:2)" in done.stdout
    assert measure("--max-growth", "1MB", "--baseline", "main:dev.txt").returncode == 0
    missing = measure("--max-growth", "10%", "--baseline", "other:dev.txt")
    assert missing.returncode == 4
    assert missing.stderr.startswith("error: baseline: cannot read other:dev.txt: ")


def test_check__options_and_configuration__are_merged(here: Path) -> None:
    config = '[tool.deadweight.budget]\nmax = "1kB"\ndeny = ["dw-tester"]\n'
    write_files(here, {"pyproject.toml": config})
    done = measure("--max", "1MB", "--deny", "numpy")
    assert [line.split()[:3] for line in done.stdout.splitlines() if line[0] in "PF"] == [
        ["PASS", "max", "102"], ["FAIL", "deny", "dw-tester"], ["PASS", "deny", "numpy"],
    ]  # fmt: skip


def test_check__image__counts_what_later_layers_remove(here: Path) -> None:
    image = make_image({"usr/lib/big.bin": b"x" * 2000, "etc/os-release": b"ID=debian\n"}, {"usr/lib/big.bin": None})
    (here / "image.tar").write_bytes(image)
    done = run("image.tar", "--max-wasted", "1kB", "--max-download", "1MB", "-q")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith(
        "SKIP  max-download  limit 1MB; an image downloads nothing\nFAIL  max-wasted    2.00 kB"
    )
    assert "usr/lib/big.bin: 2.00 kB, added by layer 0" in done.stdout


WRONG = {
    "no rule": ([], "the budget has no rule"),
    "no baseline": (["--max-growth", "5%"], "max-growth needs a baseline"),
    "baseline missing": (["--max-growth", "5%", "--baseline", "gone.json"], "baseline: cannot read gone.json: No such"),
    "baseline broken": (["--max-growth", "5%", "--baseline", "broken.json"], "baseline: broken.json: "),
    "baseline schema": (
        ["--max-growth", "5%", "--baseline", "check.json"],
        "not a report of this version of deadweight",
    ),
    "baseline version": (
        ["--max-growth", "5%", "--baseline", "next.json"],
        "not a report of this version of deadweight",
    ),
}
INVALID = {
    "size": (["--max", "5XB"], "'--max': '5XB' is not a size; write a positive number and a unit"),
    "negative": (["--max", "-5MB"], "'--max': '-5MB' is not a size"),
    "empty": (["--max", ""], "'--max': '' is not a size"),
    "no unit": (["--max-package", "500"], "'--max-package': '500' is not a size"),
    "growth": (["--max-growth", "5"], "or a percentage, such as 5%"),
    "group": (["--deny-group", "qa"], "'--deny-group': 'qa' is not one of"),
    "misspelled": (["--deny-group", "dve"], "Did you mean 'dev'?"),
    "name": (["--deny", "a b"], "'--deny': 'a b' is not the name of a project"),
}


@pytest.mark.parametrize("case", INVALID)
def test_check__invalid_limit__is_a_usage_error(case: str, here: Path) -> None:
    arguments, message = INVALID[case]
    done = run("requirements.txt", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize("case", WRONG)
def test_check__wrong_budget__is_refused_before_measuring(case: str, here: Path) -> None:
    arguments, message = WRONG[case]
    write_files(
        here,
        {
            "broken.json": "{",
            "check.json": '{"schema": "deadweight.check/1"}',
            "next.json": '{"schema": "deadweight.profile/2"}',
            "requirements.txt": "dw-no-such-project\n",  # measuring it would fail, with status 5
        },
    )
    done = run("requirements.txt", "-f", "wheels", *arguments)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: ")
    assert message in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('max = "5XB"', "tool.deadweight.budget.max: '5XB' is not a size"),
        ("max = 500", "tool.deadweight.budget.max: expected `str"),
        ('maximum = "5MB"', "unknown key 'maximum' in tool.deadweight.budget"),
        ('max_growth = "5%"', "unknown key 'max_growth' in tool.deadweight.budget"),
        ('deny = "a"', "tool.deadweight.budget.deny: expected `array`"),
        ('deny-group = ["qa"]', "tool.deadweight.budget.deny-group: no group 'qa'"),
    ],
)
def test_check__wrong_configuration__names_the_file_and_the_key(config: str, message: str, here: Path) -> None:
    write_files(here, {"pyproject.toml": f"[tool.deadweight.budget]\n{config}\n"})
    done = run("requirements.txt")
    assert done.returncode == 4
    assert message in done.stderr
    assert "pyproject.toml" in done.stderr


def test_check__budget_that_is_no_table__is_refused(here: Path) -> None:
    write_files(here, {"pyproject.toml": "[tool.deadweight]\nbudget = 5\n"})
    done = run("requirements.txt")
    assert (done.returncode, "tool.deadweight.budget must be a table" in done.stderr) == (4, True)


@pytest.mark.parametrize(
    "arguments", [["--format", "xml"], ["--suggest", "--max", "5MB"], ["--suggest", "--format", "json"]]
)
def test_check__wrong_usage__exits_2(arguments: list[str], here: Path) -> None:
    assert run("requirements.txt", *arguments).returncode == 2


def test_check__baseline_of_an_environment__is_refused_for_requirements(here: Path) -> None:
    make_env(here / "env", dist_files("a"))
    command = [sys.executable, "-m", "deadweight", "env", "--format", "json", "-o", "base.json"]
    assert subprocess.run(command, check=False).returncode == 0
    done = measure("--max-growth", "5%", "--baseline", "base.json")
    assert done.returncode == 4
    assert "the baseline is a report of an environment, and the target is requirements" in done.stderr


def test_check__suggest__prints_a_budget_that_passes(here: Path) -> None:
    done = measure("--suggest")
    assert (done.returncode, done.stderr) == (0, "")
    table = tomllib.loads(done.stdout)["tool"]["deadweight"]["budget"]
    assert table == {"max": "1MB", "max-package": "1MB", "max-download": "1MB"}
    write_files(here, {"pyproject.toml": done.stdout})
    assert measure().returncode == 0


def test_check__python_api__returns_the_same(here: Path) -> None:
    settings = Settings.of(find_links=("wheels",), no_install=True)
    report = check("requirements.txt", Budget(max="50kB", deny=("numpy",)), settings)
    assert (report.holds, report.exit_code) == (False, 3)
    assert [result.status for result in report.results] == ["fail", "pass"]
    with pytest.raises(BadInput, match="the budget has no rule"):
        check("requirements.txt", Budget())
