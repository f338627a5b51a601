"""File names → the directories of subprojects with their own requirements, in a repository of several projects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from deadweight.codescan.roles import role_of

# Requirements of a whole project, not one of several lists for different purposes ("requirements/dev.txt").
_LISTS = re.compile(
    r"(?:full[._-])?requirements(?:[._-](?:prod|production|base|main|common))?\.(?:txt|in)|Pipfile|setup\.py"
)
_NO_PROJECTS = frozenset(("requirements", "reqs", "deps", "dependencies"))


def is_list(name: str) -> bool:
    """Return whether a file lists the requirements of a project, by its name."""
    return bool(_LISTS.fullmatch(name))


def subprojects(paths: Iterable[str], packages: Iterable[str]) -> tuple[str, ...]:
    """Return directories below the root, sorted; a directory that contains several subprojects replaces them.

    paths:    of the files for which ``is_list`` holds, relative to the application's directory, POSIX
    packages: directories with an ``__init__.py``; a directory inside a package is not a subproject
    """
    inner = frozenset(packages)
    directories = {
        directory
        for directory, name in (path.rpartition("/")[::2] for path in paths)
        if directory
        and directory not in inner
        and directory.rpartition("/")[2] not in _NO_PROJECTS
        and role_of(f"{directory}/x.py", inner) == "application"
    }
    holders = Counter(directory.rpartition("/")[0] for directory in directories)
    roots = directories | {holder for holder, number in holders.items() if holder and number > 1}
    return tuple(
        sorted(directory for directory in roots if not any(directory.startswith(f"{other}/") for other in roots))
    )
