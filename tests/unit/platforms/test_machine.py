from __future__ import annotations

import pytest

from deadweight.platforms.machine import Machine


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("manylinux_2_28_x86_64", "musllinux_1_2_x86_64"),
        ("manylinux_2_17_aarch64", "musllinux_1_2_aarch64"),
        ("linux_x86_64", "musllinux_1_2_x86_64"),
    ],
)
def test_with_musl__linux_with_glibc__keeps_python_and_architecture(platform: str, expected: str) -> None:
    assert Machine("3.12.4", platform).with_musl() == Machine("3.12.4", expected)


@pytest.mark.parametrize("platform", ["musllinux_1_2_x86_64", "macosx_14_0_arm64", "win_amd64"])
def test_with_musl__anything_else__is_none(platform: str) -> None:
    assert Machine("3.12", platform).with_musl() is None
