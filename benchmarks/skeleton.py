"""An application's facts → what deptry finds: run on files that hold the application's imports and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from applications import LabelledApplication
from deadweight.formats.distributions.metadata import normalize

_HOWS = {
    "start": "{}",
    "lazy": "def _():\n    {}",
    "conditional": "if CONDITION:\n    {}",
    "optional": "try:\n    {}\nexcept ImportError:\n    pass",
    "types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}",
}


def deptry_findings(application: LabelledApplication) -> frozenset[tuple[str, str]]:
    """Return (rule, project or module) of what deptry reports; it sees the measured distributions as installed."""
    with tempfile.TemporaryDirectory(prefix="deadweight-deptry-") as directory:
        project, site, out = Path(directory, "project"), Path(directory, "site"), Path(directory, "out.json")
        _write_project(application, project)
        _write_site(application, site)
        environment = {**os.environ, "PYTHONPATH": str(site)}
        command = [
            sys.executable,
            "-m",
            "deptry",
            ".",
            "--requirements-files",
            "requirements.txt",
            "--requirements-files-dev",
            "requirements-dev.txt",
            "--json-output",
            str(out),
        ]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
        if not out.exists():
            raise SystemExit(f"deptry failed on {application.name}: {done.stderr[-500:]}")
        rows = json.loads(out.read_text("utf-8"))
    return frozenset((row["error"]["code"], _name(row)) for row in rows)


def _name(row: Mapping[str, Any]) -> str:
    module = str(row["module"])
    return module if row["error"]["code"] == "DEP001" else normalize(module)


def _write_project(application: LabelledApplication, directory: Path) -> None:
    lines: dict[str, list[str]] = defaultdict(list)
    for mention in application.code.mentions:
        if mention.kind == "import" and mention.file.endswith(".py"):
            lines[mention.file].append(_HOWS[mention.how].format(f"import {mention.name}"))
    for file, statements in lines.items():
        path = directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*statements, ""]), "utf-8")
    directory.mkdir(exist_ok=True)
    # deptry wants to be told what is for development; deadweight has to find out.
    for name, label in ("requirements.txt", "runtime"), ("requirements-dev.txt", "dev"):
        Path(directory, name).write_text("".join(f"{line}\n" for line in _requirements(application, label)), "utf-8")


def _requirements(application: LabelledApplication, label: str) -> Iterator[str]:
    measured = {d.name for d in application.distributions}
    return (name for name, found in application.labels.items() if name in measured and found == label)


def _write_site(application: LabelledApplication, directory: Path) -> None:
    for d in application.distributions:
        info = directory / f"{d.name.replace('-', '_')}-{d.version}.dist-info"
        info.mkdir(parents=True)
        requires = "".join(f"Requires-Dist: {name}\n" for name in application.requires[d.name])
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {d.name}\nVersion: {d.version}\n{requires}\n", "utf-8"
        )
        tops = sorted({module.partition(".")[0] for module in d.import_names})
        (info / "top_level.txt").write_text("".join(f"{top}\n" for top in tops), "utf-8")
