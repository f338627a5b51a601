"""Images from registries, against the same images from archives, and from registries that fail, lie or want logins."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.errors import BadInput, DeadweightError, FetchFailed
from deadweight.formats.archives.tar import TarEntry
from deadweight.operations.measure import profile
from deadweight.sources.registries.registry import RegistryBlobs
from tests.builders import ELF_X86_64, dist_files
from tests.engines import PASSWORD, USER, docker_registry, push
from tests.images import Content, image_files, make_image, make_tar
from tests.registry_server import Registry, blob, digest_of, published

SITE = "usr/local/lib/python3.12/site-packages"


def site(*distributions: dict[str, bytes]) -> dict[str, Content]:
    return {f"{SITE}/{path}": data for files in distributions for path, data in files.items()}


APP = site(
    dist_files("app", requires=["lib"], requested=True),
    dist_files("lib", files={"lib/__init__.py": "", "lib/_c.so": ELF_X86_64 * 99}),
)
NOISE: dict[str, Content] = {"noise": random.Random(5).randbytes(600_000)}
FILES = image_files(NOISE, APP, form="oci", compression="gzip")
IMAGE = published(FILES)
MANIFEST = IMAGE["tags"]["1"]
LAYERS = [layer["digest"] for layer in json.loads(FILES[f"blobs/{MANIFEST.replace(':', '/')}"])["layers"]]  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def logins(loopback: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the machine's logins out; return where docker's configuration is looked for."""
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


def log_in(path: Path, host: str, user: str = "", **more: str) -> None:
    entry = {"auth": base64.b64encode(user.encode()).decode()} if user else {}
    path.write_text(json.dumps({"auths": {host: {**entry, **more}}}))


def figures(found: Profile) -> tuple[object, ...]:
    assert found.image is not None
    rows = [(d.key, d.sizes) for d in found.inventory.distributions]
    return rows, found.inventory.total, found.image.layers, found.image.where


def fails(registry: Registry, target: str = "", **settings: Any) -> DeadweightError:
    with pytest.raises(DeadweightError) as reported:
        profile(target or registry.target(), Settings.of(**settings))
    return reported.value


# --- an image as it should be ----------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
@pytest.mark.parametrize("version", [":1", "", "@DIGEST", ":9@DIGEST"])
def test_registry__tag_or_digest__the_figures_of_the_archive(tmp_path: Path, compression: Any, version: str) -> None:
    files = image_files(NOISE, APP, form="oci", compression=compression)
    (tmp_path / "image.tar").write_bytes(make_tar(files))
    with Registry(**published(files)) as registry:
        found = profile(registry.target(version.replace("DIGEST", registry.tags["1"])))
    assert figures(found) == figures(profile(tmp_path / "image.tar"))
    assert {d.key for d in found.inventory.distributions} == {"app", "lib"}


def test_registry__plain_image__each_part_is_asked_for_once() -> None:
    with Registry(**IMAGE) as registry:
        profile(registry.target())
        assert registry.paths()[0] == "/v2/team/app/manifests/1"
        assert len(registry.paths()) == len(set(registry.paths())) == 4
        accepted = registry.asked[0].accept
        assert all(kind in accepted for kind in ("oci.image.index", "oci.image.manifest", "list.v2", "manifest.v2"))


def several() -> tuple[dict[str, Content], str]:
    """Return an image for two platforms, the second of them in an index below the index."""
    files: dict[str, Content] = dict(FILES)
    other = image_files(site(dist_files("arm")), form="oci")
    inner = json.loads(str(other["index.json"]))["manifests"][0]["digest"]
    files |= {path: data for path, data in other.items() if path.startswith("blobs/")}
    nested = blob(files, {"manifests": [{"digest": inner}]})
    attested = {"digest": MANIFEST, "platform": {"os": "unknown", "architecture": "unknown"}}
    amd = {"digest": MANIFEST, "platform": {"os": "linux", "architecture": "amd64"}}
    arm = {"digest": nested, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}
    return files, blob(files, {"manifests": [attested, amd, arm]})


@pytest.mark.parametrize(
    ("platform", "expected"), [("", {"app", "lib"}), ("linux/amd64", {"app", "lib"}), ("linux/arm64", {"arm"})]
)
def test_registry__for_several_platforms__the_one_that_was_asked_for(platform: str, expected: set[str]) -> None:
    files, index = several()
    with Registry(files=files, tags={"1": index}) as registry:
        found = profile(registry.target(), Settings.of(platform=platform))
        assert {d.key for d in found.inventory.distributions} == expected


def test_registry__for_another_platform__says_which_there_are() -> None:
    files, index = several()
    with Registry(files=files, tags={"1": index, "amd": MANIFEST}) as registry:
        assert fails(registry, platform="linux/s390x").hint == "available: linux/amd64, linux/arm64/v8"
        assert fails(registry, registry.target(":amd"), platform="linux/arm64").hint == "available: linux/amd64"


# --- logins ----------------------------------------------------------------------------------------


def test_registry__token_for_anybody__is_got_once() -> None:
    with Registry(**IMAGE, auth="token") as registry:
        profile(registry.target())
        given = [asked for asked in registry.asked if asked.path == "/token"]
        assert [(asked.form, asked.authorization) for asked in given] == [
            ({"service": ["tests"], "scope": ["repository:team/app:pull"]}, "")
        ]


@pytest.mark.parametrize("auth", ["token", "basic"])
@pytest.mark.parametrize("location", ["HOST", "http://HOST/v2/", "HOST/team", "HOST/team/app"])
def test_registry__login__is_used(logins: Path, auth: Any, location: str) -> None:
    with Registry(**IMAGE, auth=auth, user="me:p:w") as registry:
        log_in(logins, location.replace("HOST", registry.host), "me:p:w")
        assert profile(registry.target()).inventory.distributions
        assert sum(asked.path == "/token" for asked in registry.asked) == (auth == "token")


def test_registry__identity_token__is_given_for_a_token(logins: Path) -> None:
    with Registry(**IMAGE, auth="token", user="x:y", identity="long-lived") as registry:
        log_in(logins, registry.host, identitytoken="long-lived")
        assert profile(registry.target()).inventory.distributions
        given = next(asked for asked in registry.asked if asked.path == "/token")
        assert (given.method, given.form["grant_type"], given.authorization) == ("POST", ["refresh_token"], "")


def test_registry__token_expires__another_is_got(monkeypatch: pytest.MonkeyPatch) -> None:
    from deadweight.sources.registries.repository import Repository

    stream = Repository.stream

    def expire(self: Repository, *given: Any, **more: Any) -> Any:
        registry.token = f"token-{len(registry.asked)}"
        return stream(self, *given, **more)

    monkeypatch.setattr(Repository, "stream", expire)
    with Registry(**IMAGE, auth="token") as registry:
        assert profile(registry.target()).inventory.distributions
        assert registry.paths().count("/token") == 3


@pytest.mark.parametrize("auth", ["token", "basic"])
def test_registry__no_login__says_how_to_log_in(auth: Any) -> None:
    with Registry(**IMAGE, auth=auth, user="me:secret") as registry:
        error = fails(registry)
        assert error.exit_code == 5
        assert error.hint == f"no credentials for {registry.host}; log in: docker login {registry.host}"
        assert "team/app" in error.cause
        assert "401" in error.cause


@pytest.mark.parametrize("auth", ["token", "basic"])
def test_registry__wrong_login__says_so_and_not_the_password(logins: Path, auth: Any) -> None:
    with Registry(**IMAGE, auth=auth, user="me:secret") as registry:
        log_in(logins, registry.host, "me:hunter2")
        error = fails(registry)
        assert "registry rejected the credentials" in error.hint
        reported = repr((error.cause, error.hint, error.detail, error.__cause__, error.__context__))
        assert "hunter2" not in reported
        assert base64.b64encode(b"me:hunter2").decode() not in reported


def test_registry__403_for_the_repository__says_what_the_registry_says() -> None:
    with Registry(**IMAGE, fail={"/v2/team/app/manifests/1": [403]}) as registry:
        error = fails(registry)
        assert error.cause == f"{registry.host} denied access to team/app:1 (status 403): not now?[2J"


@pytest.mark.parametrize("realm", ["http://tokens.example/token", "file:///etc/passwd", "http://[x"])
def test_registry__token_from_an_unsafe_place__is_not_asked_for(logins: Path, realm: str) -> None:
    with Registry(**IMAGE, auth="token", realm=realm, user="me:secret") as registry:
        log_in(logins, registry.host, "me:secret")
        assert isinstance(fails(registry), FetchFailed)
        assert not any(asked.authorization for asked in registry.asked)


@pytest.mark.parametrize("token", ["", "a\r\nX: y", "é"])
def test_registry__token_that_is_none__is_not_sent(token: str) -> None:
    with Registry(**IMAGE, auth="token", token=token) as registry:
        assert "sent no valid token" in fails(registry).cause
        assert len(registry.asked) == 2


def test_registry__blobs_on_another_server__it_never_sees_the_login(logins: Path) -> None:
    with Registry(**IMAGE) as storage, Registry(**IMAGE, auth="token", user="me:x", storage=storage.url) as registry:
        log_in(logins, registry.host, "me:x")
        assert profile(registry.target()).inventory.distributions
        assert len(storage.asked) == 3
        assert {asked.authorization for asked in storage.asked} == {""}


def test_registry__other_server_wants_a_login__none_is_given(logins: Path) -> None:
    with (
        Registry(**IMAGE, auth="basic", user="me:x") as storage,
        Registry(**IMAGE, auth="basic", user="me:x", storage=storage.url) as registry,
    ):
        log_in(logins, registry.host, "me:x")
        error = fails(registry)
        assert "stores layers on that server" in error.hint
        assert "signature" not in error.cause
        assert {asked.authorization for asked in storage.asked} == {""}


def test_registry__netrc_for_its_host__is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Registry(**IMAGE) as registry:
        profile(registry.target())
        assert {asked.authorization for asked in registry.asked} == {""}


# --- what is not there, fails or lies --------------------------------------------------------------


def test_registry__no_such_tag_or_repository__is_named() -> None:
    with Registry(**IMAGE) as registry:
        assert fails(registry, registry.target(":2")).cause == f"{registry.host} has no team/app:2: manifest unknown"
        error = fails(registry, f"registry:{registry.host}/other")
        assert error.cause == f"{registry.host} has no other:latest: repository name not known to registry"
        assert error.exit_code == 5


def test_registry__busy_then_not__waits_and_goes_on() -> None:
    paths = ["/v2/team/app/manifests/1", "/v2/team/app/blobs/" + LAYERS[0]]
    with Registry(**IMAGE, fail={path: [429, 500, 503] for path in paths}) as registry:
        assert profile(registry.target()).inventory.distributions


def test_registry__busy_for_ever__says_that_it_limits_requests() -> None:
    with Registry(**IMAGE, fail={"/v2/team/app/manifests/1": [429] * 9}) as registry:
        error = fails(registry)
        assert error.cause == f"{registry.host} limits the number of requests (status 429): not now?[2J"
        assert f"docker login {registry.host}" in error.hint
        assert len(registry.asked) == 4


def test_registry__broken_for_ever__says_so() -> None:
    with Registry(**IMAGE, fail={"/v2/team/app/manifests/1": [500] * 9}) as registry:
        assert "the server responded with status 500: not now" in fails(registry).cause


@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_registry__layer_breaks_off_once__is_read_again_from_the_start(compression: Any) -> None:
    files = image_files(NOISE, APP, form="oci", compression=compression)
    image = published(files)
    config_and_layers = [path for path in files if path.startswith("blobs/")]
    cut = {f"/v2/team/app/{path.replace('sha256/', 'sha256:')}": 1 for path in config_and_layers}
    with Registry(**image, cut={**cut, "/v2/team/app/manifests/1": 1}) as registry:
        assert len(profile(registry.target()).inventory.distributions) == 2
        assert registry.paths().count(registry.path(digest_of(blobs_of(files)[0]))) == 2


def blobs_of(files: dict[str, Content]) -> list[bytes]:
    return [data for path, data in files.items() if path.startswith("blobs/") and isinstance(data, bytes)]


def test_registry__several_layers__are_read_at_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(3, timeout=60)
    whole = RegistryBlobs._whole

    def met(blobs: RegistryBlobs, name: str) -> list[TarEntry]:
        meeting.wait()
        return whole(blobs, name)

    layers: list[dict[str, Content]] = [{"a": "x" * number, f"b{number}": "y"} for number in range(1, 10)]
    with Registry(**published(image_files(*layers, form="oci", compression="gzip"))) as registry:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
        expected = profile(registry.target(), Settings.of(no_cache=True))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
        monkeypatch.setattr(RegistryBlobs, "_whole", met)
        assert figures(profile(registry.target())) == figures(expected)
    assert expected.inventory.total.apparent == 9 + 9


def test_registry__layer_breaks_off_for_ever__gives_up() -> None:
    with Registry(**IMAGE, cut={f"/v2/team/app/blobs/{LAYERS[0]}": 9}) as registry:
        assert "connection was lost" in fails(registry).cause
        assert registry.paths().count(registry.path(LAYERS[0])) == 2


@pytest.mark.parametrize(
    "lie",
    [
        gzip.compress(make_tar({"other": "x"})),
        b"no layer at all",
        gzip.compress(make_tar(NOISE))[:-9],
        b"",
    ],
    ids=["another layer", "no layer", "cut layer", "nothing"],
)
def test_registry__other_layer_than_its_digest_says__does_not_match(lie: bytes) -> None:
    with Registry(**IMAGE, lies={f"/v2/team/app/blobs/{LAYERS[1]}": lie}) as registry:
        error = fails(registry)
        assert isinstance(error, BadInput)
        assert f"{LAYERS[1]} does not match" in error.cause


def test_registry__bytes_behind_the_archive__are_hashed_too() -> None:
    layer = FILES[f"blobs/{LAYERS[1].replace(':', '/')}"]
    assert isinstance(layer, bytes)
    with Registry(**IMAGE, lies={f"/v2/team/app/blobs/{LAYERS[1]}": layer + bytes(500_000)}) as registry:
        assert "does not match" in fails(registry).cause


@pytest.mark.parametrize("version", ["1", MANIFEST], ids=["tag", "digest"])
def test_registry__other_manifest_than_its_digest_says__does_not_match(version: str) -> None:
    lie = json.dumps({"config": {"digest": LAYERS[0]}, "layers": []}).encode()
    with Registry(**IMAGE, lies={f"/v2/team/app/manifests/{version}": lie}) as registry:
        error = fails(registry, registry.target(f"@{version}" if version == MANIFEST else f":{version}"))
        assert f"{MANIFEST} does not match" in error.cause


def test_registry__other_configuration_than_its_digest_says__does_not_match() -> None:
    config = json.loads(FILES[f"blobs/{MANIFEST.replace(':', '/')}"])["config"]["digest"]  # type: ignore[arg-type]
    with Registry(**IMAGE, lies={f"/v2/team/app/blobs/{config}": b"{}"}) as registry:
        assert f"{config} does not match" in fails(registry).cause


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"schemaVersion": 1, "fsLayers": []}, "schema 1"),
        ({"config": {"digest": "sha256:../../../secret"}, "layers": []}, "not a sha256 digest"),
        ({"config": {"digest": "sha512:" + "0" * 128}, "layers": []}, "not a sha256 digest"),
        ({"config": 5, "layers": []}, "not a valid image document: Expected `object`, got `int` - at `$.config`"),
        ({"manifests": 5}, "not a valid image document"),
        ({"manifests": [{"digest": "sha256:" + "0" * 64}]}, "has no team/app@sha256:0000"),
        ({"config": {"digest": LAYERS[0]}, "layers": []}, "not valid JSON"),
        ({"manifests": []}, "not available for"),
    ],
)
def test_registry__manifest_that_makes_no_sense__says_what_is_wrong(manifest: dict[str, Any], reason: str) -> None:
    files: dict[str, Content] = dict(FILES)
    with Registry(files=files, tags={"1": blob(files, manifest)}) as registry:
        assert reason in str(fails(registry))


def test_registry__nobody_there__cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.net.http.time.sleep", lambda _: None)
    with Registry(**IMAGE) as registry:
        target = registry.target()
    assert "cannot reach 127.0.0.1" in fails(registry, target).cause


# --- a registry as it runs elsewhere ---------------------------------------------------------------


@pytest.mark.engines
@pytest.mark.parametrize(("form", "compression"), [("oci", "gzip"), ("oci", "zstd"), ("v2s2", "gzip")])
@pytest.mark.parametrize("login", [False, True], ids=["anybody", "login"])
def test_docker_registry__image_that_was_pushed__the_figures_of_the_archive(
    tmp_path: Path, logins: Path, form: str, compression: Any, login: bool
) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(make_image(NOISE, APP, form="oci", compression=compression))
    with docker_registry(tmp_path, login=login) as host:
        push(archive, host, "team/app:1", f"--format={form}", login=login)
        if login:
            with pytest.raises(FetchFailed, match=r"401.*authentication required"):
                profile(f"registry:{host}/team/app:1")
            log_in(logins, host, f"{USER}:{PASSWORD}")
        assert figures(profile(f"registry:{host}/team/app:1")) == figures(profile(f"oci-archive:{archive}"))
        with pytest.raises(FetchFailed, match="has no team/app:2: manifest unknown"):
            profile(f"registry:{host}/team/app:2")
