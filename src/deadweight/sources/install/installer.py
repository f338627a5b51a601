"""Requirements files → a throwaway venv that holds them and nothing else, by uv where it is found, else by pip."""

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

# pip builds what is named by URL, whatever ``--only-binary`` says, and a wheel's METADATA may name anything. So the
# interpreter that pip runs in is told to start no other process, which every build would have to be. (What else pip
# starts, to tell the index of the system, it can do without.)
_PIP_THAT_STARTS_NOTHING = """
import runpy, sys

def refuse(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"):
        raise PermissionError("nothing is to be built")

sys.addaudithook(refuse)
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_BUILD_HINT = "leave --no-build out to build from source, which runs the distribution's own code"


class InstallOptions(Struct, frozen=True, kw_only=True):
    """How to install; what is empty is left to the installer's own configuration.

    constraints: paths of files of requirements that limit versions
    overrides:   paths of files of requirements that replace all others of their names; pip has none
    projects:    paths of pyproject.toml files that are installed beside the requirements; for uv alone
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

    def with_links(self, place: str) -> InstallOptions:
        """Return the same with a further folder of archives."""
        return replace(self, find_links=(*self.find_links, place))


class Installer(Protocol):
    """Something that makes venvs and installs into them."""

    @property
    def name(self) -> str:
        """Return what reports call it."""

    def create(self, folder: str, options: InstallOptions) -> list[str]:
        """Return the command that makes an empty venv."""

    def install(self, folder: str, requirements: str, options: InstallOptions) -> list[str]:
        """Return the command that installs a requirements file into it."""

    def variables(self, options: InstallOptions, scratch: Scratch) -> dict[str, str]:
        """Return the environment variables that these commands run with."""

    def progress(self) -> Callable[[str], Progress | None]:
        """Return what turns a line of output into progress."""


class Uv(Struct, frozen=True):
    """https://docs.astral.sh/uv/reference/cli/"""

    executable: str
    name: str = "uv"

    def create(self, folder: str, options: InstallOptions) -> list[str]:
        # Where nothing is found here, uv may know of one that it installed itself.
        python = find_interpreter(options.python) or options.python
        return [self.executable, "venv", "--no-project", "--no-python-downloads", "--python", python, folder]

    def install(self, folder: str, requirements: str, options: InstallOptions) -> list[str]:
        return [
            self.executable, "pip", "install", "--python", os.path.join(folder, "bin", "python"),
            *(option for path in (requirements, *options.projects) for option in ("--requirements", path)),
            *folder_options(options),
            *uv_options(options),
            *(["--no-build"] if options.no_build else []),
            *(["--compile-bytecode"] if options.bytecode == "compiled" else ["--no-compile-bytecode"]),
        ]  # fmt: skip

    def variables(self, options: InstallOptions, scratch: Scratch) -> dict[str, str]:
        return for_uv(os.environ, options, scratch)

    def progress(self) -> Callable[[str], Progress | None]:
        return uv_progress()


class Pip(Struct, frozen=True):
    """https://pip.pypa.io/en/stable/cli/pip_install/; run from here, so that the venv holds no pip."""

    name: str = "pip"

    def command(self, python: str, *, builds: bool) -> list[str]:
        """Return what runs pip for an interpreter; without ``builds``, no code of what is installed can run."""
        if builds:
            return [*OUR_PYTHON, "-m", "pip", "--python", python]
        return [python, "-I", "-c", _PIP_THAT_STARTS_NOTHING, _folder_of_pip()]

    def create(self, folder: str, options: InstallOptions) -> list[str]:
        python = find_interpreter(options.python)
        if python is None:
            raise no_interpreter(options.python)
        return [python, "-I", "-m", "venv", "--without-pip", folder]

    def install(self, folder: str, requirements: str, options: InstallOptions) -> list[str]:
        return [
            *self.command(os.path.join(folder, "bin", "python"), builds=not options.no_build), "install",
            "--requirement", requirements, "--disable-pip-version-check", "--no-input", *_raw_progress(),
            *folder_options(options),
            *(["--only-binary", ":all:"] if options.no_build else []),
            *(["--compile"] if options.bytecode == "compiled" else ["--no-compile"]),
        ]  # fmt: skip

    def variables(self, options: InstallOptions, scratch: Scratch) -> dict[str, str]:
        return for_pip(os.environ, options, scratch)

    def progress(self) -> Callable[[str], Progress | None]:
        return pip_progress()


def _folder_of_pip() -> str:
    """Return the folder that our own pip is imported from; any Python can run it from there."""
    from importlib.util import find_spec

    spec = find_spec("pip")
    assert spec is not None
    assert spec.origin is not None
    return os.path.dirname(os.path.dirname(spec.origin))


def folder_options(options: InstallOptions) -> Iterator[str]:
    """Yield the options for folders of archives, which uv and pip share; URLs are in ``variables``."""
    for place in options.find_links:
        if "://" not in place:
            yield from ("--find-links", place)
    for path in options.constraints:
        yield from ("--constraint", path)


def uv_options(options: InstallOptions) -> Iterator[str]:
    """Yield the options for resolving that uv alone has; its named indexes are in ``variables``."""
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
    """Return uv where it is on PATH or importable, else pip; ``name`` asks for one of them.

    raises: InstallFailed where the one asked for is not there
    """
    if name != "pip":
        executable = _uv_beside_us() or shutil.which("uv")
        if executable:
            return Uv(executable)
        if name == "uv":
            raise InstallFailed("no uv found", hint='pip install "deadweight[fast]", or leave --installer out')
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


def install(
    folder: str,
    requirements: str,
    options: InstallOptions,
    *,
    installer: Installer,
    observe: Observer,
    scratch: Scratch,
) -> None:
    """Make a venv in ``folder`` and install a requirements file into it.

    scratch: where the installer puts what it needs for a while; it holds the lock as long as it lives
    raises: InstallFailed with the installer's own reason, shortened
    """
    variables = installer.variables(options, scratch)

    def execute(command: list[str], on_line: Callable[[str], None]) -> None:
        status, output = run(command, scratch, on_line, environment=variables)
        if status:
            cause, hint = explain(output, build_hint=_BUILD_HINT if options.no_build else "")
            raise InstallFailed(f"{installer.name}: {cause}", hint=hint, detail=output)

    observe(Progress("preparing", f"an empty environment, with {installer.name}"))
    execute(installer.create(folder, options), lambda _: None)
    read = installer.progress()
    observe(Progress("resolving", f"{requirements}, with {installer.name}"))
    with watched(folder, observe) as watching:

        def on_line(line: str) -> None:
            seen = read(line)
            if seen:
                watching(seen)

        execute(installer.install(folder, requirements, options), on_line)
