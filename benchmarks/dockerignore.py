"""``deadweight dockerignore`` against ``du`` on a build context of 100,000 files, and its memory on a million.

``python benchmarks/dockerignore.py [FILES]``; the default is 100,000.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from run import BIN, compare

# Directory → share of the files; the rest is code of the application.
SHARES = {".git/objects": 0.25, ".venv/lib": 0.35, "node_modules/packages": 0.25, "static": 0.1}
PER_DIRECTORY = 50


def fill(directory: Path, files: int, suffix: str, content: bytes) -> None:
    """Write files into directories of 50 each."""
    for number in range(files):
        if number % PER_DIRECTORY == 0:
            inner = directory / f"d{number // PER_DIRECTORY:05}"
            inner.mkdir(parents=True)
        (inner / f"file{number}{suffix}").write_bytes(content)


def make_context(root: Path, files: int) -> None:
    """Write a context with a Dockerfile, code, an environment, a repository and JavaScript packages."""
    for directory, share in SHARES.items():
        fill(root / directory, round(files * share), ".bin", b"x" * 200)
    code = round(files * (1 - sum(SHARES.values())))
    fill(root / "app", code, ".py", b"import os\n\n\ndef path(name):\n    return os.path.join('static', name)\n")
    (root / ".venv/pyvenv.cfg").touch()
    (root / "Dockerfile").write_text("FROM python:3.12-slim\nCOPY requirements.txt .\nCOPY . /app\n")
    (root / "requirements.txt").write_text("requests\n")


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "context")
        make_context(root, files)
        command = [str(BIN / "deadweight"), "dockerignore", str(root), "--quiet"]
        os.environ["COLUMNS"] = "80"
        compare(f"a build context of {files:,} files", {"deadweight": command, "du": ["du", "-s", str(root)]})


if __name__ == "__main__":
    main()
