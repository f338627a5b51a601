"""The man page: it is that of the command line, and groff finds nothing wrong with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines import needs

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "docs"))

from manual import PAGE, man_page  # noqa: E402


def test_man_page__in_the_repository__is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(man_page(), "utf-8")
    assert PAGE.read_text("utf-8") == man_page(), "run: make man"


@pytest.mark.engines
def test_man_page__groff__has_no_warnings() -> None:
    needs("groff")
    command = ["groff", "-K", "utf8", "-man", "-Tutf8", "-ww", "-rLL=100n"]
    done = subprocess.run(command, input=man_page().encode(), capture_output=True, check=True)
    assert done.stderr == b""
    text = re.sub(rb".\x08|\x1b\[\d*m", b"", done.stdout)  # bold and underlined
    assert b"deadweight why [OPTIONS] NAME [TARGET]..." in text
    assert b"--smoke CMD" in text
