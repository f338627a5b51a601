"""The contents of a wheel → the files that an installer writes, with exact sizes where they can be computed.

source: the binary distribution format (PEP 427), the layout of a venv, and the observed behaviour of uv and pip
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from posixpath import basename, relpath
from typing import Literal, NamedTuple

from msgspec import Struct

from deadweight.errors import MalformedArchive
from deadweight.formats.distributions.metadata import headers, normalize

# A row of RECORD is ``PATH,sha256=…,SIZE``: besides path and size, 43 characters of hash and 9 others.
_ROW_BYTES = 52
# Bytes of the Windows launchers in uv 0.13 and pip 26: (console, GUI).
_LAUNCHERS = {
    "uv": {"win_amd64": (45_056, 46_080), "win_arm64": (45_056, 46_080), "win32": (37_888, 38_912)},
    "pip": {"win_amd64": (108_032, 101_888), "win_arm64": (182_784, 168_448), "win32": (97_792, 91_648)},
}
_WINDOWS_ZIP = 120  # bytes that a zip archive with one stored file adds to the file
_RESOURCES = 300  # about the bytes of the resource tables in which uv's launcher keeps that archive
_PIP_LAUNCHER = re.compile(r"pip(?:\d+(?:\.\d+)?)?\Z")


class Item(NamedTuple):
    """One file of an archive: its path, its uncompressed bytes, and whether it is marked as executable."""

    path: str
    size: int
    program: bool = False


class Contents(Struct, frozen=True, kw_only=True):
    """The contents of an archive, from its directory and a few small members; without directories.

    metadata:     the headers of METADATA
    entry_points: the content of entry_points.txt
    top_level:    the content of top_level.txt
    first_lines:  path of a script that begins with "#!python" → bytes of its first line, which installers replace
    size:         bytes of the archive; None if unknown
    estimated:    whether the items are estimated from an sdist
    """

    items: tuple[Item, ...]
    metadata: bytes
    entry_points: bytes = b""
    top_level: bytes = b""
    first_lines: Mapping[str, int] = {}
    size: int | None = None
    estimated: bool = False


class Scheme(Struct, frozen=True, kw_only=True):
    """Where an installer puts files, and which files it adds.

    python:    "3.11" or longer
    platform:  as in wheel tags
    installer: uv and pip differ in launchers, REQUESTED and ``direct_url.json``
    prefix:    the environment's directory; the size of launchers depends on its length, because they name it
    compiles:  whether it adds bytecode
    """

    python: str
    installer: Literal["uv", "pip"]
    platform: str = ""
    prefix: str = "/opt/venv"
    compiles: bool = False

    @property
    def windows(self) -> bool:
        return self.platform.startswith("win")

    @property
    def site(self) -> str:
        short = ".".join(self.python.split(".")[:2])
        return "Lib/site-packages" if self.windows else f"lib/python{short}/site-packages"

    @property
    def scripts(self) -> str:
        return "Scripts" if self.windows else "bin"

    @property
    def shebang_bytes(self) -> int:
        return len(f"#!{self.prefix}/bin/python")

    def headers(self, name: str) -> str:
        short = ".".join(self.python.split(".")[:2])
        return f"Include/{name}" if self.windows else f"include/site/python{short}/{name}"

    def launcher_bytes(self, module: str, function: str, inner: str, *, console: bool = True) -> int:
        """Return the size of the script that calls ``module:function.inner``.

        The constants are the sizes of the launchers that uv and pip write, without the variable parts. On Windows the
        script is part of an executable. uv keeps it in the resources, which fill blocks of 512 bytes, so that size is
        an estimate.
        """
        fixed = 256 if self.installer == "uv" else 121
        text = fixed + self.shebang_bytes + len(module) + 2 * len(function) + len(inner)
        if not self.windows:
            return text
        launchers = _LAUNCHERS[self.installer]
        executable = launchers.get(self.platform, launchers["win_amd64"])[0 if console else 1]
        if self.installer == "pip":
            return executable + text + _WINDOWS_ZIP
        return executable + -(-(text + _WINDOWS_ZIP + self.shebang_bytes + _RESOURCES) // 512) * 512


class Installed(Struct, frozen=True, kw_only=True):
    """The files of one archive in an environment.

    files:    path below the prefix → bytes
    texts:    path → content of the small files that the inventory reads
    info:     the path of the ``.dist-info`` directory
    programs: paths of files that are marked as executable
    """

    files: Mapping[str, int]
    texts: Mapping[str, bytes]
    info: str
    programs: frozenset[str]


def info_directory(paths: Iterable[str], filename: str) -> str:
    """Return the only top-level ``.dist-info`` directory of a wheel; raises MalformedArchive for none or several."""
    tops = {path.partition("/")[0] for path in paths if ".dist-info/" in path}
    infos = {top for top in tops if top.endswith(".dist-info")}
    if len(infos) != 1:
        raise MalformedArchive(filename, f"the wheel has {len(infos) or 'no'} .dist-info directories instead of one")
    return infos.pop()


def lay_out(
    contents: Contents, filename: str, scheme: Scheme, *, requested: bool, direct_url: bytes = b""
) -> Installed:
    """Return the files that an installer writes for a wheel.

    requested:  whether the user named the project (pip marks only those as REQUESTED, uv all)
    direct_url: the content of ``direct_url.json``, b"" to write none
    raises:     MalformedArchive
    """
    info = info_directory((item[0] for item in contents.items), filename)
    if not contents.estimated:
        _check(contents, info, filename, scheme)
    name = info.removesuffix(".dist-info").partition("-")[0]
    data = f"{info.removesuffix('.dist-info')}.data/"
    start = f"{scheme.site}/"
    files: dict[str, int] = {}
    programs: set[str] = set()
    for path, size, program in contents.items:
        target = start + path
        if path.startswith(data):
            target = _in_scheme(path[len(data) :], scheme, name, filename)
        if path in contents.first_lines:
            size += scheme.shebang_bytes + (2 if scheme.windows else 1) - contents.first_lines[path]
        if program:
            programs.add(target)
        files[target] = size
    for script, size in _launchers(contents.entry_points, scheme, filename):
        files[f"{scheme.scripts}/{script}"] = size
    directory = f"{start}{info}"
    texts = {f"{directory}/METADATA": contents.metadata, f"{directory}/INSTALLER": scheme.installer.encode()}
    texts |= {f"{directory}/entry_points.txt": contents.entry_points} if contents.entry_points else {}
    files[f"{directory}/INSTALLER"] = len(scheme.installer) + (scheme.installer == "pip")  # pip ends the line
    if requested or scheme.installer == "uv":
        files[f"{directory}/REQUESTED"] = 0
        texts |= {f"{directory}/REQUESTED": b""} if requested else {}
    if contents.top_level:
        texts[f"{directory}/top_level.txt"] = contents.top_level
    if direct_url:
        files[f"{directory}/direct_url.json"] = len(direct_url)
        texts[f"{directory}/direct_url.json"] = direct_url
    record = f"{directory}/RECORD"
    files[record] = _record_bytes(files, record, scheme)
    return Installed(files=files, texts=texts, info=directory, programs=frozenset(programs))


def _check(contents: Contents, info: str, filename: str, scheme: Scheme) -> None:
    """Refuse a wheel that installers refuse; raises MalformedArchive."""
    paths = {item.path for item in contents.items}
    for name in ("RECORD", "WHEEL"):
        if f"{info}/{name}" not in paths:
            raise MalformedArchive(filename, f"the .dist-info directory has no {name}")
    if not same_name(filename, info.removesuffix(".dist-info").partition("-")[0]):
        raise MalformedArchive(filename, f"the .dist-info directory belongs to another project: {info[:80]}")
    stated, named = headers(contents.metadata).get("version", [""])[0].strip(), version_of(filename)
    # Only uv compares the versions. It accepts a file name with a local version that METADATA lacks.
    if (
        scheme.installer == "uv"
        and stated
        and not same_version(stated, named)
        and not same_version(stated, named, local=False)
    ):
        raise MalformedArchive(filename, f"METADATA has another version than the file name: {stated[:80]}")


def version_of(filename: str) -> str:
    """Return the version in a wheel's file name."""
    return filename.split("-")[1] if "-" in filename else ""


def same_version(one: str, other: str, *, local: bool = True) -> bool:
    """Return whether two versions are equal (PEP 440), with or without the local part of the second one."""
    from packaging.version import InvalidVersion, Version

    if one == other:
        return True
    try:
        second = Version(other)
        return Version(one) == (second if local else Version(second.public))
    except InvalidVersion:
        return False


def _in_scheme(path: str, scheme: Scheme, name: str, filename: str) -> str:
    """Return the installed path of a file in ``NAME.data/`` (PEP 427, "The .data directory")."""
    key, _, rest = path.partition("/")
    if key in ("purelib", "platlib"):
        return f"{scheme.site}/{rest}"
    if key == "data":
        return rest
    if key == "headers":
        return f"{scheme.headers(name)}/{rest}"
    if key == "scripts":
        return f"{scheme.scripts}/{rest}"
    raise MalformedArchive(filename, f"the .data directory has the unknown key {key!r}")


def _launchers(entry_points: bytes, scheme: Scheme, filename: str) -> Iterator[tuple[str, int]]:
    """Yield (file name, bytes) of the launchers for ``entry_points.txt``."""
    entries: dict[str, tuple[str, bool]] = {}
    section = ""
    for raw in entry_points.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line
        elif section in ("[console_scripts]", "[gui_scripts]") and "=" in line and line[0] not in "#;":
            script, _, called = (part.strip() for part in line.partition("="))
            entries[script] = called, section == "[console_scripts]"
    for script, (called, console) in _with_pips_own(entries, scheme).items():
        module, _, names = called.partition("[")[0].partition(":")
        function, dot, inner = names.strip().partition(".")
        if not function:
            raise MalformedArchive(filename, f"entry point {script[:80]!r} does not name a function")
        if script and basename(script) == script:
            name = f"{script}.exe" if scheme.windows else script
            yield name, scheme.launcher_bytes(module.strip(), function, dot + inner, console=console)


def _with_pips_own(entries: dict[str, tuple[str, bool]], scheme: Scheme) -> dict[str, tuple[str, bool]]:
    """Return the launchers, with those of pip itself renamed for the Python version, as both installers do."""
    major, minor = scheme.python.split(".")[:2]
    template = entries.get("pip" if scheme.installer == "pip" else "pip3")
    if template is None:
        return entries
    if scheme.installer == "pip":
        others = {script: called for script, called in entries.items() if not _PIP_LAUNCHER.match(script)}
        return {**others, **dict.fromkeys(("pip", f"pip{major}", f"pip{major}.{minor}"), template)}
    others = {script: called for script, called in entries.items() if not re.match(r"pip3\.\d+\Z", script)}
    return {**others, f"pip3.{minor}": template}


def _record_bytes(files: Mapping[str, int], record: str, scheme: Scheme) -> int:
    """Return the size of a RECORD that lists all files, each but RECORD itself with its hash (PEP 376)."""
    rows = {path: size for path, size in files.items() if path != record}  # installers replace the wheel's RECORD
    start = f"{scheme.site}/"
    paths = "".join(rows)
    letters = len(paths) if paths.isascii() else len(paths.encode("utf-8", "surrogateescape"))
    inside = sum(map(str.startswith, rows, repeat(start)))
    letters -= len(start) * inside
    if inside < len(rows):
        letters += sum(len(relpath(path, start)) - len(path) for path in rows if not path.startswith(start))
    quotes = 2 * sum("," in path for path in rows) if "," in paths else 0
    digits = sum(map(len, map(str, rows.values())))
    line_end = 2 if scheme.installer == "pip" else 1
    itself = f"{record[len(start) :]},,"
    return letters + quotes + digits + (_ROW_BYTES + line_end) * len(rows) + len(itself) + line_end


def direct_url_json(url: str, sha256: str | None, installer: str) -> bytes:
    """Return ``direct_url.json`` (PEP 610), byte for byte as the installer writes it, for an archive at a URL."""
    if installer == "uv":
        return f'{{"url":"{url}","archive_info":{{}}}}'.encode()
    hashes = f'"hash": "sha256={sha256}", "hashes": {{"sha256": "{sha256}"}}' if sha256 else ""
    return f'{{"archive_info": {{{hashes}}}, "url": "{url}"}}'.encode()


def bytecode_bytes(items: Mapping[str, int], python: str) -> int:
    """Return an estimate of the bytecode that compiling adds, from the sizes of the source files.

    The coefficients were fitted to thousands of files of a hundred distributions, compiled by each Python version.
    """
    minor = int(python.split(".")[1])
    base, ratio = _FITTED[min(max(minor, 9), 13)]
    sizes = [size for path, size in items.items() if path.endswith(".py")]
    return round(sum(base + ratio * size if size else 180 for size in sizes))


_FITTED = {9: (700.0, 0.78), 10: (850.0, 0.775), 11: (1850.0, 1.24), 12: (1370.0, 1.15), 13: (1650.0, 1.12)}


def same_name(filename: str, metadata_name: str) -> bool:
    """Return whether METADATA and the file name give the same project name."""
    return normalize(filename.partition("-")[0]) == normalize(metadata_name)
