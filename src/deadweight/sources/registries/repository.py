"""Requests to one repository of a registry, with tokens, logins and helpful errors.

source: OCI distribution-spec; docs.docker.com/registry/spec/auth (token.md, oauth.md); RFC 7235 (challenges)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlencode

from deadweight.errors import FetchFailed
from deadweight.formats.images.image_reference import Reference
from deadweight.sources.net.failures import Refused
from deadweight.sources.net.files import fetch_span
from deadweight.sources.net.http import Client, Page
from deadweight.sources.net.urls import basic, origin_of, parts_of, printable
from deadweight.sources.registries.logins import Login, find_login

_LARGEST_TOKEN = 1 << 20
_LONGEST_CHALLENGE = 1 << 12
_BEARER = re.compile(r"(?:^|,)\s*bearer\s(.*)", re.IGNORECASE)
_BASIC = re.compile(r"(?:^|,)\s*basic\b", re.IGNORECASE)
_PARAMETER = re.compile(r'\b([a-z]{1,20})=(?:"([^"]*)"|([^\s,"]+))', re.IGNORECASE)
_Result = TypeVar("_Result")


class Repository:
    """Reads manifests and blobs of one repository.

    All requests have the same scope, so they share one token until it expires.
    """

    def __init__(self, reference: Reference, web: Client, server: str) -> None:
        self._reference, self._web = reference, web
        self._base, self._server = server, parts_of(server)
        self._authorization = ""
        self._login: Login | None = None

    def get(self, path: str, name: str, *, limit: int, accept: str) -> Page:
        """Return a manifest or a small blob; ``name`` is for error messages; raises FetchFailed."""
        return self._authorized(
            lambda sent: self._web.get(self._url(path), limit=limit, accept=accept, authorization=sent), name
        )

    def stream(self, path: str, name: str, *, limit: int) -> Generator[bytes]:
        """Yield the bytes of a blob; raises FetchFailed, Truncated."""
        return self._authorized(lambda sent: self._web.stream(self._url(path), limit=limit, authorization=sent), name)

    def span(self, path: str, name: str, span: range, size: int) -> bytes:
        """Return these bytes of a blob of ``size`` bytes; raises FetchFailed, NoRanges. Threads may call it at once."""
        return self._authorized(lambda sent: fetch_span(self._web, self._url(path), span, size, sent), name)

    def _url(self, path: str) -> str:
        return f"{self._base}/v2/{self._reference.repository}/{path}"

    def _authorized(self, send: Callable[[str], _Result], name: str) -> _Result:
        """Return the result of ``send`` with an Authorization; retry once with a new one if the registry demands it."""
        try:
            try:
                return send(self._authorization)
            except Refused as refused:
                if refused.status != 401 or not self._is_ours(refused.url):
                    raise
                self._authorization = self._answer(refused.challenge)
                return send(self._authorization)
        except Refused as refused:
            raise self._explained(refused, name) from refused

    def _is_ours(self, url: str) -> bool:
        return origin_of(parts_of(url)) == origin_of(self._server)

    # --- authorization -------------------------------------------------------------------------------

    def _answer(self, challenge: str) -> str:
        """Return the Authorization for a challenge, "" if none is possible."""
        self._login = self._login or find_login(self._reference)
        challenge = challenge[:_LONGEST_CHALLENGE]
        if bearer := _BEARER.search(challenge):
            parameters: dict[str, str] = {}
            for name, quoted, bare in _PARAMETER.findall(bearer[1]):
                parameters.setdefault(name.lower(), quoted or bare)  # later ones may belong to another challenge
            return f"Bearer {self._token(parameters)}"
        if _BASIC.search(challenge) and self._login and self._login.user:
            return basic((self._login.user, self._login.password))
        return ""

    def _token(self, parameters: dict[str, str]) -> str:
        """Return a token from the server that a challenge names."""
        realm = parts_of(parameters.get("realm", ""), self._base)
        if not self._is_trusted(realm):
            raise FetchFailed(
                f"{self._reference.host} requests a login at {printable(realm.netloc)}, which does not use https"
            )
        query = {"scope": f"repository:{self._reference.repository}:pull", **parameters}
        query = {name: query[name] for name in ("service", "scope") if name in query}
        try:
            page = self._token_page(realm, query)
        except Refused as refused:
            raise FetchFailed(
                f"{self._reference.host} denied access to {self._reference.repository} "
                f"(status {refused.status}){_reason(refused)}",
                hint=self._login_hint() if refused.status in (400, 401, 403) else refused.hint,
            ) from refused
        answer = _json(page.data)
        token = answer.get("token") or answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise FetchFailed(f"{self._reference.host} sent no valid token for {self._reference.repository}")
        return token

    def _is_trusted(self, realm: SplitResult) -> bool:
        """Return whether credentials may be sent to a server: by https, or if nothing leaves this machine."""
        loopback = ("localhost", "127.0.0.1", "::1")
        return realm.scheme == "https" or (
            realm.scheme == self._server.scheme == "http"
            and realm.hostname in loopback
            and self._server.hostname in loopback
        )

    def _token_page(self, realm: SplitResult, query: dict[str, str]) -> Page:
        if self._login and self._login.token:
            form = {"grant_type": "refresh_token", "client_id": "deadweight", "refresh_token": self._login.token}
            return self._web.post(realm.geturl(), {**form, **query}, limit=_LARGEST_TOKEN)
        url = realm._replace(query="&".join(filter(None, (realm.query, urlencode(query))))).geturl()
        authorization = basic((self._login.user, self._login.password)) if self._login else ""
        return self._web.get(url, limit=_LARGEST_TOKEN, authorization=authorization)

    # --- errors --------------------------------------------------------------------------------------

    def _explained(self, refused: Refused, name: str) -> FetchFailed:
        host, status, reason = self._reference.host, refused.status, _reason(refused)
        if not self._is_ours(refused.url):
            return FetchFailed(f"{refused.cause}{reason}", hint=f"try again later; {host} stores layers on that server")
        if status in (401, 403):
            return FetchFailed(f"{host} denied access to {name} (status {status}){reason}", hint=self._login_hint())
        if status == 404:
            return FetchFailed(f"{host} has no {name}{reason}")
        if status == 429:
            login = "" if self._login else f", or log in for a higher limit: docker login {host}"
            return FetchFailed(
                f"{host} limits the number of requests (status {status}){reason}", hint=f"try again later{login}"
            )
        return FetchFailed(f"{refused.cause}{reason}", hint=refused.hint)

    def _login_hint(self) -> str:
        host = self._reference.host
        if self._login:
            return f"the registry rejected the credentials for {host}; log in again: docker login {host}"
        return f"no credentials for {host}; log in: docker login {host}"


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _reason(refused: Refused) -> str:
    """Return the server's reason (OCI distribution-spec, "Error codes")."""
    answer = _json(refused.body)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    messages = [str(error.get("message") or "") for error in errors or () if isinstance(error, dict)]
    text = printable("; ".join(filter(None, messages)))
    return f": {text}" if text else ""
