"""Proofs and findings on the recorded applications stay as good as the documentation says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_benchmark__recorded_applications__reach_their_marks() -> None:
    command = [sys.executable, str(ROOT / "benchmarks/proofs.py"), "--no-deptry"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lists, wrong, unjudged = map(
        int,
        re.findall(r"production lists: (\d+), refused \d+, of these wrongly (\d+); gaps not judged (\d+)", done.stdout)[
            0
        ],
    )
    assert unjudged == 0
    assert wrong * 12 <= lists
    tried, caught = map(int, re.findall(r"removals: (\d+), caught (\d+)", done.stdout)[0])
    assert tried > 400
    assert caught >= 0.98 * tried
    judged, false = map(int, re.findall(r"findings judged: (\d+), false (\d+)", done.stdout)[0])
    assert judged > 150
    assert false <= 0.08 * judged
