"""Native code by its first bytes."""

from __future__ import annotations

import pytest

from deadweight.formats.native import is_native, platform_of
from tests.builders import ELF_X86_64

PE = b"MZ" + bytes(58) + (128).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (ELF_X86_64, True),
        (b"\xcf\xfa\xed\xfe" + bytes(60), True),
        (b"\xca\xfe\xba\xbe" + (2).to_bytes(4, "big"), True),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x34", False),  # Java 8
        (PE, True),
        (b"MZ is how this text begins, and it goes on for longer than 64 bytes do.", False),
        (b"MZ", False),
        (b"#!/bin/sh\n", False),
        (b"", False),
    ],
)
def test_is_native__magic(head: bytes, expected: bool) -> None:
    assert is_native(head) is expected


@pytest.mark.parametrize(
    ("head", "platform"),
    [
        (ELF_X86_64, "linux_x86_64"),
        (ELF_X86_64[:18] + b"\xb7\x00" + bytes(44), "linux_aarch64"),
        (b"\x7fELF\x02\x02" + bytes(12) + b"\x00\x16" + bytes(44), "linux_s390x"),
        (ELF_X86_64[:18] + b"\xff\xff" + bytes(44), None),
        (b"\xcf\xfa\xed\xfe" + (0x0100000C).to_bytes(4, "little"), "macosx_arm64"),
        (PE, "win_amd64"),
        (b"\x7fELF", None),
    ],
)
def test_platform_of__head(head: bytes, platform: str | None) -> None:
    assert platform_of(head) == platform
