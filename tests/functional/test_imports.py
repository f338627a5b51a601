"""``deadweight imports`` as people run it, with real installs and real starts, without an index."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deadweight.model.report.imports import Attempt, ImportsReport
from deadweight.report.results.imports import as_text
from deadweight.report.view import View
from tests.builders import make_wheel, make_wheelhouse, write_files

SLEEPS = "import time, dw_small\ntime.sleep(0.08)\nvalue = bytearray(b'x') * 20_000_000\n"
LAZY = "import dw_heavy\n\ndef report():\n    return dw_heavy.value\n"


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_wheelhouse(
        tmp_path / "wheels",
        make_wheel("dw-heavy", files={"dw_heavy/__init__.py": SLEEPS, "dw_heavy/inner.py": ""}, requires=["dw-small"]),
        make_wheel("dw-small", files={"dw_small.py": "import time\ntime.sleep(0.03)\n"}),
        make_wheel("dw-eager", files={"dw_eager.py": "import dw_heavy\n"}, requires=["dw-heavy"]),
    )
    return tmp_path


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deadweight", "imports", *arguments]
    wide = {**os.environ, "COLUMNS": "120", **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=wide)


def imports(
    directory: Path, code: str, *arguments: str, lines: str = "dw-heavy", **others: str
) -> subprocess.CompletedProcess[str]:
    """Start an application of one module; others: file → text, with ``__`` for a dot and ``_0`` for a slash."""
    files = {name.replace("__", ".").replace("_0", "/"): text for name, text in others.items()}
    write_files(directory / "app", {"requirements.txt": "\n".join(lines.split()) + "\n", "main.py": code, **files})
    return run("app/requirements.txt", "-q", "-f", "wheels", "--runs", "1", *arguments)


def reported(done: subprocess.CompletedProcess[str]) -> ImportsReport:
    assert (done.returncode, done.stderr) == (0, "")
    return ImportsReport.from_json(done.stdout)


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_imports__application__has_rows_that_add_up_and_changes_nothing(here: Path, offline: Path) -> None:
    files = {
        "requirements.txt": "dw-heavy\n",
        "main.py": f"import json, helper\n{LAZY}",
        "helper.py": "import dw_small\n",
    }
    write_files(here / "app", files)
    before = contents(here / "app")
    report = reported(run("app/requirements.txt", "-q", "-f", "wheels", "--runs", "2", "--format", "json"))
    assert contents(here / "app") == before
    assert list(offline.iterdir()) == []
    assert (report.schema, report.entry, report.entry_from, report.runs) == (
        "deadweight.imports/1",
        "main",
        "main.py",
        2,
    )
    assert report.python == sys.version.split()[0]
    rows = {row.key or row.kind: row for row in report.rows}
    assert {"dw-heavy", "dw-small", "application", "standard library"} <= set(rows)
    rest = report.timed_us.median - sum(row.self_us.median for row in report.rows)
    assert report.rest_us == (rest if rest >= 0 else None)
    heavy, small = rows["dw-heavy"], rows["dw-small"]
    # How long a start takes depends on what else the machine does, but it never sleeps less.
    assert heavy.self_us.least >= 80_000
    assert small.self_us.least >= 30_000
    assert rows["application"].cumulative_us.least >= 110_000
    assert (heavy.version, heavy.modules, rows["application"].modules) == ("1.0", 1, 2)
    assert heavy.memory_bytes
    assert heavy.memory_bytes.median >= 19_000_000
    assert report.start_bytes
    assert report.start_bytes.median >= 19_000_000
    (lazy,) = report.lazy
    (statement,) = lazy.statements
    assert (statement.file, statement.line, statement.statement, statement.function, statement.function_line) == (
        "main.py", 2, "import dw_heavy", "report", 4,
    )  # fmt: skip
    assert lazy.attempt
    assert lazy.attempt.saves_us is not None
    assert (lazy.attempt.saves_bytes or 0) >= 19_000_000
    assert lazy.attempt.still_loaded == ()


def test_imports__another_module_needs_it__says_which(here: Path) -> None:
    done = imports(here, f"import dw_eager\n{LAZY}", "--format", "json", lines="dw-eager")
    (lazy,) = reported(done).lazy
    assert lazy.attempt
    assert (lazy.attempt.still_loaded, lazy.attempt.loaded_by) == (("dw_heavy",), ("dw_eager", "main"))
    text = as_text(reported(done), View(width=120))
    assert "1 run is too few to tell what it saves (use --runs 3 or more)" in text
    assert "dw_heavy is still loaded by dw_eager, main" in " ".join(text.split())


def test_imports__called_at_start__is_still_loaded(here: Path) -> None:
    (lazy,) = reported(imports(here, f"{LAZY}report()\n", "--format", "json")).lazy
    assert lazy.attempt
    assert (lazy.attempt.still_loaded, lazy.attempt.loaded_by) == (("dw_heavy",), ("main",))


def test_imports__copy_fails__says_why(here: Path) -> None:
    check = "import sys\nassert 'dw_heavy' in sys.modules, 'heavy is needed'\n"
    done = imports(here, LAZY + check, "--format", "json")
    (lazy,) = reported(done).lazy
    assert lazy.attempt == Attempt(failure="importing main failed: AssertionError: heavy is needed (main.py, line 6)")
    text = as_text(reported(done), View(width=120))
    assert "the application does not start: importing main failed" in text


def test_imports__two_candidates__are_tried_together(here: Path) -> None:
    code = f"import dw_small\n{LAZY}\ndef other():\n    return dw_small\n"
    report = reported(imports(here, code, "--format", "json"))
    assert [lazy.statements[0].line for lazy in report.lazy] == [2, 1]
    small = report.lazy[1].attempt
    assert small
    assert (small.still_loaded, small.loaded_by[0]) == (("dw_small",), "dw_heavy")
    assert report.together
    assert report.together.still_loaded == ()


def test_imports__one_import_in_two_files__is_one_suggestion_that_saves(here: Path) -> None:
    other = "import dw_heavy as heavy\n\ndef other():\n    return heavy\n"
    report = reported(imports(here, f"import helper\n{LAZY}", "--format", "json", helper__py=other))
    (lazy,) = report.lazy
    assert [(each.file, each.line) for each in lazy.statements] == [("helper.py", 1), ("main.py", 2)]
    assert (lazy.modules, report.together) == (("dw_heavy",), None)
    assert lazy.attempt
    assert lazy.attempt.still_loaded == ()
    assert (lazy.attempt.saves_us or 0) >= 80_000


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        ("mian.py", "--entry mian.py: no such Python file in the application\nhint: did you mean --entry main.py?\n"),
        ("mian", "neither the application nor TARGET has a module mian\nhint: did you mean --entry main?\n"),
        ("main:reprot", "main has no attribute reprot\nhint: did you mean --entry main:report?\n"),
        (
            "main:dw_small.vlaue",
            "main has no attribute dw_small.vlaue\nhint: did you mean --entry main:dw_small.value?\n",
        ),
        ("main:rep", "main has no attribute rep\nhint: did you mean --entry main:report?\n"),
        ("main:zz", "main has no attribute zz\nhint: use --entry main to import the module only\n"),
    ],
)
def test_imports__wrong_entry__hints_at_what_exists(here: Path, entry: str, answer: str) -> None:
    code = "import dw_small\ndw_small.value = 1\ndef report(): pass\n"
    done = imports(here, code, "--entry", entry, lines="dw-small")
    assert (done.returncode, done.stdout, done.stderr) == (4, "", f"error: {answer}")


def test_imports__no_entry__hints_at_files_that_are_run(here: Path) -> None:
    files = {"requirements.txt": "", "a.py": "", "jobs/sync.py": "if __name__ == '__main__':\n    pass\n"}
    write_files(here / "app", files)
    done = run("app/requirements.txt", "-q")
    assert done.returncode == 4
    assert done.stderr.endswith(
        "\nhint: use --entry MODULE or --entry FILE, for example --entry jobs/sync.py or --entry a\n"
    )


def test_imports__text__shows_the_table_and_the_attempt(here: Path) -> None:
    done = imports(here, LAZY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("main (main.py) starts in ")
    assert "\ndw-heavy 1.0 " in done.stdout
    assert "main.py:1: import dw_heavy\n" in done.stdout
    assert "used only in report() (line 3)\n    importing dw_heavy takes" in done.stdout


def test_imports__nothing_heavy__says_so(here: Path) -> None:
    done = imports(here, "def f(): pass\n", "--top", "1")
    assert done.stdout.endswith("No heavy import at module level is used in one function only.\n")


def test_imports__script_prints_forks_and_starts_threads__is_measured(here: Path) -> None:
    code = (
        "import os, sys, threading, time\nprint('SAID')\nprint('import time: 1 | 9 | made.up', file=sys.stderr)\n"
        "os.write(2, b'import time:         1 |          1 | made_up\\n')\nassert not sys.stdin.read()\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\nassert sys.argv == ['main']\n"
        "assert os.getcwd() == sys.path[0] == os.path.dirname(os.path.abspath(__file__))\n"
        "if not os.fork():\n    time.sleep(600)\n"
    )
    began = time.monotonic()
    report = reported(imports(here, code, "--format", "json", lines="dw-small"))
    assert time.monotonic() - began < 60
    assert report.entry == "main"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import os\nos.environ['DW_SECRET']\n", "importing main failed: KeyError: 'DW_SECRET' (main.py, line 2)"),
        ("raise SystemExit(3)\n", "importing main failed: SystemExit: 3 (main.py, line 1)"),
        ("x = = 1\n", "importing main failed: SyntaxError: invalid syntax"),
        ("import os\nos._exit(3)\n", "the process exited with status 3 while it imported main"),
        ("import os\nos.kill(os.getpid(), 9)\n", "the process was killed by signal 9 (Killed) while it imported main"),
        ("import dw_gone\n", "importing main failed: ModuleNotFoundError: No module named 'dw_gone' (main.py, line 1)"),
        ("raise ValueError('\\x1b[31m' + 'x' * 9999)\n", "importing main failed: ValueError: \\x1b[31mxxx"),
    ],
)
def test_imports__application_fails__is_bad_input_with_its_error(here: Path, code: str, cause: str) -> None:
    done = imports(here, code, lines="dw-small")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"error: {cause}")
    assert len(done.stderr) < 2000
    assert ("does not provide dw_gone" in done.stderr) == ("dw_gone" in code)


def test_imports__hangs__is_ended_with_its_children(here: Path, offline: Path) -> None:
    code = "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)\n"
    done = imports(here, code, "--timeout", "1", lines="dw-small")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: importing main did not finish within 1 s\n")
    assert list(offline.iterdir()) == []


def test_imports__environment__is_used_as_it_is_with_the_users_variables(here: Path) -> None:
    code = "import os, dw_small\nassert os.environ['DW_SECRET'] == '1'\nassert 'kept' in os.environ['VIRTUAL_ENV']\n"
    done = imports(here, "import dw_small\n", "--keep-env", "kept", lines="dw-small")
    assert done.returncode == 0
    write_files(here / "app", {"src/shop/__init__.py": "", "src/shop/web.py": code + "class app:\n    x = 1\n"})
    before = contents(here / "kept")
    arguments = ("kept", "--source", "app", "-q", "--runs", "1", "--format", "json")
    report = reported(run(*arguments, "--entry", "shop.web:app.x", DW_SECRET="1"))
    assert contents(here / "kept") == before
    assert (report.entry, report.entry_from, report.target.method) == ("shop.web:app.x", "--entry", "files")
    assert run(*arguments, "--entry", "app/src/shop/web.py", DW_SECRET="1").returncode == 0
    missing = run(*arguments, "--entry", "shop.web:app.y", DW_SECRET="1")
    assert missing.returncode == 4
    assert missing.stderr.startswith("error: shop.web has no attribute app.y\n")
    # A module of a distribution can be measured, too.
    assert reported(run(*arguments, "--entry", "dw_small")).rows[0].key == "dw-small"


def test_imports__lock__installs_its_versions(here: Path) -> None:
    make_wheelhouse(here / "wheels", make_wheel("dw-small", "2.0", files={"dw_small.py": "raise SystemExit"}))
    lock = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "dw-small"\nversion = "1.0"\n'
    digest = hashlib.sha256((here / "wheels/dw_small-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    wheel = f'[[packages.wheels]]\npath = "../wheels/dw_small-1.0-py3-none-any.whl"\nhashes = {{sha256 = "{digest}"}}\n'
    write_files(here, {"app/pylock.toml": lock + wheel, "app/main.py": "import dw_small\n"})
    report = reported(run("app/pylock.toml", "-q", "-f", "wheels", "--runs", "1", "--format", "json"))
    assert (report.rows[0].key, report.rows[0].version, report.target.form) == ("dw-small", "1.0", "lock")
    assert report.target.location == "app/pylock.toml"


@pytest.mark.parametrize(
    "arguments",
    [
        ["app/requirements.txt", "--no-install"],
        ["app/requirements.txt", "--entry", "gone.py"],
        ["pandas"],
        ["app/report.json"],
        ["env"],
        ["env", "--source", "app"],
        ["env", "--source", "app", "--keep-env", "x"],
    ],
)
def test_imports__what_cannot_be_started__is_refused(here: Path, arguments: list[str]) -> None:
    report = json.dumps({"schema": "deadweight.profile/1"})
    write_files(here, {"app/main.py": "", "app/requirements.txt": "", "app/report.json": report, "env/pyvenv.cfg": ""})
    done = run(*arguments, "-q")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: ")


@pytest.mark.online
def test_imports__pandas__saves_its_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "import pandas as pd\n\ndef report():\n    return pd.DataFrame()\n"
    write_files(tmp_path / "app", {"requirements.txt": "pandas\n", "main.py": code})
    report = reported(run("app/requirements.txt", "-q", "--runs", "3", "--format", "json"))
    (lazy,) = report.lazy
    assert {"numpy", "pandas"} <= {row.key for row in report.rows}
    assert (lazy.modules, lazy.statements[0].function) == (("pandas",), "report")
    assert lazy.attempt
    assert lazy.attempt.still_loaded == ()
    assert (lazy.attempt.saves_bytes or 0) > 10_000_000
