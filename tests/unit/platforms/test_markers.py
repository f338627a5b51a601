"""The values that markers are evaluated with: those of what was measured."""

from __future__ import annotations

import platform

import pytest
from packaging.markers import Marker

from deadweight.model import Environment
from deadweight.platforms.markers import marker_values


def holds(marker: str, environment: Environment) -> bool:
    return Marker(marker).evaluate(dict(marker_values(environment)))


@pytest.mark.parametrize(
    "marker",
    [
        "python_version == '3.8'",
        "python_full_version == '3.8.1'",
        "implementation_version == '3.8.1'",
        "implementation_name == 'cpython'",
        "platform_python_implementation == 'CPython'",
        "sys_platform == 'win32'",
        "platform_system == 'Windows'",
        "os_name == 'nt'",
        "platform_machine == 'AMD64'",
    ],
)
def test_marker_values__environment_of_another_machine__counts_and_not_this_one(marker: str) -> None:
    assert holds(marker, Environment(python="3.8.1", platform="win_amd64"))


@pytest.mark.parametrize(
    ("tag", "marker"),
    [
        ("linux_aarch64", "sys_platform == 'linux' and platform_machine == 'aarch64' and os_name == 'posix'"),
        ("linux_x86_64", "platform_system == 'Linux' and platform_machine == 'x86_64'"),
        ("macosx_arm64", "sys_platform == 'darwin' and platform_machine == 'arm64' and platform_system == 'Darwin'"),
    ],
)
def test_marker_values__platform__is_spelled_as_python_does(tag: str, marker: str) -> None:
    assert holds(marker, Environment(platform=tag))


def test_marker_values__pypy__is_no_cpython() -> None:
    environment = Environment(python="3.10.14", implementation="pypy")
    assert holds("implementation_name == 'pypy' and platform_python_implementation == 'PyPy'", environment)


def test_marker_values__patch_is_unknown__is_zero() -> None:
    values = marker_values(Environment(python="3.12"))
    assert (values["python_version"], values["python_full_version"]) == ("3.12", "3.12.0")


def test_marker_values__nothing_is_known__are_this_machines() -> None:
    values = marker_values(Environment())
    assert values["python_full_version"] == platform.python_version()
    assert values["platform_machine"] == platform.machine()
