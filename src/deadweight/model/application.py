"""The names in an application's code: imports, commands, dotted paths and URLs, each with its location."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from deadweight.model.tree import Skipped

Role = Literal["application", "development", "tests", "docs", "scripts", "notebooks", "build"]
How = Literal["start", "lazy", "conditional", "optional", "types"]
Naming = Literal["import", "command", "string", "url", "root", "file", "feature"]


class Mention(NamedTuple):
    """One location in the code with a name that a distribution may provide.

    kind: "import"; "command", a program that a shell would start; "string", a dotted path; "url", the scheme of a URL;
          "root", directories of the import path in the form of PYTHONPATH; "file", a script in a command; "feature",
          what only a heavy build of a project provides: "gpu" or "windows"
    name: "package.module", with the imported name appended if that may be a module, and with the leading dots of a
          relative import; "gunicorn", "python -m pytest", "manage.py migrate", "pip install gunicorn";
          "django.contrib.admin", a bare "rest_framework", "tool.mypy" for a tool that is configured;
          "postgresql+psycopg2"; "/app/src:/app/lib"; "jobs/run.py"
    file: relative to the application's directory, POSIX
    line: from 1; in a notebook, within the cell
    role: the role of the file; "development" is for settings, factories and the like that production does not load
    how:  for an import: "start" at module level, "lazy" in a function, "conditional" under an ``if``, "optional" under
          ``try``/``except ImportError`` or ``contextlib.suppress``, "types" under ``TYPE_CHECKING``; if several apply,
          the last of them. For a command or a string: "conditional" under an ``if``, else "start"
    cell: the number of the notebook's cell, from 1, counting cells of all kinds; else 0
    condition: the source text of the conditions, shortened; "" unless ``how`` is "conditional"
    marker:    the PEP 508 marker equivalent to a check of the Python version or platform; "" without one
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
    """The names in one file, and the parts that were skipped."""

    mentions: tuple[Mention, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Application(Struct, frozen=True, kw_only=True):
    """The code of an application, read and never run.

    directory:   its directory
    mentions: by file, cell, line and name, without imports of the application's own modules
    features: where it uses what only heavy builds provide, in the same order
    local:    top-level names of the application's own modules, in any directory that may be on the import path. They
              only explain names that no distribution provides, because a distribution takes precedence over a
              directory without ``__init__.py``
    subprojects: directories of projects with their own requirements, which the measured requirements need not provide
    files:    the number of files that were read
    skipped:  files that were not read, and the reasons
    """

    directory: str
    mentions: tuple[Mention, ...] = ()
    features: tuple[Mention, ...] = ()
    local: frozenset[str] = frozenset()
    subprojects: tuple[str, ...] = ()
    files: int = 0
    skipped: tuple[Skipped, ...] = ()

    def is_in_subproject(self, mention: Mention) -> bool:
        """Return whether a mention is in a project with its own requirements."""
        return any(mention.file.startswith(f"{directory}/") for directory in self.subprojects)
