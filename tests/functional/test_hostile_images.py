"""What an archive of 10 MB may make us take: less than 1 GB, and less than a minute."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile_images import REFUSED_OR_MEASURED, rpm_layers

_MOST_MEMORY = 1 << 30
_SECONDS = 60
_LARGEST = 10_000_000
# Reports the peak of the largest process that the measurement took.
_MEASURED = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "deadweight", *sys.argv[1:], "-q", "--format", "json"])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


def measured(path: Path, how: str) -> tuple[int, int, bytes]:
    """Return (exit code, peak in bytes, report) of a run, which has a minute."""
    target = "-" if how == "stdin" else str(path)
    with path.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, target], stdin=file, capture_output=True, timeout=_SECONDS, check=False
        )
    return done.returncode, int(done.stderr.split()[-1]) * (1 if sys.platform == "darwin" else 1024), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED_OR_MEASURED)
@pytest.mark.parametrize("how", ["file", "stdin"])
def test_archive__small_and_hostile__takes_little(tmp_path: Path, name: str, how: str) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(REFUSED_OR_MEASURED[name](1))
    assert path.stat().st_size <= _LARGEST
    status, peak, _ = measured(path, how)
    assert status in (0, 4)
    assert peak < _MOST_MEMORY


# One process for all of them: each takes longer to start than to measure a hundredth of these.
_ALL = """
import resource, sys
from deadweight.operations.measure import profile
from deadweight.errors import BadInput
for path in sys.argv[1:]:
    try:
        profile(path)
    except BadInput as error:
        print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def test_archives__a_hundredth_of_each__take_little(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.tar" for number in range(len(REFUSED_OR_MEASURED))]
    for path, make in zip(paths, REFUSED_OR_MEASURED.values(), strict=True):
        path.write_bytes(make(0.003))
    done = subprocess.run(
        [sys.executable, "-c", _ALL, *map(str, paths)], capture_output=True, timeout=_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stderr) * (1 if sys.platform == "darwin" else 1024) < _MOST_MEMORY


@pytest.mark.parametrize("how", ["file", "stdin"])
@pytest.mark.parametrize(
    "scale", [pytest.param(0.02, id="small"), pytest.param(1.0, id="whole", marks=pytest.mark.slow)]
)
def test_archive__twenty_layers_with_a_large_database_each__is_measured(tmp_path: Path, how: str, scale: float) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(rpm_layers(scale))
    status, peak, report = measured(path, how)
    assert status == 0
    assert peak < _MOST_MEMORY
    assert json.loads(report)["system"]["packages"] != []
