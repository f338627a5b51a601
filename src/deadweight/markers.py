"""Environment → the values that PEP 508 markers are evaluated with: those of what was measured, not of who measures."""

from __future__ import annotations

from collections.abc import Mapping

from deadweight.model import Environment

_SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "macosx": ("darwin", "Darwin", "posix"),
    "win": ("win32", "Windows", "nt"),
}


def marker_values(environment: Environment) -> Mapping[str, str]:
    """Return the variables of PEP 508 for ``environment``.

    What its files do not tell is taken from this machine: the platform of an environment without native code,
    the patch number of a Python whose patch is written nowhere (then ".0").
    """
    from packaging.markers import default_environment

    values = {name: value for name, value in default_environment().items() if isinstance(value, str)}
    if environment.python:
        numbers = environment.python.split(".")
        full = environment.python if len(numbers) > 2 else f"{environment.python}.0"
        values |= {
            "python_version": ".".join(numbers[:2]),
            "python_full_version": full,
            "implementation_version": full,
            "implementation_name": environment.implementation,
            "platform_python_implementation": "PyPy" if environment.implementation == "pypy" else "CPython",
        }
    if environment.platform:
        system, _, machine = environment.platform.partition("_")
        sys_platform, platform_system, os_name = _SYSTEMS[system]
        values |= {
            "sys_platform": sys_platform,
            "platform_system": platform_system,
            "os_name": os_name,
            "platform_machine": "AMD64" if machine == "amd64" else machine,
        }
    return values
