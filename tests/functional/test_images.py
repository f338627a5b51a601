"""Images from archives, folders and standard input, against what is known to be in them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from deadweight import profile
from deadweight.cli import _run
from deadweight.errors import BadInput
from deadweight.findings import Profile
from tests.builders import ELF_X86_64, dist_files, write_files
from tests.images import Compression, Content, image_files, link, make_image, make_tar, packed

SITE = "usr/local/lib/python3.12/site-packages"


def site(*distributions: Mapping[str, bytes]) -> dict[str, Content]:
    return {f"{SITE}/{path}": data for files in distributions for path, data in files.items()}


BASE: dict[str, Content] = {
    "etc/": "",
    "usr/bin/env": ELF_X86_64 * 40,
    "var/lib/dpkg/info/coreutils.list": "/.\n/usr\n/usr/bin\n/usr/bin/env\n",
    "usr/local/lib/python3.12/os.py": "x" * 500,
    "bin": link("usr/bin"),
}
APP = site(
    dist_files("app", requires=["lib"], requested=True),
    dist_files("lib", files={"lib/__init__.py": "", "lib/_c.so": ELF_X86_64 * 99}),
)
OLD = site(dist_files("old", files={"old/__init__.py": "x" * 10_000}))
GONE: dict[str, Content] = {f"{SITE}/old": None, f"{SITE}/old-1.0.dist-info": None}
COMMANDS = ["FROM base", "RUN pip install app", "RUN pip install old", "RUN pip uninstall old"]
LAYERS = (BASE, APP, OLD, GONE)


def measure(tmp_path: Path, data: bytes) -> Profile:
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    return profile(path)


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_image__any_archive__the_same_figures(tmp_path: Path, form: str, compression: Compression) -> None:
    found = measure(tmp_path, make_image(*LAYERS, commands=COMMANDS, form=form, compression=compression))  # type: ignore[arg-type]
    sizes = {d.key: d.sizes.apparent for d in found.inventory.distributions}
    expected = sum(len(data) for path, data in APP.items() if isinstance(data, bytes) and "/lib" in path[len(SITE) :])
    assert set(sizes) == {"app", "lib"}
    assert sizes["lib"] == expected
    assert found.inventory.environment.platform == "linux_x86_64"
    assert [root.key for root in found.dependencies.direct] == ["app"]
    assert found.image is not None
    assert found.image.where == {"app": (1,), "lib": (1,)}
    assert [layer.command for layer in found.image.layers] == COMMANDS
    removed = sum(len(data) for data in OLD.values() if isinstance(data, bytes))
    assert [layer.wasted for layer in found.image.layers] == [0, 0, removed, 0]
    assert found.image.wasted == {"old": removed}
    assert found.system is not None
    assert [(package.name, package.size) for package in found.system.packages] == [("coreutils", len(ELF_X86_64) * 40)]


def test_image__conservation__every_byte_that_is_seen_is_in_one_row(tmp_path: Path) -> None:
    found = measure(tmp_path, make_image(*LAYERS))
    seen = [*BASE.items(), *APP.items()]
    total = sum(len(c.encode() if isinstance(c, str) else c) for _, c in seen if isinstance(c, str | bytes))
    owned = sum(d.sizes.apparent for d in found.inventory.distributions)
    assert owned + found.inventory.unowned.apparent == total + len("usr/bin")


def test_image__folder_of_an_oci_layout__is_read(tmp_path: Path) -> None:
    files = {path: data for path, data in image_files(*LAYERS, form="oci").items() if isinstance(data, str | bytes)}
    write_files(tmp_path / "layout", files)
    assert {d.key for d in profile(tmp_path / "layout").inventory.distributions} == {"app", "lib"}


@pytest.mark.parametrize("form", ["docker", "oci"])
def test_image__standard_input__is_read_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    class Input:
        buffer = io.BytesIO(make_image(*LAYERS, form=form, compression="gzip"))  # type: ignore[arg-type]

    monkeypatch.setattr("sys.stdin", Input)
    assert _run(["-", "--format", "json", "-q"], debug=False) == 0
    report = json.loads(capsys.readouterr().out)
    assert [d["name"] for d in report["distributions"]] == ["app", "lib"]
    assert (report["target"]["kind"], report["target"]["method"]) == ("image", "files")
    assert len(report["image"]["layers"]) == 4
    assert report["distributions"][0]["layers"] == [1]


def test_image__replaced_opaque_and_linked__counted_as_a_container_sees_it(tmp_path: Path) -> None:
    found = measure(
        tmp_path,
        make_image(
            {"a/one": "x" * 100, "a/two": "x" * 200, "b": "x" * 1000, "c": link("b", hard=True)},
            {"a/.wh..wh..opq": "", "a/three": "x" * 50, "b": "y" * 10},
        ),
    )
    assert found.inventory.total.files == 3
    assert found.inventory.total.apparent == 50 + 10 + 1000  # "c" still has what "b" had
    assert found.image is not None
    assert [layer.wasted for layer in found.image.layers] == [300, 0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (make_tar({"a": "x"}), "neither a manifest.json nor an index.json"),
        (make_tar({"manifest.json": "{"}), "no JSON"),
        (make_tar({"manifest.json": '[{"Layers": ["x"], "Config": "c"}]'}), "layer x is not in the archive"),
        (make_tar({"manifest.json": '[{"Layer": 1}]'}), "manifest does not say"),
        (make_tar({"manifest.json": '[{"Layers": 5, "Config": 5}]'}), "manifest does not say"),
        (make_tar({"manifest.json": '[{"Layers": ["x"], "Config": "c"}]', "x": b"no tar" * 200}), "no tar archive"),
        (make_image(*LAYERS)[:3000], "cut short"),
        (
            make_tar({"manifest.json": '[{"Layers": ["x"], "Config": "c"}]', "x": packed(b"x" * 9999, "gzip")[:40]}),
            "layer",
        ),
    ],
    ids=["no-image", "no-json", "no-layer", "no-layers", "no-list", "no-tar", "cut", "cut-gzip"],
)
def test_image__broken__says_what_is_wrong(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        measure(tmp_path, data)


def test_image__names_that_leave_it__are_reported_and_seen_by_nobody(tmp_path: Path) -> None:
    layer: dict[str, Content] = {
        "../../etc/passwd": "x" * 99,
        "/abs": "y",
        "ok": "z",
        "evil": link("../../x", hard=True),
    }
    found = measure(tmp_path, make_image(layer))
    assert found.inventory.total.apparent == 2
    assert {skipped.name for skipped in found.skipped} == {"../../etc/passwd", "evil"}


def test_image__for_several_platforms__the_one_that_was_asked_for(tmp_path: Path) -> None:
    from deadweight import Settings

    files = image_files(APP, form="oci")
    path = tmp_path / "image.tar"
    path.write_bytes(make_tar(files))
    assert profile(path, Settings(platform="linux/amd64")).inventory.distributions
    with pytest.raises(BadInput) as told:
        profile(path, Settings(platform="linux/arm64"))
    assert "linux/amd64" in told.value.hint


def test_image__alpine__its_packages_are_named_with_their_bytes(tmp_path: Path) -> None:
    database = "C:Q1=\nP:musl\nV:1.2\nF:lib\nR:ld-musl.so.1\nZ:Q1=\nR:gone\n\nP:busybox\nF:bin\nR:busybox\n\n"
    layer: dict[str, Content] = {
        "lib/apk/db/installed": database,
        "lib/ld-musl.so.1": "x" * 90,
        "bin/busybox": "y" * 800,
    }
    found = measure(tmp_path, make_image(layer))
    assert found.image is not None
    assert found.system is not None
    assert [(package.name, package.size) for package in found.system.packages] == [("busybox", 800), ("musl", 90)]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_image__layer_under_the_name_of_another_digest__is_refused(tmp_path: Path, compression: Compression) -> None:
    files = image_files(*LAYERS, form="oci", compression=compression)
    other = packed(make_tar({"etc/other": "x"}), compression)
    layers = {name for name, data in files.items() if isinstance(data, bytes) and data[:1] in (b"\x1f", b"\x28")}
    files[min(layers)] = other
    with pytest.raises(BadInput, match="does not match its digest"):
        measure(tmp_path, make_tar(files))


def test_image__manifest_under_the_name_of_another_digest__is_refused(tmp_path: Path) -> None:
    files = image_files(*LAYERS, form="oci")
    index = json.loads(str(files["index.json"]))
    name = "blobs/" + index["manifests"][0]["digest"].replace(":", "/")
    content = files[name]
    assert isinstance(content, bytes)
    files[name] = content.replace(b"config", b"config ", 1)
    with pytest.raises(BadInput, match="does not match its digest"):
        measure(tmp_path, make_tar(files))
