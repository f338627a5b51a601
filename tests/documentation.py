"""Blocks of the documentation: how tests find, run and compare them.

The comment ``<!-- run: online -->`` before a ``console`` or ``pycon`` block says that it needs the index, and that its
figures may differ. Blocks without a comment run offline and are compared exactly. A line ``…`` stands for lines
that the documentation leaves out.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
KINDS = ("offline", "online")
LEFT_OUT = "…"
_BLOCK = re.compile(r"(?:<!-- run: ([a-z]+) -->\n)?^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"\d[\d.,]*(?: ?(?:[kMGT]?B|s|%)(?![A-Za-z]))?")
_DRAWN = re.compile(r"[█▉▊▋▌▍▎▏]+|\s+")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; ``start`` is the offset of its text in the page."""

    page: Path
    kind: str
    language: str
    text: str
    start: int

    @property
    def commands(self) -> list[tuple[str, list[str]]]:
        """Return the commands after ``$``, each with the lines that it prints."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
        return found


def blocks(page: Path) -> list[Block]:
    return [
        Block(page, match[1] or "offline", match[2], match[3], match.start(3))
        for match in _BLOCK.finditer(page.read_text("utf-8"))
    ]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def run_command(command: str, directory: Path) -> list[str]:
    """Run a shell command and return the lines of its output, with errors but without progress."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs, "COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    ran = subprocess.run(
        ["bash", "-c", command], cwd=directory, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    errors = [line for line in ran.stderr.splitlines() if re.match(r"(?i)(error|hint|usage|try)\b", line)]
    return [line.rstrip() for line in (*errors, *ran.stdout.splitlines())]


def run_python(block: Block, names: dict[str, object]) -> str:
    """Return the block with the output that its examples have now."""
    text = []
    for example in doctest.DocTestParser().get_examples(block.text):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(example.source, name_of(block.page), "single"), names)
        lines = example.source.rstrip("\n").split("\n")
        text += [f">>> {lines[0]}", *(f"... {line}".rstrip() for line in lines[1:]), *output.getvalue().splitlines()]
    return "".join(f"{line}\n" for line in text)


def abridged(lines: Sequence[str], like: Sequence[str]) -> list[str]:
    """Leave out of ``lines`` what ``like`` leaves out: as many lines stay before and after each ``…``."""
    if LEFT_OUT not in like:
        return list(lines)
    at = like.index(LEFT_OUT)
    after = len(like) - at - 1
    return [*lines[:at], LEFT_OUT, *lines[len(lines) - after :]]


def shape(lines: Sequence[str]) -> list[str]:
    """Return lines without what differs between machines and days: figures, bars, padding, and the order of rows."""
    return sorted(_DRAWN.sub(" ", _FIGURE.sub("0", line)).strip() for line in lines)


def code_lines(page: Path) -> Iterator[str]:
    """Yield each line of code of a page that no test runs, in blocks and in sentences."""
    for block in blocks(page):
        if block.language != "console":
            yield from (line.strip().removeprefix("- run: ") for line in block.text.splitlines())
    yield from re.findall(r"`([^`\n]+)`", _BLOCK.sub("", page.read_text("utf-8")))
