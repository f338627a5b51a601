"""Engines beside the local Docker Engine: its contexts, containerd through ctr, and podman without root."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.cli import _run
from deadweight.errors import EngineFailed
from deadweight.operations.measure import profile
from tests.builders import ELF_X86_64, dist_files
from tests.engines import Account, account, containerd, docker_engine, podman, run
from tests.images import make_image, make_image_of_platforms

pytestmark = pytest.mark.engines

SITE = "usr/lib/python3.11/site-packages"
FILES = {f"{SITE}/{path}": data for path, data in dist_files("lib", files={"lib/_c.so": ELF_X86_64 * 9}).items()}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "app.tar"
    path.write_bytes(make_image(FILES, {f"{SITE}/lib/more.py": "1 + 1\n"}))
    path.chmod(0o644)
    return path


def rows(found: Profile) -> list[tuple[str, str, int, int]]:
    return [(d.key, d.prefix, d.sizes.apparent, d.sizes.files) for d in found.inventory.distributions]


# --- docker ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(archive: Path) -> Iterator[pytest.MonkeyPatch]:
    """Run a Docker Engine that only the context "server" leads to."""
    with docker_engine() as variables, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DOCKER_HOST", raising=False)
        patch.delenv("DOCKER_CONTEXT", raising=False)
        patch.setenv("DOCKER_CONFIG", variables["DOCKER_CONFIG"])
        run("docker", "context", "create", "server", "--docker", f"host={variables['DOCKER_HOST']}")
        run("docker", "context", "create", "closed", "--docker", "host=tcp://127.0.0.1:1")
        run("docker", "--context", "server", "load", "--input", str(archive))
        yield patch


def test_docker__another_context__its_image(server: pytest.MonkeyPatch, archive: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_CONTEXT", "server")
        assert rows(profile("docker:app:1")) == rows(profile(archive))
        run("docker", "create", "--network", "none", "--name", "made", "app:1", "true")
        assert rows(profile("container:made")) == rows(profile(archive))


def test_docker__image_that_another_context_lacks__names_the_context(
    server: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "server")
    with pytest.raises(EngineFailed, match=r"docker \(context server, host unix:///\S+\): No such image: nosuch:1"):
        profile("docker:nosuch:1")


@pytest.mark.parametrize(
    ("context", "cause"),
    [
        ("closed", "docker (context closed): Cannot connect to the Docker daemon at tcp://127.0.0.1:1"),
        ("unknown", 'context "unknown"'),
    ],
)
def test_docker__context_without_an_engine__names_it(
    server: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, context: str, cause: str
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", context)
    with pytest.raises(EngineFailed) as caught:
        profile("docker:app:1")
    assert cause in caught.value.cause
    assert "docker info" in caught.value.hint or "docker context ls" in caught.value.hint


# --- containerd ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ctr(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    platforms = tmp_path_factory.mktemp("platforms") / "image.tar"
    platforms.write_bytes(make_image_of_platforms({"amd64": FILES, "arm64": {**FILES, "etc/arm": "x" * 100}}))
    with containerd() as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        run("ctr", "images", "import", str(archive))
        run(
            "ctr", "--namespace", "k8s.io", "images", "import", "--index-name", "example.com/team/app:2",
            "--all-platforms", "--no-unpack", str(platforms),
        )  # fmt: skip
        yield patch


@pytest.mark.parametrize("name", ["app:1", "docker.io/library/app:1"])
def test_ctr__image__as_its_archive(ctr: pytest.MonkeyPatch, archive: Path, name: str) -> None:
    assert rows(profile(f"containerd:{name}")) == rows(profile(archive))


def test_ctr__image_of_two_platforms__the_chosen_one(ctr: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINERD_NAMESPACE", "k8s.io")
    sizes = {
        platform: profile("containerd:example.com/team/app:2", Settings.of(platform=platform)).inventory.total.apparent
        for platform in ("linux/amd64", "linux/arm64")
    }
    assert sizes["linux/arm64"] == sizes["linux/amd64"] + 100
    with pytest.raises(EngineFailed, match="no manifest found for platform") as caught:
        profile("containerd:example.com/team/app:2", Settings.of(platform="linux/s390x"))
    assert "--platform" in caught.value.hint


def test_ctr__image_of_another_namespace__names_the_namespace(ctr: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineFailed, match=r"no image example\.com/team/app:2 in the namespace default") as caught:
        profile("containerd:example.com/team/app:2")
    assert caught.value.hint == "the image is in the namespace k8s.io: set CONTAINERD_NAMESPACE=k8s.io"


def test_ctr__unknown_image__is_to_be_pulled(ctr: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineFailed, match=r"no image docker\.io/library/nosuch:latest") as caught:
        profile("containerd:nosuch")
    assert caught.value.hint == "pull the image first: ctr images pull docker.io/library/nosuch:latest"


def test_ctr__as_a_user_without_the_right__says_so(ctr: pytest.MonkeyPatch, user: Account) -> None:
    address = run("printenv", "CONTAINERD_ADDRESS")
    Path(address).parent.chmod(0o755)
    done = as_user(user, "containerd:app:1", f"CONTAINERD_ADDRESS={address}")
    assert done.returncode == 5
    assert "permission denied" in done.stderr
    assert "hint: run deadweight with sudo" in done.stderr


# --- podman ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def user() -> Iterator[Account]:
    with account() as user:
        yield user


def as_user(user: Account, target: str, *variables: str) -> subprocess.CompletedProcess[str]:
    command = [*user.command, *variables, user.python, "-m", "deadweight", target, "--format", "json", "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_podman__without_root__the_images_of_the_user(
    user: Account, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archive.open("rb") as file:
        subprocess.run([*user.command, "podman", "load", "--quiet"], stdin=file, check=True, capture_output=True)
    assert run(*user.command, "podman", "info", "--format", "{{.Host.Security.Rootless}}") == "true"
    done = as_user(user, "podman:app:1")
    assert done.returncode == 0, done.stderr
    assert f'"apparent_bytes": {profile(archive).inventory.total.apparent}' in done.stdout
    run(*user.command, "podman", "create", "--name", "made", "--network", "none", "app:1", "true")
    assert as_user(user, "container:made").returncode == 0
    assert "nosuch: image not known" in as_user(user, "podman:nosuch").stderr


def test_podman__with_sudo__says_that_the_images_of_the_user_are_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with podman() as variables:
        for name, value in {**variables, "SUDO_USER": "alice"}.items():
            monkeypatch.setenv(name, value)
        assert _run(["podman:app:1"], debug=False) == 5
    assert "with sudo, podman does not find the images and containers of alice" in capfd.readouterr().err


def test_podman__service_elsewhere__its_images(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with podman() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run("podman", "load", "--quiet", "--input", str(archive))
        address = f"unix://{tmp_path}/podman"
        service = subprocess.Popen(["podman", "system", "service", "--time", "0", address])
        try:
            until = time.monotonic() + 20
            while not (tmp_path / "podman").exists() and time.monotonic() < until:
                time.sleep(0.05)
            for name in variables:
                monkeypatch.delenv(name)
            monkeypatch.setenv("CONTAINER_HOST", address)
            assert rows(profile("podman:app:1")) == rows(profile(archive))
            with pytest.raises(EngineFailed, match=r"podman \(CONTAINER_HOST unix:///\S+\): nosuch: image not known"):
                profile("podman:nosuch")
        finally:
            service.terminate()
            service.wait(10)
    with pytest.raises(EngineFailed, match="unable to connect to Podman socket") as caught:
        profile("podman:app:1")
    assert "CONTAINER_HOST" in caught.value.hint
