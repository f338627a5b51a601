"""Registries that speak TLS, or do not: whose certificates count, and when none is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.errors import FetchFailed
from deadweight.formats.images import image_reference
from deadweight.operations.measure import profile
from deadweight.sources.registries import trust
from tests.builders import dist_files
from tests.images import image_files
from tests.registry_server import Registry, published

SITE = "usr/lib/python3.12/site-packages"
IMAGE = published(image_files({f"{SITE}/{path}": data for path, data in dist_files("a").items()}, form="oci"))


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    """Make a certificate for 127.0.0.1 that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", f"{path}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return str(path)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have 127.0.0.1 be taken for another machine."""
    monkeypatch.setattr(image_reference, "_LOOPBACK", ())


def names(registry: Registry, settings: Settings | None = None) -> set[str]:
    found = profile(registry.target(), settings or Settings())
    return {distribution.name for distribution in found.inventory.distributions}


@pytest.mark.parametrize("tls", [True, False])
def test_registry__on_this_machine__needs_no_valid_certificate(certificate: str, tls: bool) -> None:
    with Registry(**IMAGE, tls=certificate if tls else "") as registry:
        assert names(registry) == {"a"}


def test_registry__elsewhere__needs_a_valid_certificate(certificate: str, elsewhere: None) -> None:
    for tls in (certificate, ""):
        with Registry(**IMAGE, tls=tls) as registry, pytest.raises(FetchFailed, match="cannot reach"):
            names(registry)


def test_registry__elsewhere_without_verification__may_have_any_certificate_or_none(
    certificate: str, elsewhere: None
) -> None:
    for tls in (certificate, ""):
        with Registry(**IMAGE, tls=tls) as registry:
            assert names(registry, Settings.of(tls_verify=False)) == {"a"}


@pytest.mark.parametrize("how", ["SSL_CERT_FILE", "certs.d"])
def test_registry__elsewhere__its_certificate_counts_where_it_is_known(
    certificate: str, elsewhere: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    (tmp_path / "none.pem").write_text("")
    with Registry(**IMAGE, tls=certificate) as registry:
        if how == "certs.d":
            directory = tmp_path / "certs.d" / registry.host
            directory.mkdir(parents=True)
            shutil.copy(f"{certificate}.crt", directory / "ca.crt")
            monkeypatch.setattr(trust, "_DIRECTORIES", (str(tmp_path / "certs.d"),))
        else:
            monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
            monkeypatch.setenv("PIP_CERT", os.devnull)
        assert names(registry) == {"a"}


def test_command_line__tls_verify__is_an_option(certificate: str, elsewhere: None) -> None:
    from deadweight.cli import _run

    with Registry(**IMAGE, tls=certificate) as registry:
        assert _run([registry.target(), "-q"], debug=False) == 5
        assert _run([registry.target(), "-q", "--tls-verify=false"], debug=True) == 0
