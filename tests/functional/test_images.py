"""Images from archives, directories and standard input, against what is known to be in them."""

from __future__ import annotations

import io
import itertools
import json
import os
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.cli import _run
from deadweight.errors import BadInput
from deadweight.operations.measure import profile
from deadweight.sources.images import layers, windows
from deadweight.sources.images.blobs import packed as packed_layers
from deadweight.sources.images.compression import opened
from deadweight.sources.system import workers
from tests.builders import ELF_X86_64, dist_files, write_files
from tests.conftest import Golden
from tests.images import Compression, Content, Form, image_files, link, make_elf, make_image, make_tar, packed

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
Measured = Callable[[bytes], Profile]
COMMANDS = ["ADD rootfs.tar.xz /", "RUN pip install app", "RUN pip install old", "RUN pip uninstall old"]
LAYERS = (BASE, APP, OLD, GONE)


def measure(tmp_path: Path, data: bytes) -> Profile:
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    return profile(path)


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize("compression", ["", "gzip", "zstd", "xz"])
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


def test_image__directory_of_an_oci_layout__is_read(tmp_path: Path) -> None:
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
    ("data", "reason"),
    [
        (make_tar({"a": "x"}), "neither a manifest.json nor an index.json"),
        (make_tar({"manifest.json": "{"}), "is not valid JSON"),
        (make_tar({"manifest.json": '[{"Layers": ["x"], "Config": "c"}]'}), "layer x is missing"),
        (make_tar({"manifest.json": '[{"Layer": 1}]'}), "is not a valid image document"),
        (make_tar({"manifest.json": '[{"Layers": 5, "Config": 5}]'}), "is not a valid image document"),
        (
            make_tar({"manifest.json": '[{"Layers": ["x"], "Config": "c"}]', "x": b"no tar" * 200}),
            "not a valid tar archive",
        ),
        (make_image(*LAYERS)[:3000], "truncated"),
        (
            make_tar({"manifest.json": '[{"Layers": ["x"], "Config": "c"}]', "x": packed(b"x" * 9999, "gzip")[:40]}),
            "layer",
        ),
    ],
    ids=["no-image", "no-json", "no-layer", "no-layers", "no-list", "no-tar", "cut", "cut-gzip"],
)
def test_image__broken__says_what_is_wrong(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        measure(tmp_path, data)


def test_image__bug_of_ours__is_not_blamed_on_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def injected(*_: object) -> None:
        raise KeyError("injected")

    (tmp_path / "image.tar").write_bytes(make_image(*LAYERS))
    monkeypatch.setattr("deadweight.sources.images.image.possible_bases", injected)
    assert _run([str(tmp_path / "image.tar"), "-q"], debug=False) == 1
    assert "injected" in capsys.readouterr().err


@pytest.mark.parametrize(
    "digest", ["sha256:a\0b", "sha256:\ud800", "sha256:" + "a" * 999, "sha256:pipe", "sha256:directory"]
)
def test_image__directory_with_what_is_no_file__is_refused(tmp_path: Path, digest: str) -> None:
    files = {"oci-layout": "{}", "index.json": json.dumps({"manifests": [{"digest": digest}]})}
    directory = write_files(tmp_path / "layout", {**files, "blobs/sha256/directory/x": ""})
    os.mkfifo(directory / "blobs/sha256/pipe")
    with pytest.raises(BadInput, match=r"is not in the image|is not a regular file|is not valid JSON"):
        profile(directory)


@pytest.mark.parametrize("to", [link("../a/layer.tar"), link("a/layer.tar", hard=True)], ids=["symlink", "hard link"])
def test_image__layer_that_is_a_link_to_another__is_that(measured: Measured, to: tarfile.TarInfo) -> None:
    manifest = json.dumps([{"Config": "c", "Layers": ["a/layer.tar", "b/layer.tar"]}])
    files: dict[str, Content] = {
        "b/layer.tar": to,
        "a/layer.tar": make_tar({"x": "y" * 9}),
        "c": "{}",
        "manifest.json": manifest,
    }
    found = measured(make_tar(files))
    assert found.image is not None
    assert [layer.size for layer in found.image.layers] == [9, 9]


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


@pytest.mark.parametrize("reported", ["docker", "oci", "oci, in the configuration alone"])
def test_image__platform__is_the_one_that_was_asked_for(tmp_path: Path, reported: str) -> None:
    files = image_files(APP, form="docker" if reported == "docker" else "oci")
    if "alone" in reported:
        index = json.loads(str(files["index.json"]))
        del index["manifests"][0]["platform"]
        files["index.json"] = json.dumps(index)
    path = tmp_path / "image.tar"
    path.write_bytes(make_tar(files))
    assert profile(path, Settings.of(platform="linux/amd64")).inventory.distributions
    with pytest.raises(BadInput, match="not available for linux/arm64") as caught:
        profile(path, Settings.of(platform="linux/arm64"))
    assert "linux/amd64" in caught.value.hint


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


def test_image__package_that_lists_a_file_twice__has_its_bytes_once(tmp_path: Path) -> None:
    layer: dict[str, Content] = {
        "usr/bin/perl": "x" * 900,
        "usr/bin/perl5.36.0": link("usr/bin/perl", hard=True),
        "usr/bin/sh": "y" * 50,
        "bin": link("usr/bin"),
        "var/lib/dpkg/info/perl-base.list": "/usr/bin/perl\n/usr/bin/perl5.36.0\n/usr/bin/perl\n",
        "var/lib/dpkg/info/shell.list": "/bin/sh\n/usr/bin/sh\n/usr/bin/perl\n",
    }
    found = measure(tmp_path, make_image(layer)).system
    assert found is not None
    assert [(package.name, package.size) for package in found.packages] == [("perl-base", 900), ("shell", 50)]
    assert next(c.size for c in found.contents if c.name == "system packages") == 950


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


def test_image__member_of_an_impossible_size__is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("huge")
    member.size = 1 << 62
    layer = member.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    files: dict[str, Content] = {
        "layer.tar": layer, "config.json": "{}", "manifest.json": '[{"Config": "config.json", "Layers": ["layer.tar"]}]'
    }  # fmt: skip
    with pytest.raises(BadInput, match="larger than any disk"):
        measure(tmp_path, make_tar(files))


@pytest.fixture(params=["file", "stdin"])
def measured(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Measure an archive from the disk, or from standard input."""

    def from_stdin(data: bytes) -> Profile:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        return profile("-")

    return from_stdin if request.param == "stdin" else lambda data: measure(tmp_path, data)


@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
@pytest.mark.parametrize("name", ["plain.py", "lib.so", "a-1.dist-info/RECORD"])
def test_image__layer_that_ends_within_a_file__is_refused(
    measured: Measured, name: str, compression: Compression
) -> None:
    layer = make_tar({"first": "x", name: ELF_X86_64 * 99})
    start = layer.index(ELF_X86_64)

    def cut(length: int) -> bytes:
        files: dict[str, Content] = {"l": packed(layer[: start + length], compression), "c": "{}"}
        return make_tar({**files, "manifest.json": '[{"Config": "c", "Layers": ["l"]}]'})

    assert measured(cut(len(ELF_X86_64) * 99)).inventory.total.files == 2  # what fills the last block may be missing
    with pytest.raises(BadInput, match="truncated"):
        measured(cut(600))


def test_image__archive_that_ends_within_a_layer__is_refused(measured: Measured) -> None:
    data = make_image({"a": "x" * 9999})
    with pytest.raises(BadInput, match="truncated"):
        measured(data[: data.index(b"x" * 9999) + 5000])


def test_image__pax_header_of_a_gigabyte__is_refused_unread(tmp_path: Path) -> None:
    header = tarfile.TarInfo("./PaxHeaders/x")
    header.type, header.size = b"x", 1 << 30
    path = tmp_path / "image.tar"
    with path.open("wb") as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
        file.truncate(1 << 31)
    with pytest.raises(BadInput, match="1,073,741,824 bytes"):
        profile(path)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("member", [tarfile.TarInfo("a/" * 30_000 + "b"), link("b" * 60_000)], ids=["path", "target"])
def test_image__name_longer_than_any__is_refused(tmp_path: Path, form: int, member: tarfile.TarInfo) -> None:
    files: dict[str, Content] = {"l": make_tar({member.name or "a": member}, form=form), "c": "{}"}
    with pytest.raises(BadInput, match=r"has (a name of )?60,00\d bytes"):
        measure(tmp_path, make_tar({**files, "manifest.json": '[{"Config": "c", "Layers": ["l"]}]'}))


def test_image__more_than_memory_holds__is_refused(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = {f"site-packages/a-{n}.dist-info/METADATA": "x" for n in range(200)}
    assert measured(make_image(layer, compression="gzip")).inventory.total.files == 200
    monkeypatch.setattr("deadweight.sources.images.layers.MOST_MEMORY", 100_000)
    with pytest.raises(BadInput, match="more or larger files"):
        measured(make_image(layer, compression="gzip"))


def test_image__same_layer_again_and_again__is_read_once_and_takes_memory_each_time(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def image(count: int) -> bytes:
        manifest = json.dumps([{"Config": "c", "Layers": ["l"] * count}])
        return make_tar({"l": packed(make_tar({"a": "x", "b": "y"}), "gzip"), "c": "{}", "manifest.json": manifest})

    count = itertools.count()
    monkeypatch.setattr(layers, "opened", lambda *given, **named: (next(count), opened(*given, **named))[1])
    found = measured(image(60))
    assert next(count) == 1
    assert found.image is not None
    assert [layer.size for layer in found.image.layers] == [2] * 60
    monkeypatch.setattr("deadweight.sources.images.layers.MOST_MEMORY", 20_000)
    with pytest.raises(BadInput, match="more or larger files"):
        measured(image(60))


def test_image__layers_that_unpack_without_end__are_bounded(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deadweight.sources.images.compression._FREE", 1 << 24)
    member = tarfile.TarInfo("zeros")
    member.size = 1 << 25
    bomb = packed(member.tobuf() + bytes(member.size), "zstd")
    assert len(bomb) < 1 << 15
    files: dict[str, Content] = {"l": bomb, "c": "{}", "manifest.json": '[{"Config": "c", "Layers": ["l"]}]'}
    with pytest.raises(BadInput, match="unpack to more than the limit"):
        measured(make_tar(files))


def test_image__devices_sockets_and_loops_of_links__weigh_nothing_and_end(tmp_path: Path) -> None:
    device = tarfile.TarInfo()
    device.type, device.devmajor = tarfile.CHRTYPE, 1
    pipe = tarfile.TarInfo()
    pipe.type = tarfile.FIFOTYPE
    lower: dict[str, Content] = {"dev/zero": device, "run/pipe": pipe, "a": link("b"), "loop": link("loop/x")}
    upper: dict[str, Content] = {"b": link("a"), "loop/x": "through a link", "c": link("c", hard=True)}
    found = measure(tmp_path, make_image(lower, upper, APP))
    assert found.system is not None
    beside = sum(content.size for content in found.system.contents)
    assert beside == len("b") + len("a") + len("through a link")


def test_image__two_environments__each_with_its_requirements_and_its_splits(tmp_path: Path) -> None:
    def at(prefix: str, *distributions: Mapping[str, bytes]) -> dict[str, Content]:
        return {f"{prefix}/{path}": data for files in distributions for path, data in files.items()}

    debian = at("usr/lib/python3/dist-packages", dist_files("shared", "1.0"), dist_files("apt-tool"))
    venv = at(
        "opt/venv/lib/python3.12/site-packages",
        dist_files("app", requires=["shared>=2"], requested=True),
        dist_files("shared", "2.0"),
    )
    conda: dict[str, Content] = {
        "opt/conda/conda-meta/openssl-3.json": '{"name": "openssl", "version": "3", "files": ["lib/libssl.so"]}',
        "opt/conda/lib/libssl.so": "x" * 90,
        "opt/conda/pkgs/openssl-3/lib/libssl.so": "x" * 90,
    }
    more: dict[str, Content] = {"usr/lib/python3.11/os.py": "", "opt/venv/pyvenv.cfg": "version = 3.12.1\n"}
    found = measure(tmp_path, make_image(debian | more, venv | conda))
    inventory = found.inventory
    assert [(e.prefix, e.python) for e in inventory.environments] == [
        ("opt/venv", "3.12.1"), ("usr", "3.11"), ("opt/conda", None)
    ]  # fmt: skip
    assert {(d.key, d.prefix, d.version) for d in inventory.distributions} == {
        ("app", "opt/venv", "1.0"), ("shared", "opt/venv", "2.0"), ("apt-tool", "usr", "1.0"),
        ("shared@usr", "usr", "1.0"), ("openssl", "opt/conda", "3"),
    }  # fmt: skip
    assert found.conflicts == ()
    assert found.dependencies.requires("app") == ("shared",)
    assert [want.name for want in found.split("production").kept] == ["app"]
    chosen = profile(tmp_path / "image.tar", Settings.of(environment="/usr"))
    assert {want.name for want in chosen.split("production").kept} == {"apt-tool", "shared"}
    with pytest.raises(BadInput, match="/srv is not an environment"):
        profile(tmp_path / "image.tar", Settings.of(environment="/srv"))


@pytest.mark.parametrize("given", ["/opt/venv", "opt/venv", "/opt/venv/", "opt//venv/."])
def test_image__environment__however_it_is_spelled(tmp_path: Path, given: str) -> None:
    layer = {f"opt/venv/lib/python3.12/site-packages/{p}": data for p, data in dist_files("app").items()}
    (tmp_path / "image.tar").write_bytes(make_image(APP, layer))
    found = profile(tmp_path / "image.tar", Settings.of(environment=given))
    assert [each.prefix for each in found.inventory.environments] == ["opt/venv", "usr/local"]


def test_image__environment_of_the_root__can_be_named(tmp_path: Path) -> None:
    layer = {f"lib/python3.12/site-packages/{p}": data for p, data in dist_files("app").items()}
    (tmp_path / "image.tar").write_bytes(make_image(APP, layer))
    found = profile(tmp_path / "image.tar", Settings.of(environment="/"))
    assert [each.prefix for each in found.inventory.environments] == ["", "usr/local"]


def test_image__its_requirements__are_what_splits_are_made_of(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("lib  # the one that counts\n")
    found = profile(write_image(tmp_path), Settings.of(requirements=str(tmp_path / "requirements.txt")))
    assert [root.key for root in found.dependencies.direct] == ["lib"]
    assert [root.key for root in found.dependencies.strays] == ["app"]


def write_image(directory: Path) -> Path:
    path = directory / "image.tar"
    path.write_bytes(make_image(*LAYERS))
    return path


def test_image__contents__each_sort_by_its_own_name(tmp_path: Path) -> None:
    layer: dict[str, Content] = {
        "root/.cache/pip/http/a": "1" * 11, "root/.cache/uv/archive/b": "2" * 12, "app/main.py": "3" * 13,
        "app/__pycache__/main.cpython-312.pyc": "4" * 14, "usr/local/bin/python3.12": "5" * 15,
        "var/lib/apt/lists/debian": "6" * 16,
    }  # fmt: skip
    commands = ["ADD rootfs.tar.xz /", 'CMD ["bash"]', "RUN pip install app", "COPY . .", 'CMD ["app"]']
    found = measure(tmp_path, make_image(BASE, APP, layer, commands=commands))
    assert found.system is not None
    sizes = {content.name: content.size for content in found.system.contents}
    assert sizes == {
        "system packages": len(ELF_X86_64) * 40,
        "Python": 500 + 15,
        "pip's cache": 11,
        "uv's cache": 12,
        "other files": 13,
        "unowned bytecode": 14,
        "package manager caches and lists": 16,
        "package databases": len(str(BASE["var/lib/dpkg/info/coreutils.list"])),
        "other files of the base image": len("usr/bin"),
    }
    assert sum(sizes.values()) == found.inventory.unowned.apparent


def test_image__libraries__what_is_needed_missing_and_there_twice(tmp_path: Path) -> None:
    openblas = make_elf(soname="libopenblas.so.0", needed=["libc.so.6"], build_id=b"same" * 5)
    core, optional = make_elf(needed=["libopenblas-1.so", "libm.so.6"]), make_elf(needed=["libcuda.so.1"])
    layer = site(
        dist_files("numpy", files={"numpy/core.so": core, "numpy.libs/libopenblas-1.so": openblas}),
        dist_files("scipy", files={"scipy/x.so": optional, "scipy.libs/libopenblas-2.so": openblas}),
    )
    system: dict[str, Content] = {
        "lib/libc.so.6": make_elf(soname="libc.so.6"), "usr/lib/libm.so.6": link("libm-2.so"),
        "var/lib/dpkg/info/libc6:amd64.list": "/lib/libc.so.6\n",
    }  # fmt: skip
    for compression in ("", "gzip"):
        found = measure(tmp_path, make_image(system, layer, compression=compression)).system
        assert found is not None
        assert [(need.library, need.by, need.provider) for need in found.needs] == [
            ("libcuda.so.1", ("scipy",), None),
            ("libc.so.6", ("numpy", "scipy"), "libc6"),
            ("libm.so.6", ("numpy",), "usr/lib/libm.so.6"),
        ]
        assert [(twin.library, twin.extra, [key for key, _ in twin.locations]) for twin in found.twins] == [
            ("libopenblas.so.0", len(openblas), ["numpy", "scipy"])
        ]


def test_rootfs__a_directory__as_the_image_of_it(tmp_path: Path) -> None:
    files = {path: data for path, data in {**BASE, **APP}.items() if isinstance(data, str | bytes) and path[-1] != "/"}
    write_files(tmp_path / "root", files)
    found = profile(f"rootfs:{tmp_path / 'root'}")
    seen = measure(tmp_path, make_image(files))
    assert [(d.key, d.sizes.apparent) for d in found.inventory.distributions] == [
        (d.key, d.sizes.apparent) for d in seen.inventory.distributions
    ]
    assert found.inventory.total.apparent == seen.inventory.total.apparent
    assert found.target.kind == "image"
    assert found.image is None


def test_file_of_a_scheme_s_name__is_read_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docker:app").write_bytes(make_image(*LAYERS))
    assert len(profile("docker-archive:docker:app").inventory.distributions) == 2


@pytest.mark.parametrize("serve", [None, "raise SystemExit(1)"], ids=["in other processes", "in ones that fail"])
@pytest.mark.parametrize("form", ["docker", "oci"])
def test_image__packed_layers__are_the_same_from_any_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form, serve: str | None
) -> None:
    layers = (BASE, APP, OLD, GONE, {"usr/lib/\udcff.so": make_elf(needed=["libc.so.6"])})
    here = measure(tmp_path, make_image(*layers, form=form, compression="gzip"))
    monkeypatch.setattr(packed_layers, "_WORTH_SHARING", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    if serve:
        monkeypatch.setattr(workers, "_PROGRAM", serve)
    monkeypatch.setenv("DEADWEIGHT_CACHE_DIR", str(tmp_path / "another"))
    shared = measure(tmp_path, make_image(*layers, form=form, compression="gzip"))
    assert shared.inventory == here.inventory
    assert shared.image == here.image
    assert shared.system == here.system


def test_image__broken_layer_in_another_process__the_same_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_layers, "_WORTH_SHARING", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    cut = packed(make_tar(APP), "gzip")[:200]
    files: dict[str, Content] = {
        "a": packed(make_tar(BASE), "gzip"), "b": cut, "c": "{}",
        "manifest.json": '[{"Config": "c", "Layers": ["a", "b"]}]',
    }  # fmt: skip
    with pytest.raises(BadInput, match="cannot decompress a layer"):
        measure(tmp_path, make_tar(files))


@pytest.mark.parametrize("width", [60, 120])
def test_image__text__environments_contents_layers_and_libraries(
    tmp_path: Path,
    golden: Golden,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    twin = make_elf(soname="libtwin.so.1", needed=["libc.so.6", "libgone.so"], build_id=b"same" * 5)
    more = site(
        dist_files("numpy", files={"numpy.libs/libtwin-1.so": twin}),
        dist_files("scipy", files={"scipy.libs/libtwin-2.so": twin}),
    )
    debian: dict[str, Content] = {
        "usr/lib/python3.11/os.py": "x" * 90, "lib/libc.so.6": make_elf(soname="libc.so.6"),
        "var/lib/dpkg/info/libc6.list": "/lib/libc.so.6\n", "root/.cache/pip/http/wheel": "w" * 5000,
    }  # fmt: skip
    debian |= {f"usr/lib/python3/dist-packages/{path}": data for path, data in dist_files("apt-tool").items()}
    layers = (BASE | debian, APP | more, OLD, GONE)
    Path("image.tar").write_bytes(make_image(*layers, commands=[COMMANDS[0], "CMD bash", *COMMANDS[1:]]))
    assert _run(["image.tar", "--quiet"], debug=True) == 0
    text = capsys.readouterr().out
    assert text == golden(f"image-{width}.txt", text)


@pytest.mark.parametrize("order", list(itertools.permutations(["names", "note", "dynamic"])), ids="-".join)
@pytest.mark.parametrize("compression", ["", "gzip"])
def test_image__libraries_with_their_parts_in_any_order__need_the_same_from_a_stream(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, order: Sequence[str], compression: Compression
) -> None:
    monkeypatch.setattr(windows, "_REMEMBERED", 5000)
    monkeypatch.setattr(windows, "_BEHIND", 20_000)
    library = make_elf(soname="libfoo.so.1", needed=["libc.so.6"], build_id=b"same" * 5, order=order, gap=9000)
    user = make_elf(needed=["libfoo.so.1", "libbar-12.so"], order=order, gap=2000)
    unreadable = b"\x7fELF" + bytes(900)  # a library all the same: others find it by its name
    files = {"foo.libs/libfoo-9.so": library, "foo/_foo.so": user, "foo.libs/libbar-12.so": unreadable}
    found = measured(make_image(site(dist_files("foo", files=files)), compression=compression)).system
    assert found is not None
    assert [(need.library, need.by, need.provider) for need in found.needs] == [("libc.so.6", ("foo",), None)]
