"""The first bytes of a file → whether it is native code, and for which platform."""

from __future__ import annotations

import re

HEAD_BYTES = 64
_MACH_O = {
    b"\xfe\xed\xfa\xce", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe",
}  # fmt: skip
_FAT = b"\xca\xfe\xba\xbe"
# ELF specification, e_machine
_ELF_MACHINES = {3: "i686", 21: "ppc64le", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64", 243: "riscv64"}

# An ELF header has at least 52 bytes, and no compiler writes code to files with these suffixes.
SMALLEST_NATIVE = 52
NEVER_NATIVE = frozenset(
    "py pyc pyi pyx pxd pxi txt md rst json js ts map css scss html htm svg png jpg jpeg gif ico woff woff2 ttf otf eot"
    " csv tsv xml yaml yml toml ini cfg h hh hpp hxx cuh c cc cpp cu f f90 m4 cmake in typed po pot mo pth pem crt"
    " gz bz2 xz zst zip tar whl npy npz mat sql tmpl jinja j2 ipynb tex bib rs go java class"
    " parquet avro orc arff pickle pkl tcl msg ndjson jsonl lock sh bat ps1 fish zsh csh nu a lib pdb"
    " dist-info/METADATA dist-info/RECORD dist-info/WHEEL dist-info/LICENSE".split()
)


def may_be_native(path: str, size: int) -> bool:
    """Return whether a file may be native code, so that its first bytes are worth reading."""
    return size >= SMALLEST_NATIVE and path.rpartition(".")[2] not in NEVER_NATIVE


def is_native(head: bytes) -> bool:
    """Return whether these are the first bytes of ELF, Mach-O or PE code."""
    magic = head[:4]
    if magic == b"\x7fELF" or magic in _MACH_O:
        return True
    if magic == _FAT:
        # Java classes have the same magic number. Their next field is a version, 43 or higher; in a fat file it is the
        # number of architectures, which is small.
        return 0 < int.from_bytes(head[4:8], "big") < 30
    # PE: "MZ", and a plausible offset of the PE header
    return magic[:2] == b"MZ" and len(head) >= 64 and 0 < int.from_bytes(head[60:64], "little") < 0x1000


def platform_of(head: bytes) -> str | None:
    """Return the platform of native code as a wheel tag ("linux_x86_64"); None if the header does not give it."""
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        machine = int.from_bytes(head[18:20], "big" if head[5] == 2 else "little")
        return f"linux_{_ELF_MACHINES[machine]}" if machine in _ELF_MACHINES else None
    if head[:4] == b"\xcf\xfa\xed\xfe" and len(head) >= 8:
        return {0x01000007: "macosx_x86_64", 0x0100000C: "macosx_arm64"}.get(int.from_bytes(head[4:8], "little"))
    return "win_amd64" if head[:2] == b"MZ" else None


_LIBRARY = re.compile(r"\.(?:so(?:\.\d[0-9a-z]*)*|dylib|pyd|dll|exe|o|dbg)\Z")
_SMALLEST_PROGRAM = 1 << 14  # compiled programs have no suffix on Linux and macOS; scripts are smaller than this


def head_by_name(path: str, size: int, platform: str, *, program: bool) -> bytes:
    """Return plausible first bytes for a file that was not read, judged by its name; b"" if it is not native code.

    program: whether the file is marked as executable
    """
    name = path.rpartition("/")[2]
    if not (_LIBRARY.search(name) or (program and "." not in name and size >= _SMALLEST_PROGRAM)):
        return b""
    if platform.startswith("win"):
        return b"MZ" + bytes(58) + (0x80).to_bytes(4, "little")
    if platform.startswith("macosx"):
        return b"\xcf\xfa\xed\xfe" + bytes(60)
    return b"\x7fELF\x02\x01" + bytes(58)
