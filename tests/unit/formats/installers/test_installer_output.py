"""The output of uv and pip → progress, and a short reason for a failure."""

from __future__ import annotations

import pytest

from deadweight.formats.installers.installer_output import UvChoices, UvDoubts, explain, pip_progress, uv_progress
from deadweight.progress import Progress

UV = """\
Using Python 3.11.7 environment at: /tmp/x/env
Resolved 3 packages in 120ms
   Building app @ file:///src/app
Downloading numpy (15.0MiB)
Downloading pip (2.0MiB)
      Built app @ file:///src/app
 Downloaded pip
 Downloaded numpy
Prepared 3 packages in 2.10s
Installed 3 packages in 80ms
Bytecode compiled 900 files in 1.2s
 + numpy==2.1.0
"""
PIP = """\
Looking in links: /wheels
Processing ./app
Collecting numpy==2.1.0
  Downloading numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl (2.0 kB)
Progress 0 of 2000
Progress 2000 of 2000
Collecting idna
  Downloading idna-3.7-py3-none-any.whl (500 B)
Progress 500 of 500
Building wheels for collected packages: app
  Building wheel for app (pyproject.toml): started
Installing collected packages: numpy, idna, app
Successfully installed app-1 idna-3.7 numpy-2.1.0
"""


def test_uv_progress__whole_install__adds_up_the_downloads() -> None:
    read = uv_progress()
    mib = 1 << 20
    assert [seen for line in UV.splitlines() if (seen := read(line))] == [
        Progress("resolving", "3 distributions"),
        Progress("building", "app"),
        Progress("downloading", "numpy", 0, 15 * mib),
        Progress("downloading", "pip", 0, 17 * mib),
        Progress("building", "app"),
        Progress("downloading", "pip", 2 * mib, 17 * mib),
        Progress("downloading", "numpy", 17 * mib, 17 * mib),
        Progress("installing"),
        Progress("compiling", "bytecode"),
    ]


def test_pip_progress__whole_install__adds_up_the_files() -> None:
    read = pip_progress()
    assert [seen for line in PIP.splitlines() if (seen := read(line))] == [
        Progress("resolving", "./app"),
        Progress("resolving", "numpy==2.1.0"),
        Progress("downloading", "numpy", 0, 2000),
        Progress("downloading", "numpy", 0, 2000),
        Progress("downloading", "numpy", 2000, 2000),
        Progress("resolving", "idna"),
        Progress("downloading", "idna", 2000, 2500),
        Progress("downloading", "idna", 2500, 2500),
        Progress("building", "app"),
        Progress("installing", "3 distributions"),
    ]


@pytest.mark.parametrize("line", ["", "warning: something", "Downloadings", " + numpy==2.1.0"])
def test_progress__other_lines__say_nothing(line: str) -> None:
    assert uv_progress()(line) is None
    assert pip_progress()(line) is None


def test_explain__uv_without_a_solution__gives_the_reason_without_frames() -> None:
    output = (
        "Using Python 3.11.7\n"
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because there is no version of numpy==99 and you require\n"
        "      numpy==99, we can conclude that your requirements are unsatisfiable.\n"
    )
    assert explain(output) == (
        (
            "No solution found when resolving dependencies:\n"
            "Because there is no version of numpy==99 and you require\n"
            "numpy==99, we can conclude that your requirements are unsatisfiable."
        ),
        "",
    )


def test_explain__hint_of_uv__is_the_hint() -> None:
    output = "error: No interpreter found\nhint: A managed Python is available\nhint: use --python\n"
    assert explain(output) == ("No interpreter found", "use --python")


def test_explain__error_that_pip_repeats__is_given_once() -> None:
    output = (
        "Looking in links: /wheels\n"
        "ERROR: Could not find a version that satisfies the requirement nope (from versions: none)\n"
        "WARNING: a newer pip is there\n"
        "[notice] To update, run: pip install --upgrade pip\n"
        "ERROR: No matching distribution found for nope\n"
    )
    assert explain(output) == (
        (
            "Could not find a version that satisfies the requirement nope (from versions: none)\n"
            "No matching distribution found for nope"
        ),
        "",
    )


def test_explain__long_reason__is_cut() -> None:
    cause, _ = explain("error: 0\n" + "".join(f"line {n}\n" for n in range(1, 20)))
    assert cause.splitlines() == ["0", "line 1", "line 2", "line 3", "line 4", "line 5", "…"]


def test_explain__blank_line_after_a_long_reason__ends_it() -> None:
    assert explain("error: 1\n2\n3\n4\n\nsomething else\n")[0] == "1\n2\n3\n4"


@pytest.mark.parametrize(
    "line",
    [
        "error: failed to write: No space left on device (os error 28)",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "OSError: [Errno 122] Disk quota exceeded",
    ],
)
def test_explain__full_disk__gives_the_cause_and_a_hint(line: str) -> None:
    cause, hint = explain(f"noise\n{line}\n")
    assert cause == "no space left on the disk"
    assert "TMPDIR" in hint


@pytest.mark.parametrize(
    "line",
    [
        "error: error sending request for url (https://host/simple/a/)",
        "ERROR: HTTPSConnectionPool(host='host', port=443): Max retries exceeded with url: /simple/a/",
        "ERROR: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
    ],
)
def test_explain__no_network__gives_a_hint(line: str) -> None:
    cause, hint = explain(line)
    assert cause == line.partition(": ")[2]
    assert "network" in hint


def test_explain__only_an_sdist_under_no_build__gives_the_build_hint() -> None:
    output = "error: Because app==1 has no usable wheels and building from source is disabled, it cannot be used.\n"
    assert explain(output, build_hint="leave --no-build out")[1] == "leave --no-build out"
    assert explain(output + "hint: Wheels are required for `app` (i.e., with `--no-build`)\n")[1] == ""


OTHER_PYTHON = """error: No solution found when resolving dependencies
  cause: Because the current Python version (3.11.7) does not satisfy Python>=3.12 and all versions of a depend on
         Python>=3.12, we can conclude that all versions of a cannot be used.
"""


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        (OTHER_PYTHON, "use --python 3.12,"),
        (
            "× No solution:\n the current Python version (3.13.0) does not\n  satisfy Python>=3.9,<3.12",
            "--python 3.11,",
        ),
        ("ERROR: Package 'a' requires a different Python: 3.11.7 not in '<3.11,>=3.8'\n", "use --python 3.10,"),
        ("error: Python version (3.11.7) does not satisfy Python>=3.12 … does not satisfy Python<3.11", ""),
    ],
)
def test_explain__another_python_is_needed__names_the_option(output: str, hint: str) -> None:
    found = explain(output)[1]
    assert hint in found
    assert bool(hint) == bool(found)


def test_explain__no_error_line__gives_the_last_lines() -> None:
    assert explain("".join(f"{n}\n\n" for n in range(9))) == ("3\n4\n5\n6\n7\n8", "")


def test_explain__no_output__is_stated() -> None:
    assert explain("\n") == ("the installer failed without an error message", "")


def test_progress__odd_numbers__say_nothing() -> None:
    assert pip_progress()("Progress 50% of 100") is None
    assert uv_progress()("Downloading x (1.2.3 MiB)") is None


def test_uv_doubts__range_that_is_searched_twice__is_doubted_as_soon_as_that_shows() -> None:
    doubts = UvDoubts()
    lines = [
        "DEBUG Searching for a compatible version of a-b (*)",
        "DEBUG Searching for a compatible version of c[x] (>=1)",
        "DEBUG Selecting: c==2 [compatible] (c-2-py3-none-any.whl)",
        "DEBUG Searching for a compatible version of a-b (<=2.0)",
        "DEBUG Searching for a compatible version of a-b (<=1.0)",
        "DEBUG Selecting: a-b==1.0 [compatible] (a_b-1.0-py3-none-any.whl)",
        "DEBUG Searching for a compatible version of d (==1)",
    ]
    assert [doubt for line in lines if (doubt := doubts.read(line))] == [("a-b", "*")]
    assert doubts.ranges == {"a-b": "*", "d": "==1"}


@pytest.mark.parametrize(
    ("lines", "wheels"),
    [
        (["No cache entry for: https://h/x/a-1-py3-none-any.whl.metadata",
          "Selecting: a==1 [compatible] (a-1-py3-none-any.whl)"], ["https://h/x/a-1-py3-none-any.whl"]),
        (["Selecting: a==1 [preference] (a-1-py3-none-any.whl)", "Selecting: a==1 [preference] (a-1-py3-none-any.whl)",
          "Found fresh response for: https://h/a-1-py3-none-any.whl"], ["https://h/a-1-py3-none-any.whl"]),
        (["No cache entry for: https://h/a-1-py3-none-any.whl.metadata"], []),
        (["Selecting: a==1 [compatible] (a-1-py3-none-any.whl)"], []),
        (["No cache entry for: https://****@h/a-1-py3-none-any.whl",
          "Selecting: a==1 [compatible] (a-1-py3-none-any.whl)"], []),
        (["No cache entry for: file:///h/a-1-py3-none-any.whl",
          "Selecting: a==1 [compatible] (a-1-py3-none-any.whl)"], []),
    ],
)  # fmt: skip
def test_uv_choices__wheel_with_url_and_selection__is_returned_once(lines: list[str], wheels: list[str]) -> None:
    choices = UvChoices()
    found = [choices.read(f"DEBUG {line}") for line in lines]
    assert [wheel[1] for wheel in found if wheel] == wheels
