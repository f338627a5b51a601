from __future__ import annotations

import time

import pytest

from deadweight.errors import UnclearTarget
from deadweight.formats.images.image_reference import parse_reference

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "server", "image"),
    [
        ("docker.io/python", "https://registry-1.docker.io", "library/python:latest"),
        ("docker.io/me/app:1", "https://registry-1.docker.io", "me/app:1"),
        ("index.docker.io/python:3.12", "https://registry-1.docker.io", "library/python:3.12"),
        ("ghcr.io/app", "https://ghcr.io", "app:latest"),
        ("ghcr.io/a/b-c__d/e.f:V1.0_x-y", "https://ghcr.io", "a/b-c__d/e.f:V1.0_x-y"),
        (f"ghcr.io/a@{DIGEST}", "https://ghcr.io", f"a@{DIGEST}"),
        (f"ghcr.io/a:1@{DIGEST}", "https://ghcr.io", f"a@{DIGEST}"),
        ("h.example:5000/a", "https://h.example:5000", "a:latest"),
        ("localhost/a", "https://localhost", "a:latest"),
        ("localhost:5000/a", "https://localhost:5000", "a:latest"),
        ("127.0.0.1:5000/a", "https://127.0.0.1:5000", "a:latest"),
        ("[::1]:5000/a", "https://[::1]:5000", "a:latest"),
        ("[::1]/a", "https://[::1]", "a:latest"),
        ("127.0.0.1.h.example/a", "https://127.0.0.1.h.example", "a:latest"),
    ],
)
def test_parse_reference__what_engines_take__server_and_image(text: str, server: str, image: str) -> None:
    found = parse_reference(text)
    assert (found.server, found.image) == (server, image)
    assert found.is_loopback == text.startswith(("localhost", "127.0.0.1:", "[::1]"))


@pytest.mark.parametrize(
    "text",
    [
        "", "python", "python:3.12", "me/app", "/app", "ghcr.io", "ghcr.io/", "ghcr.io//a", "ghcr.io/a/", "ghcr.io/A",
        "ghcr.io/a:", "ghcr.io/a:b:c", "ghcr.io/a:-x", "ghcr.io/a@", "ghcr.io/a@sha256:00", "ghcr.io/a@sha512:00",
        "ghcr.io/../x", "ghcr.io/a%2fb", "ghcr.io/a?x", "ghcr.io/a#x", "ghcr.io/a b", "ghcr.io/a\n", "gh cr.io/a",
        "ghcr.io:port/a", "ghcr.io:123456/a", "[::1/a", "https://ghcr.io/a", "ghcr.io/" + "a" * 256,
    ],
)  # fmt: skip
def test_parse_reference__invalid__is_refused(text: str) -> None:
    with pytest.raises(UnclearTarget):
        parse_reference(text)


def test_parse_reference__credentials__are_refused_and_not_shown() -> None:
    with pytest.raises(UnclearTarget) as reported:
        parse_reference("me:secret@ghcr.io/app")
    assert "secret" not in f"{reported.value.cause}{reported.value.hint}"


def test_parse_reference__endless_name__is_refused_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(UnclearTarget):
        parse_reference("ghcr.io/" + "a-" * 500_000)
    assert time.monotonic() - began < 1
