"""Real engines and registries for tests, where this machine has them; each is started by whoever needs it.

Docker Engine and podman work in their own directories, without a network; ``docker-registry`` listens on the loopback.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import click
import pytest

import deadweight

USER, PASSWORD = "me", "secret"
_PASSWORD_HASH = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # bcrypt's, as htpasswd -B writes it


def put_program(directory: Path, name: str, code: str) -> None:
    """Write an engine's command that runs a few lines of Python, with the arguments in ``args``."""
    directory.mkdir(exist_ok=True)
    lines = f"#!{sys.executable} -S\nimport os, sys\nargs, out = sys.argv[1:], sys.stdout.buffer\n"
    (directory / name).write_text(lines + textwrap.dedent(code))
    (directory / name).chmod(0o755)


def needs(*programs: str) -> None:
    """Skip the test where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@contextlib.contextmanager
def docker_registry(directory: Path, *, login: bool = False) -> Iterator[str]:
    """Run a registry that keeps its images below ``directory``; give its host; with ``login``, USER alone may enter."""
    needs("docker-registry", "skopeo")
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    config: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(directory / "images")}},
        "http": {"addr": host},
    }
    if login:
        (directory / "htpasswd").write_text(f"{USER}:{_PASSWORD_HASH}\n")
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(directory / "htpasswd")}}
    (directory / "config.yml").write_text(json.dumps(config))  # YAML takes JSON
    with (directory / "registry.log").open("wb") as log:
        server = subprocess.Popen(
            ["docker-registry", "serve", str(directory / "config.yml")], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(host, server)
            yield host
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(host: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=1).close()
        except urllib.error.HTTPError as error:
            error.close()
            return  # it answers, if only that a login is needed
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("docker-registry does not answer")


def push(archive: Path, host: str, name: str, *more: str, login: bool = False) -> None:
    """Push an OCI archive's image."""
    credentials = [f"--dest-creds={USER}:{PASSWORD}"] if login else []
    subprocess.run(
        ["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", *credentials, *more,
         f"oci-archive:{archive}", f"docker://{host}/{name}"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip


def run(*command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, timeout: float = 300) -> str:
    """Run a command; return what it wrote, or fail with what it said."""
    done = subprocess.run(
        command,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


@contextlib.contextmanager
def docker_engine() -> Iterator[dict[str, str]]:
    """Run a Docker Engine of the test's own, as superuser; give the variables that lead ``docker`` to it."""
    needs("docker", "dockerd", "runc")
    if os.geteuid() != 0:
        pytest.skip("Docker Engine is started by the superuser only")
    directory = Path(tempfile.mkdtemp(prefix="deadweight-"))  # a socket's path is short
    (directory / "config.json").write_text("{}")
    variables = {"DOCKER_HOST": f"unix://{directory}/socket", "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(directory)}
    with (directory / "log").open("wb") as log:
        engine = subprocess.Popen(
            ["dockerd", "--bridge=none", "--iptables=false", "--data-root", str(directory / "data"), "--exec-root",
             str(directory / "exec"), "--pidfile", str(directory / "pid"), "-H", variables["DOCKER_HOST"]],
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_for_engine("docker", variables, engine, directory / "log")
            yield variables
        finally:
            engine.terminate()
            engine.wait(30)
            # Of many thousands of files; shutil.rmtree takes several times as long.
            subprocess.run(["rm", "-rf", str(directory)], check=False)


def docker_with_buildkit() -> str:
    """Return a ``docker`` command that builds with BuildKit: with buildx, or of a version that had it built in."""
    for directory in os.get_exec_path():
        path = shutil.which("docker", path=directory)
        if path is None:
            continue
        version = re.search(r"version (\d+)", run(path, "--version"))
        buildx = subprocess.run([path, "buildx", "version"], capture_output=True, check=False)
        if (version and int(version[1]) < 23) or buildx.returncode == 0:
            return path
    pytest.skip("no docker command here builds with BuildKit")


def _wait_for_engine(program: str, variables: Mapping[str, str], engine: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and engine.poll() is None:
        asked = subprocess.run([program, "version"], env={**os.environ, **variables}, capture_output=True, check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.2)
    pytest.fail(f"the engine of {program} does not answer: {log.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def containerd() -> Iterator[dict[str, str]]:
    """Run a containerd of the test's own, as superuser; give the variables that lead ``ctr`` to it."""
    needs("containerd", "ctr", "runc")
    if os.geteuid() != 0:
        pytest.skip("containerd is started by the superuser only")
    directory = Path(tempfile.mkdtemp(prefix="deadweight-"))  # a socket's path is short
    (directory / "config.toml").write_text(
        f'version = 2\nroot = "{directory}/root"\nstate = "{directory}/state"\n'
        'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]\n'
        f'[grpc]\naddress = "{directory}/socket"\n[ttrpc]\naddress = "{directory}/ttrpc"\n'
    )
    variables = {"CONTAINERD_ADDRESS": f"{directory}/socket", "CONTAINERD_NAMESPACE": "default"}
    with (directory / "log").open("wb") as log:
        engine = subprocess.Popen(
            ["containerd", "--config", str(directory / "config.toml")], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for_engine("ctr", variables, engine, directory / "log")
            yield variables
        finally:
            _end_tasks(variables)
            engine.terminate()
            engine.wait(30)
            shutil.rmtree(directory, ignore_errors=True)


def _end_tasks(variables: Mapping[str, str]) -> None:
    """End the containers of a containerd, whose mounts and shims would stay behind."""
    environment = {**os.environ, **variables}
    listed = subprocess.run(["ctr", "tasks", "ls", "--quiet"], env=environment, capture_output=True, check=False)
    for name in listed.stdout.decode().split():
        subprocess.run(["ctr", "tasks", "rm", "--force", name], env=environment, capture_output=True, check=False)


@contextlib.contextmanager
def podman() -> Iterator[dict[str, str]]:
    """Give the variables that have podman keep its images in a directory of the test's own, and run by runc."""
    needs("podman", "runc")
    if os.geteuid() != 0:
        pytest.skip("podman is run by the superuser only")
    directory = Path(tempfile.mkdtemp(prefix="deadweight-"))
    (directory / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{directory}/graph"\nrunroot = "{directory}/run"\n'
    )
    (directory / "containers.conf").write_text(
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        '[containers]\nnetns = "none"\ndefault_ulimits = ["nofile=1000:1000", "nproc=1000:1000"]\n'
    )
    variables = {
        "CONTAINERS_STORAGE_CONF": str(directory / "storage.conf"),
        "CONTAINERS_CONF": str(directory / "containers.conf"),
    }
    try:
        yield variables
    finally:
        subprocess.run(
            ["podman", "rm", "--all", "--force", "--time", "0"], env={**os.environ, **variables}, capture_output=True,
            check=False,
        )  # fmt: skip
        shutil.rmtree(directory, ignore_errors=True)


class Account(NamedTuple):
    """A user of this machine.

    command: what runs a command as the user, in their environment
    python:  a Python that the user may run and that imports deadweight
    """

    name: str
    command: tuple[str, ...]
    python: str


@contextlib.contextmanager
def account() -> Iterator[Account]:
    """Add a user who may map users of containers to their own range, as rootless podman needs it."""
    needs("useradd", "userdel", "runuser", "newuidmap")
    if os.geteuid() != 0:
        pytest.skip("users are added by the superuser only")
    name = f"deadweight-{os.getpid()}"
    run("useradd", "--create-home", name)
    home = Path(pwd.getpwnam(name).pw_dir)
    # The Python of the tests may be in a directory that only root may enter; the mounts are seen by the command only.
    directories = {"python": sys.base_prefix, "src": _directory_of(deadweight), "site": _directory_of(click)}
    for directory in ("runtime", *directories):
        (home / directory).mkdir(mode=0o700)
        shutil.chown(home / directory, name, name)
    mounting = "".join(f"mount --bind '{path}' {home / directory} && " for directory, path in directories.items())
    command = (
        "unshare", "--mount", "sh", "-c", f'{mounting} exec "$@"', "sh", "runuser", "-u", name, "--", "env", "-i",
        f"--chdir={home}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"HOME={home}", f"XDG_RUNTIME_DIR={home / 'runtime'}",
        f"PYTHONPATH={home / 'src'}:{home / 'site'}",
    )  # fmt: skip
    try:
        yield Account(name, command, f"{home}/python/bin/python3.{sys.version_info.minor}")
    finally:
        for file in (home / "runtime").glob("libpod/tmp/pause.pid"):  # a process that podman keeps
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
        run("userdel", "--remove", "--force", name)


def _directory_of(module: ModuleType) -> Path:
    return Path(str(module.__file__)).parents[1]


def debian(directory: Path) -> Path:
    """Make the archive of a small Debian with a Python below ``directory``, by debootstrap, from the network."""
    needs("debootstrap")
    if os.geteuid() != 0:
        pytest.skip("debootstrap is run by the superuser only")
    root, cache = directory / "root", directory / "archives"
    cache.mkdir()
    command = (
        "debootstrap", f"--cache-dir={cache}", "--variant=minbase", "--include=python3-venv,python3-yaml", "bookworm",
        str(root), "http://deb.debian.org/debian",
    )  # fmt: skip
    # A mirror drops one of a hundred downloads now and then; the next attempt takes the others from the cache.
    for wait in (5, 20, 60):
        if subprocess.run(command, timeout=600, capture_output=True, check=False).returncode == 0:
            break
        shutil.rmtree(root, ignore_errors=True)
        time.sleep(wait)
    else:
        run(*command, timeout=600)
    shutil.rmtree(cache)
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    run("tar", "-C", str(root), "-cf", str(directory / "debian.tar"), ".")
    shutil.rmtree(root)
    return directory / "debian.tar"


@contextlib.contextmanager
def buildah() -> Iterator[dict[str, str]]:
    """Give the variables that have buildah keep its images in a directory of the test's own."""
    needs("buildah")
    if os.geteuid() != 0:
        pytest.skip("buildah is run by the superuser only")
    directory = Path(tempfile.mkdtemp(prefix="deadweight-"))
    # With "vfs", each step of a build copies the whole image.
    (directory / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{directory}/graph"\nrunroot = "{directory}/run"\n'
    )
    variables = {"CONTAINERS_STORAGE_CONF": str(directory / "storage.conf")}
    try:
        yield variables
    finally:
        for what in ("rm", "rmi"):
            command = ["buildah", what, "--all"]
            subprocess.run(command, env={**os.environ, **variables}, capture_output=True, check=False)
        shutil.rmtree(directory, ignore_errors=True)
