"""Times reading the source of a large application: ``source.py [FILES]``, 10,000 unless told.

The application is made of the standard library's own files, copied until there are enough.
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
import sysconfig
import tempfile
import time
import warnings
from pathlib import Path

from deadweight.progress import silent
from deadweight.sources.codebase.application import read_application


def copy_library(directory: Path, wanted: int) -> list[Path]:
    """Fill ``directory`` with copies of the standard library; return its Python files."""
    library = Path(sysconfig.get_paths()["stdlib"])
    taken = sorted(path for path in library.rglob("*.py") if not {"site-packages", "dist-packages"} & set(path.parts))
    copies: list[Path] = []
    while len(copies) < wanted:
        for path in taken[: wanted - len(copies)]:
            copy = directory / f"copy{len(copies) // len(taken)}" / path.relative_to(library)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copies.append(copy)
    return copies


def parse_all(paths: list[Path]) -> None:
    """Parse every file, as ``compileall`` begins with, and look at nothing."""
    warnings.simplefilter("ignore")
    for path in paths:
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="deadweight-source-") as directory:
        paths = copy_library(Path(directory), wanted)
        size = sum(path.stat().st_size for path in paths)
        print(f"{len(paths)} files, {size / 1e6:.0f} MB, {os.cpu_count()} processors")
        began, before = time.perf_counter(), sum(os.times()[:4])
        source = read_application(directory, observe=silent)
        took = time.perf_counter() - began
        print(f"read_source {took:7.2f} s {source.files / took:8.0f} files/s {len(source.mentions)} mentions")
        used = sum(os.times()[:4]) - before
        print(f"            {used:7.2f} s of processors' time")
        began = time.perf_counter()
        parse_all(paths)
        took = time.perf_counter() - began
        print(f"ast.parse   {took:7.2f} s {len(paths) / took:8.0f} files/s, in one process")


if __name__ == "__main__":
    main()
