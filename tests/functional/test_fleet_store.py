"""Several programs with one file of a fleet: writers, readers, and writers that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from deadweight.sources.fleet.files import reading
from tests.builders import bare, report_on
from tests.fleets import fleet_file, rows

# Adds targets until it is killed, or as many as it is told to.
WRITER = """
import itertools, sys
from deadweight.sources.fleet.store import Fleet
from tests.builders import bare, report_on
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Fleet.open(path) as fleet:
    run = fleet.begin("0.1")
    print("began", flush=True)
    for number in itertools.islice(itertools.count(), count or None):
        distributions = [bare(f"d{each}", each + 1, version=f"{number}.{name}") for each in range(40)]
        fleet.add(run, f"{name}-{number}", report_on(*distributions))
    fleet.finish(run)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def check_whole(path: Path) -> int:
    """Check that nothing is damaged or half; return the number of targets."""
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []
    halves = (
        "SELECT COUNT(*) FROM result WHERE distributions != (SELECT COUNT(*) FROM installed WHERE result = result.id)"
    )
    assert rows(path, halves) == [(0,)]
    assert rows(path, "SELECT COUNT(*) FROM result WHERE id NOT IN (SELECT result FROM measurement)") == [(0,)]
    ((count,),) = rows(path, "SELECT COUNT(*) FROM targets")
    assert isinstance(count, int)
    return count


def test_writers_at_once__new_file__all_is_there(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    writers = [writer(path, name, 15) for name in ("a", "b", "c")]
    assert [each.communicate()[0] for each in writers] == ["began\n"] * 3
    assert [each.returncode for each in writers] == [0, 0, 0]
    assert check_whole(path) == 45


def test_readers__while_another_writes__see_whole_targets(tmp_path: Path) -> None:
    path = fleet_file(tmp_path / "f.db", {"first": report_on(bare("a"))})
    running = writer(path, "a", 40)
    while running.poll() is None:
        with reading(str(path)) as connection:
            counts = connection.execute(
                "SELECT DISTINCT counted FROM (SELECT COUNT(*) AS counted FROM distributions GROUP BY target)"
            ).fetchall()
        assert set(counts) <= {(1,), (40,)}
    running.communicate()
    assert running.returncode == 0
    assert check_whole(path) == 41


def test_kill_9__while_writing__file_is_whole_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    before = 0
    for number in range(20):
        running = writer(path, f"w{number}", 0)
        assert running.stdout is not None
        assert running.stdout.readline() == "began\n"
        time.sleep(0.01 * number)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        count = check_whole(path)
        assert count >= before
        before = count
    assert before
    assert rows(path, "SELECT COUNT(*), COUNT(finished) FROM run") == [(20, 0)]
