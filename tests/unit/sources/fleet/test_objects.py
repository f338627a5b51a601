"""The cache in object storage: back ends that work, and what theirs raise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from deadweight.errors import BadInput, FetchFailed
from deadweight.sources.fleet.cache import check
from deadweight.sources.fleet.objects import ObjectStore

fsspec = pytest.importorskip("fsspec")


class NoCredentialsError(Exception):
    """Named as that of botocore."""


class NoSuchBucket(Exception):
    """Named as an error code of S3."""


class EndpointConnectionError(Exception):
    """Named as that of botocore."""


class Failing(fsspec.AbstractFileSystem):  # type: ignore[misc, name-defined]
    """Raises what a test says: when it is opened, written or read; "" for never."""

    error: Exception = OSError()
    when = ""
    cachable = False

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self._raise("open")

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        self._raise("write")

    def cat_file(self, path: str, **_: Any) -> bytes:
        self._raise("read")
        return b"other"

    def _raise(self, when: str) -> None:
        if type(self).when == when:
            raise self.error


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> type[Failing]:
    fsspec.register_implementation("failing", Failing, clobber=True)
    monkeypatch.setattr(Failing, "when", "")
    return Failing


ERRORS = [
    (PermissionError("Forbidden"), FetchFailed, "access denied: Forbidden", "give the workers credentials"),
    (NoCredentialsError("Unable to locate"), FetchFailed, "access denied: Unable to locate", "give the workers"),
    (FileNotFoundError("no bucket"), BadInput, "not found: no bucket", "create the bucket"),
    (NoSuchBucket(""), BadInput, "not found: NoSuchBucket", "create the bucket"),
    (EndpointConnectionError("a\nb"), FetchFailed, "the storage failed: EndpointConnectionError: a b", "can reach it"),
    (ConnectionRefusedError(111, "refused"), FetchFailed, "the storage failed: ConnectionRefusedError", "can reach it"),
    (TimeoutError(), FetchFailed, "the storage failed: TimeoutError: TimeoutError", "can reach it"),
    (ImportError("Install s3fs"), BadInput, "fsspec has no plug-in for this storage: Install s3fs", "install the"),
    (ValueError("Bucket name is invalid"), BadInput, "Bucket name is invalid", "use a URL"),
]


@pytest.mark.parametrize("when", ["open", "write", "read"])
@pytest.mark.parametrize(("error", "kind", "cause", "hint"), ERRORS)
def test_check__back_end_raises__is_explained(
    failing: type[Failing], when: str, error: Exception, kind: type[BadInput | FetchFailed], cause: str, hint: str
) -> None:
    failing.error, failing.when = error, when
    with pytest.raises(kind) as raised:
        check("failing://bucket/prefix")
    assert raised.value.cause.startswith(cause)
    assert hint in raised.value.hint


def test_check__interrupt__is_not_an_error_of_the_storage(failing: type[Failing]) -> None:
    failing.error, failing.when = KeyboardInterrupt(), "write"  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        check("failing://bucket")


def test_check__other_bytes_come_back__says_so(failing: type[Failing]) -> None:
    with pytest.raises(FetchFailed, match="returns other bytes than were written"):
        check("failing://bucket")


def test_check__no_such_scheme__says_what_is_missing() -> None:
    with pytest.raises(BadInput, match="Protocol not known: nothing-like-this"):
        check("nothing-like-this://x")


def test_check__memory__works() -> None:
    check("memory://bucket/prefix")


@pytest.mark.parametrize("when", ["read", "write"])
def test_object_store__back_end_that_fails__is_like_one_without_entries(failing: type[Failing], when: str) -> None:
    failing.error, failing.when = NoCredentialsError(), when
    store = ObjectStore("failing://bucket")
    store.put("layer", "a", b"data")
    assert store.get("layer", "a") == (None if when == "read" else b"other")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Serve S3 on the loopback; return a client."""
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    import boto3

    yield boto3.client("s3")
    server.stop()
    fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.mark.engines
def test_s3__bucket__keeps_entries_for_others(s3: Any) -> None:
    s3.create_bucket(Bucket="cache")
    check("s3://cache/deadweight")
    ObjectStore("s3://cache/deadweight").put("layer", "a", b"data")
    assert ObjectStore("s3://cache/deadweight").get("layer", "a") == b"data"
    assert ObjectStore("s3://cache/deadweight").get("layer", "b") is None


@pytest.mark.engines
def test_s3__no_such_bucket__says_so(s3: Any) -> None:
    with pytest.raises(BadInput, match=r"not found: .*bucket does not exist"):
        check("s3://missing/deadweight")


@pytest.mark.engines
def test_s3__no_credentials__says_so(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.create_bucket(Bucket="cache")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(FetchFailed, match="access denied: Unable to locate credentials"):
        check("s3://cache/deadweight")


@pytest.mark.engines
def test_s3__no_server__says_so(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(FetchFailed, match="the storage failed: EndpointConnectionError: Could not connect"):
        check("s3://cache/deadweight")
