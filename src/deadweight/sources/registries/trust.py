"""A registry's name → how its server is reached: by TLS with whose certificates, or without.

source: docs.docker.com, "Verify repository client with certificates" (certs.d), and dockerd's "Insecure registries";
containers-certs.d(5)
"""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator
from glob import escape, glob

import urllib3

from deadweight.errors import FetchFailed
from deadweight.formats.images.image_reference import Reference
from deadweight.sources.net.failures import Refused
from deadweight.sources.net.http import Client

_FOLDERS = (
    "/etc/docker/certs.d", "/etc/containers/certs.d", "~/.config/containers/certs.d", "~/.docker/certs.d",
)  # fmt: skip
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")  # pip's own comes last: this is no index
_LARGEST_ANSWER = 1 << 16
_PROBE_SECONDS = 5.0


@contextlib.contextmanager
def opened_registry(reference: Reference, *, verify: bool = True) -> Iterator[tuple[Client, str]]:
    """Hand over a client for a registry, and the URL of its server.

    verify: whether its certificate must be valid, and plain http is refused; on this machine itself neither is needed
    """
    context, server = _reached(reference, verify=verify)
    with Client(context=context) as client:
        yield client, server


def _reached(reference: Reference, *, verify: bool) -> tuple[ssl.SSLContext, str]:
    checked = registry_context(reference.host)
    if verify and not reference.is_loopback:
        return checked, reference.server
    secure = reference.server.replace("http://", "https://", 1)
    for context in [checked] * verify + [unchecked(registry_context(reference.host))]:
        with Client(context=context, attempts=1, timeout=_PROBE_SECONDS) as client:
            if _answers(client, secure):
                return context, secure
    return checked, secure.replace("https://", "http://", 1)


def _answers(client: Client, server: str) -> bool:
    try:
        client.get(f"{server}/v2/", limit=_LARGEST_ANSWER, authorization="")
    except Refused:
        return True  # it wants to know who asks
    except FetchFailed:
        return False
    return True


def registry_context(host: str) -> ssl.SSLContext:
    """Return whose certificates count for a registry: the system's, and those that engines have for it."""
    bundle = next(filter(None, map(os.environ.get, _BUNDLES)), None)
    is_folder = bundle is not None and os.path.isdir(bundle)
    found = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    for folder in _FOLDERS:
        place = os.path.join(os.path.expanduser(folder), host)
        with contextlib.suppress(OSError):  # ssl.SSLError is one
            for path in sorted(glob(f"{escape(place)}/*.crt")):
                found.load_verify_locations(path)
            for path in sorted(glob(f"{escape(place)}/*.cert")):
                found.load_cert_chain(path, f"{path.removesuffix('.cert')}.key")
    return found


def unchecked(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return a context that takes any certificate."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # it would be said for each request
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
