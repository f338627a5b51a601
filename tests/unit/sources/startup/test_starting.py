"""An application and an interpreter → what one start takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight.errors import StartFailed
from deadweight.sources.startup.starting import Mode, Starter, interpreter, start
from deadweight.sources.system.scratch import scratch_directory
from deadweight.startup.importtime import imported
from deadweight.startup.values import Entry
from tests.builders import write_files

MODES: tuple[Mode, ...] = ("bare", "plain", "times", "memory")


@pytest.fixture
def starter(tmp_path: Path, offline: Path) -> Iterator[Starter]:
    with scratch_directory() as scratch:
        yield Starter(python=sys.executable, entry=Entry(module="dw_app"), seconds=20, scratch=scratch)


def application(directory: Path, code: str) -> str:
    return str(write_files(directory / "app", {"dw_app.py": code}))


def test_start__modes__tell_what_each_can(tmp_path: Path, starter: Starter) -> None:
    directory = application(
        tmp_path, "import json.tool, importlib\nimportlib.import_module('.tool', 'json')\nimport plistlib"
    )
    bare, plain, times, memory = (start(starter, directory, mode) for mode in MODES)
    assert 0 < bare.wall_us < plain.wall_us
    names = [each.name for each in imported(times.output)]
    assert {"dw_app", "plistlib", "json.tool", "site"} <= set(names)
    assert not {"__main__", "importlib", "json"} & set(imported_by_probe(names))
    assert times.origins["dw_app"] == os.path.join(os.path.realpath(directory), "dw_app.py")
    assert times.origins["sys"] == "built-in"
    assert any(times.origins["plistlib"].startswith(each) for each in times.library)
    assert {"dw_app", "plistlib"} <= {each.name for each in memory.memory}
    assert (memory.memory[-1].name, memory.memory[-1].depth) == ("dw_app", 0)
    assert (plain.output, plain.memory, plain.origins) == (b"", (), {})
    assert plain.rss_bytes
    assert not list(Path(directory).rglob("__pycache__"))


def imported_by_probe(names: list[str]) -> list[str]:
    """Return what was imported after the application."""
    return names[names.index("dw_app") + 1 :]


def test_start__import_module__is_seen(tmp_path: Path, starter: Starter) -> None:
    code = "import importlib\nimportlib.import_module('dw_pack.inner')\nimportlib.import_module('.more', 'dw_pack')\n"
    directory = application(tmp_path, code)
    write_files(tmp_path / "app", {"dw_pack/__init__.py": "", "dw_pack/inner.py": "", "dw_pack/more.py": ""})
    for mode in MODES[2:]:
        launch = start(starter, directory, mode)
        found = {each.name for each in (*imported(launch.output), *launch.memory)}
        assert {"dw_pack", "dw_pack.inner", "dw_pack.more"} <= found


@pytest.mark.parametrize(
    "result",
    [
        "[[[",
        "[]",
        '{"python": 1}',
        '{"python": "3", "wall_us": 1%s}' % ("0" * 400),
        '{"python": "3", "wall_us": -1}',
        '{"python": "3", "memory": [["a", 0, 1e99]]}',
        '{"python": "3", "origins": {"a": 1}}',
        "[" * 100_000,
    ],
    ids=range(8),
)
def test_start__application_writes_the_result_itself__is_refused(tmp_path: Path, starter: Starter, result: str) -> None:
    forged = f"import os\nopen(os.environ['TMPDIR'] + '/../start.json', 'w').write({result!r})\nos._exit(0)\n"
    with pytest.raises(StartFailed, match="exited with status 0"):
        start(starter, application(tmp_path, forged), "plain")


def test_start__no_interpreter__is_an_error(tmp_path: Path, starter: Starter) -> None:
    missing = Starter(python=str(tmp_path / "gone"), entry=starter.entry, seconds=20, scratch=starter.scratch)
    with pytest.raises(StartFailed, match="No such file"):
        start(missing, application(tmp_path, ""), "plain")


def test_start__pythons_own_variables__do_not_disturb(
    tmp_path: Path, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPROFILEIMPORTTIME", "PYTHONVERBOSE", "PYTHONSAFEPATH", "PYTHONINSPECT"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PYTHONPATH", str(write_files(tmp_path / "more", {"dw_more.py": ""})))
    assert start(starter, application(tmp_path, "import dw_more"), "plain").output == b""


def test_interpreter__environment__is_in_it_or_above(tmp_path: Path) -> None:
    write_files(tmp_path, {"env/bin/python3": "", "env/lib/python3.11/site-packages/a.py": ""})
    assert interpreter(str(tmp_path / "env")) == ""  # it cannot be executed
    (tmp_path / "env/bin/python3").chmod(0o755)
    expected = str(tmp_path / "env/bin/python3")
    assert (
        interpreter(str(tmp_path / "env"))
        == interpreter(str(tmp_path / "env/lib/python3.11/site-packages"))
        == expected
    )
    assert interpreter(sys.prefix) == sys.executable
