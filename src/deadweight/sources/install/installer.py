"""Requirements files → a throwaway venv with nothing else in it, made by uv if available, else by pip."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import InstallFailed
from deadweight.formats.installers.installer_output import explain, pip_progress, uv_progress
from deadweight.progress import Observer, Progress
from deadweight.sources.install.interpreters import find_interpreter, no_interpreter
from deadweight.sources.install.variables import NAMED_INDEXES, for_pip, for_uv
from deadweight.sources.install.watching import watched
from deadweight.sources.system.processes import OUR_PYTHON, run
from deadweight.sources.system.scratch import Scratch

# pip builds requirements that are URLs despite ``--only-binary``, and the METADATA of a wheel may require any URL. So
# an audit hook keeps the interpreter of pip from starting processes, which every build needs. (pip starts others only
# to describe the system in its User-Agent.)
_PIP_THAT_STARTS_NOTHING = """
import runpy, sys

def refuse(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"):
        raise PermissionError("--no-build forbids builds")

sys.addaudithook(refuse)
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_BUILD_HINT = "omit --no-build to build from source, which runs the distribution's own code"


class InstallOptions(Struct, frozen=True, kw_only=True):
    """How to install; for empty values, the installer's own configuration applies.

    constraints: paths of constraints files
    overrides:   paths of requirements files that replace all other requirements on the same projects; only for uv
    projects:    paths of pyproject.toml files to install besides the requirements; only for uv
    settings:    further options of uv, as (name, value)
    """

    python: str = ""
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_build: bool = False
    bytecode: Literal["compiled", "none"] = "compiled"
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    def with_links(self, location: str) -> InstallOptions:
        """Return these options with a further directory of archives."""
        return replace(self, find_links=(*self.find_links, location))


class Installer(Protocol):
    """Creates venvs and installs into them."""

    @property
    def name(self) -> str:
        """Return its name in reports."""

    def create(self, directory: str, options: InstallOptions) -> list[str]:
        """Return the command that creates an empty venv."""

    def install(self, directory: str, requirements: str, options: InstallOptions) -> list[str]:
        """Return the command that installs a requirements file into it."""

    def variables(self, options: InstallOptions, scratch: Scratch) -> dict[str, str]:
        """Return the environment variables that these commands run with."""

    def progress(self) -> Callable[[str], Progress | None]:
        """Return a function that turns a line of output into progress."""


class Uv(Struct, frozen=True):
    """https://docs.astral.sh/uv/reference/cli/"""

    executable: str
    name: str = "uv"

    def create(self, directory: str, options: InstallOptions) -> list[str]:
        # If none is found, uv may know of one that it installed itself.
        python = find_interpreter(options.python) or options.python
        return [self.executable, "venv", "--no-project", "--no-python-downloads", "--python", python, directory]

    def install(self, directory: str, requirements: str, options: InstallOptions) -> list[str]:
        return [
            self.executable, "pip", "install", "--python", os.path.join(directory, "bin", "python"),
            *(option for path in (requirements, *options.projects) for option in ("--requirements", path)),
            *directory_options(options),
            *uv_options(options),
            *(["--no-build"] if options.no_build else []),
            *(["--compile-bytecode"] if options.bytecode == "compiled" else ["--no-compile-bytecode"]),
        ]  # fmt: skip

    def variables(self, options: InstallOptions, scratch: Scratch) -> dict[str, str]:
        return for_uv(os.environ, options, scratch)

    def progress(self) -> Callable[[str], Progress | None]:
        return uv_progress()


class Pip(Struct, frozen=True):
    """https://pip.pypa.io/en/stable/cli/pip_install/; run from our Python, so that the venv contains no pip."""

    name: str = "pip"

    def command(self, python: str, *, builds: bool) -> list[str]:
        """Return the command that runs pip for an interpreter; without ``builds``, it runs no code of distributions."""
        if builds:
            return [*OUR_PYTHON, "-m", "pip", "--python", python]
        return [python, "-I", "-c", _PIP_THAT_STARTS_NOTHING, _directory_of_pip()]

    def create(self, directory: str, options: InstallOptions) -> list[str]:
        python = find_interpreter(options.python)
        if python is None:
            raise no_interpreter(options.python)
        return [python, "-I", "-m", "venv", "--without-pip", directory]

    def install(self, directory: str, requirements: str, options: InstallOptions) -> list[str]:
        return [
            *self.command(os.path.join(directory, "bin", "python"), builds=not options.no_build), "install",
            "--requirement", requirements, "--disable-pip-version-check", "--no-input", *_raw_progress(),
            *directory_options(options),
            *(["--only-binary", ":all:"] if options.no_build else []),
            *(["--compile"] if options.bytecode == "compiled" else ["--no-compile"]),
        ]  # fmt: skip

    def variables(self, options: InstallOptions, scratch: Scratch) -> dict[str, str]:
        return for_pip(os.environ, options, scratch)

    def progress(self) -> Callable[[str], Progress | None]:
        return pip_progress()


def _directory_of_pip() -> str:
    """Return the directory that our own pip is imported from; any Python can run it."""
    from importlib.util import find_spec

    spec = find_spec("pip")
    assert spec is not None
    assert spec.origin is not None
    return os.path.dirname(os.path.dirname(spec.origin))


def directory_options(options: InstallOptions) -> Iterator[str]:
    """Yield the options for local files, which uv and pip share; URLs are in ``variables``."""
    for location in options.find_links:
        if "://" not in location:
            yield from ("--find-links", location)
    for path in options.constraints:
        yield from ("--constraint", path)


def uv_options(options: InstallOptions) -> Iterator[str]:
    """Yield the options for resolving that only uv has; its named indexes are in ``variables``."""
    for path in options.overrides:
        yield from ("--override", path)
    for name, value in options.settings:
        if name not in NAMED_INDEXES:
            yield f"--{name}={value}"


def _raw_progress() -> list[str]:
    from importlib.metadata import version

    numbers = tuple(int(n) for n in re.findall(r"\d+", version("pip"))[:2])
    return ["--progress-bar", "raw" if numbers >= (24, 1) else "off"]


def find_installer(name: str = "") -> Installer:
    """Return uv if it is importable or on PATH, else pip; ``name`` selects one of them.

    raises: InstallFailed if the selected one is missing
    """
    if name != "pip":
        executable = _uv_beside_us() or shutil.which("uv")
        if executable:
            return Uv(executable)
        if name == "uv":
            raise InstallFailed(
                "uv is not installed", hint='install uv with pip install "deadweight[fast]", or remove --installer uv'
            )
    return Pip()


def _uv_beside_us() -> str | None:
    try:
        import uv
    except ImportError:
        return None
    try:
        return os.fsdecode(uv.find_uv_bin())
    except (FileNotFoundError, AttributeError):
        return None


class Configured(Struct, frozen=True):
    """An installer with the options of a run."""

    installer: Installer
    options: InstallOptions


def install(directory: str, requirements: str, configured: Configured, scratch: Scratch, observe: Observer) -> None:
    """Create a venv in ``directory`` and install a requirements file into it.

    scratch: for temporary files; the installer holds its lock while it runs
    raises:  InstallFailed with the installer's own reason, shortened
    """
    installer, options = configured.installer, configured.options
    variables = installer.variables(options, scratch)

    def execute(command: list[str], on_line: Callable[[str], None]) -> None:
        status, output = run(command, scratch, on_line, environment=variables)
        if status:
            cause, hint = explain(output, build_hint=_BUILD_HINT if options.no_build else "")
            raise InstallFailed(f"{installer.name}: {cause}", hint=hint, detail=output)

    observe(Progress("preparing", f"an empty environment with {installer.name}"))
    execute(installer.create(directory, options), lambda _: None)
    read = installer.progress()
    observe(Progress("resolving", f"{requirements} with {installer.name}"))
    with watched(directory, observe) as watching:

        def on_line(line: str) -> None:
            progress = read(line)
            if progress:
                watching(progress)

        execute(installer.install(directory, requirements, options), on_line)
