"""Requests to one repository of a registry: tokens, logins, and refusals in words that help.

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
from deadweight.sources.net.http import Client, Page
from deadweight.sources.net.urls import basic, origin_of, parts_of, printable
from deadweight.sources.registries.logins import Login, find_login

_LARGEST_TOKEN = 1 << 20
_LONGEST_CHALLENGE = 1 << 12
_BEARER = re.compile(r"(?:^|,)\s*bearer\s(.*)", re.IGNORECASE)
_BASIC = re.compile(r"(?:^|,)\s*basic\b", re.IGNORECASE)
_PARAMETER = re.compile(r'\b([a-z]{1,20})=(?:"([^"]*)"|([^\s,"]+))', re.IGNORECASE)
_Got = TypeVar("_Got")


class Repository:
    """Reads manifests and blobs of one repository.

    Its scope is always the same, so one token does for all requests until the registry wants another.
    """

    def __init__(self, reference: Reference, web: Client, server: str) -> None:
        self._reference, self._web = reference, web
        self._base, self._server = server, parts_of(server)
        self._authorization = ""
        self._login: Login | None = None

    def get(self, path: str, called: str, *, limit: int, accept: str) -> Page:
        """Return a manifest or a small blob; ``called`` is its name in errors; raises FetchFailed."""
        return self._asked(
            lambda sent: self._web.get(self._url(path), limit=limit, accept=accept, authorization=sent), called
        )

    def stream(self, path: str, called: str, *, limit: int) -> Generator[bytes]:
        """Yield the bytes of a blob; raises FetchFailed, Truncated."""
        return self._asked(lambda sent: self._web.stream(self._url(path), limit=limit, authorization=sent), called)

    def _url(self, path: str) -> str:
        return f"{self._base}/v2/{self._reference.repository}/{path}"

    def _asked(self, ask: Callable[[str], _Got], called: str) -> _Got:
        """Return what ``ask`` does with an Authorization; once more with a new one where the registry wants that."""
        try:
            try:
                return ask(self._authorization)
            except Refused as refused:
                if refused.status != 401 or not self._is_ours(refused.url):
                    raise
                self._authorization = self._authorized(refused.challenge)
                return ask(self._authorization)
        except Refused as refused:
            raise self._told(refused, called) from refused

    def _is_ours(self, url: str) -> bool:
        return origin_of(parts_of(url)) == origin_of(self._server)

    # --- who asks ------------------------------------------------------------------------------------

    def _authorized(self, challenge: str) -> str:
        """Return the Authorization that answers a challenge, "" where there is none."""
        self._login = self._login or find_login(self._reference)
        challenge = challenge[:_LONGEST_CHALLENGE]
        if bearer := _BEARER.search(challenge):
            told: dict[str, str] = {}
            for name, quoted, bare in _PARAMETER.findall(bearer[1]):
                told.setdefault(name.lower(), quoted or bare)  # what comes later may be another challenge's
            return f"Bearer {self._token(told)}"
        if _BASIC.search(challenge) and self._login and self._login.user:
            return basic((self._login.user, self._login.password))
        return ""

    def _token(self, told: dict[str, str]) -> str:
        """Return the token that a challenge asks for, from the server that it names."""
        realm = parts_of(told.get("realm", ""), self._base)
        if not self._may_give_tokens(realm):
            raise FetchFailed(
                f"{self._reference.host} sends for tokens to {printable(realm.netloc)}, which is not safe"
            )
        wanted = {"scope": f"repository:{self._reference.repository}:pull", **told}
        wanted = {name: wanted[name] for name in ("service", "scope") if name in wanted}
        try:
            page = self._token_page(realm, wanted)
        except Refused as refused:
            raise FetchFailed(
                f"{self._reference.host} gives no token for {self._reference.repository} "
                f"({refused.status}){_reason(refused)}",
                hint=self._login_hint() if refused.status in (400, 401, 403) else refused.hint,
            ) from refused
        found = _json(page.data)
        token = found.get("token") or found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise FetchFailed(f"{self._reference.host} gives no token for {self._reference.repository}")
        return token

    def _may_give_tokens(self, realm: SplitResult) -> bool:
        """Say whether a server may be told who we are: by https, or where nothing leaves this machine."""
        here = ("localhost", "127.0.0.1", "::1")
        return realm.scheme == "https" or (
            realm.scheme == self._server.scheme == "http" and realm.hostname in here and self._server.hostname in here
        )

    def _token_page(self, realm: SplitResult, wanted: dict[str, str]) -> Page:
        if self._login and self._login.token:
            form = {"grant_type": "refresh_token", "client_id": "deadweight", "refresh_token": self._login.token}
            return self._web.post(realm.geturl(), {**form, **wanted}, limit=_LARGEST_TOKEN)
        url = realm._replace(query="&".join(filter(None, (realm.query, urlencode(wanted))))).geturl()
        authorization = basic((self._login.user, self._login.password)) if self._login else ""
        return self._web.get(url, limit=_LARGEST_TOKEN, authorization=authorization)

    # --- who says no ---------------------------------------------------------------------------------

    def _told(self, refused: Refused, called: str) -> FetchFailed:
        host, status, says = self._reference.host, refused.status, _reason(refused)
        if not self._is_ours(refused.url):
            return FetchFailed(f"{refused.cause}{says}", hint=f"{host} keeps it there; try again later")
        if status in (401, 403):
            return FetchFailed(f"{host} refuses {called} ({status}){says}", hint=self._login_hint())
        if status == 404:
            return FetchFailed(f"{host} has no {called}{says}")
        if status == 429:
            more = "" if self._login else f", or docker login {host}, for more of them"
            return FetchFailed(f"{host} limits requests ({status}){says}", hint=f"try again later{more}")
        return FetchFailed(f"{refused.cause}{says}", hint=refused.hint)

    def _login_hint(self) -> str:
        host = self._reference.host
        if self._login:
            return f"there are credentials for {host}, but they do not do: docker login {host}"
        return f"there are no credentials for {host}: docker login {host}"


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _reason(refused: Refused) -> str:
    """Return what the server says about it (OCI distribution-spec, "Error codes")."""
    found = _json(refused.body)
    errors = found.get("errors") if isinstance(found, dict) else None
    messages = [str(error.get("message") or "") for error in errors or () if isinstance(error, dict)]
    text = printable("; ".join(filter(None, messages)))
    return f": {text}" if text else ""
