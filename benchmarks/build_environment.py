"""Builds the synthetic environment of the speed benchmark: 160 distributions, 40,000 files, 1.6 GB.

The shape is a real data-science environment's: modules with their bytecode, tests, stubs, a few big
native libraries, long descriptions, requirements with markers and extras. Same seed, same tree.
File bytes are allocated, not written, so that it takes seconds; ``du`` sees them all the same.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

DISTRIBUTIONS, FILES, BYTES = 160, 40_000, 1_600_000_000
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" + bytes(44)


def build(prefix: Path) -> None:
    """Write the environment below ``prefix``, which must not exist."""
    rng = random.Random(20)
    site = prefix / "lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    names = [f"dist-{i:03}" for i in range(DISTRIBUTIONS)]
    per_distribution = FILES // DISTRIBUTIONS + 1
    native_bytes = (BYTES - FILES * 12_000) // DISTRIBUTIONS
    for index, name in enumerate(names):
        _distribution(site, index, name, names, per_distribution, native_bytes, rng)


def _distribution(
    site: Path, index: int, name: str, names: list[str], files: int, native_bytes: int, rng: random.Random
) -> None:
    package = name.replace("-", "_")
    info = f"{package}-1.{index}.0.dist-info"
    written: list[tuple[str, int]] = []

    def put(path: str, size: int, head: bytes = b"") -> None:
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as out:
            out.write(head)
            if size > len(head):
                os.posix_fallocate(out.fileno(), 0, size)
        written.append((path, max(size, len(head))))

    put(f"{package}/__init__.py", 900)
    put(f"{package}/_native.cpython-311-x86_64-linux-gnu.so", native_bytes, ELF)
    modules = (files - 7) // 2
    for number in range(modules):
        directory = f"{package}/{('core', 'io', 'tests', 'util', 'api')[number % 5]}/part{number // 25}"
        size = rng.randrange(500, 20_000)
        put(f"{directory}/m{number}.py", size)
        put(f"{directory}/__pycache__/m{number}.cpython-311.pyc", int(size * 1.2))
    put(f"{package}/data.json", 4_000)
    requires = [
        f"Requires-Dist: {rng.choice(names[index + 1 :])}>=1.0" + rng.choice(["", '; python_version >= "3.9"'])
        for _ in range(min(4, DISTRIBUTIONS - index - 1))
    ]
    requires += [f'Requires-Dist: {rng.choice(names)}>=1.0; extra == "e{n % 4}"' for n in range(8)]
    metadata = "\n".join(
        ["Metadata-Version: 2.1", f"Name: {name}", f"Version: 1.{index}.0"]
        + ["Classifier: Programming Language :: Python :: 3"] * 8
        + requires
        + ["", "A long description. " * 700]
    )
    put(f"{info}/METADATA", 0, metadata.encode())
    put(f"{info}/WHEEL", 0, b"Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
    put(f"{info}/INSTALLER", 0, b"pip\n")
    put(f"{info}/top_level.txt", 0, package.encode())
    if index % 8 == 0:
        put(f"{info}/REQUESTED", 0)
    rows = [f"{path},sha256={'A' * 43},{size}" for path, size in written]
    (site / info / "RECORD").write_text("\n".join([*rows, f"{info}/RECORD,,"]) + "\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
