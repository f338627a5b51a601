"""Runs the benchmarks side by side and prints ratios: ``make bench``, or ``run.py speed`` and the like for one of them.

Each pair runs in turn (A B A B …) after one warm-up of each; printed are medians of whole processes, and the median
of the ratios pair by pair, which holds also where the machine's speed drifts.
"""

from __future__ import annotations

import compileall
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import deadweight

BIN = Path(sys.executable).parent
HERE = Path(__file__).parent
ROUNDS = 9


class Run:
    """Wall and processor seconds and peak resident bytes of one process, and of the children that it waited for."""

    def __init__(self, command: list[str]) -> None:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        self.seconds = time.perf_counter() - began
        self.processor = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"{' '.join(command)} left with {child.returncode}")


def compare(
    title: str, commands: dict[str, list[str]], *, rounds: int = ROUNDS, before: Callable[[], object] = bool
) -> None:
    """Run commands in turn and print each one's median, and the first one's ratio to each other."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            before()
            run = Run(command)
            if number:  # the first round warms up
                runs[name].append(run)
    first = next(iter(commands))
    print(f"\n{title}")
    for name, command in commands.items():
        seconds = [run.seconds for run in runs[name]]
        peak = max(run.peak for run in runs[name]) / 1e6
        ratios = [mine.seconds / other.seconds for mine, other in zip(runs[first], runs[name], strict=True)]
        ratio = "" if name == first else f"   {first} is {statistics.median(ratios):.2f} times that"
        spread = f"({min(seconds):.3f}-{max(seconds):.3f})"
        print(f"  {name:12} {statistics.median(seconds):7.3f} s  {spread}  peak {peak:4.0f} MB{ratio}")
        print(f"    $ {' '.join(command)}")


def speed(scratch: Path) -> None:
    """An environment of 40,000 files, against du and pipdeptree."""
    environment = scratch / "environment"
    subprocess.run([sys.executable, HERE / "build_environment.py", environment], check=True)
    compare_environment("environment: 160 distributions, 40,000 files, 1.6 GB", environment)
    print("\nwhere the time goes, one run in this process")
    subprocess.run([sys.executable, HERE / "stages.py", environment], check=True)


def compare_environment(title: str, environment: Path) -> None:
    """Measure an environment with deadweight, du and pipdeptree."""
    (site,) = environment.glob("lib/python3*/site-packages")
    compare(
        title,
        {
            "deadweight": [str(BIN / "deadweight"), "profile", str(environment), "--format", "json", "--quiet"],
            "du": ["du", "-s", str(environment)],
            "pipdeptree": [
                str(BIN / "pipdeptree"), "--path", str(site), "-c", "size-raw,unique-deps-size", "-o", "json",
            ],
        },
    )  # fmt: skip


def bookgen(scratch: Path) -> None:
    """The environment of a real application, installed by uv with bytecode, against du and pipdeptree."""
    environment, uv = scratch / "bookgen", str(BIN / "uv")
    requirements = str(HERE.parent / "fixtures/bookgen/requirements.txt")
    quiet = ["--quiet", "--no-progress"]
    subprocess.run([uv, "venv", *quiet, "--no-project", "--python", sys.executable, environment], check=True)
    subprocess.run(
        [uv, "pip", "install", *quiet, "--python", environment / "bin/python", "--requirements", requirements,
         "--compile-bytecode"],
        check=True,
    )  # fmt: skip
    files = sum(len(names) for _, _, names in os.walk(environment))
    compare_environment(f"environment: bookgen, {files:,} files", environment)


def start(_: Path) -> None:
    """What it takes to say hello."""
    click = [sys.executable, "-c", "import click"]
    for option in ("--help", "--version"):
        compare(f"start: deadweight {option}", {"deadweight": [str(BIN / "deadweight"), option], "import click": click})


def install(scratch: Path) -> None:
    """What deadweight adds to a bare install of bookgen; files come from the installer's cache in both."""
    requirements = str(HERE.parent / "fixtures/bookgen/requirements.txt")
    environment, script = scratch / "bare", scratch / "bare.sh"
    uv = str(BIN / "uv")
    script.write_text(
        f"set -e\n{uv} venv --no-project --python {sys.executable} {environment}\n"
        f"{uv} pip install --python {environment}/bin/python --requirements {requirements} --compile-bytecode\n"
        f"rm -r {environment}\n"
    )
    compare(
        "install: bookgen, with uv, bytecode compiled; both make a venv and remove it",
        {
            "deadweight": [str(BIN / "deadweight"), requirements, "--install", "--format", "json", "--quiet"],
            "uv": ["sh", str(script)],
        },
        rounds=5,
        before=lambda: shutil.rmtree(environment, ignore_errors=True),
    )


def formats(scratch: Path) -> None:
    """Each format of a saved report of 200 distributions, whole processes, against an empty run of Python."""
    from deadweight.report.formats import FORMATS
    from growth import build, layers

    environment, report = scratch / "environment", scratch / "report.json"
    build(environment, layers, 200)
    subprocess.run([BIN / "deadweight", environment, "--format", "json", "--output", report, "--quiet"], check=True)
    rendered = {
        form: [str(BIN / "deadweight"), str(report), "--format", form, "--quiet", "--output", "/dev/null"]
        for form in FORMATS
    }
    compare("formats: a saved report of 200 distributions", {**rendered, "python": [sys.executable, "-c", "pass"]})


ALL = {"formats": formats, "speed": speed, "bookgen": bookgen, "start": start, "install": install}


def main() -> None:
    """Run those that the command line names, or all."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # pip compiles what it installs; a checkout that nothing may write bytecode to would be compiled on every run.
    compileall.compile_dir(Path(deadweight.__file__).parent, quiet=1)
    for name in sys.argv[1:] or ALL:
        with tempfile.TemporaryDirectory(prefix="deadweight-bench-") as directory:
            ALL[name](Path(directory))


if __name__ == "__main__":
    main()
