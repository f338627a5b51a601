"""A file of the application → the names in it, read by the parser for its file name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import cast

from deadweight.codescan.commands import dockerfile, justfile, makefile, procfile, shell_script, systemd_unit
from deadweight.codescan.programs import Named
from deadweight.codescan.python.code import read_python
from deadweight.codescan.python.notebook import read_notebook
from deadweight.codescan.settings_lines import ini_settings, toml_settings
from deadweight.codescan.yaml_lines import yaml_settings
from deadweight.model import How, Mention, Naming, Reading, Role, Skipped

_LARGEST = 1 << 20  # bytes; larger files are data, not settings

_PYTHON = re.compile(r"(?is).*\.pyw?")
_TEXTS: tuple[tuple[re.Pattern[str], Callable[[str], Iterator[Named]]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), read)  # a file name may contain line breaks
    for pattern, read in (
        (r"(?i)(?:.*[._-])?(?:docker|container)file(?:[._-].*)?", dockerfile),
        (r"Procfile(?:\..*)?", procfile),
        (r".*\.(?:service|timer|socket)", systemd_unit),
        (r"GNUmakefile|[Mm]akefile(?:\..*)?|.*\.mk", makefile),
        (r"\.?[Jj]ustfile|.*\.just", justfile),
        (r".*\.(?:sh|bash|zsh|ksh)", shell_script),
        (r".*\.ya?ml", yaml_settings),
        (r"(?!uv\.lock|poetry\.lock|pdm\.lock|pylock).*\.toml", toml_settings),
        (r".*\.(?:ini|cfg|conf|properties)|\.env(?:\..*)?|.*\.env|\.flaskenv", ini_settings),
        (r"\.(?:flake8|coveragerc|pylintrc|pydocstyle|bandit)|pylintrc|supervisord?\.conf", ini_settings),
    )
)
# Configuration files of one tool.
_TOOLS = {
    ".flake8": "flake8",
    ".coveragerc": "coverage",
    ".pylintrc": "pylint",
    "pylintrc": "pylint",
    ".isort.cfg": "isort",
    ".style.yapf": "yapf",
    ".pydocstyle": "pydocstyle",
    ".bandit": "bandit",
    ".pre-commit-config.yaml": "pre-commit",
    "mypy.ini": "mypy",
    ".mypy.ini": "mypy",
    "pytest.ini": "pytest",
    "tox.ini": "tox",
    "ruff.toml": "ruff",
    ".ruff.toml": "ruff",
    "alembic.ini": "alembic",
    "mkdocs.yml": "mkdocs",
    "scrapy.cfg": "scrapy",
    "pyrightconfig.json": "pyright",
    "dvc.yaml": "dvc",
    "noxfile.py": "nox",
}
_SHEBANG = re.compile(rb"#![ \t]*(?:\S*/)?([^/\s]+)(?:[ \t]+(?:-\S+[ \t]+)*([^\s/]+))?")


def is_read(name: str) -> bool:
    """Return whether a file is read, by its name. A file without a suffix may be a script with a shebang."""
    return "." not in name or name in _TOOLS or _is_code(name) or any(pattern.fullmatch(name) for pattern, _ in _TEXTS)


def read_file(data: bytes, file: str, role: Role) -> Reading:
    """Return the names in a file.

    file: relative to the application's directory, POSIX; its name selects the parser
    """
    name = file.rpartition("/")[2]
    program = "" if _is_code(name) or any(p.fullmatch(name) for p, _ in _TEXTS) else _interpreter(data)
    if name.lower().endswith(".ipynb"):
        reading = read_notebook(data, file, role)
    elif _PYTHON.fullmatch(name) or program.startswith(("python", "pypy")):
        reading = read_python(data, file, role)
    else:
        read = next((read for pattern, read in _TEXTS if pattern.fullmatch(name)), None)
        read = shell_script if program in ("sh", "bash", "dash", "ash", "zsh", "ksh") else read
        reading = _read_text(data, file, role, read) if read else Reading()
    tool = _TOOLS.get(name)
    own = (Mention("string", f"tool.{tool}", file, 1, role),) if tool else ()
    return Reading(own + reading.mentions, reading.skipped)


def _read_text(data: bytes, file: str, role: Role, read: Callable[[str], Iterator[Named]]) -> Reading:
    if len(data) > _LARGEST:
        return Reading(skipped=(Skipped(file, f"not read: larger than {_LARGEST >> 20} MiB"),))
    if b"\0" in data:
        return Reading(skipped=(Skipped(file, "not read: contains null bytes"),))
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    mentions = {_mention(named, file, role) for named in read(text) if named.kind != "shell"}
    return Reading(tuple(sorted(mentions, key=lambda m: (m.line, m.name, m.kind))))


def _mention(named: Named, file: str, role: Role) -> Mention:
    how: How = "conditional" if named.condition else "start"
    kind = cast("Naming", named.kind)
    # A part of a file is never closer to production than the file.
    part = named.role or role if role in ("application", "build") else role
    return Mention(kind, named.name, file, named.line, part, how, condition=named.condition)


def _is_code(name: str) -> bool:
    return bool(_PYTHON.fullmatch(name)) or name.lower().endswith(".ipynb")


def _interpreter(data: bytes) -> str:
    """Return the program in the shebang of a script, "" without one."""
    match = _SHEBANG.match(data[:200])
    if not match:
        return ""
    name = match[2] if match[1] == b"env" and match[2] else match[1]
    return name.decode("ascii", "replace")
