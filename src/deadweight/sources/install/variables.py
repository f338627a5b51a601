"""The user's environment variables → those that an installer, or what is installed, may run with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deadweight.sources.install.pip_config import variables_for_install
from deadweight.sources.install.uv_config import neutral_config
from deadweight.sources.system.scratch import Scratch

if TYPE_CHECKING:
    from deadweight.sources.install.installer import InstallOptions

# Settings that would lead an install out of the venv, or change what it leaves there.
_NOT_PASSED_ON = frozenset((
    # elsewhere, or nowhere
    "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_ROOT", "PIP_SRC", "PIP_DRY_RUN", "PIP_PYTHON", "PIP_REPORT",
    "PIP_REQUIRE_VIRTUALENV", "VIRTUAL_ENV", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_DRY_RUN",
    "UV_PROJECT_ENVIRONMENT", "UV_PROJECT", "UV_WORKING_DIR", "UV_VENV_CLEAR", "__PYVENV_LAUNCHER__",
    # something else, or more of it
    "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_COMPILE", "PIP_NO_COMPILE", "PIP_PLATFORM", "PIP_PYTHON_VERSION", "PIP_ABI",
    "PIP_IMPLEMENTATION", "UV_COMPILE_BYTECODE", "UV_VENV_SEED", "UV_VENV_RELOCATABLE",
    # what is read of their output
    "PIP_QUIET", "PIP_VERBOSE", "UV_NO_PROGRESS",
))  # fmt: skip
# Of Python's own variables those that touch neither what is imported nor what bytecode is written, and where.
_PYTHONS = frozenset(("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED", "PYTHON_BUILD_STANDALONE"))

# Options of uv's for indexes with a name, as NAME=URL, and the variables for them.
NAMED_INDEXES = {"index": "UV_INDEX", "default-index": "UV_DEFAULT_INDEX"}


def purged(given: Mapping[str, str], scratch: Scratch) -> dict[str, str]:
    """Return the user's environment, without what would lead the install astray, and without colour.

    An installer that is killed leaves its temporary folders behind: they lie in the scratch folder, and go with it.
    """
    kept = {name: value for name, value in given.items() if not _leads_astray(name, value)}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PIP_USER": "0", "TMPDIR": scratch.temporary}


def for_pip(given: Mapping[str, str], options: InstallOptions, scratch: Scratch) -> dict[str, str]:
    """Return the variables that pip runs with; all of its configuration is in them, and no file of it counts."""
    found = purged({**given, **variables_for_install(given)}, scratch)
    return found | _indexes(options, found, index="PIP_INDEX_URL", extra="PIP_EXTRA_INDEX_URL", links="PIP_FIND_LINKS")


def for_uv(given: Mapping[str, str], options: InstallOptions, scratch: Scratch) -> dict[str, str]:
    """Return the variables that uv runs with."""
    found = purged(given, scratch)
    config = neutral_config(given)
    if config is not None:
        found["UV_CONFIG_FILE"] = scratch.write("uv.toml", config)
    for option, variable in NAMED_INDEXES.items():
        if named := [value for name, value in options.settings if name == option]:
            found[variable] = " ".join((*named, found.get(variable, "") if option == "index" else "")).strip()
    return found | _indexes(options, found, index="UV_DEFAULT_INDEX", extra="UV_EXTRA_INDEX_URL", links="UV_FIND_LINKS")


def _indexes(
    options: InstallOptions, given: Mapping[str, str], *, index: str, extra: str, links: str
) -> dict[str, str]:
    """Return the places to install from as variables: the command line is shown to every user by ``ps``."""
    found: dict[str, str] = {}
    if options.index_url:
        found[index] = options.index_url
    if options.extra_index_urls:
        found[extra] = " ".join((*options.extra_index_urls, given.get(extra, ""))).strip()
    if pages := [place for place in options.find_links if "://" in place]:
        comma = "," if links.startswith("UV_") else " "
        found[links] = comma.join((*pages, given.get(links, ""))).strip(comma)
    return found


def _leads_astray(name: str, value: str) -> bool:
    if (name, value.lower()) == ("UV_LINK_MODE", "symlink"):
        return True  # links to uv's cache would be measured as links
    return name in _NOT_PASSED_ON or (name.startswith("PYTHON") and name not in _PYTHONS)
