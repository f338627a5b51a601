"""What uv and pip print."""

from __future__ import annotations

import pytest

from deadweight.formats.installer_output import explain, pip_progress, uv_progress


def test_uv_progress__downloads__add_up() -> None:
    read = uv_progress()
    lines = [
        "Resolved 3 packages in 4ms",
        "Downloading numpy (16.0MiB)",
        "Downloading six (1.0KiB)",
        " Downloaded numpy",
    ]
    seen = [found for line in lines if (found := read(line))]
    assert [(s.phase, s.done_bytes, s.total_bytes) for s in seen] == [
        ("resolving", None, None),
        ("downloading", 0, 16 << 20),
        ("downloading", 0, (16 << 20) + 1024),
        ("downloading", 16 << 20, (16 << 20) + 1024),
    ]
    assert read(" + numpy==2.0") is None


def test_uv_progress__phases() -> None:
    read = uv_progress()
    lines = ["   Building x @ file:///x", "Prepared 2 packages in 1s", "Installed 2 packages in 9ms"]
    assert [found.phase for line in lines if (found := read(line))] == ["building", "installing", "compiling"]


def test_pip_progress__raw_bytes__add_up_over_files() -> None:
    read = pip_progress()
    lines = [
        "Collecting numpy",
        "  Downloading numpy-2.0-cp311.whl (12.0 MB)",
        "Progress 6000000 of 12000000",
        "  Downloading six-1.16-py3-none-any.whl (11 kB)",
        "Installing collected packages: six, numpy",
    ]
    seen = [found for line in lines if (found := read(line))]
    assert [(s.phase, s.done_bytes, s.total_bytes) for s in seen] == [
        ("resolving", None, None),
        ("downloading", 0, 12_000_000),
        ("downloading", 6_000_000, 12_000_000),
        ("downloading", 12_000_000, 12_011_000),
        ("installing", None, None),
    ]


@pytest.mark.parametrize(
    ("output", "cause", "hint"),
    [
        (
            "Using Python 3.11\nerror: No solution found\n  cause: Because nope was not found in the registry\n",
            "No solution found\nBecause nope was not found in the registry",
            "",
        ),
        (
            "  × No solution found:\n  ╰─▶ Because a needs b<1\n      and you require b>1\n",
            "No solution found:\nBecause a needs b<1\nand you require b>1",
            "",
        ),
        (
            "WARNING: noise\nERROR: Could not find a version that satisfies x\nERROR: No matching distribution for x\n",
            "Could not find a version that satisfies x\nNo matching distribution for x",
            "",
        ),
        ("error: write failed\n  cause: No space left on device (os error 28)", "no space left on the disk", "TMPDIR"),
        (
            "error: Failed to fetch\n  cause: error sending request for url",
            "Failed to fetch\nerror sending request for url",
            "network",
        ),
        ("error: all versions of x have no usable wheels", "all versions of x have no usable wheels", "--no-build"),
        ("", "it failed and gave no reason", ""),
    ],
)
def test_explain__output__cause_and_hint(output: str, cause: str, hint: str) -> None:
    found, advice = explain(output)
    assert found == cause
    assert hint in advice


def test_explain__long_reason__is_cut() -> None:
    output = "error: no\n" + "\n".join(f"line {n}" for n in range(50))
    cause, _ = explain(output)
    assert len(cause.splitlines()) == 7
    assert cause.endswith("…")
