"""Platform tags of wheels → uv's names of platforms."""

from __future__ import annotations

import pytest

from deadweight.errors import InstallFailed
from deadweight.sources.resolve.resolver import uv_platform


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("manylinux_2_28_aarch64", "aarch64-manylinux_2_28"),
        ("manylinux_2_24_x86_64", "x86_64-manylinux_2_17"),
        ("manylinux_2_99_x86_64", "x86_64-manylinux_2_40"),
        ("macosx_14_0_arm64", "aarch64-apple-darwin"),
        ("macosx_10_9_x86_64", "x86_64-apple-darwin"),
        ("win_amd64", "x86_64-pc-windows-msvc"),
        ("win32", "i686-pc-windows-msvc"),
    ],
)
def test_uv_platform__tag__is_the_platform_that_uv_knows(platform: str, expected: str) -> None:
    assert uv_platform(platform) == expected


def test_uv_platform__glibc_that_uv_does_not_know__is_refused() -> None:
    with pytest.raises(InstallFailed, match="manylinux_2_17 and later"):
        uv_platform("manylinux_2_12_x86_64")
