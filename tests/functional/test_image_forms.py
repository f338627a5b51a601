"""Every form that an image comes in: compressed, exported, several in one archive, for several platforms, skopeo's."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.errors import BadInput
from deadweight.operations.measure import profile
from tests.builders import dist_files, write_files
from tests.images import Compression, Content, image_files, make_image, make_tar, packed

SITE = "usr/local/lib/python3.12/site-packages"


def app(name: str) -> dict[str, Content]:
    return {f"{SITE}/{path}": data for path, data in dist_files(name).items()}


def names(found: Profile) -> set[str]:
    return {d.name for d in found.inventory.distributions}


def in_stdin(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    return profile("-")


def write(directory: Path, files: Mapping[str, Content]) -> Path:
    return write_files(directory, {path: data for path, data in files.items() if isinstance(data, str | bytes)})


# --- compressed and exported -----------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["gzip", "zstd", "xz", "bzip2"])
@pytest.mark.parametrize("layers", ["", "gzip"])
def test_archive__compressed_as_a_whole__is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: Compression, layers: Compression
) -> None:
    data = packed(make_image(app("a"), {"x": "1"}, compression=layers), compression)
    (tmp_path / "image.tar.gz").write_bytes(data)
    assert names(profile(tmp_path / "image.tar.gz")) == {"a"}
    found = in_stdin(data, monkeypatch)
    assert found.image is not None
    assert (names(found), len(found.image.layers)) == ({"a"}, 2)


def test_archive__compressed_and_broken__says_so(tmp_path: Path) -> None:
    (tmp_path / "image.tar.gz").write_bytes(packed(make_image(app("a")), "gzip")[:-100])
    with pytest.raises(BadInput, match=r"cut short|truncated"):
        profile(tmp_path / "image.tar.gz")


ROOT: dict[str, Content] = {
    **app("a"), "etc/passwd": "root", ".dockerenv": "", "data.json": '{"x": 1}', "odd.gz": packed(b"no tar", "gzip"),
    "app/models.tar": make_tar({"model": "m" * 100}), "usr/bin/prog": "x" * 100,
}  # fmt: skip


@pytest.mark.parametrize("compression", ["", "gzip", "xz"])
@pytest.mark.parametrize("stdin", [False, True])
def test_export__of_a_container__is_measured_as_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: Compression, stdin: bool
) -> None:
    data = packed(make_tar(ROOT), compression)
    (tmp_path / "export.tar").write_bytes(data)
    found = in_stdin(data, monkeypatch) if stdin else profile(tmp_path / "export.tar")
    assert names(found) == {"a"}
    assert found.image is None
    assert found.inventory.total.apparent == sum(len(data) for data in ROOT.values() if isinstance(data, str | bytes))


# --- several in one --------------------------------------------------------------------------------


def two_saved() -> dict[str, Content]:
    """Return the files of ``docker save app:1 team/other:2``."""
    files: dict[str, Content] = {}
    manifest = []
    for name, tag in (("a", "app:1"), ("b", "registry.io:5000/team/other:2")):
        its = image_files(app(name))
        (entry,) = json.loads(str(its.pop("manifest.json")))
        files |= {f"{name}-{path}" if path == "config.json" else path: data for path, data in its.items()}
        manifest.append({**entry, "Config": f"{name}-config.json", "RepoTags": [tag]})
    return {**files, "manifest.json": json.dumps(manifest)}


def test_archive__of_two_images__the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "two.tar"
    path.write_bytes(make_tar(two_saved()))
    for name, expected in (
        ("app:1", "a"), ("team/other:2", "b"), ("registry.io:5000/team/other:2", "b"), ("@1", "b"),
    ):  # fmt: skip
        assert names(profile(f"docker-archive:{path}:{name}")) == {expected}
    with pytest.raises(BadInput, match="several images") as caught:
        profile(path)
    assert "docker-archive" not in caught.value.cause
    assert caught.value.hint.endswith("available: app:1, registry.io:5000/team/other:2")
    for missing in ("app:2", "@2", "other"):
        with pytest.raises(BadInput, match="no image is named") as caught:
            profile(f"docker-archive:{path}:{missing}")
        assert "available: app:1" in caught.value.hint


def two_layouts() -> dict[str, Content]:
    """Return the files of an OCI layout with two tags."""
    files: dict[str, Content] = {}
    entries = []
    for name, label in (("a", "app:1"), ("b", "app:2")):
        its = image_files(app(name), form="oci")
        (entry,) = json.loads(str(its["index.json"]))["manifests"]
        files |= its
        entries.append({**entry, "annotations": {"org.opencontainers.image.ref.name": label}})
    return {**files, "index.json": json.dumps({"manifests": entries})}


@pytest.mark.parametrize("form", ["oci", "oci-archive"])
def test_layout__of_two_images__the_one_that_is_named(tmp_path: Path, form: str) -> None:
    location = tmp_path / "place"
    if form == "oci":
        write(location, two_layouts())
    else:
        location.write_bytes(make_tar(two_layouts()))
    assert names(profile(f"{form}:{location}:app:1")) == {"a"}
    assert names(profile(f"{form}:{location}:app:2")) == {"b"}
    with pytest.raises(BadInput, match="several images"):
        profile(f"{form}:{location}")
    with pytest.raises(BadInput, match="no image is named app:3"):
        profile(f"{form}:{location}:app:3")


def test_layout__of_one_image_with_two_names__is_that_image(tmp_path: Path) -> None:
    files = image_files(app("a"), form="oci")
    (entry,) = json.loads(str(files["index.json"]))["manifests"]
    labelled = [{**entry, "annotations": {"org.opencontainers.image.ref.name": label}} for label in ("1", "latest")]
    location = write(tmp_path / "place", {**files, "index.json": json.dumps({"manifests": labelled})})
    assert names(profile(location)) == {"a"}
    assert names(profile(f"oci:{location}:latest")) == {"a"}


# --- several platforms -----------------------------------------------------------------------------


def for_platforms(*architectures: str) -> dict[str, Content]:
    files: dict[str, Content] = {}
    entries = []
    for architecture in architectures:
        its = image_files(app(architecture), form="oci")
        (entry,) = json.loads(str(its["index.json"]))["manifests"]
        files |= its
        entries.append({**entry, "platform": {"os": "linux", "architecture": architecture}})
    return {**files, "index.json": json.dumps({"manifests": entries})}


@pytest.mark.parametrize(("machine", "expected"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("s390x", "s390x")])
def test_index__for_several_platforms__this_machine_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, expected: str
) -> None:
    monkeypatch.setattr("deadweight.sources.images.manifests.machine.machine", lambda: machine)
    location = write(tmp_path / "place", for_platforms("s390x", "arm64", "amd64"))
    assert names(profile(location)) == {expected}


def test_index__without_this_machine_s__asks_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.images.manifests.machine.machine", lambda: "riscv64")
    location = write(tmp_path / "place", for_platforms("arm64", "amd64"))
    with pytest.raises(BadInput, match="not available for linux/riscv64") as caught:
        profile(location)
    assert caught.value.hint == "choose one with --platform; available: linux/amd64, linux/arm64"
    alone = write(tmp_path / "alone", for_platforms("arm64"))
    assert names(profile(alone)) == {"arm64"}


# --- skopeo's dir: -----------------------------------------------------------------------------------


def skopeo_dir(files: Mapping[str, Content], digest: str) -> dict[str, Content]:
    """Return an OCI layout's image as skopeo writes it with ``dir:``."""
    found = {path.rpartition("/")[2]: data for path, data in files.items() if path.startswith("blobs/")}
    manifest = found.pop(digest.removeprefix("sha256:"))
    return {**found, "manifest.json": manifest, "version": "Directory Transport Version: 1.1\n"}


@pytest.mark.parametrize("compression", ["", "gzip"])
@pytest.mark.parametrize("scheme", ["", "dir:"])
def test_dir__of_skopeo__is_read_and_checked(tmp_path: Path, compression: Compression, scheme: str) -> None:
    files = image_files(app("a"), form="oci", compression=compression)
    digest = json.loads(str(files["index.json"]))["manifests"][0]["digest"]
    there = skopeo_dir(files, digest)
    location = write(tmp_path / "place", there)
    assert names(profile(f"{scheme}{location}")) == {"a"}
    if compression:
        layer = next(path for path, data in there.items() if isinstance(data, bytes) and data[:2] == b"\x1f\x8b")
        (location / layer).write_bytes(packed(make_tar(app("b")), "gzip"))
        with pytest.raises(BadInput, match="does not match its digest"):
            profile(location)


def test_dir__of_skopeo_for_several_platforms__this_machine_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.images.manifests.machine.machine", lambda: "aarch64")
    layout = for_platforms("amd64", "arm64")
    index = str(layout.pop("index.json"))
    there: dict[str, Content] = {"manifest.json": index, "version": "Directory Transport Version: 1.1\n"}
    digests = {entry["digest"].removeprefix("sha256:") for entry in json.loads(index)["manifests"]}
    for path, data in layout.items():
        name = path.rpartition("/")[2]
        there[f"{name}.manifest.json" if name in digests else name] = data
    assert names(profile(write(tmp_path / "place", there))) == {"arm64"}


# --- layers that lie elsewhere ---------------------------------------------------------------------


def test_layer__foreign__is_skipped_and_said(tmp_path: Path) -> None:
    files = image_files(app("a"), form="oci")
    index = json.loads(str(files["index.json"]))
    location = "blobs/" + index["manifests"][0]["digest"].replace(":", "/")
    data = files[location]
    assert isinstance(data, bytes)
    manifest = json.loads(data)
    foreign = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "digest": f"sha256:{'a' * 64}",
        "urls": ["https://example.com/layer"], "size": 9,
    }  # fmt: skip
    manifest["layers"].insert(0, foreign)
    changed = json.dumps(manifest).encode()
    digest = hashlib.sha256(changed).hexdigest()
    index["manifests"][0]["digest"] = f"sha256:{digest}"
    files |= {f"blobs/sha256/{digest}": changed, "index.json": json.dumps(index)}
    (tmp_path / "image.tar").write_bytes(make_tar(files))
    found = profile(tmp_path / "image.tar", Settings())
    assert names(found) == {"a"}
    assert found.image is not None
    assert [layer.size > 0 for layer in found.image.layers] == [False, True]
    assert [skipped.name for skipped in found.skipped] == [f"sha256:{'a' * 64}"]
