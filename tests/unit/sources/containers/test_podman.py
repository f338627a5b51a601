"""How failures of podman read; ``tests/functional/test_remote_engines.py`` runs it."""

from __future__ import annotations

import pytest

from deadweight.errors import EngineFailed
from deadweight.sources.containers.podman import Podman
from tests.unit.sources.containers.conftest import Put


def refusal(name: str) -> EngineFailed:
    with pytest.raises(EngineFailed) as caught, Podman().save(name, ""):
        pass
    return caught.value


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Error: app: image not known", "podman pull app"),
        ("Cannot connect to Podman.\nError: unable to connect to Podman socket: dial unix", "CONTAINER_HOST"),
        ('Error: failed to resolve active destination: "x" service destination not found', "system connection list"),
        ("Error: cannot set up namespace", "podman info"),
    ],
)
def test_save__fails__what_to_do(put: Put, reason: str, hint: str) -> None:
    put("podman", f"sys.exit({reason!r})")
    assert hint in refusal("app").hint


@pytest.mark.parametrize("variable", ["CONTAINER_HOST", "CONTAINER_CONNECTION"])
def test_save__of_a_service_that_lacks_it__names_the_service(
    put: Put, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    put("podman", "sys.exit('Error: app: image not known')")
    monkeypatch.setenv(variable, "server")
    monkeypatch.setenv("SUDO_USER", "alice")
    error = refusal("app")
    assert error.cause == f"podman ({variable} server): app: image not known"
    assert "alice" not in error.hint


def test_save__with_sudo__names_the_user_whose_images_are_not_searched(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("podman", "sys.exit('Error: app: image not known')")
    monkeypatch.setenv("SUDO_USER", "alice")
    hint = "with sudo, podman does not find the images and containers of alice; pull the image first: podman pull app"
    assert refusal("app").hint == hint
