"""Times ``deadweight diff`` of two saved reports of 200 distributions, a whole process, beside ``python -c pass``.

The target is 0.3 s. ``python benchmarks/diff.py`` prints medians and the heavy modules that each format imports.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from deadweight import profile
from run import compare

DISTRIBUTIONS = 200
FORMATS = ("text", "markdown", "json")
HEAVY = ("rich", "networkx", "packaging", "pip_api", "urllib3", "subprocess", "tempfile", "difflib", "jinja2")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        old, new = (write_report(Path(scratch), name, number) for number, name in enumerate(("old", "new")))
        command = [sys.executable, "-m", "deadweight", "diff", str(old), str(new), "--format"]
        compare(
            f"two saved reports of {DISTRIBUTIONS} distributions",
            {form: [*command, form] for form in FORMATS} | {"python": [sys.executable, "-c", "pass"]},
        )
        for form in FORMATS:
            print(f"  {form} imports {', '.join(imported([*command, form])) or 'nothing heavy'}")


def write_report(scratch: Path, name: str, number: int) -> Path:
    """Save the report of an environment; with another number, every other distribution differs."""
    site = scratch / name / "lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (scratch / name / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    for each in range(DISTRIBUTIONS):
        write_distribution(site, each, number if each % 2 else 0)
    path = scratch / f"{name}.json"
    path.write_text(profile(str(scratch / name)).to_json())
    return path


def write_distribution(site: Path, each: int, number: int) -> None:
    """Write one of a tree in which each distribution requires two others; a quarter is called otherwise by number."""
    name = f"dw-{each + 1000 if number and each % 4 == 3 else each}"
    info = site / f"{name.replace('-', '_')}-1.{number}.dist-info"
    info.mkdir()
    requires = [f"Requires-Dist: dw-{below}\n" for below in (2 * each + 1, 2 * each + 2) if below < DISTRIBUTIONS]
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.{number}\n{''.join(requires)}")
    (info / "RECORD").write_text(f"dw_{each}.py,,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")
    if each < 15:
        (info / "REQUESTED").touch()
    (site / f"dw_{each}.py").write_text("#" * (1000 * (1 + each % 50) + 37 * number))


def imported(command: list[str]) -> list[str]:
    """Return the heavy modules that a command imports."""
    ran = subprocess.run([command[0], "-X", "importtime", *command[1:]], capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    return [name for name in HEAVY if name in loaded]


if __name__ == "__main__":
    main()
