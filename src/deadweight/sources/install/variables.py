"""The user's environment variables → the variables for installers, and for the code that they install."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deadweight.sources.install.pip_config import variables_for_install
from deadweight.sources.install.uv_config import neutral_config
from deadweight.sources.system.scratch import Scratch

if TYPE_CHECKING:
    from deadweight.sources.install.installer import InstallOptions

# Settings that would install outside the venv, or change what is installed.
_DROPPED = frozenset((
    # install elsewhere, or not at all
    "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC", "PIP_DRY_RUN", "PIP_PYTHON", "PIP_REPORT",
    "PIP_REQUIRE_VIRTUALENV", "VIRTUAL_ENV", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_DRY_RUN",
    "UV_PROJECT_ENVIRONMENT", "UV_PROJECT", "UV_WORKING_DIR", "UV_VENV_CLEAR", "__PYVENV_LAUNCHER__",
    # install something else, or more
    "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_COMPILE", "PIP_NO_COMPILE", "PIP_PLATFORM", "PIP_PYTHON_VERSION", "PIP_ABI",
    "PIP_IMPLEMENTATION", "UV_COMPILE_BYTECODE", "UV_VENV_SEED", "UV_VENV_RELOCATABLE",
    # change the output that is parsed
    "PIP_QUIET", "PIP_VERBOSE", "UV_NO_PROGRESS",
))  # fmt: skip
# Python's variables that affect neither imports nor bytecode.
_HARMLESS = frozenset(("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED", "PYTHON_BUILD_STANDALONE"))

# uv's options for named indexes, as NAME=URL, and their variables.
NAMED_INDEXES = {"index": "UV_INDEX", "default-index": "UV_DEFAULT_INDEX"}


def purged(given: Mapping[str, str], scratch: Scratch) -> dict[str, str]:
    """Return the user's variables without those that would misdirect the install, and without colour.

    Temporary directories that a killed installer leaves behind are in the scratch directory, which is always removed.
    """
    kept = {name: value for name, value in given.items() if not _is_dropped(name, value)}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PIP_USER": "0", "TMPDIR": scratch.temporary}


def for_pip(given: Mapping[str, str], options: InstallOptions, scratch: Scratch) -> dict[str, str]:
    """Return the variables for pip; they contain all of its configuration, and disable its files."""
    variables = purged({**given, **variables_for_install(given)}, scratch)
    return variables | _indexes(
        options, variables, index="PIP_INDEX_URL", extra="PIP_EXTRA_INDEX_URL", links="PIP_FIND_LINKS"
    )


def for_uv(given: Mapping[str, str], options: InstallOptions, scratch: Scratch) -> dict[str, str]:
    """Return the variables for uv."""
    variables = purged(given, scratch)
    config = neutral_config(given)
    if config is not None:
        variables["UV_CONFIG_FILE"] = scratch.write("uv.toml", config)
    for option, variable in NAMED_INDEXES.items():
        named = [value for name, value in options.settings if name == option]
        if named:
            variables[variable] = " ".join((*named, variables.get(variable, "") if option == "index" else "")).strip()
    return variables | _indexes(
        options, variables, index="UV_DEFAULT_INDEX", extra="UV_EXTRA_INDEX_URL", links="UV_FIND_LINKS"
    )


def _indexes(
    options: InstallOptions, given: Mapping[str, str], *, index: str, extra: str, links: str
) -> dict[str, str]:
    """Return the indexes as variables: URLs may contain passwords, and ``ps`` shows command lines to every user."""
    variables: dict[str, str] = {}
    if options.index_url:
        variables[index] = options.index_url
    if options.extra_index_urls:
        variables[extra] = " ".join((*options.extra_index_urls, given.get(extra, ""))).strip()
    pages = [location for location in options.find_links if "://" in location]
    if pages:
        separator = "," if links.startswith("UV_") else " "
        variables[links] = separator.join((*pages, given.get(links, ""))).strip(separator)
    return variables


def _is_dropped(name: str, value: str) -> bool:
    if (name, value.lower()) == ("UV_LINK_MODE", "symlink"):
        return True  # symlinks to uv's cache would be measured as symlinks
    return name in _DROPPED or (name.startswith("PYTHON") and name not in _HARMLESS)
