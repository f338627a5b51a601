"""The path of a file → its role: application, tests, docs, …"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal

from deadweight.model import Role

# Directories with a role in any location, and those with a role only outside of packages: ``app/tools`` is application.
_ANYWHERE: dict[str, Role] = {
    **dict.fromkeys(("tests", "test", "testing"), "tests"),
    **dict.fromkeys(
        ".github .gitlab .circleci .ci .devcontainer .azure-pipelines pants-plugins buildscripts".split(), "build"
    ),
}
_OUTSIDE: dict[str, Role] = {
    **dict.fromkeys(("docs", "doc"), "docs"),
    **dict.fromkeys(
        "scripts script tools bin examples example samples demos benchmarks hack contrib".split(),
        "scripts",
    ),
}
_FILES: dict[str, Role] = {
    r".*\.ipynb": "notebooks",
    r"test_.*\.py|.*_tests?\.py|tests?\.py|conftest\.py|pytest\.ini|\.coveragerc": "tests",
    r"mkdocs\.ya?ml|\.?readthedocs\.ya?ml": "docs",
    # hook-NAME.py: PyInstaller runs these while it builds.
    r"(?:setup|hatch_build|build|noxfile|tasks|fabfile|dodo)\.py|setup\.cfg|pyproject\.toml|tox\.ini": "build",
    r"hook-[\w.-]+\.py|.*\.spec": "build",
    r"GNUmakefile|[Mm]akefile|.*\.mk|\.?[Jj]ustfile|[Tt]askfile\.ya?ml": "build",
    r"\.pre-commit-config\.ya?ml|\.travis\.yml|azure-pipelines.*\.ya?ml|appveyor\.yml|\.?buildspec\.ya?ml": "build",
    r".*\.gitlab-ci\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild\.ya?ml|\.drone\.ya?ml|\.cirrus\.ya?ml": "build",
    r"\.?(?:mypy|ruff|flake8|pylintrc|isort\.cfg|style\.yapf|bandit|pydocstyle)(?:\.ini|\.toml)?": "build",
}
# Words in a module's name, or whole names of directories, for code that production does not load by default.
_DEVELOPERS = frozenset(
    "bench benchmark benchmarks codegen dev devdata develop development devserver devtools factories fakes fixtures"
    " loadtest loadtests locust locustfile mock mocks populate seed seeder seeders seeds".split()
)
_DEVELOPERS_DIRECTORIES = _DEVELOPERS | {"demo", "demos", "example", "examples", "sample", "samples"}
# Words in the names of settings for one environment: ``settings/local.py``, ``config_test.py``.
_SETTINGS = frozenset("settings setting config configs conf configuration environments".split())
_ENVIRONMENTS = frozenset("ci debug dev develop development devel local test tests testing".split())
_TEST_DIRECTORY = re.compile(
    r"e2e|cypress|load[._-]?testing|(?:.+[._-])?(?:tests|e2e[._-]tests?)|tests[._-].+|.+[._-]test"
)
_SAMPLE = re.compile(r".*\.(?:example|sample|template|tmpl|dist)(?:\..*)?|.*[._-](?:example|sample)(?:\.\w+)?")
_WORDS = re.compile(r"[^\W_]+")
_BY_NAME = tuple((re.compile(pattern, re.DOTALL), role) for pattern, role in _FILES.items())
_ENVIRONMENT = r"(?:^|[._-])(?:{})(?:[._-]|$)"
_CONTAINER = re.compile(r"(?i)(?:docker|container)file|(?:docker-)?compose")
_FOR_TESTS = re.compile(_ENVIRONMENT.format("tests?|testing|pytest|ci|e2e"))
_FOR_WORK = re.compile(
    _ENVIRONMENT.format("dev|devel|develop|development|devcontainer|local|lint|linter|docs|debug|builder|build")
)


def environment_role(name: str) -> Role | Literal[""]:
    """Return the role in the name of a stage, a service or a file: "tests", "build" for other development, else ""."""
    if _FOR_TESTS.search(name.lower()):
        return "tests"
    return "build" if _FOR_WORK.search(name.lower()) else ""


def role_of(path: str, packages: Collection[str] = ()) -> Role:
    """Return the role of a file by its directories, of which the outermost decides, and its name.

    path:     relative to the application's directory, POSIX
    packages: directories with an ``__init__.py``, in the same form
    """
    *directories, name = path.split("/")
    outside = True
    for depth, directory in enumerate(directories):
        is_package = "/".join(directories[: depth + 1]) in packages
        role = _ANYWHERE.get(directory) or (_OUTSIDE.get(directory) if outside else None)
        # Directories of tools and scripts may be packages, since these import each other. A package named "docs" is
        # code, except for Sphinx's conf.py.
        if role == "docs" and is_package and name != "conf.py":
            role = None
        role = role or ("tests" if _TEST_DIRECTORY.fullmatch(directory) else None)
        if role:
            return "notebooks" if name.endswith(".ipynb") else role
        outside = outside and directory != "src" and not is_package
    if _CONTAINER.search(name):
        if _FOR_TESTS.search(name):
            return "tests"
        return "build" if _FOR_WORK.search(name) else "application"
    directory = "/".join(directories)
    if directory in packages and directory and name in ("setup.py", "tasks.py", "fabfile.py", "build.py", "dodo.py"):
        return "application"  # in a package, these are ordinary modules
    if name in ("tasks.py", "fabfile.py", "build.py") and directories:
        return "application"  # used by Celery more often than by invoke
    by_name = next((role for pattern, role in _BY_NAME if pattern.fullmatch(name)), None)
    return by_name or _by_words(directories, name)


def _by_words(directories: Sequence[str], name: str) -> Role:
    """Return the presumed role by the words in a name; ``reached.py`` overrides it for files that are loaded."""
    stem, _, suffix = name.rpartition(".")
    if _SAMPLE.fullmatch(name.lower()):
        return "development"
    if suffix != "py":
        return environment_role(name) or "application"
    words = set(_WORDS.findall(stem.lower()))
    is_settings = bool(directories) and directories[-1].lower() in _SETTINGS
    if words & _DEVELOPERS or any(directory.lower() in _DEVELOPERS_DIRECTORIES for directory in directories):
        return "development"
    if words & _ENVIRONMENTS and (is_settings or words & _SETTINGS):
        return "development"
    return "application"
