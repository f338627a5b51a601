"""What an application's source names: imports, commands, dotted paths and URLs, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from deadweight.model.tree import Skipped

Role = Literal["application", "tests", "docs", "scripts", "notebooks", "build"]
How = Literal["start", "lazy", "optional", "types"]
Naming = Literal["import", "command", "string", "url"]


class Mention(NamedTuple):
    """One place where the source names something that a distribution may provide.

    kind: an import; a command that a shell would start; a dotted path in a string; the scheme of a URL
    name: "package.module", with the name imported from it where that may be a module; "gunicorn", "python -m pytest",
          "manage.py migrate"; "django.contrib.admin", a bare "rest_framework", "tool.mypy" for a tool that is
          configured; "postgresql+psycopg2"
    file: relative to the source's folder, POSIX
    line: from 1; of a notebook, within its cell
    how:  of an import: with the module, in a function, under ``try``/``except ImportError`` (or
          ``contextlib.suppress``), under ``TYPE_CHECKING``; where several hold, the last of them
    cell: of a notebook, counted from 1 over cells of all kinds; else 0
    """

    kind: Naming
    name: str
    file: str
    line: int
    role: Role
    how: How = "start"
    cell: int = 0


class Reading(NamedTuple):
    """What one file of the source came to."""

    mentions: tuple[Mention, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder of source, read and never run.

    mentions: by file, cell, line and name; without imports of modules that lie beside the file or above it, which are
              the source's own wherever they are spelled like somebody else's
    local:    top-level names of all the folder's own modules, for what no distribution provides: a distribution goes
              before a folder without ``__init__.py``
    files:    how many were read
    skipped:  what was not, and why
    """

    folder: str
    mentions: tuple[Mention, ...] = ()
    local: frozenset[str] = frozenset()
    files: int = 0
    skipped: tuple[Skipped, ...] = ()
