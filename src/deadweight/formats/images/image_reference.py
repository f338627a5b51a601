"""An image reference → the registry, the repository, and the tag or digest.

source: OCI distribution-spec, "Pulling manifests"; the grammar of github.com/distribution/reference
"""

from __future__ import annotations

import re

from msgspec import Struct

from deadweight.errors import UnclearTarget

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,39}\])(:[0-9]{1,5})?\Z")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_LONGEST = 255  # characters of a repository

DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")  # names of Docker Hub; the last is its API server
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Reference(Struct, frozen=True):
    """One image in a registry: ``version`` is a tag, or a digest that begins with "sha256:"."""

    host: str
    repository: str
    version: str

    def __str__(self) -> str:
        return f"{self.host}/{self.image}"

    @property
    def image(self) -> str:
        """The reference without the registry."""
        return f"{self.repository}{'@' if is_digest(self.version) else ':'}{self.version}"

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine."""
        return re.sub(r":[0-9]+\Z", "", self.host) in _LOOPBACK

    @property
    def server(self) -> str:
        """The URL of the registry's API server."""
        return f"https://{DOCKER_HUB[-1] if self.host == DOCKER_HUB[0] else self.host}"


def is_digest(text: str) -> bool:
    """Return whether a text is a SHA-256 digest, the only kind that is supported."""
    return _DIGEST.match(text) is not None


def parse_reference(text: str) -> Reference:
    """Return the reference that ``HOST/REPOSITORY[:TAG][@DIGEST]`` names.

    A digest takes precedence over a tag. Without either, the tag is "latest".
    raises: UnclearTarget
    """
    host, slash, rest = text.partition("/")
    if "@" in host and slash:
        raise UnclearTarget(
            "registry: the reference contains credentials",
            hint="remove the credentials and log in with docker login HOST",
        )
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        raise UnclearTarget(f"{text}: no registry in the reference", hint=f"use registry:{DOCKER_HUB[0]}/{text}")
    named, at, digest = rest.partition("@")
    repository, colon, tag = named.partition(":")
    host = DOCKER_HUB[0] if host in DOCKER_HUB else host
    if host == DOCKER_HUB[0] and "/" not in repository:
        repository = f"library/{repository}"
    if not _HOST.match(host):
        raise UnclearTarget(f"{text}: invalid registry host {host}")
    if len(repository) > _LONGEST or not all(map(_COMPONENT.match, repository.split("/"))):
        raise UnclearTarget(f"{text}: invalid repository {repository}", hint="use lower-case letters and digits")
    if colon and not _TAG.match(tag):
        raise UnclearTarget(f"{text}: invalid tag {tag}" if tag else f"{text}: the tag is empty")
    if at and not is_digest(digest):
        reason = f"invalid digest {digest}" if digest else "the digest is empty"
        raise UnclearTarget(f"{text}: {reason}", hint="a digest is sha256: and 64 lower-case hex digits")
    return Reference(host, repository, digest or tag or "latest")


def with_registry(name: str) -> str:
    """Return the name of an image with its registry, by default Docker Hub: "docker.io/library/python:3.12"."""
    first = name.partition("/")[0]
    if "/" in name and ("." in first or ":" in first or first == "localhost"):
        return name
    return f"{DOCKER_HUB[0]}/{name if '/' in name else f'library/{name}'}"


def full_name(name: str) -> str:
    """Return the name of an image with its registry and its tag or digest: "docker.io/library/python:latest"."""
    full = with_registry(name)
    return full if "@" in full or ":" in full.rpartition("/")[2] else f"{full}:latest"
