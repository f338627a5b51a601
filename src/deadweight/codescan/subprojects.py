"""Names of files → the folders of projects with requirements of their own, in a repository of several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from deadweight.codescan.roles import role_of

# A project's own list, not one of several for a purpose ("requirements/dev.txt").
_LISTS = re.compile(
    r"(?:full[._-])?requirements(?:[._-](?:prod|production|base|main|common))?\.(?:txt|in)|Pipfile|setup\.py"
)
_NO_PROJECTS = frozenset(("requirements", "reqs", "deps", "dependencies"))


def is_list(name: str) -> bool:
    """Say whether a file's name is one that lists a project's requirements."""
    return bool(_LISTS.fullmatch(name))


def subprojects(paths: Iterable[str], packages: Iterable[str]) -> tuple[str, ...]:
    """Return folders below the root, sorted; a folder that holds several such projects stands for all of them.

    paths:    of files whose names ``is_list`` takes, relative to the application's folder, POSIX
    packages: folders with an ``__init__.py``: code of one package is one project
    """
    inner = frozenset(packages)
    folders = {
        folder
        for folder, name in (path.rpartition("/")[::2] for path in paths)
        if folder
        and folder not in inner
        and folder.rpartition("/")[2] not in _NO_PROJECTS
        and role_of(f"{folder}/x.py", inner) == "application"
    }
    holders = Counter(folder.rpartition("/")[0] for folder in folders)
    found = folders | {holder for holder, number in holders.items() if holder and number > 1}
    return tuple(sorted(folder for folder in found if not any(folder.startswith(f"{other}/") for other in found)))
