"""The logins that ``docker login`` and ``podman login`` saved → the credentials for a repository.

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
_HELPER_TIMEOUT = 20.0  # seconds; some helpers query a cloud service
_HUB = "https://index.docker.io/v1/"  # the key of Docker Hub in saved logins


class Login(Struct, frozen=True):
    """A name and a password, or an identity token, which is exchanged for other tokens."""

    user: str
    password: str
    token: str = ""

    def __repr__(self) -> str:
        return "Login()"  # a traceback or a log must not show credentials


def find_login(reference: Reference) -> Login | None:
    """Return the credentials for a repository from the first file that has some; malformed files are ignored."""
    for path in _files(os.environ):
        if login := _login_in(_read(path), reference):
            return login
    return None


def _files(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the files with logins; one that the user set explicitly comes first."""
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


def _login_in(config: Mapping[str, Any], reference: Reference) -> Login | None:
    """Return the login in a file: from the helper for the registry, an entry, or the default helper, in this order."""
    hosts = DOCKER_HUB if reference.host == DOCKER_HUB[0] else (reference.host,)
    helpers = {_bare(key): helper for key, helper in _table(config.get("credHelpers")).items()}
    if helper := next((helpers[host] for host in hosts if host in helpers), None):
        return _from_helper(helper, reference.host)
    entries = {_bare(key): entry for key, entry in _table(config.get("auths")).items()}
    for scope in _scopes(hosts, reference.repository):
        if login := _from_entry(_table(entries.get(scope))):
            return login
    return _from_helper(config.get("credsStore"), reference.host)


def _bare(key: str) -> str:
    """Return a key in podman's form: "index.docker.io" for "https://index.docker.io/v1/"."""
    return re.sub(r"/v[12]\Z", "", re.sub(r"\Ahttps?://", "", key).rstrip("/"))


def _scopes(hosts: tuple[str, ...], repository: str) -> Iterator[str]:
    """Yield the possible keys of an entry, the most specific first: repository, namespaces, registry."""
    parts = repository.split("/")
    for length in range(len(parts), -1, -1):
        yield from ("/".join((host, *parts[:length])) for host in hosts)


def _from_entry(entry: Mapping[str, Any]) -> Login | None:
    if token := entry.get("identitytoken"):
        return Login("", "", str(token))
    if "auth" not in entry:
        user, password = str(entry.get("username") or ""), str(entry.get("password") or "")
        return Login(user, password) if user else None
    with contextlib.suppress(TypeError, ValueError):  # not a string, base64 or UTF-8
        user, _, password = b64decode(entry["auth"]).decode().rstrip("\0").partition(":")
        return Login(user, password) if user else None
    return None


def _from_helper(name: object, host: str) -> Login | None:
    """Return the credentials of ``docker-credential-NAME`` for a registry, None if it fails."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        return None
    server = _HUB if host == DOCKER_HUB[0] else host
    answer = answer_of([f"docker-credential-{name}", "get"], seconds=_HELPER_TIMEOUT, question=server.encode())
    try:
        credentials = _table(json.loads(answer or b""))
    except (ValueError, RecursionError):
        return None
    user, secret = str(credentials.get("Username") or ""), str(credentials.get("Secret") or "")
    if not secret:
        return None
    return Login("", "", secret) if user == "<token>" else Login(user, secret)
