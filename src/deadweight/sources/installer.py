"""Requirements files → a throwaway venv that holds them and nothing else, by uv where it is found, else by pip."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from deadweight.errors import InstallFailed
from deadweight.formats.installer_output import explain, pip_progress, uv_progress
from deadweight.progress import Observer, Progress
from deadweight.sources.interpreters import find_interpreter, no_interpreter
from deadweight.sources.scratch import Scratch

# Settings of the user's that would lead an install out of the venv, or change what it leaves there.
_NOT_PASSED_ON = (
    "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_PYTHON", "PIP_REPORT", "PIP_COMPILE",
    "PIP_NO_COMPILE", "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_REQUIRE_VIRTUALENV", "PIP_QUIET", "PIP_VERBOSE",
    "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX",
    "UV_COMPILE_BYTECODE", "UV_PROJECT_ENVIRONMENT", "UV_DRY_RUN", "UV_NO_PROGRESS",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """How to install; what is empty is left to the installer's own configuration."""

    python: str = ""
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_build: bool = False
    bytecode: Literal["compiled", "none"] = "compiled"


class Installer(Protocol):
    """Something that makes venvs and installs into them."""

    @property
    def name(self) -> str:
        """Return what reports call it."""

    def create(self, folder: str, options: InstallOptions) -> list[str]:
        """Return the command that makes an empty venv."""

    def install(self, folder: str, requirements: str, options: InstallOptions) -> list[str]:
        """Return the command that installs a requirements file into it."""

    def progress(self) -> Callable[[str], Progress | None]:
        """Return what turns a line of output into progress."""


@dataclass(frozen=True, slots=True)
class Uv:
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
            "--requirements", requirements,
            *_index_options(options),
            *(["--no-build"] if options.no_build else []),
            *(["--compile-bytecode"] if options.bytecode == "compiled" else ["--no-compile-bytecode"]),
        ]  # fmt: skip

    def progress(self) -> Callable[[str], Progress | None]:
        return uv_progress()


@dataclass(frozen=True, slots=True)
class Pip:
    """https://pip.pypa.io/en/stable/cli/pip_install/; run from here, so that the venv holds no pip."""

    name: str = "pip"
    command: tuple[str, ...] = field(default=(sys.executable, "-m", "pip"))

    def create(self, folder: str, options: InstallOptions) -> list[str]:
        python = find_interpreter(options.python)
        if python is None:
            raise no_interpreter(options.python)
        return [python, "-m", "venv", "--without-pip", folder]

    def install(self, folder: str, requirements: str, options: InstallOptions) -> list[str]:
        return [
            *self.command, "--python", os.path.join(folder, "bin", "python"), "install",
            "--requirement", requirements, "--disable-pip-version-check", "--no-input", *_raw_progress(),
            *_index_options(options),
            *(["--only-binary", ":all:"] if options.no_build else []),
            *(["--compile"] if options.bytecode == "compiled" else ["--no-compile"]),
        ]  # fmt: skip

    def progress(self) -> Callable[[str], Progress | None]:
        return pip_progress()


def _index_options(options: InstallOptions) -> Iterator[str]:
    if options.index_url:
        yield from ("--index-url", options.index_url)
    for url in options.extra_index_urls:
        yield from ("--extra-index-url", url)
    for place in options.find_links:
        yield from ("--find-links", place)


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
    observe(Progress("preparing", f"an empty environment, with {installer.name}"))
    _run(installer.create(folder, options), installer, lambda _: None, scratch)
    read = installer.progress()
    observe(Progress("resolving", f"{requirements}, with {installer.name}"))

    def on_line(line: str) -> None:
        seen = read(line)
        if seen:
            observe(seen)

    _run(installer.install(folder, requirements, options), installer, on_line, scratch)


def _run(command: list[str], installer: Installer, on_line: Callable[[str], None], scratch: Scratch) -> None:
    output: list[str] = []
    try:
        with _child(command, scratch) as child:
            assert child.stdout is not None
            for line in child.stdout:
                output.append(line)
                on_line(line.rstrip())
            status = child.wait()
    except OSError as error:
        raise InstallFailed(f"cannot run {command[0]}: {error.strerror}") from error
    if status:
        cause, hint = explain("".join(output))
        raise InstallFailed(f"{installer.name}: {cause}", hint=hint, detail="".join(output))


@contextlib.contextmanager
def _child(command: list[str], scratch: Scratch) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own; on an error or a signal, the whole group has ended afterwards."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=_environment(os.environ, scratch),
        start_new_session=True,
        pass_fds=(scratch.lock,),
    )
    with child:
        try:
            yield child
        except BaseException:
            _end_group(child.pid)
            raise


def _end_group(leader: int) -> None:
    """End a process and all that it started: asked first, made to after three seconds."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        until = time.monotonic() + 3
        # Not reaped yet, so that the number of the group is nobody else's.
        while not os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT | os.WNOHANG) and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(leader, signal.SIGKILL)


def _environment(given: Mapping[str, str], scratch: Scratch) -> dict[str, str]:
    """Return the user's environment, without what would lead the install astray, and without colour.

    An installer that is killed leaves its temporary folders behind: they lie in the scratch folder, and go with it.
    """
    kept = {name: value for name, value in given.items() if name not in _NOT_PASSED_ON}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PIP_USER": "0", "TMPDIR": scratch.temporary}
