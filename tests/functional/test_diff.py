"""``deadweight diff`` as a user runs it: saved reports, environments, requirements, and what is refused."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from deadweight import Settings, cli, diff
from deadweight.model.report.diff import Diff
from deadweight.sources.codebase import application as codebase
from deadweight.sources.net import http
from tests.builders import dist_files, make_env, make_wheel, write_files
from tests.functional.test_session import counted
from tests.index_server import Server, index_of


class Done(NamedTuple):
    """Exit code, stdout and stderr of a command line that ran in this process."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Done:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli._run([*arguments], debug=False)
    return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with two environments, and the saved report of each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    app = dist_files("app", requires=["lib"], requested=True)
    make_env(tmp_path / "old", app, dist_files("lib", "1.0"), dist_files("pytest", requested=True))
    newer = dist_files("lib", "2.0", files={"lib.py": "#" * 5000}, requires=["fresh"])
    make_env(tmp_path / "new", app, newer, dist_files("fresh"), extra={"notes.txt": "unowned"})
    for name in ("old", "new"):
        assert run("profile", name, "--format", "json", "-o", f"{name}.json").returncode == 0
    return tmp_path


def test_diff__saved_reports__shows_what_changed(here: Path) -> None:
    done = run("diff", "old.json", "new.json")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "old → new"
    assert "1 added, 1 removed, 1 changed version; 1 unchanged" in lines
    signs = {line.split()[1]: line[0] for line in lines if line[:2] in ("+ ", "- ", "~ ")}
    assert signs == {"lib": "~", "pytest": "-", "fresh": "+"}
    assert any(line.startswith("~ lib") and "1.0 → 2.0" in line and line.endswith("via app") for line in lines)


def test_diff__environments_and_their_reports__are_the_same(here: Path) -> None:
    texts = {run("diff", old, new).stdout for old in ("old", "old.json") for new in ("new", "new.json")}
    assert len(texts) == 1


def test_diff__json__matches_the_schema_and_is_read_back(here: Path) -> None:
    done = run("diff", "old.json", "new.json", "--format", "json")
    values = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(Diff.json_schema())
    jsonschema.validate(values, Diff.json_schema())
    assert values["schema"] == "deadweight.diff/1"
    read = Diff.from_json(done.stdout)
    assert read.to_json() == done.stdout
    assert read == diff("old.json", "new.json")
    assert read.totals.unowned_bytes.change == len("unowned")


def test_diff__markdown_to_a_file__overwrites_with_force_alone(here: Path) -> None:
    arguments = ("diff", "old.json", "new.json", "--format", "markdown", "-o", "diff.md")
    assert run(*arguments).returncode == 0
    text = (here / "diff.md").read_text()
    assert text.startswith("**+")
    assert run(*arguments).returncode == 4
    assert run(*arguments, "--force", "--top", "1").returncode == 0
    assert (here / "diff.md").read_text() != text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("old.json",), 2, "Missing argument 'NEW'"),
        (("-", "-"), 2, "only one of OLD and NEW"),
        (("old.json", "new.json", "--top", "1", "--all"), 2, "cannot be combined"),
        (("old.json", "new.json", "--format", "csv"), 2, "is not one of"),
        (("old.json", "new.json", "--python", "3.12"), 4, "--python does not apply to a saved report"),
        (("old.json", "new", "--python", "3.12"), 4, "--python does not apply to a saved report or an environment"),
        (("old.json", "no-such-file.json"), 4, "no-such-file.json: no such file"),
        (("no/such:requirements.txt", "new"), 4, "git has no revision 'no/such' here"),
        (("old", "new", "-o", "no/such/directory"), 4, "no such directory"),
    ],
)
def test_diff__wrong_arguments__are_refused(here: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = run("diff", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text", ['{"schema": "deadweight.profile/9"}', '{\n "schema": "deadweight.profile/1",\n "x": [', "{", ""]
)
def test_diff__broken_report__is_refused(here: Path, text: str) -> None:
    write_files(here, {"broken.json": text})
    for pair in (("broken.json", "new.json"), ("old.json", "broken.json")):
        done = run("diff", *pair)
        assert text == "" or (done.returncode, done.stdout) == (4, "")
        assert "Traceback" not in done.stderr


def test_diff__report_that_does_not_add_up__is_refused(here: Path) -> None:
    values = json.loads((here / "old.json").read_text())
    values["totals"]["apparent_bytes"] += 1
    write_files(here, {"wrong.json": json.dumps(values, indent=1)})
    done = run("diff", "wrong.json", "new.json")
    assert done.returncode == 4
    assert "do not add up to the total" in done.stderr


def test_diff__option_of_one_of_the_targets__affects_that_one(here: Path) -> None:
    write_files(here, {"requirements.txt": ""})
    done = run("diff", "old.json", "requirements.txt", "--no-install", "--python", "3.12", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["new"]["environment"]["python"].startswith("3.12")


def test_diff__two_environments_to_keep__are_refused(here: Path) -> None:
    write_files(here, {"requirements.txt": "", "other.txt": ""})
    done = run("diff", "requirements.txt", "other.txt", "--keep-env", "kept")
    assert done.returncode == 4
    assert "--keep-env: two environments" in done.stderr


def test_diff__json_and_markdown_of_reports__load_nothing_heavy(here: Path) -> None:
    heavy = {"rich", "networkx", "packaging", "pip_api", "urllib3", "subprocess", "tempfile", "difflib"}
    for form in ("json", "markdown"):
        code = (
            "import sys; import deadweight.cli as cli;"
            f" cli._run(['diff', 'old.json', 'new.json', '--format', '{form}'], debug=False);"
            " print('LOADED', *sys.modules)"
        )
        out = subprocess.check_output([sys.executable, "-c", code], text=True)
        assert set(out.partition("LOADED")[2].split()) & heavy == set()


WHEELS = [
    make_wheel("dw-app", "1.0", requires=["dw-lib"]),
    make_wheel("dw-app", "2.0", requires=["dw-lib", "dw-more"]),
    make_wheel("dw-lib", files={"dw_lib/a.bin": "g" * 9000}),
    make_wheel("dw-more", files={"dw_more/a.bin": "g" * 90}),
]


@pytest.fixture
def server(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    files = {"old.txt": "dw-app==1.0\n", "new.txt": "dw-app==2.0\n", "main.py": "import dw_app\n"}
    write_files(tmp_path, files)
    with Server(**index_of(WHEELS)) as server:
        yield server


def test_diff__requirements__share_the_client_and_the_code(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    read, opened = counted(monkeypatch, codebase, "read_application"), counted(monkeypatch, http, "Client")
    settings = Settings.of(no_install=True, index_url=f"{server.url}/simple/", installer="uv")
    found = diff("old.txt", "new.txt", settings)
    assert (len(read), len(opened)) == (1, 1)
    rows: dict[str, Any] = {each.key: each for each in found.distributions}
    assert [(key, rows[key].status) for key in sorted(rows)] == [("dw-app", "changed"), ("dw-more", "added")]
    assert [(cause.key, cause.change) for cause in rows["dw-more"].because] == [("dw-app", "changed")]
    downloads = [each.download_change_bytes or 0 for each in found.distributions]
    assert sum(downloads) == found.totals.download_bytes.change
