"""The files of an image → the findings that need nothing else.

paths.py    files by their paths: caches, what COPY brings by accident (paths.toml)
hidden.py   files that later layers delete or replace
packages.py compilers and headers (packages.toml)   environments.py  distributions in two environments
contents.py tests and documentation                 bytecode.py      bytecode of several interpreters
secrets.py  files that usually contain secrets      archives.py      wheels beside what they installed
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from deadweight.advice.case import Case
from deadweight.advice.files.archives import archive_findings
from deadweight.advice.files.bytecode import bytecode_findings
from deadweight.advice.files.contents import content_findings
from deadweight.advice.files.environments import environment_findings
from deadweight.advice.files.hidden import hidden_findings
from deadweight.advice.files.packages import package_findings
from deadweight.advice.files.paths import path_findings
from deadweight.advice.files.secrets import secret_findings
from deadweight.model import ImageFinding

_FAMILIES: tuple[Callable[[Case], Iterable[ImageFinding]], ...] = (
    package_findings, path_findings, hidden_findings, environment_findings, bytecode_findings, content_findings,
    secret_findings, archive_findings,
)  # fmt: skip


def file_findings(case: Case) -> tuple[ImageFinding, ...]:
    """Return the findings that need only the files of an image, of any size."""
    return tuple(finding for family in _FAMILIES for finding in family(case))
