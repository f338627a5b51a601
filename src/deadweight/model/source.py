"""What an application's source names: imports, commands, dotted paths and URLs, each with its place."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from deadweight.model.tree import Skipped

Role = Literal["application", "development", "tests", "docs", "scripts", "notebooks", "build"]
How = Literal["start", "lazy", "conditional", "optional", "types"]
Naming = Literal["import", "command", "string", "url", "root", "file"]


class Mention(NamedTuple):
    """One place where the source names something that a distribution may provide.

    kind: an import; a command that a shell would start; a dotted path in a string; the scheme of a URL; folders of the
          import path, as PYTHONPATH lists them; a script that a command names
    name: "package.module", with the name imported from it where that may be a module, and with the dots of a relative
          import in front; "gunicorn", "python -m pytest", "manage.py migrate", "pip install gunicorn";
          "django.contrib.admin", a bare "rest_framework", "tool.mypy" for a tool that is configured;
          "postgresql+psycopg2"; "/app/src:/app/lib"; "jobs/run.py"
    file: relative to the source's folder, POSIX
    line: from 1; of a notebook, within its cell
    role: what the file is for; "development" is for settings, factories and the like that production does not load
    how:  of an import: with the module, in a function, under an ``if``, under ``try``/``except ImportError`` (or
          ``contextlib.suppress``), under ``TYPE_CHECKING``; where several hold, the last of them. Of a command or a
          string: "conditional" under an ``if``, else "start"
    cell: of a notebook, counted from 1 over cells of all kinds; else 0
    condition: the source text of the conditions, shortened; "" unless ``how`` is "conditional"
    marker:    the PEP 508 marker that a check of the Python version or the platform amounts to; "" without one
    """

    kind: Naming
    name: str
    file: str
    line: int
    role: Role
    how: How = "start"
    cell: int = 0
    condition: str = ""
    marker: str = ""


class Reading(NamedTuple):
    """What one file of the source came to."""

    mentions: tuple[Mention, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Source(Struct, frozen=True, kw_only=True):
    """A folder of source, read and never run.

    mentions: by file, cell, line and name; without imports of the application's own modules
    local:    top-level names of the application's own modules, in any folder that may be on the import path. They
              explain only what no distribution provides: a distribution goes before a folder without ``__init__.py``
    subprojects: folders of projects with requirements of their own, which the measured ones need not provide
    files:    how many were read
    skipped:  what was not, and why
    """

    folder: str
    mentions: tuple[Mention, ...] = ()
    local: frozenset[str] = frozenset()
    subprojects: tuple[str, ...] = ()
    files: int = 0
    skipped: tuple[Skipped, ...] = ()

    def is_in_subproject(self, mention: Mention) -> bool:
        """Say whether a place belongs to a project with requirements of its own."""
        return any(mention.file.startswith(f"{folder}/") for folder in self.subprojects)
