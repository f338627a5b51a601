"""The build context → its project as a distribution, which the images get as the last of their distributions.

Its build backend makes a wheel of it when the image is built. The development stage installs it editable, so that the
code that is mounted there counts.
source: PEP 517 and PEP 518 ([build-system]), PEP 660 (editable)
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from deadweight.analysis.measurement import Measurement
from deadweight.codescan.roles import role_of
from deadweight.dockerfiles.values import Piece, Pin, Start
from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.distributions.wheel import bytecode_bytes
from deadweight.formats.tables import Malformed, Table, parse_toml
from deadweight.operations.dockerfile.context import Context
from deadweight.sources.buildcontext.paths import is_same
from deadweight.targets.types import Lock, Project, Requirements

_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
# What compiles extension modules when a project is built
_COMPILING = frozenset(
    "cffi cmake cython maturin meson-python mypy mypyc nanobind numpy pybind11 scikit-build scikit-build-core"
    " setuptools-rust".split()
)
_COMPILED = (".c", ".cc", ".cpp", ".pyx", ".rs")
# What takes the version of a project from git → the variable that states it in place of the repository
_VERSIONING = {
    "hatch-vcs": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "setuptools-scm": "SETUPTOOLS_SCM_PRETEND_VERSION",
    "poetry-dynamic-versioning": "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "uv-dynamic-versioning": "UV_DYNAMIC_VERSIONING_BYPASS",
    "versioningit": "VERSIONINGIT_PRETEND_VERSION",
    "pbr": "PBR_VERSION",
}
_METADATA = 1500  # bytes of a .dist-info directory, besides the README and the lines of RECORD
_RECORD_LINE = 100
_REFERENCE = re.compile(r"([A-Za-z_]\w*)(?:[.:][\w.:()]*)?\Z")
_READ_BY_NAME = {"gunicorn": "gunicorn.conf.py", "alembic": "alembic.ini", "supervisord": "supervisord.conf"}


class OwnProject(Struct, frozen=True, kw_only=True):
    """A project that is a distribution itself.

    scripts:  names of its commands
    packages: names of its import packages and modules
    files:    path → bytes of what its wheel probably contains
    compiles: whether building it probably takes a compiler
    version_variable: which states its version, if only git knows it; "" if its files do
    """

    name: str
    scripts: frozenset[str]
    packages: frozenset[str]
    files: Mapping[str, int]
    metadata_bytes: int
    compiles: bool
    version_variable: str

    def piece(self, python: str) -> Piece:
        """Return the piece that installs its wheel."""
        return self._piece(Pin(name=self.name, directory="."), self.files, python)

    def editable_piece(self, directory: str, python: str) -> Piece:
        """Return the piece that installs it editable, from a directory of the image."""
        return self._piece(Pin(name=self.name, directory=directory, is_editable=True), {}, python)

    def _piece(self, pin: Pin, files: Mapping[str, int], python: str) -> Piece:
        return Piece(
            pin=pin,
            apparent_bytes=sum(files.values()) + _RECORD_LINE * len(files) + self.metadata_bytes,
            bytecode=bytecode_bytes(files, python),
            is_estimated=True,
            compiles=self.compiles,
            version_variable=self.version_variable,
        )

    def suffices(self, start: Start, context: Context) -> bool:
        """Return whether a command needs nothing of the build context except what is installed."""
        words = [word for each in (*start.entrypoint, *start.command) for word in re.split(r"[\s=]+", each)]
        modules = {match[1] for word in words if (match := _REFERENCE.match(word))}
        if not (self.scripts & {*words[:1]} or self.packages & modules):
            return False
        read = {*words, *(_READ_BY_NAME.get(os.path.basename(word), "") for word in words)}
        return not any(os.path.normpath(path) in context.sizes for path in read if path)


def own_project(measurement: Measurement, context: Context) -> OwnProject | None:
    """Return the project that a target installs together with its requirements; None if its code is only copied."""
    if not _is_requested(measurement, context.location):
        return None
    try:
        table = parse_toml(context.texts.get("pyproject.toml", "").encode("utf-8", "surrogateescape"))
        project, poetry = table.table("project"), table.table("tool").table("poetry")
        name = project.text("name") or poetry.text("name")
        required = _required(table.table("build-system"))
        if not is_name(name) or not _is_distribution(table):
            return None
        dynamic = "version" in project.texts("dynamic") or "version" not in {**project.values, **poetry.values}
        scripts = frozenset((*project.table("scripts").values, *poetry.table("scripts").values))
    except Malformed:
        return None
    packages = _packages(normalize(name).replace("-", "_"), context.modules)
    files = {path: size for path, size in context.sizes.items() if _is_below(path, packages)}
    return OwnProject(
        name=normalize(name),
        scripts=scripts,
        packages=packages,
        files=files,
        metadata_bytes=_METADATA + sum(context.sizes.get(each, 0) for each in ("README.md", "README.rst")),
        compiles=bool(required & _COMPILING) or any(path.endswith(_COMPILED) for path in files),
        version_variable=next((_VERSIONING[each] for each in sorted(required & _VERSIONING.keys()) if dynamic), ""),
    )


def _is_requested(measurement: Measurement, context: str) -> bool:
    target, file = measurement.target, measurement.file
    if isinstance(target, (Project, Lock)):
        return is_same(os.path.dirname(target.location) or ".", context)
    lines = file.all_requirements() if isinstance(target, Requirements) and file else ()
    paths = (unquote(urlsplit(each.location).path) for each in lines if each.location.startswith("file:"))
    return any(is_same(path, context) for path in paths)


def _is_distribution(table: Table) -> bool:
    """Return whether installers install the project; uv and poetry only its dependencies if its table says so."""
    tools = table.table("tool")
    packaged = tools.table("uv").take("package", bool, "true or false")
    if packaged is not None:
        return packaged
    return "build-system" in table.values and tools.table("poetry").values.get("package-mode") is not False


def _required(build: Table) -> frozenset[str]:
    """Return the projects that building takes, normalized."""
    matches = (_REQUIREMENT.match(line) for line in build.texts("requires"))
    return frozenset(normalize(match[0]) for match in matches if match)


def _packages(name: str, modules: Iterable[str]) -> frozenset[str]:
    """Return the import packages and modules that the wheel of a project probably contains.

    Build backends take all of ``src``, else the package with the project's name, else all that are not for development.
    """
    modules = [*modules]
    in_src = [path.removeprefix("src/") for path in modules if path.startswith("src/")]
    own = {*_top_level(in_src or modules)}
    if in_src:
        return frozenset(own)
    return frozenset({name} if name in own else own)


def _top_level(modules: Iterable[str]) -> Iterator[str]:
    for path in modules:
        package, _, name = path.rpartition("/")
        if name == "__init__.py" and package and role_of(path, (package,)) == "application":
            yield package
        elif not package and role_of(path) == "application":
            yield name.removesuffix(".py")


def _is_below(path: str, packages: frozenset[str]) -> bool:
    first = path.removeprefix("src/").partition("/")[0]
    return first in packages or first.removesuffix(".py") in packages
