"""The user's environment variables → those that an installer, or what is installed, may run with."""

from __future__ import annotations

from collections.abc import Mapping

from deadweight.sources.scratch import Scratch

# Settings that would lead an install out of the venv, or change what it leaves there.
_NOT_PASSED_ON = frozenset((
    "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_PYTHON", "PIP_REPORT", "PIP_COMPILE",
    "PIP_NO_COMPILE", "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_REQUIRE_VIRTUALENV", "PIP_QUIET", "PIP_VERBOSE",
    "VIRTUAL_ENV", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_COMPILE_BYTECODE",
    "UV_PROJECT_ENVIRONMENT", "UV_DRY_RUN", "UV_NO_PROGRESS",
))  # fmt: skip
# Of Python's own variables those that touch neither what is imported nor what bytecode is written, and where.
_PYTHONS = frozenset(("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED", "PYTHON_BUILD_STANDALONE"))


def purged(given: Mapping[str, str], scratch: Scratch) -> dict[str, str]:
    """Return the user's environment, without what would lead the install astray, and without colour.

    An installer that is killed leaves its temporary folders behind: they lie in the scratch folder, and go with it.
    """
    kept = {name: value for name, value in given.items() if not _leads_astray(name)}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PIP_USER": "0", "TMPDIR": scratch.temporary}


def _leads_astray(name: str) -> bool:
    return name in _NOT_PASSED_ON or (name.startswith("PYTHON") and name not in _PYTHONS)
