"""Runs a random sample of mutants and prints how many of them the tests kill: ``mutants.py [PACKAGE ...]``.

mutmut changes the code of the pure stages in thousands of small ways, and runs for each the tests that reach it. All of
them take hours; a sample with a fixed seed shows the same after minutes, and the next run shows whether it got better.
Mutants that survive are listed with their changes: each calls for an assertion, or changes nothing that matters.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("inventory", "graph", "groups", "planning", "proof")
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
FIRST = "deadweight.graph.dominators.x_dominator_tree__mutmut_1"
# What mutmut writes as a mutant's exit code: pytest's own for failed tests and for errors, its own for time limits.
KILLED = {1, 3, -9, -24, 24, 36, 152, 255}


def results(package: str) -> dict[str, int | None]:
    """Return mutant → exit code of its last run, None where it never ran."""
    found: dict[str, int | None] = {}
    for path in sorted(Path("mutants/src/deadweight", package).rglob("*.meta")):
        found |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return found


def run(mutants: Sequence[str]) -> None:
    """Run mutants one at a time; mutmut generates what is missing first."""
    command = [MUTMUT, "run", "--max-children", "1", *mutants]
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    if done.returncode:
        sys.exit(f"mutmut failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def changes(mutant: str) -> str:
    """Return the lines that a mutant changes."""
    shown = subprocess.run([MUTMUT, "show", mutant], check=True, capture_output=True, text=True).stdout
    lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"    {line}" for line in lines)


def main() -> None:
    """Sample each package, run the sample, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("packages", nargs="*", default=PACKAGES, help="packages of deadweight (default: all five)")
    parser.add_argument("--count", type=int, default=150, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--survivors", action="store_true", help="run those again that survived the last time")
    options = parser.parse_args()
    run([FIRST])
    for package in options.packages:
        known = results(package)
        names = sorted(known)
        if options.survivors:
            names = [name for name in names if known[name] is not None and known[name] not in KILLED]
        chosen = sorted(random.Random(options.seed).sample(names, min(options.count, len(names))))
        if not chosen:
            print(f"{package:10} nothing to run")
            continue
        run(chosen)
        after = results(package)
        left = [name for name in chosen if after[name] not in KILLED]
        print(f"{package:10} {len(chosen) - len(left)} of {len(chosen)} killed, of {len(known):,} mutants", flush=True)
        for name in left:
            print(f"  {name} (exit code {after[name]})\n{changes(name)}", flush=True)


if __name__ == "__main__":
    main()
