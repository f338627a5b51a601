"""The files of an sdist → an estimate of what a build would install. Nothing is built.

source: PEP 625 (file names), PEP 643 (metadata in sdists); import names come from setuptools' ``top_level.txt``
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from deadweight.errors import MalformedArchive
from deadweight.formats.distributions.metadata import headers, normalize, parse_metadata
from deadweight.formats.distributions.wheel import Contents, Item
from deadweight.formats.projects.poetry_project import read_poetry
from deadweight.formats.projects.setup_py import stated_requirements
from deadweight.formats.tables import Malformed, parse_toml

# Files that describe a project without running its code, by base name.
METADATA_FILES = frozenset(
    {"PKG-INFO", "pyproject.toml", "requires.txt", "top_level.txt", "entry_points.txt", "setup.py", "setup.cfg"}
)
LARGEST_METADATA_FILE = 1 << 20
_NO_PACKAGES = frozenset(
    "test tests testing doc docs example examples benchmark benchmarks bench scripts tools ci build dist".split()
)
_NO_MODULES = frozenset("setup conftest noxfile tasks fabfile versioneer".split())
_COMPILED_AWAY = (".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs", ".f", ".f90", ".go", ".o", ".a")
_WORTH_COPYING = 10_000_000  # bytes
_WHEEL_BYTES = 92  # of the file WHEEL, as setuptools writes it


def contents_of_sdist(
    items: Iterable[tuple[str, int]], texts: Mapping[str, bytes], filename: str, *, size: int | None
) -> Contents:
    """Return the estimated contents of a wheel built from an sdist: its packages, without sources that are compiled.

    items:  path below the top directory → bytes
    texts:  path → content of the files in METADATA_FILES
    size:   bytes of the archive
    raises: MalformedArchive if the name is not stated anywhere
    """
    files = dict(items)
    metadata = _metadata(texts, filename)
    fields = headers(metadata)
    name, version = fields["name"][0], fields["version"][0]
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    base = "src/" if any(path.startswith("src/") and path.endswith(".py") for path in files) else ""
    tops = _tops(files, base, _in_egg_info(texts, "top_level.txt"))
    chosen = [
        Item(path[len(base) :], length)
        for path, length in sorted(files.items())
        if path.startswith(base) and path[len(base) :].partition("/")[0] in tops and not path.endswith(_COMPILED_AWAY)
    ]
    installed = [*chosen, *_copied_in(files, base, tops, sum(item.size for item in chosen))]
    installed += [
        Item(f"{info}/METADATA", len(texts.get("PKG-INFO") or metadata)),
        Item(f"{info}/WHEEL", _WHEEL_BYTES),
        Item(f"{info}/RECORD", 0),
    ]
    return Contents(
        items=tuple(installed),
        metadata=metadata,
        entry_points=_in_egg_info(texts, "entry_points.txt"),
        size=size,
        estimated=True,
    )


def _copied_in(files: Mapping[str, int], base: str, tops: frozenset[str], chosen: int) -> list[Item]:
    """Return the files outside the packages if they are so large that the build probably copies them into a package."""
    outside = [
        Item(f"{min(tops, default='data')}/{path}", size)
        for path, size in sorted(files.items())
        if not (path.startswith(base) and path[len(base) :].partition("/")[0] in tops)
        and path.partition("/")[0] not in _NO_PACKAGES
        and "/" in path
        and not path.endswith(_COMPILED_AWAY)
    ]
    size = sum(item.size for item in outside)
    return outside if size > _WORTH_COPYING and size > 10 * chosen else []


def _in_egg_info(texts: Mapping[str, bytes], name: str) -> bytes:
    paths = sorted(path for path in texts if path.endswith(f".egg-info/{name}"))
    return texts[paths[0]] if paths else b""


def _metadata(texts: Mapping[str, bytes], filename: str) -> bytes:
    """Return METADATA, composed of PKG-INFO and of the static values in pyproject.toml, setup.cfg and setup.py."""
    project = _project(texts.get("pyproject.toml", b""))
    stem = filename.removesuffix(".zip").removesuffix(".tar.gz")
    if isinstance(project.get("name"), str):
        stem = f"{project['name'].replace('-', '_')}-{project.get('version', '0')}"
    stated = parse_metadata(
        texts.get("PKG-INFO") or _in_egg_info(texts, "PKG-INFO"),
        f"{stem}.egg-info",
        requires_txt=_in_egg_info(texts, "requires.txt"),
    )
    if stated is None:
        raise MalformedArchive(filename, "the sdist has no metadata that gives its name")
    requires = stated.requires or tuple(_strings(project.get("dependencies")))
    if not requires and not any(path.endswith(".egg-info/PKG-INFO") for path in texts):
        requires = stated_requirements(texts.get("setup.py", b""), texts.get("setup.cfg", b"")) or ()
    version = stated.version or str(project.get("version") or "0")
    lines = [
        f"Name: {stated.name}",
        f"Version: {version}",
        f"Summary: {stated.summary.splitlines()[0]}" if stated.summary else "",
    ]
    lines += [f"Classifier: {one_line}" for c in stated.classifiers if (one_line := " ".join(c.split()))]
    lines += [f"Requires-Dist: {' '.join(line.split())}" for line in requires]
    return "\n".join(["Metadata-Version: 2.1", *filter(None, lines), ""]).encode("utf-8", "replace")


def _project(data: bytes) -> dict[str, Any]:
    """Return ``[project]``, or its equivalent from ``[tool.poetry]`` without dependencies on paths, URLs and git."""
    try:
        table = parse_toml(data)
        if "project" in table.values:
            return dict(table.table("project").values)
        poetry = table.table("tool").table("poetry")
        read = read_poetry(poetry, "/")
        direct = {name for name, sources in read.sources.items() if any(source.reference for source in sources)}
        lines = [line for line in read.dependencies if normalize(_name(line)) not in direct]
        stated = {key: poetry.text(key) for key in ("name", "version") if poetry.text(key)}
        return {**stated, "dependencies": lines}
    except Malformed:
        return {}


def _name(line: str) -> str:
    match = re.match(r"[\w.-]+", line)
    return match[0] if match else ""


def _strings(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _tops(files: Mapping[str, int], base: str, top_level: bytes) -> frozenset[str]:
    """Return the top-level names, below ``base``, of the packages and modules that would be installed."""
    below = [path[len(base) :] for path in files if path.startswith(base)]
    named = {n for n in top_level.decode("utf-8", "replace").split() if n.isidentifier()}
    modules = {path for path in below if path.endswith(".py") and "/" not in path}
    packages = {path.partition("/")[0] for path in below if path.count("/") == 1 and path.endswith("/__init__.py")}
    if named:
        return frozenset(named | {f"{name}.py" for name in named})
    packages = {name for name in packages if name not in _NO_PACKAGES}
    if packages:
        return frozenset(packages)
    return frozenset(path for path in modules if path.removesuffix(".py") not in _NO_MODULES)
