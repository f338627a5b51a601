"""A path of the source → what the file is there for."""

from __future__ import annotations

import re
from collections.abc import Collection

from deadweight.model import Role

# Folders that say it wherever they lie, and those that say it only outside of packages: ``app/tools`` is application.
_ANYWHERE: dict[str, Role] = {
    **dict.fromkeys(("tests", "test", "testing"), "tests"),
    **dict.fromkeys((".github", ".gitlab", ".circleci", ".ci", ".devcontainer", ".azure-pipelines"), "build"),
}
_OUTSIDE: dict[str, Role] = {
    **dict.fromkeys(("docs", "doc"), "docs"),
    **dict.fromkeys(
        ("scripts", "script", "tools", "bin", "examples", "example", "samples", "demos", "benchmarks", "hack"),
        "scripts",
    ),
}
_FILES: dict[str, Role] = {
    r".*\.ipynb": "notebooks",
    r"test_.*\.py|.*_tests?\.py|tests?\.py|conftest\.py|pytest\.ini|\.coveragerc": "tests",
    r"mkdocs\.ya?ml|\.?readthedocs\.ya?ml": "docs",
    r"(?:setup|hatch_build|noxfile|tasks|fabfile|dodo)\.py|setup\.cfg|pyproject\.toml|tox\.ini": "build",
    r"GNUmakefile|[Mm]akefile|.*\.mk|\.?[Jj]ustfile|[Tt]askfile\.ya?ml": "build",
    r"\.pre-commit-config\.ya?ml|\.travis\.yml|azure-pipelines.*\.ya?ml|appveyor\.yml|\.?buildspec\.ya?ml": "build",
    r".*\.gitlab-ci\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild\.ya?ml|\.drone\.ya?ml|\.cirrus\.ya?ml": "build",
    r"\.?(?:mypy|ruff|flake8|pylintrc|isort\.cfg|style\.yapf|bandit|pydocstyle)(?:\.ini|\.toml)?": "build",
}
_BY_NAME = tuple((re.compile(pattern, re.DOTALL), role) for pattern, role in _FILES.items())
_ENVIRONMENT = r"(?:^|[._-])(?:{})(?:[._-]|$)"
_CONTAINER = re.compile(r"(?i)(?:docker|container)file|(?:docker-)?compose")
_FOR_TESTS = re.compile(_ENVIRONMENT.format("tests?|testing|ci|e2e"))
_FOR_WORK = re.compile(_ENVIRONMENT.format("dev|devel|development|local|lint|build"))


def role_of(path: str, packages: Collection[str] = ()) -> Role:
    """Return what a file is there for, by its name and those of the folders that it lies in; the outermost decides.

    path:     relative to the source's folder, POSIX
    packages: folders with an ``__init__.py``, spelled the same way
    """
    *folders, name = path.split("/")
    outside = True
    for depth, folder in enumerate(folders):
        found = _ANYWHERE.get(folder) or (_OUTSIDE.get(folder) if outside else None)
        if found:
            return "notebooks" if name.endswith(".ipynb") else found
        outside = outside and folder != "src" and "/".join(folders[: depth + 1]) not in packages
    if _CONTAINER.search(name):
        return "tests" if _FOR_TESTS.search(name) else "build" if _FOR_WORK.search(name) else "application"
    if name in ("tasks.py", "fabfile.py") and folders:
        return "application"  # in a package, they are Celery's more often than invoke's
    return next((role for pattern, role in _BY_NAME if pattern.fullmatch(name)), "application")
