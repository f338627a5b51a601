"""What deadweight writes to: files, devices, pipes, and streams that somebody closed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deadweight.cli.output import may_write, may_write_below
from deadweight.cli.output import write_files as write_results
from deadweight.errors import BadInput, WouldOverwrite
from tests.builders import dist_files, make_env

DEADWEIGHT = f"{sys.executable} -m deadweight"


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_env(tmp_path / "env", dist_files("a", "2.0", requested=True))
    return tmp_path


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("force", [True, False])
def test_write_files__fifo__is_written_through(force: bool, tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(path.read_text()))
    reader.start()
    write_results({str(path): "report\n"}, force=force)
    reader.join(10)
    assert got == ["report\n"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make devices")
def test_write_files__device__stays_one(tmp_path: Path) -> None:
    path = tmp_path / "null"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        path.write_text("")
    except PermissionError:
        pytest.skip("no devices can be made or used here")
    write_results({str(path): "report\n"}, force=True)
    assert stat.S_ISCHR(os.lstat(path).st_mode)


def test_write_files__symlink__what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory/real").write_text("old")
    (tmp_path / "link").symlink_to("directory/real")
    with pytest.raises(WouldOverwrite):
        write_results({str(tmp_path / "link"): "new"}, force=False)
    write_results({str(tmp_path / "link"): "new"}, force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "directory/real").read_text() == "new"


def test_write_files__symlink_to_nothing__makes_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("new")
    with pytest.raises(WouldOverwrite):
        may_write(str(tmp_path / "link"), force=False)
    write_results({str(tmp_path / "link"): "text"}, force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "new").read_text() == "text"


@pytest.mark.parametrize("below", ["", "new", "new/deeper"])
def test_may_write_below__directory_that_is_read_only__is_found_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    may_write_below(str(tmp_path / below), "a.txt", force=False)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(os, "access", lambda path, mode: os.path.realpath(path) != os.path.realpath(tmp_path))
    with pytest.raises(BadInput, match="you may not write to this directory"):
        may_write_below(str(tmp_path / below), "a.txt", force=False)
    with pytest.raises(BadInput, match="you may not write to this directory"):
        may_write(str(tmp_path / "a.txt"), force=False)


def test_may_write_below__a_file_in_the_way__is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in ("file", "file/below"):
        with pytest.raises(BadInput, match="file is not a directory"):
            may_write_below(str(tmp_path / directory), force=True)
    with pytest.raises(WouldOverwrite):
        may_write_below(str(tmp_path), "file", force=False)
    may_write_below(str(tmp_path), "file", force=True)


def test_write_files__file_with_permissions_of_its_own__keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    path.chmod(0o600)
    write_results({str(path): "new"}, force=True)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


def test_write_files__path_that_is_no_utf_8__keeps_its_bytes(tmp_path: Path) -> None:
    write_results({str(tmp_path / "r.txt"): f"-r {os.fsdecode(b'caf' + bytes([0xE9]))}/more.txt\n"}, force=False)
    assert (tmp_path / "r.txt").read_bytes() == b"-r caf\xe9/more.txt\n"


@pytest.mark.parametrize("stream", ["/dev/stdout", "/dev/fd/1"])
def test_output__standard_output_by_name__is_where_the_report_goes(stream: str, here: Path) -> None:
    done = shell(f"{DEADWEIGHT} env -q -o {stream} | cat")
    assert done.stdout.startswith("env\n")
    done = shell(f"{DEADWEIGHT} env -q -o {stream} > out.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "out.txt").read_text().startswith("env\n")


def test_stderr__closed__the_report_is_whole(here: Path) -> None:
    expected = shell(f"{DEADWEIGHT} env --format json -q").stdout
    done = shell(f"{DEADWEIGHT} env --format json 2>&-")
    assert (done.returncode, done.stdout) == (0, expected)


@pytest.mark.parametrize("redirect", ["2> >(exec true)", "2>/dev/full"])
def test_stderr__closed_pipe__the_report_is_whole(redirect: str, here: Path) -> None:
    expected = shell(f"{DEADWEIGHT} env --format json -q").stdout
    done = shell(f"{DEADWEIGHT} env --format json -v {redirect}")
    assert (done.returncode, done.stdout) == (0, expected)


def test_stderr__closed__errors_keep_their_exit_code(here: Path) -> None:
    assert shell(f"{DEADWEIGHT} no-such-thing.txt 2>&-").returncode == 4
    assert shell(f"{DEADWEIGHT} env --no-such-option 2>/dev/full").returncode == 2


def test_stdout__closed__says_so_and_a_file_is_written_all_the_same(here: Path) -> None:
    done = shell(f"{DEADWEIGHT} env -q >&-")
    assert (done.returncode, "stdout is closed" in done.stderr) == (4, True)
    done = shell(f"{DEADWEIGHT} env -q -o report.txt >&-")
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "report.txt").read_text().startswith("env\n")


def test_streams__all_closed__no_file_takes_their_numbers(here: Path) -> None:
    done = shell(f"{DEADWEIGHT} env -o report.txt <&- >&- 2>&-")
    assert done.returncode == 0
    assert (here / "report.txt").read_text().startswith("env\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("module", ["deadweight.cli", "click", "deadweight.operations.measure"])
def test_signal__while_modules_are_imported__exits_with_130_and_no_traceback(
    module: str, number: signal.Signals, here: Path
) -> None:
    code = (
        "import os, runpy, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv = ['deadweight', 'env', '-q']\n"
        "runpy.run_module('deadweight', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "interrupted; no files were left behind")


def test_working_directory__was_deleted__an_absolute_target_is_measured(here: Path) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; {DEADWEIGHT} {here}/env --format json -q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == shell(f"{DEADWEIGHT} {here}/env --format json -q").stdout


def test_working_directory__was_deleted__a_relative_target_is_refused_in_plain_words(here: Path) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; {DEADWEIGHT} env -q")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: ")
