"""A version or a path → the matching Python interpreter on this machine."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator

from deadweight.errors import InstallFailed
from deadweight.formats.versions import any_admits, minors_by_distance
from deadweight.sources.system.processes import answer_of

_SECONDS = 20.0  # for an interpreter to start and respond


def find_interpreter(python: str) -> str | None:
    """Return the path of the first working interpreter that matches ``python``; "" means our own."""
    if not python or python == ".".join(map(str, sys.version_info[:2])):
        return sys.executable
    return next(filter(_runs, _candidates(python)), None)


def installed_python(specifiers: tuple[str, ...]) -> str | None:
    """Return the version, as ``--python`` takes it, of the installed interpreter that is nearest to ours in a range.

    specifiers: see ``formats.versions``; raises Malformed for an invalid one
    """
    for short in minors_by_distance(".".join(map(str, sys.version_info[:3]))):
        path = find_interpreter(short)
        if path is not None and any_admits(specifiers, _identity(path)[1]):
            return short
    return None


def version_of_interpreter(python: str) -> str:
    """Return the version that ``--python`` selects: its value, or the version of the interpreter at that path.

    raises: InstallFailed if it is neither a version nor an interpreter of CPython 3
    """
    version = re.fullmatch(r"(?:python)?(3\.\d+(?:\.\d+)?)", python)
    if not python or (version and find_interpreter(python) == sys.executable):
        return ".".join(map(str, sys.version_info[:3]))
    if version:
        return version.group(1)
    path = find_interpreter(python)
    if path is None:
        raise no_interpreter(python)
    name, number = _identity(path)
    if name != "cpython":
        raise InstallFailed(
            f"{python} is {name}; wheels are chosen for CPython only",
            hint=f"use --install to install with {name} and measure the result",
        )
    return number


def _identity(path: str) -> tuple[str, str]:
    """Return the implementation and version that an interpreter reports; raises InstallFailed if it is not Python 3."""
    code = "import sys; print(sys.implementation.name, '.'.join(map(str, sys.version_info[:3])))"
    answer = (answer_of([path, "-I", "-S", "-c", code], seconds=_SECONDS) or b"").decode("utf-8", "replace").split()
    name, number = answer if len(answer) == 2 else ("", "")
    if not re.fullmatch(r"3\.\d+\.\d+", number):
        raise InstallFailed(
            f"{path} is not a Python 3 interpreter", hint="use --python with a version or the path of an interpreter"
        )
    return name, number


def no_interpreter(python: str) -> InstallFailed:
    """Return the error for a missing interpreter."""
    return InstallFailed(
        f"no Python interpreter found for {python}",
        hint="install that version of Python, or use --python with the path of an interpreter",
    )


def _candidates(python: str) -> Iterator[str]:
    """Yield the paths that may match: a path, a name on PATH, and for a version the interpreters of pyenv."""
    version = re.fullmatch(r"(?:python)?(\d+\.\d+)(?:\.\d+)?", python)
    name = f"python{version.group(1)}" if version else python
    if os.sep in name:
        yield name
        return
    for directory in os.get_exec_path():
        path = shutil.which(name, path=directory)
        if path:
            yield path
    installed = os.path.join(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"), "versions")
    if version and os.path.isdir(installed):
        versions = [v for v in os.listdir(installed) if v == version.group(1) or v.startswith(f"{version.group(1)}.")]
        yield from (os.path.join(installed, v, "bin", name) for v in sorted(versions, key=_numbers, reverse=True))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _runs(path: str) -> bool:
    """Return whether an interpreter starts; pyenv puts shims on PATH for versions that are not active."""
    return answer_of([path, "-I", "-S", "-c", "print(1)"], seconds=_SECONDS) == b"1\n"
