"""Requirements → the Lock that uv or pip would choose for a machine; nothing is built or installed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import InstallFailed
from deadweight.formats.installers.installer_output import UvChoices, UvDoubts, explain, pip_doubts
from deadweight.formats.installers.pip_report import read_report
from deadweight.formats.locks import read_lock
from deadweight.formats.projects.pyproject import Choice
from deadweight.model import Archive, Lock
from deadweight.platforms.machine import Machine
from deadweight.platforms.markers import system_and_machine
from deadweight.progress import Observer, Progress
from deadweight.sources.install.installer import InstallOptions, Pip, Uv, directory_options, uv_options
from deadweight.sources.install.interpreters import find_interpreter, no_interpreter
from deadweight.sources.resolve.stand_ins import StandIns
from deadweight.sources.system.processes import run
from deadweight.sources.system.scratch import Scratch

_BUILD_HINT = "its dependencies are known only after a build: use --install, which runs the distribution's own code"
_WRAPPER_HINT = "if it is a wrapper script, it may have failed; use --installer to choose another"
_ROUNDS = 12  # each handles the versions that the previous one ignored; most need one or two


class Answer(Struct, frozen=True, kw_only=True):
    """The result of a resolver.

    lock:   None if it found no solution
    doubts: project → the range of versions that it ignored or did not find
    output: everything that it printed
    """

    lock: Lock | None
    doubts: Mapping[str, str]
    output: str = ""


class Question(Struct, frozen=True, kw_only=True):
    """The task of a resolver.

    requirements: path of a requirements file
    anew:         projects to choose new versions of; others may keep the version of the last answer
    expect:       called with a project and a range of versions as soon as the resolver ignores them
    chosen:       called with each wheel that is probably part of the answer, as soon as its URL is known
    until:        the monotonic time at which the resolver is stopped; None for no time limit
    """

    requirements: str
    machine: Machine
    options: InstallOptions
    anew: Collection[str] = ()
    expect: Callable[[str, str], None] = lambda *_: None
    chosen: Callable[[Archive], None] = lambda _: None
    until: float | None = None

    @property
    def seconds(self) -> float | None:
        """The time that is left."""
        return None if self.until is None else max(0.0, self.until - time.monotonic())


class Resolver(Protocol):
    """Chooses versions and archives."""

    @property
    def name(self) -> str:
        """Return its name in reports."""

    def ask(self, question: Question, scratch: Scratch) -> Answer:
        """Resolve a requirements file.

        raises: InstallFailed if the resolver does not support the machine; TimedOut
        """


class UvResolver(Struct, frozen=True):
    """https://docs.astral.sh/uv/reference/cli/#uv-pip-compile"""

    uv: Uv

    @property
    def name(self) -> str:
        return self.uv.name

    def ask(self, question: Question, scratch: Scratch) -> Answer:
        machine, options = question.machine, question.options
        path = os.path.join(scratch.path, "pylock.toml")
        python = find_interpreter(options.python) or find_interpreter("")
        command = [
            self.uv.executable, "pip", "compile", question.requirements, *options.projects,
            "--format", "pylock.toml", "--output-file", path,
            "--no-build", "--no-header", "--verbose", "--no-python-downloads", "--python", str(python),
            "--python-version", machine.python,
            *(["--python-platform", uv_platform(machine.platform)] if machine.platform else []),
            *directory_options(options),
            *uv_options(options),
            *(option for name in sorted(question.anew) for option in ("--upgrade-package", name)),
        ]  # fmt: skip
        # uv takes the lock of the last round at ``path`` as preferences, which saves it most of the search.
        variables = {**self.uv.variables(options, scratch), **_uv_variables(machine.platform)}
        doubts, choices = UvDoubts(), UvChoices()

        def on_line(line: str) -> None:
            doubt = doubts.read(line)
            if doubt is not None:
                question.expect(*doubt)
            wheel = choices.read(line)
            if wheel is not None:
                question.chosen(Archive(filename=wheel[0], url=wheel[1]))

        status, output = run(command, scratch, on_line, environment=variables, seconds=question.seconds)
        if status:
            return Answer(lock=None, doubts=doubts.ranges, output=output)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except FileNotFoundError as error:
            raise InstallFailed(f"{self.name} reported success but wrote no lock", hint=_WRAPPER_HINT) from error
        lock = read_lock(path, data, machine.marker_values, Choice())
        return Answer(lock=lock, doubts=doubts.ranges, output=output)


def uv_platform(platform: str) -> str:
    """Return uv's name of a platform; raises InstallFailed for a glibc that is too old for uv."""
    system, machine = system_and_machine(platform)
    kind, _, version = platform.partition("_")
    if kind == "manylinux":
        minor = int(version.split("_")[1])
        known = max((glibc for glibc in _UV_GLIBC if glibc <= minor), default=None)
        if known is None:
            raise InstallFailed(f"uv supports manylinux_2_17 and later, not {platform}")
        return f"{machine}-manylinux_2_{known}"
    if kind == "musllinux":
        return f"{machine}-unknown-linux-musl"
    if system == "linux":
        return f"{machine}-unknown-linux-gnu"
    if system == "macosx":
        return f"{'aarch64' if machine == 'arm64' else machine}-apple-darwin"
    return f"{_WINDOWS.get(machine, machine)}-pc-windows-msvc"


def _uv_variables(platform: str) -> dict[str, str]:
    """Return the variable with the version of macOS: uv's names of platforms do not include it, and mean macOS 13."""
    match = re.match(r"macosx_(\d+)_(\d+)_", platform)
    return {"MACOSX_DEPLOYMENT_TARGET": f"{match[1]}.{match[2]}"} if match else {}


_UV_GLIBC = (17, 28, *range(31, 41))  # minor versions of uv's platforms
_WINDOWS = {"AMD64": "x86_64", "ARM64": "aarch64", "x86": "i686"}


class PipResolver(Struct, frozen=True):
    """https://pip.pypa.io/en/stable/cli/pip_install/; it evaluates markers for the Python that runs it."""

    pip: Pip

    @property
    def name(self) -> str:
        return self.pip.name

    def ask(self, question: Question, scratch: Scratch) -> Answer:
        machine, options = question.machine, question.options
        python = find_interpreter(options.python)
        if python is None:
            raise no_interpreter(options.python)
        if options.overrides:
            raise InstallFailed(
                "pip does not support overrides", hint='install uv, which does: pip install "deadweight[fast]"'
            )
        own = Machine(python=machine.python)
        if system_and_machine(machine.shown) != system_and_machine(own.shown):
            raise InstallFailed(
                f"pip resolves only for the machine that it runs on, not for {machine.platform}",
                hint='install uv, which can: pip install "deadweight[fast]"',
            )
        path = os.path.join(scratch.path, "report.json")
        command = [
            *self.pip.command(python, builds=False), "install",
            "--dry-run", "--ignore-installed", "--report", path,
            "--only-binary", ":all:", "--use-feature", "fast-deps", "--requirement", question.requirements,
            "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
            *_pip_tags(machine),
            *directory_options(options),
        ]  # fmt: skip
        status, output = run(
            command, scratch, environment=self.pip.variables(options, scratch), seconds=question.seconds
        )
        if status:
            return Answer(lock=None, doubts=pip_doubts(output), output=output)
        try:
            with open(path, "rb") as file:
                lock = read_report(file.read())
        except FileNotFoundError as error:
            raise InstallFailed(f"{self.name} reported success but wrote no report", hint=_WRAPPER_HINT) from error
        # pip does not report which versions it ignored, so every project may have a newer version without a wheel.
        return Answer(lock=lock, doubts={p.name: f">{p.version}" for p in lock.packages if not p.origin}, output=output)


def _pip_tags(machine: Machine) -> list[str]:
    if not machine.platform:
        return []
    short = "".join(machine.python.split(".")[:2])
    options = ["--implementation", "cp", "--python-version", machine.python]
    for abi in (f"cp{short}", "abi3", "none"):
        options += ["--abi", abi]
    for platform in machine.platforms:
        options += ["--platform", platform]
    return options


def resolver_of(installer: object) -> Resolver:
    """Return the resolver of an installer."""
    return UvResolver(installer) if isinstance(installer, Uv) else PipResolver(Pip())


def resolve(question: Question, resolver: Resolver, stand_ins: StandIns, scratch: Scratch, observe: Observer) -> Lock:
    """Return the resolution of requirements on a machine, including versions that have only an sdist.

    question: its file has no requirements that need a build
    raises:   InstallFailed with the resolver's own reason, shortened; TimedOut
    """
    within = question.options.with_links(stand_ins.directory)
    handled: set[tuple[str, str]] = set()
    anew: Collection[str] = ()
    for _ in range(_ROUNDS):
        again = f" again, with sdists of {', '.join(anew)}" if anew else ""
        observe(Progress("resolving", f"distributions with {resolver.name}{again}"))
        answer = resolver.ask(replace(question, options=within, anew=anew, expect=stand_ins.expect), scratch)
        doubts = set(answer.doubts.items()) - handled
        handled |= doubts
        anew = stand_ins.add(sorted(doubts))
        if not anew:
            break
    if answer.lock is None:
        raise _no_solution(resolver, answer)
    return stand_ins.put_back(answer.lock)


def _no_solution(resolver: Resolver, answer: Answer) -> InstallFailed:
    cause, hint = explain(_without_log(answer.output), build_hint=_BUILD_HINT)
    return InstallFailed(f"{resolver.name}: {cause}", hint=hint, detail=answer.output)


def _without_log(output: str) -> str:
    return "\n".join(line for line in output.splitlines() if not line.startswith(("DEBUG ", "TRACE ")))
