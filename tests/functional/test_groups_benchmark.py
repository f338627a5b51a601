"""The groups of labelled applications stay as good as they are said to be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_benchmark__labelled_applications__reach_their_marks() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/groups.py"), "--halves", "0"],
        capture_output=True,
        text=True,
        check=True,
    )
    sections = dict(
        re.findall(r"^(with source|requirements only) .*\n.*F1 ([\d.]+)  dangerous +\d+", done.stdout, re.M)
    )
    errors = dict(re.findall(r"^(with source|requirements only) .*\n.*dangerous +(\d+)", done.stdout, re.M))
    left_one_out = r"^(with source|requirements only) (?:.*\n)+?  leave one project out .*F1 ([\d.]+)"
    unknown = dict(re.findall(left_one_out, done.stdout, re.M))
    assert float(sections["with source"]) >= 0.96
    assert int(errors["with source"]) <= 2
    assert float(sections["requirements only"]) >= 0.945
    assert int(errors["requirements only"]) <= 4
    assert float(unknown["with source"]) >= 0.94
    assert float(unknown["requirements only"]) >= 0.915
    strict, lenient = map(float, re.findall(r"strict ([\d.]+)  lenient ([\d.]+)", done.stdout)[0])
    assert strict >= 0.90
    assert lenient >= 0.95
