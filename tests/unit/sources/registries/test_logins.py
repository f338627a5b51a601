"""The files that docker login and podman login write, and credential helpers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from deadweight.formats.images.image_reference import parse_reference
from deadweight.sources.registries.logins import Login, find_login


def auth(user: str) -> dict[str, str]:
    return {"auth": base64.b64encode(user.encode()).decode()}


@pytest.fixture(autouse=True)
def locations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let logins lie in a directory of the test's own, and helpers in its bin."""
    for directory in ("docker", "run/containers", "bin"):
        (tmp_path / directory).mkdir(parents=True)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "named.json"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def write(path: Path, config: Any) -> None:
    path.write_text(config if isinstance(config, str) else json.dumps(config))


def helper(locations: Path, name: str, script: str) -> None:
    path = locations / "bin" / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def found(locations: Path, config: Any, image: str = "ghcr.io/team/app") -> Login | None:
    write(locations / "docker" / "config.json", config)
    return find_login(parse_reference(image))


@pytest.mark.parametrize(
    "key",
    ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/", "http://ghcr.io/v1", "ghcr.io/team", "ghcr.io/team/app"],
)
def test_find_login__entry_for_the_registry_or_below__is_taken(locations: Path, key: str) -> None:
    assert found(locations, {"auths": {key: auth("me:a:b")}}) == Login("me", "a:b")


@pytest.mark.parametrize(
    "key", ["ghcr.io.example", "xghcr.io", "ghcr.io/te", "ghcr.io/team/app/x", "ghcr.io:443", "io"]
)
def test_find_login__entry_for_something_else__is_not(locations: Path, key: str) -> None:
    assert found(locations, {"auths": {key: auth("me:x")}}) is None


def test_find_login__several_entries__the_narrowest(locations: Path) -> None:
    entries = {"ghcr.io": auth("all:x"), "ghcr.io/team/app": auth("app:x"), "ghcr.io/team": auth("team:x")}
    assert found(locations, {"auths": entries}) == Login("app", "x")


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_find_login__docker_hub__under_any_of_its_names(locations: Path, key: str) -> None:
    assert found(locations, {"auths": {key: auth("me:x")}}, "docker.io/python") == Login("me", "x")


def test_find_login__identity_token__comes_before_the_name(locations: Path) -> None:
    entry = {**auth("me:"), "identitytoken": "t"}
    assert found(locations, {"auths": {"ghcr.io": entry}}) == Login("", "", "t")


def test_find_login__several_files__the_one_that_was_named_first(locations: Path) -> None:
    write(locations / "docker" / "config.json", {"auths": {"ghcr.io": auth("docker:x")}})
    assert find_login(parse_reference("ghcr.io/a")) == Login("docker", "x")
    write(locations / "run" / "containers" / "auth.json", {"auths": {"ghcr.io": auth("podman:x")}})
    assert find_login(parse_reference("ghcr.io/a")) == Login("podman", "x")
    write(locations / "named.json", {"auths": {"ghcr.io": auth("named:x")}})
    assert find_login(parse_reference("ghcr.io/a")) == Login("named", "x")


@pytest.mark.parametrize(
    "config",
    [
        "", "{", "[]", "[" * 100_000, {"auths": []}, {"auths": {"ghcr.io": 5}}, {"auths": {"ghcr.io": {"auth": 5}}},
        {"auths": {"ghcr.io": {"auth": "é"}}}, {"auths": {"ghcr.io": {"auth": "/w=="}}}, {"auths": {"ghcr.io": {}}},
        {"credsStore": 5}, {"credsStore": "../x"}, {"credsStore": "gone"}, {"credHelpers": {"ghcr.io": "gone"}},
    ],
)  # fmt: skip
def test_find_login__broken_file__has_none(locations: Path, config: Any) -> None:
    assert found(locations, config) is None


@pytest.mark.parametrize(
    "config",
    [
        {"credsStore": "test"},
        {"credHelpers": {"ghcr.io": "test"}, "credsStore": "gone"},
        {"credsStore": "test", "auths": {"ghcr.io": {}}},
    ],
)
def test_find_login__helper__is_queried_for_the_registry(locations: Path, config: Any) -> None:
    helper(locations, "test", """read host; echo "{\\"Username\\": \\"$1\\", \\"Secret\\": \\"for $host\\"}" """)
    assert found(locations, config) == Login("get", "for ghcr.io")


def test_find_login__helper_for_docker_hub__is_queried_by_the_legacy_name(locations: Path) -> None:
    helper(locations, "test", """read host; echo "{\\"Username\\": \\"<token>\\", \\"Secret\\": \\"$host\\"}" """)
    assert found(locations, {"credsStore": "test"}, "docker.io/a/b") == Login("", "", "https://index.docker.io/v1/")


@pytest.mark.parametrize("script", ["exit 1", "echo no json", "echo []", "echo '{}'", "printf '\\377'", "sleep 9"])
def test_find_login__helper_that_fails__has_none(locations: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.registries.logins._HELPER_TIMEOUT", 0.5)
    helper(locations, "test", script)
    assert found(locations, {"credsStore": "test"}) is None


def test_login__shown__keeps_its_secrets() -> None:
    assert "secret" not in repr(Login("secret", "secret", "secret"))
