"""``deadweight plan`` beside ``deadweight profile`` of the same requirements, with a warm cache: ``plan.py [FILE]``.

Resolutions are in the cache, so what is left is reading the cache, the levels and the text. Without FILE, the
requirements are a list of projects with about 200 distributions, which come from the index.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from run import BIN, compare

REQUIREMENTS = """\
jupyterlab
pandas
scikit-learn
matplotlib
django
celery
fastapi[standard]
mlflow
boto3
pytest
black
mypy
streamlit
sphinx
dask[complete]
"""


def main(path: str) -> None:
    plan = [str(BIN / "deadweight"), "plan", path, "--quiet", "--no-source"]
    compare(
        f"levels of {path}",
        {
            "deadweight plan": plan,
            "deadweight plan --target-size": [*plan, "--target-size", "950MB"],
            "deadweight profile": [str(BIN / "deadweight"), path, "--quiet", "--no-source", "--no-lighter"],
        },
        rounds=7,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        listed = Path(directory, "requirements.txt")
        listed.write_text(REQUIREMENTS)
        main(sys.argv[1] if len(sys.argv) > 1 else str(listed))
