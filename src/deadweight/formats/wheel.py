"""What a wheel holds → what an installer leaves on the disk: paths and apparent bytes, to the byte where that can be.

source: the binary distribution format (PEP 427), the layout of a venv, and what uv and pip were seen to write
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from posixpath import basename
from typing import Literal, NamedTuple

from deadweight.errors import MalformedArchive
from deadweight.formats.metadata import normalize

# A row of RECORD is ``PATH,sha256=…,SIZE``: beside path and size, the hash in 43 letters and 9 more.
_ROW_BYTES = 52
_PYTHON_LINE = len("#!python")
_LARGEST_SCRIPT = 1 << 16  # larger files in ``.data/scripts`` are programs, whose first line nobody rewrites
_WINDOWS_LAUNCHER = 108_032  # bytes of the 64-bit console launcher that pip carries
_WINDOWS_ZIP = 120  # what a zip with one stored file adds to it


class Item(NamedTuple):
    """One file of an archive: path in it, uncompressed bytes, whether it is marked as a program."""

    path: str
    size: int
    program: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an archive holds, as far as its directory and a few small members tell; no folders.

    metadata:     the headers of METADATA
    entry_points: the text of entry_points.txt
    size:         bytes of the archive; None where nobody tells
    estimated:    whether the items are those of an sdist, of which nobody knows what a build would make
    """

    items: tuple[Item, ...]
    metadata: bytes
    entry_points: bytes = b""
    size: int | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Where an installer puts things, and what it writes besides.

    python:    "3.11" or longer
    installer: whose habits; they differ in launchers, marks and ``direct_url.json``
    prefix:    the environment's folder; launchers name it, so their size hangs on its length
    """

    python: str
    installer: Literal["uv", "pip"]
    windows: bool = False
    prefix: str = "/opt/venv"

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

    def launcher_bytes(self, module: str, function: str, inner: str) -> int:
        """Return the size of the script that calls ``module:function.inner``.

        The constants are what is left of launchers as uv and pip write them, less the variable parts; on Windows they
        follow an executable, of which pip's is taken for both.
        """
        fixed = 256 if self.installer == "uv" else 121
        text = fixed + self.shebang_bytes + len(module) + 2 * len(function) + len(inner)
        return text + _WINDOWS_LAUNCHER + _WINDOWS_ZIP if self.windows else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What one archive leaves in an environment.

    files:    path below the prefix → bytes
    texts:    path → content of the small files that the inventory reads
    info:     the path of the ``.dist-info`` folder
    programs: paths of files that are marked as programs
    """

    files: Mapping[str, int]
    texts: Mapping[str, bytes]
    info: str
    programs: frozenset[str]


def info_folder(paths: Iterable[str], filename: str) -> str:
    """Return the one ``.dist-info`` folder at the top of a wheel; raises MalformedArchive where it is not one."""
    found = {path.partition("/")[0] for path in paths if ".dist-info/" in path}
    found = {top for top in found if top.endswith(".dist-info")}
    if len(found) != 1:
        raise MalformedArchive(filename, f"{len(found) or 'no'} .dist-info folders, where a wheel has one")
    return found.pop()


def lay_out(
    contents: Contents, filename: str, scheme: Scheme, *, requested: bool, direct_url: bytes = b""
) -> Installed:
    """Return what an installer leaves of a wheel.

    requested:  whether it is asked for by name (pip marks only those; uv all)
    direct_url: the content of ``direct_url.json``, where there is to be one
    raises:     MalformedArchive
    """
    info = info_folder((item[0] for item in contents.items), filename)
    name = info.removesuffix(".dist-info").partition("-")[0]
    data = f"{info.removesuffix('.dist-info')}.data/"
    start = f"{scheme.site}/"
    files: dict[str, int] = {}
    programs: set[str] = set()
    for path, size, program in contents.items:
        place = start + path
        if path.startswith(data):
            place, size = _in_scheme(path[len(data) :], size, scheme, name, filename)
        if program:
            programs.add(place)
        files[place] = size
    for script, size in _launchers(contents.entry_points, scheme):
        files[f"{scheme.scripts}/{script}"] = size
    folder = f"{start}{info}"
    texts = {f"{folder}/METADATA": contents.metadata, f"{folder}/INSTALLER": scheme.installer.encode()}
    texts |= {f"{folder}/entry_points.txt": contents.entry_points} if contents.entry_points else {}
    files[f"{folder}/INSTALLER"] = len(scheme.installer) + (scheme.installer == "pip")  # pip ends the line
    if requested or scheme.installer == "uv":
        files[f"{folder}/REQUESTED"] = 0
        texts |= {f"{folder}/REQUESTED": b""} if requested else {}
    if direct_url:
        files[f"{folder}/direct_url.json"] = len(direct_url)
        texts[f"{folder}/direct_url.json"] = direct_url
    record = f"{folder}/RECORD"
    files[record] = _record_bytes(files, record, scheme)
    return Installed(files=files, texts=texts, info=folder, programs=frozenset(programs))


def _in_scheme(path: str, size: int, scheme: Scheme, name: str, filename: str) -> tuple[str, int]:
    """Return where a file of ``NAME.data/`` goes, and its size there (PEP 427, "The .data directory")."""
    key, _, rest = path.partition("/")
    if key in ("purelib", "platlib"):
        return f"{scheme.site}/{rest}", size
    if key == "data":
        return rest, size
    if key == "headers":
        return f"{scheme.headers(name)}/{rest}", size
    if key == "scripts":
        # ``#!python`` becomes the environment's own; nearly all small scripts begin with it.
        rewritten = size + scheme.shebang_bytes - _PYTHON_LINE if 0 < size <= _LARGEST_SCRIPT else size
        return f"{scheme.scripts}/{rest}", rewritten
    raise MalformedArchive(filename, f"{key!r} in its .data folder is no place that installers know")


def _launchers(entry_points: bytes, scheme: Scheme) -> Iterator[tuple[str, int]]:
    """Yield (file name, bytes) of the launchers that ``entry_points.txt`` asks for."""
    section = ""
    for line in entry_points.decode("utf-8", "replace").splitlines():
        if line.startswith("["):
            section = line.strip()
        elif section in ("[console_scripts]", "[gui_scripts]") and "=" in line and line[0] not in "#;":
            script, _, called = (part.strip() for part in line.partition("="))
            module, _, names = called.partition("[")[0].partition(":")
            function, dot, inner = names.strip().partition(".")
            if script and function and basename(script) == script:
                name = f"{script}.exe" if scheme.windows else script
                yield name, scheme.launcher_bytes(module.strip(), function, dot + inner)


def _record_bytes(files: Mapping[str, int], record: str, scheme: Scheme) -> int:
    """Return the size of the RECORD that names all files, each with its hash but for itself (PEP 376)."""
    rows = {path: size for path, size in files.items() if path != record}  # a wheel holds one, which is replaced
    start, up = f"{scheme.site}/", 3 * (scheme.site.count("/") + 1)
    paths = "".join(rows)
    letters = len(paths) if paths.isascii() else len(paths.encode("utf-8", "surrogateescape"))
    inside = sum(map(str.startswith, rows, repeat(start)))
    letters += up * (len(rows) - inside) - len(start) * inside
    quotes = 2 * sum("," in path for path in rows) if "," in paths else 0
    digits = sum(map(len, map(str, rows.values())))
    line_end = 2 if scheme.installer == "pip" else 1
    itself = f"{record[len(start) :]},,"
    return letters + quotes + digits + (_ROW_BYTES + line_end) * len(rows) + len(itself) + line_end


def direct_url_json(url: str, sha256: str | None, installer: str) -> bytes:
    """Return ``direct_url.json`` (PEP 610) as an installer spells it, for an archive that was asked for by URL."""
    if installer == "uv":
        return f'{{"url":"{url}","archive_info":{{}}}}'.encode()
    hashes = f'"hash": "sha256={sha256}", "hashes": {{"sha256": "{sha256}"}}' if sha256 else ""
    return f'{{"archive_info": {{{hashes}}}, "url": "{url}"}}'.encode()


def bytecode_bytes(items: Mapping[str, int], python: str) -> int:
    """Return about how much compiling adds, by the sizes of the sources: an estimate.

    The lines were fitted to 6,200 files of a hundred distributions, compiled by each Python.
    """
    minor = int(python.split(".")[1])
    base, ratio = _FITTED.get(minor, _FITTED[13 if minor > 13 else 11])
    sizes = [size for path, size in items.items() if path.endswith(".py")]
    return round(sum(base + ratio * size if size else 180 for size in sizes))


_FITTED = {11: (1850.0, 1.24), 12: (1370.0, 1.15), 13: (1650.0, 1.12)}


def same_name(filename: str, metadata_name: str) -> bool:
    """Say whether METADATA names the project that the file name names."""
    return normalize(filename.partition("-")[0]) == normalize(metadata_name)
