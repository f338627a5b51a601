"""What makes an image large, by the line of its Dockerfile."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deadweight.cli import _run
from tests.builders import dist_files
from tests.images import Content, make_image
from tests.sarif import sarif_run

DOCKERFILE = """\
FROM base:1
# caches
RUN apt-get update && \\
    apt-get install -y libpq5
RUN pip install app
RUN chown -R app /srv
"""
COMMANDS = (
    'CMD ["bash"]',
    "RUN /bin/sh -c apt-get update &&     apt-get install -y libpq5 # buildkit",
    "RUN /bin/sh -c pip install app # buildkit",
    "RUN /bin/sh -c chown -R app /srv # buildkit",
)
LAYERS: tuple[dict[str, Content], ...] = (
    {"etc/passwd": "root"},
    {"var/lib/apt/lists/a": "x" * 200_000},
    {"root/.cache/pip/a": "x" * 300_000, "srv/model": "y" * 2_000_000},
    {"srv/model": "y" * 2_000_000},
)
LONE = ("COPY a b", *COMMANDS)  # one more layer, since CMD makes none


def profiled(directory: Path, *options: str, commands: Sequence[str] = LONE) -> Any:
    (directory / "app.tar").write_bytes(make_image(*LAYERS, commands=commands))
    out = directory / "report.json"
    arguments = [str(directory / "app.tar"), "--format", "json", "-o", str(out), "--quiet", *options]
    assert _run(arguments, debug=True) == 0
    return json.loads(out.read_text())


def test_findings__with_the_dockerfile__name_its_lines(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    report = profiled(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"))
    found = [
        (each["rule"], each["layer"], each["line"], each["apparent_bytes"]) for each in report["image"]["findings"]
    ]
    assert found == [("DW505", 3, 6, 2_000_000), ("DW503", 2, 5, 300_000), ("DW502", 1, 3, 200_000)]
    assert [layer["line"] for layer in report["image"]["layers"]] == [None, 3, 5, 6]
    assert report["image"]["dockerfile"] == str(tmp_path / "Dockerfile")
    assert not report["warnings"]


def checked(directory: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Return the exit status and the output of a check of the image, with its Dockerfile."""
    (directory / "Dockerfile").write_text(DOCKERFILE)
    (directory / "app.tar").write_bytes(make_image(*LAYERS, commands=LONE))
    arguments = [str(directory / "app.tar"), "--dockerfile", str(directory / "Dockerfile"), "--quiet", *options]
    return _run(["check", *arguments], debug=True), capsys.readouterr().out


def test_check__denied_finding__annotates_the_line_of_the_dockerfile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = checked(tmp_path, capsys, "--deny-finding", "DW503", "--deny-finding", "DW501", "--format", "github")
    assert status == 3
    first, last = out.splitlines()
    assert first == (
        f"::error file={tmp_path}/Dockerfile,line=5,title=deadweight%3A deny-finding DW503 (DW408)::1 finding%0A"
        f"DW503 installer-cache: 300 kB, {tmp_path}/Dockerfile:5, layer 2 (RUN pip install app): contains the cache of"
        " pip: /root/.cache/pip%0Afix: line 5: add `--no-cache-dir` to `pip install`, or mount a cache:"
        " `RUN --mount=type=cache,target=/root/.cache/pip` (saves 300 kB)"
    )
    assert last.endswith("is over its budget: 1 rule passed, 1 failed")


def test_check__limited_findings__are_a_result_at_the_line_of_the_dockerfile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = checked(tmp_path, capsys, "--max-finding", "DW505=1MB", "--format", "sarif")
    assert status == 3
    (result,) = sarif_run(out)["results"]
    assert result["ruleId"] == "DW409"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 6}
    assert result["message"]["text"].startswith("max-finding DW505=1MB: 2.00 MB, limit 1MB, 1.00 MB over")


def test_findings__without_a_dockerfile__name_commands(tmp_path: Path) -> None:
    image = profiled(tmp_path)["image"]
    assert [(each["line"], each["command"]) for each in image["findings"]] == [
        (None, command) for command in COMMANDS[:0:-1]
    ]
    assert image["dockerfile"] is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot read {path}: No such file or directory; {only}"),
        (b"\0" * 100, "{path} is not a Dockerfile: binary; {only}"),
        (
            b"FROM other\nRUN make\nRUN make install\n",
            "{path} does not match the image, which has 0 of the 2 instructions that make layers; {only}",
        ),
        (
            DOCKERFILE.replace("pip install app", "pip install other").encode(),
            "the image has only 2 of the 3 instructions that make layers of {path}; other layers have no line",
        ),
    ],
)
def test_findings__dockerfile_that_does_not_fit__is_said(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "Dockerfile"
    if content is not None:
        path.write_bytes(content)
    report = profiled(tmp_path, "--dockerfile", str(path))
    assert report["warnings"] == [f"--dockerfile: {reason.format(path=path, only='findings name commands only')}"]
    assert len(report["image"]["findings"]) == 3


def test_findings__history_of_another_length__is_said(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    report = profiled(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), commands=COMMANDS)
    assert "--dockerfile: the image has no history of its layers; findings name commands only" in report["warnings"]


def test_dockerfile__for_another_target__is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "requirements.txt").write_text("")
    assert _run([str(tmp_path / "requirements.txt"), "--dockerfile", "Dockerfile"], debug=False) == 4
    assert "--dockerfile" in capsys.readouterr().err


# What a terminal, Markdown, HTML, a shell or a Dockerfile would act on
HOSTILE = "a\x1b[31m$(id)`id`|<b>\u202e[x](y)"
SITE = f"opt/{HOSTILE}/lib/python3.12/site-packages"


def hostile(directory: Path) -> Path:
    """Write an image with hostile names, one more finding than the largest savings, and a secret."""
    tests = dist_files("numpy", files={"numpy/__init__.py": "", "numpy/tests/test_a.py": "x" * 1_200_000})
    layers: list[dict[str, Content]] = [
        {f"{SITE}/{path}": data for path, data in tests.items()},
        {f"opt/{HOSTILE}/pyvenv.cfg": "version = 3.12.1", f"srv/{HOSTILE}/.git/a": "x" * 50_000},
        {f"srv/{HOSTILE}/node_modules/a": "x" * 60_000, f"srv/{HOSTILE}/.env": "TOKEN=hunter2"},
        {f"srv/{HOSTILE}/.mypy_cache/a": "x" * 70_000, f"srv/{HOSTILE}/{HOSTILE}.csv": "x" * 1_100_000},
        {f"srv/{HOSTILE}/.cache/pip/a": "x" * 300_000, f"tmp/{HOSTILE}": "x" * 2_000_000},
        {f"tmp/{HOSTILE}": None},
    ]
    commands = ["RUN a", f"RUN {HOSTILE}", "COPY . .", "COPY . .", f"RUN {HOSTILE}", f"RUN rm {HOSTILE}"]
    (directory / "app.tar").write_bytes(make_image(*layers, commands=commands))
    return directory / "app.tar"


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_findings__hostile_names__reach_no_terminal_or_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert _run([str(hostile(tmp_path)), "--format", form, "--quiet"], debug=True) == 0
    shown = capsys.readouterr().out
    body = shown.partition("<script")[0]
    assert not {"\x1b", "\u202e"} & set(body)
    # A code span of Markdown shows what it contains as it is.
    active = body if form == "html" else re.sub(r"(`+).+?\1", "", body) if form == "markdown" else ""
    assert "<b>" not in active
    assert "](y)" not in active or form == "html"
    assert "hunter2" not in shown
    assert "DW511" in body


def test_findings__secrets__are_a_note_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "app.tar").write_bytes(make_image({"etc/passwd": "root"}, {"app/.env": "TOKEN=hunter2"}))
    out = tmp_path / "report.json"
    assert _run([str(tmp_path / "app.tar"), "--format", "json", "-o", str(out), "--quiet"], debug=True) == 0
    warnings = json.loads(out.read_text())["warnings"]
    assert "layer 1 contains files that usually hold secrets: /app/.env (DW511)" in warnings
