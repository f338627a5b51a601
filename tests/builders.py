"""Builds what tests measure, in sight: wheels, environments and trees from dicts of paths."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from deadweight.analysis.concluding import conclude
from deadweight.analysis.measurement import Measurement
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.errors import BadInput
from deadweight.formats.binaries.elf import linking
from deadweight.formats.projects.pyproject import Choice, read_project
from deadweight.formats.projects.workspaces import DirectRequirement, Workspace
from deadweight.formats.requirements import RequirementsFile, logical_lines, pep508
from deadweight.formats.tables import Malformed
from deadweight.inventory import take_inventory
from deadweight.model import (
    Application,
    ArchiveFacts,
    Distribution,
    Entry,
    Environment,
    FileTree,
    Inventory,
    Linking,
    Metadata,
    Requirement,
    Sizes,
)
from deadweight.model.report import Report
from deadweight.settings import Settings
from deadweight.targets import types as targets

SITE = "lib/python3.11/site-packages"
ELF_X86_64 = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" + bytes(44)


def metadata(name: str, version: str = "1.0", *, requires: Iterable[str] = (), headers: Iterable[str] = ()) -> str:
    """Return a METADATA file."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers]
    return "\n".join([*lines, *(f"Requires-Dist: {line}" for line in requires), "", "A description.", ""])


def dist_files(
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    headers: Iterable[str] = (),
    requested: bool = False,
    installer: str = "pip",
    record: Iterable[str] | None = None,
) -> dict[str, bytes]:
    """Return path → content of one installed distribution, relative to site-packages.

    files:  its code; default: ``NAME/__init__.py``
    record: the lines of its RECORD, in place of those that fit its files
    """
    module = name.replace("-", "_").replace(".", "_")
    code = {f"{module}/__init__.py": "x = 1\n"} if files is None else files
    info = f"{module}-{version}.dist-info"
    found = {path: content.encode() if isinstance(content, str) else content for path, content in code.items()}
    found[f"{info}/METADATA"] = metadata(name, version, requires=requires, headers=headers).encode()
    found[f"{info}/INSTALLER"] = f"{installer}\n".encode()
    if requested:
        found[f"{info}/REQUESTED"] = b""
    rows = [f"{path},," for path in [*found, f"{info}/RECORD"]] if record is None else list(record)
    found[f"{info}/RECORD"] = ("\n".join(rows) + "\n").encode()
    return found


def make_tree(files: Mapping[str, str | bytes], *, python: str | None = "3.11.7") -> FileTree:
    """Return a FileTree that lies nowhere: path → content."""
    data = {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
    entries = {path: Entry(len(content), None, None, "file") for path, content in data.items()}
    return FileTree(location="(memory)", entries=entries, reader=_Memory(data), python=python)


class _Memory:
    def __init__(self, data: Mapping[str, bytes]) -> None:
        self._data = data

    def read(self, path: str, limit: int = 1 << 26) -> bytes:
        if path not in self._data:
            raise FileNotFoundError(path)
        return self._data[path][:limit]

    def heads(self, paths: Iterable[str]) -> Iterable[bytes]:
        return (self._data[path][:64] for path in paths)

    def linking(self, paths: Iterable[str]) -> Iterable[Linking | None]:
        return (linking(partial(_part, self._data[path])) for path in paths)

    def target(self, path: str) -> str | None:
        return None


def _part(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]


def site_tree(*distributions: Mapping[str, bytes], extra: Mapping[str, str | bytes] | None = None) -> FileTree:
    """Return the tree of an environment that holds distributions ; ``extra`` counts from the prefix."""
    files: dict[str, str | bytes] = {}
    for distribution in distributions:
        files |= {f"{SITE}/{path}": content for path, content in distribution.items()}
    return make_tree(files | dict(extra or {}))


def inventory_of(*distributions: Mapping[str, bytes], extra: Mapping[str, str | bytes] | None = None) -> Inventory:
    """Return the inventory of such a tree."""
    return take_inventory(site_tree(*distributions, extra=extra))


def write_files(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write path → content below ``root``; return it."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def make_env(root: Path, *distributions: Mapping[str, bytes], extra: Mapping[str, str | bytes] | None = None) -> Path:
    """Write an environment that holds distributions to the disk; return its prefix."""
    write_files(root, {"pyvenv.cfg": "home = /usr/bin\nversion = 3.11.7\n", **(extra or {})})
    for distribution in distributions:
        write_files(root / SITE, distribution)
    return root


def bytes_below(root: Path) -> int:
    """Return what ``du -b`` sums below a directory, less the directories: each inode once, symlinks as themselves."""
    seen = {}
    for directory, _, names in os.walk(root):
        for name in names + [n for n in os.listdir(directory) if (Path(directory) / n).is_symlink()]:
            found = os.lstat(os.path.join(directory, name))
            seen[found.st_dev, found.st_ino] = found.st_size
    return sum(seen.values())


def make_wheel(
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    headers: Iterable[str] = (),
    entry_points: str = "",
    tag: str = "py3-none-any",
) -> tuple[str, bytes]:
    """Return (file name, bytes) of a wheel (PEP 427) that any installer takes."""
    module = name.replace("-", "_")
    code = {f"{module}/__init__.py": "x = 1\n"} if files is None else files
    info = f"{module}-{version}.dist-info"
    content = {path: data.encode() if isinstance(data, str) else data for path, data in code.items()}
    content[f"{info}/METADATA"] = metadata(name, version, requires=requires, headers=headers).encode()
    pure = "true" if tag.endswith("-any") else "false"
    wheel = f"Wheel-Version: 1.0\nGenerator: builders\nRoot-Is-Purelib: {pure}\nTag: {tag}\n"
    content[f"{info}/WHEEL"] = wheel.encode()
    if entry_points:
        content[f"{info}/entry_points.txt"] = entry_points.encode()
    rows = [(path, f"sha256={_digest(data)}", len(data)) for path, data in content.items()]
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows([*rows, (f"{info}/RECORD", "", "")])
    content[f"{info}/RECORD"] = record.getvalue().encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return f"{module}-{version}-{tag}.whl", buffer.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def make_wheelhouse(directory: Path, *wheels: tuple[str, bytes]) -> Path:
    """Write wheels into a directory that installers take with ``--find-links``; return it."""
    return write_files(directory, dict(wheels))


def bare(
    name: str,
    size: int = 1,
    *,
    requires: Iterable[str] = (),
    version: str | None = "1.0",
    requested: bool = False,
    installer: str = "pip",
    url: str = "",
    classifiers: Iterable[str] = (),
    download: int | None = None,
    estimated: bool = False,
) -> Distribution:
    """Return a distribution of ``size`` bytes, for what asks neither for files nor for a tree.

    download: bytes of the archive that it was measured from; None for no archive
    """
    stated = Metadata(name=name, version=version, requires=tuple(requires), classifiers=tuple(classifiers))
    sizes = Sizes(files=1, apparent=size, disk=None, kinds={"source": size})
    archive = None if download is None else ArchiveFacts(filename=f"{name}.whl", size=download, estimated=estimated)
    return Distribution(
        key=name, metadata=stated, sizes=sizes, requested=requested, installer=installer, url=url, archive=archive
    )


def bare_inventory(
    *distributions: Distribution, python: str = "3.11.7", platform: str = "linux_x86_64", unowned: int = 0
) -> Inventory:
    """Return an inventory of such distributions, by name, and of ``unowned`` bytes of other files."""
    ordered = tuple(sorted(distributions, key=lambda d: d.key))
    size = sum(d.sizes.apparent for d in ordered) + unowned
    total = Sizes(files=len(ordered), apparent=size, disk=None, kinds={"source": size} if size else {})
    environment = Environment(python=python, platform=platform, installer="pip")
    others = Sizes(apparent=unowned, disk=None, kinds={"source": unowned} if unowned else {})
    return Inventory(environments=(environment,), distributions=ordered, unowned=others, total=total)


def report_on(*distributions: Distribution, lines: str = "", location: str = "", unowned: int = 0) -> Report:
    """Return the report of an environment with such distributions; of a requirements file if there are ``lines``.

    lines: separated by spaces
    """
    file = requirements_file("".join(f"{line}\n" for line in lines.split())) if lines else None
    return report_of(profile_of(bare_inventory(*distributions, unowned=unowned), file, path=location))


def wants(*lines: str) -> tuple[Requirement, ...]:
    """Return what the PEP 508 lines of a requirements file ask for."""
    return tuple(requirements_file("\n".join(lines)).all_requirements())


def requirements_file(
    text: str, path: str = "requirements.txt", included: Mapping[str, RequirementsFile] | None = None
) -> RequirementsFile:
    """Return a requirements file that lies nowhere; ``included``: path of a ``-r`` line → its file."""
    lines = logical_lines(text, path)
    return RequirementsFile(
        path=path,
        lines=tuple(lines),
        requirements={n.number: want for n in lines if n.kind == "requirement" and (want := pep508(n, path))},
        included={n.number: (included or {})[n.value] for n in lines if n.kind == "include"},
    )


def profile_of(
    inventory: Inventory,
    file: RequirementsFile | None = None,
    settings: Settings | None = None,
    *,
    path: str = "",
    application: Application | None = None,
) -> Profile:
    """Return the profile that the pure stages make of an inventory: of an environment, or of a requirements file."""
    target = targets.Requirements(path or file.path) if file else targets.Environment(path or "env")
    measurement = Measurement(target=target, inventory=inventory, settings=settings or Settings(), file=file)
    return conclude(measurement, application)


def requirements_of_project(
    path: str, data: bytes, choice: Choice, holds: Callable[[str], bool] = lambda _: False
) -> tuple[DirectRequirement, ...]:
    """Return what a project in ``/p`` without a workspace asks for.

    holds: whether the marker of a source holds
    """
    try:
        project = read_project(data, "/p")
        return Workspace(projects=(project,), root=project).requirements(choice, holds)
    except Malformed as error:
        raise BadInput(f"{path}: {error.reason}", hint=error.hint) from error


class Bytes:
    """Bytes that are read and skipped from the front, as those of an archive are."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, length: int) -> bytes:
        return self._file.read(length)

    def skip(self, length: int) -> int:
        return len(self._file.read(length))
