"""What ``docker login`` and ``podman login`` left → the credentials for a repository.

source: docker's config.json; containers-auth.json(5); github.com/docker/docker-credential-helpers
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from deadweight.formats.images.image_reference import DOCKER_HUB, Reference
from deadweight.sources.system.processes import answer_of

_LARGEST = 1 << 22
_HELPER_TIMEOUT = 20.0  # seconds; some of them ask a cloud
_HUB = "https://index.docker.io/v1/"  # what Docker's own registry is called where its login is kept


class Login(Struct, frozen=True):
    """A name and a password, or a token that is given for other tokens (an identity token)."""

    user: str
    password: str
    token: str = ""

    def __repr__(self) -> str:
        return "Login()"  # a traceback or a log must not show credentials


def find_login(wanted: Reference) -> Login | None:
    """Return the credentials for a repository from the first file that has some; what is broken has none."""
    for path in _files(os.environ):
        if found := _login_in(_read(path), wanted):
            return found
    return None


def _files(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield where logins are kept: what was named for this purpose comes first."""
    if named := environ.get("REGISTRY_AUTH_FILE"):
        yield named
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield os.path.join(runtime, "containers", "auth.json")
    yield os.path.join(environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"), "config.json")


def _read(path: str) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, RecursionError), open(path, "rb") as file:
        return _table(json.loads(file.read(_LARGEST)))
    return {}


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _login_in(config: Mapping[str, Any], wanted: Reference) -> Login | None:
    """Return a file's login: a helper for this registry, an entry for the repository, the helper for all the rest."""
    hosts = DOCKER_HUB if wanted.host == DOCKER_HUB[0] else (wanted.host,)
    helpers = {_place(key): helper for key, helper in _table(config.get("credHelpers")).items()}
    if helper := next((helpers[host] for host in hosts if host in helpers), None):
        return _from_helper(helper, wanted.host)
    entries = {_place(key): entry for key, entry in _table(config.get("auths")).items()}
    for place in _places(hosts, wanted.repository):
        if found := _from_entry(_table(entries.get(place))):
            return found
    return _from_helper(config.get("credsStore"), wanted.host)


def _place(key: str) -> str:
    """Return a key as podman writes it: "https://index.docker.io/v1/" is "index.docker.io"."""
    return re.sub(r"/v[12]\Z", "", re.sub(r"\Ahttps?://", "", key).rstrip("/"))


def _places(hosts: tuple[str, ...], repository: str) -> Iterator[str]:
    """Yield what an entry may be for, the narrowest first: the repository, what it lies in, the registry."""
    parts = repository.split("/")
    for length in range(len(parts), -1, -1):
        yield from ("/".join((host, *parts[:length])) for host in hosts)


def _from_entry(entry: Mapping[str, Any]) -> Login | None:
    if token := entry.get("identitytoken"):
        return Login("", "", str(token))
    if "auth" not in entry:
        user, password = str(entry.get("username") or ""), str(entry.get("password") or "")
        return Login(user, password) if user else None
    with contextlib.suppress(TypeError, ValueError):  # no text, no base64, no UTF-8
        user, _, password = b64decode(entry["auth"]).decode().rstrip("\0").partition(":")
        return Login(user, password) if user else None
    return None


def _from_helper(name: object, host: str) -> Login | None:
    """Return what ``docker-credential-NAME`` has for a registry; a helper that fails has nothing."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        return None
    asked = _HUB if host == DOCKER_HUB[0] else host
    answer = answer_of([f"docker-credential-{name}", "get"], seconds=_HELPER_TIMEOUT, question=asked.encode())
    try:
        found = _table(json.loads(answer or b""))
    except (ValueError, RecursionError):
        return None
    user, secret = str(found.get("Username") or ""), str(found.get("Secret") or "")
    if not secret:
        return None
    return Login("", "", secret) if user == "<token>" else Login(user, secret)
