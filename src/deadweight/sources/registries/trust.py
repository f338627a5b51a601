"""A registry → how to connect to its server: TLS and trusted certificates, or plain http.

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

_DIRECTORIES = (
    "/etc/docker/certs.d", "/etc/containers/certs.d", "~/.config/containers/certs.d", "~/.docker/certs.d",
)  # fmt: skip
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")  # pip's own comes last: this is not an index
_LARGEST_ANSWER = 1 << 16
_PROBE_SECONDS = 5.0


@contextlib.contextmanager
def opened_registry(reference: Reference, *, verify: bool = True) -> Iterator[tuple[Client, str]]:
    """Yield a client for a registry, and the URL of its server.

    verify: whether to require TLS with a valid certificate; never required on the loopback
    """
    context, server = _reached(reference, verify=verify)
    with Client(context=context) as client:
        yield client, server


def _reached(reference: Reference, *, verify: bool) -> tuple[ssl.SSLContext, str]:
    checked = registry_context(reference.host)
    if verify and not reference.is_loopback:
        return checked, reference.server
    secure = reference.server.replace("http://", "https://", 1)
    for context in [checked] * verify + [_unchecked(reference.host)]:
        with Client(context=context, attempts=1, timeout=_PROBE_SECONDS) as client:
            if _answers(client, secure):
                return context, secure
    return checked, secure.replace("https://", "http://", 1)


def _answers(client: Client, server: str) -> bool:
    try:
        client.get(f"{server}/v2/", limit=_LARGEST_ANSWER, authorization="")
    except Refused:
        return True  # it requires a login
    except FetchFailed:
        return False
    return True


def registry_context(host: str) -> ssl.SSLContext:
    """Return the trusted certificates for a registry: the system's, and those that engines are configured with."""
    bundle = next(filter(None, map(os.environ.get, _BUNDLES)), None)
    is_directory = bundle is not None and os.path.isdir(bundle)
    context = ssl.create_default_context(
        cafile=None if is_directory else bundle, capath=bundle if is_directory else None
    )
    for path in _configured(host):
        with contextlib.suppress(OSError):  # ssl.SSLError is a subclass
            for authority in sorted(glob(f"{escape(path)}/*.crt")):
                context.load_verify_locations(authority)
    return _with_certificates(context, host)


def _unchecked(host: str) -> ssl.SSLContext:
    """Return a context that accepts any certificate; without the system's authorities, which take 30 ms to load."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # else it is shown for each request
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _with_certificates(context, host)


def _with_certificates(context: ssl.SSLContext, host: str) -> ssl.SSLContext:
    """Return a context that presents the user's own certificates for a registry."""
    for path in _configured(host):
        with contextlib.suppress(OSError):
            for own in sorted(glob(f"{escape(path)}/*.cert")):
                context.load_cert_chain(own, f"{own.removesuffix('.cert')}.key")
    return context


def _configured(host: str) -> list[str]:
    return [os.path.join(os.path.expanduser(directory), host) for directory in _DIRECTORIES]
