"""Real registries for tests, where this machine has one: Debian's ``docker-registry``, on the loopback."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

USER, PASSWORD = "me", "secret"
_PASSWORD_HASH = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # bcrypt's, as htpasswd -B writes it


def needs(*programs: str) -> None:
    """Skip the test where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@contextlib.contextmanager
def docker_registry(folder: Path, *, login: bool = False) -> Iterator[str]:
    """Run a registry that keeps its images below ``folder``; give its host; with ``login``, USER alone may enter."""
    needs("docker-registry", "skopeo")
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    config: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": host},
    }
    if login:
        (folder / "htpasswd").write_text(f"{USER}:{_PASSWORD_HASH}\n")
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(config))  # YAML takes JSON
    with (folder / "registry.log").open("wb") as log:
        server = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=subprocess.STDOUT
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
