"""Environment → the values of PEP 508 markers in it, which may differ from those of the Python that runs deadweight."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deadweight.model import Environment

_PLATFORM = re.compile(r"(?P<system>(?:many|musl)?linux|macosx|win)(?:32|\d*(?:_\d+_\d+)?_(?P<machine>[a-z]\w*))\Z")
_SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "macosx": ("darwin", "Darwin", "posix"),
    "win": ("win32", "Windows", "nt"),
}


def marker_values(environment: Environment) -> Mapping[str, str]:
    """Return the variables of PEP 508 for ``environment``.

    The platform of an environment without native code is unknown, so it is this machine's. An unknown patch version of
    Python is ".0".
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
        system, machine = system_and_machine(environment.platform)
        sys_platform, platform_system, os_name = _SYSTEMS[system]
        values |= {
            "sys_platform": sys_platform,
            "platform_system": platform_system,
            "os_name": os_name,
            "platform_machine": machine,
        }
    return values


def system_and_machine(platform: str) -> tuple[str, str]:
    """Return the system and machine of a platform tag, such as ("linux", "aarch64"); raises ValueError."""
    match = _PLATFORM.match(platform)
    if match is None:
        raise ValueError(f"unknown platform: {platform}")
    system = "linux" if match["system"].endswith("linux") else match["system"]
    machine = match["machine"] or "x86"
    return system, machine.upper() if system == "win" and match["machine"] else machine
