from __future__ import annotations

import pytest

from tests.builders import ELF_X86_64, dist_files, inventory_of

LAUNCHER = b"MZ" + bytes(58) + (0x80).to_bytes(4, "little") + bytes(200)


@pytest.mark.parametrize(
    ("files", "platform"),
    [
        ({"setuptools/cli.exe": LAUNCHER, "setuptools/gui.exe": LAUNCHER}, None),
        ({"setuptools/cli.exe": LAUNCHER, "a.so": ELF_X86_64}, "linux_x86_64"),
        ({"a/_c.pyd": LAUNCHER}, "win_amd64"),
    ],
    ids=["launchers alone", "launchers and code", "code for Windows"],
)
def test_platform__launchers_for_windows__are_ignored(files: dict[str, bytes], platform: str | None) -> None:
    assert inventory_of(dist_files("setuptools", files=files)).environment.platform == platform
