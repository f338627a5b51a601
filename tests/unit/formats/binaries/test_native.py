"""The first bytes of a file → whether it is native code, and for which platform."""

from __future__ import annotations

import pytest

from deadweight.formats.binaries.native import is_native, platform_of


def elf(machine: int, order: int = 1) -> bytes:
    number = machine.to_bytes(2, "little" if order == 1 else "big")
    return b"\x7fELF\x02" + bytes([order]) + bytes(12) + number + bytes(44)


def mach_o(cpu: int) -> bytes:
    return b"\xcf\xfa\xed\xfe" + cpu.to_bytes(4, "little") + bytes(56)


def pe(header_at: int) -> bytes:
    return b"MZ" + bytes(58) + header_at.to_bytes(4, "little")


def fat(architectures: int) -> bytes:
    return b"\xca\xfe\xba\xbe" + architectures.to_bytes(4, "big") + bytes(56)


@pytest.mark.parametrize(
    "head",
    [elf(62), elf(22, order=2), mach_o(0x0100000C), b"\xfe\xed\xfa\xce" + bytes(60), fat(2), pe(0x80)],
    ids=["ELF", "ELF big endian", "Mach-O", "Mach-O 32 bit", "fat Mach-O", "PE"],
)
def test_is_native__code__is(head: bytes) -> None:
    assert is_native(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x7fEL",
        b"#!/bin/sh\n",
        fat(0),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(56),
        b"MZ is the start of a text that is longer than sixty-four bytes, as texts often are.",
        pe(0x80)[:63],
        pe(0),
    ],
    ids=["empty", "short", "script", "fat, of none", "Java class 52", "text", "PE, cut", "PE, no header"],
)
def test_is_native__something_else__is_not(head: bytes) -> None:
    assert not is_native(head[:64])


@pytest.mark.parametrize(
    ("head", "platform"),
    [
        (elf(62), "linux_x86_64"),
        (elf(183), "linux_aarch64"),
        (elf(22, order=2), "linux_s390x"),
        (elf(9999), None),
        (elf(62)[:19], None),
        (mach_o(0x0100000C), "macosx_arm64"),
        (mach_o(0x01000007), "macosx_x86_64"),
        (mach_o(7), None),
        (fat(2), None),
        (pe(0x80), "win_amd64"),
        (b"", None),
    ],
)
def test_platform_of__head__is_spelled_as_in_wheel_tags(head: bytes, platform: str | None) -> None:
    assert platform_of(head) == platform
