"""A module and a Python version → whether it is available without any requirement.

application: https://docs.python.org/3/whatsnew/ of each version, and PEP 594 for the removals in 3.12 and 3.13
"""

from __future__ import annotations

import sys
from functools import lru_cache

from deadweight.model import Environment
from deadweight.shipped import table_beside

# Projects that installers and venvs add to environments without a requirement.
ALWAYS_THERE = frozenset(("pip", "setuptools"))
_THEIR_MODULES = frozenset(("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils"))

# Module → the first version that contains it.
_ADDED = {
    "contextvars": (3, 7), "dataclasses": (3, 7), "graphlib": (3, 9), "zoneinfo": (3, 9), "tomllib": (3, 11),
    "annotationlib": (3, 14), "compression": (3, 14),
}  # fmt: skip
# Module → the first version without it.
_REMOVED = {
    "binhex": (3, 11), "asynchat": (3, 12), "asyncore": (3, 12), "imp": (3, 12), "smtpd": (3, 12),
    "formatter": (3, 10), "parser": (3, 10), "symbol": (3, 10), "macpath": (3, 8), "dummy_threading": (3, 9),
    **dict.fromkeys(
        "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd"
        " sunau telnetlib uu xdrlib".split(),
        (3, 13),
    ),
}  # fmt: skip


def is_standard(module: str, python: str | None) -> bool:
    """Return whether a top-level module belongs to a Python with nothing installed.

    python: "3.12.1" or "3.12"; None if unknown, which includes the modules of all versions
    """
    if module in _THEIR_MODULES:
        return True
    known = module in sys.stdlib_module_names or module in _ADDED or module in _REMOVED
    if not known or python is None:
        return known
    return _ADDED.get(module, (3,)) <= _numbers(python) < _REMOVED.get(module, (99,))


# Modules that distributions provide for only one operating system, such as those of pywin32 and pyobjc.
_SYSTEMS = {
    "win": frozenset(
        "_winapi comtypes ntsecuritycon pythoncom pythonwin pywintypes servicemanager win32api win32clipboard win32com"
        " win32con win32console win32cred win32crypt win32event win32evtlog win32evtlogutil win32file win32gui win32job"
        " win32net win32pdh win32pipe win32print win32process win32profile win32security win32service win32serviceutil"
        " win32timezone win32ts win32ui winerror winxpgui wmi winsdk winrt".split()
    ),
    "macosx": frozenset("AppKit Cocoa CoreFoundation Foundation Quartz objc PyObjCTools rumps".split()),
}


def is_for_other_systems(module: str, environment: Environment | None) -> bool:
    """Return whether a module exists only on operating systems other than the measured one."""
    platform = environment.platform if environment else None
    top = module.partition(".")[0]
    return platform is not None and any(
        top in modules and not platform.startswith(system) for system, modules in _SYSTEMS.items()
    )


def backported_since(project: str) -> str:
    """Return the first Python whose standard library contains what a project backports; "" for other projects."""
    return _backports().get(project, "")


@lru_cache(maxsize=1)
def _backports() -> dict[str, str]:
    return dict(table_beside(__file__, "backports.toml")["since"])


def has_version(python: str | None, version: str) -> bool:
    """Return whether a Python has at least ``version``; False if the Python is unknown."""
    return python is not None and _numbers(version) <= _numbers(python)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".")[:2] if number.isdigit())
