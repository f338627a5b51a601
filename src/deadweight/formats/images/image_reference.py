"""How an image in a registry is called → the registry, the repository, and the tag or digest.

source: OCI distribution-spec, "Pulling manifests"; the reference grammar of github.com/distribution/reference
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

DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")  # its names; the last one is the server's
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Reference(Struct, frozen=True):
    """One image of a registry: ``version`` is a tag, or a digest where it begins with "sha256:"."""

    host: str
    repository: str
    version: str

    def __str__(self) -> str:
        return f"{self.host}/{self.image}"

    @property
    def image(self) -> str:
        """What the registry calls it."""
        return f"{self.repository}{'@' if is_digest(self.version) else ':'}{self.version}"

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine."""
        return re.sub(r":[0-9]+\Z", "", self.host) in _LOOPBACK

    @property
    def server(self) -> str:
        """The URL of the server that is asked."""
        return f"https://{DOCKER_HUB[-1] if self.host == DOCKER_HUB[0] else self.host}"


def is_digest(text: str) -> bool:
    """Say whether a text is the digest of a blob or a manifest, of the one kind that is checked."""
    return _DIGEST.match(text) is not None


def parse_reference(text: str) -> Reference:
    """Return what ``HOST/REPOSITORY[:TAG][@DIGEST]`` names; without tag and digest "latest"; a digest wins over a tag.

    raises: UnclearTarget
    """
    host, slash, rest = text.partition("/")
    if "@" in host and slash:
        raise UnclearTarget(
            "registry: credentials stand before the registry's name", hint="they are taken from docker login HOST"
        )
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        raise UnclearTarget(f"{text}: it names no registry", hint=f"say registry:{DOCKER_HUB[0]}/{text}")
    named, at, digest = rest.partition("@")
    repository, colon, tag = named.partition(":")
    host = DOCKER_HUB[0] if host in DOCKER_HUB else host
    if host == DOCKER_HUB[0] and "/" not in repository:
        repository = f"library/{repository}"
    if not _HOST.match(host):
        raise UnclearTarget(f"{text}: {host} is no registry")
    if len(repository) > _LONGEST or not all(map(_COMPONENT.match, repository.split("/"))):
        raise UnclearTarget(f"{text}: {repository} is no repository", hint="its name is of lower case")
    if colon and not _TAG.match(tag):
        raise UnclearTarget(f"{text}: {tag or 'nothing'} is no tag")
    if at and not is_digest(digest):
        raise UnclearTarget(f"{text}: {digest or 'nothing'} is no digest", hint="it is sha256: and 64 hex digits")
    return Reference(host, repository, digest or tag or "latest")
