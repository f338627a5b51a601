"""Layers with a table of contents in a registry: measured from it as from the layer, and read if it lies."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.cli import _run
from deadweight.operations.measure import profile
from deadweight.sources.images.tables import partial
from tests.builders import ELF_X86_64, dist_files, write_files
from tests.chunked_layers import ChunkedForm, Table, chunked_image, chunked_layer
from tests.engines import docker_registry, push
from tests.images import Content, link, make_elf, make_image, make_tar
from tests.registry_server import Registry, published

SITE = "usr/local/lib/python3.12/site-packages"
FORMS: tuple[ChunkedForm, ...] = ("estargz", "zstd:chunked")
NOISE = random.Random(3).randbytes(4_000_000)


def app() -> dict[str, Content]:
    library = make_elf(needed=["libc.so.6", "libm.so.6"], soname="libx.so", build_id=b"12345678", gap=200_000)
    files = dist_files("app", files={"app/__init__.py": "x" * 900, "app/_c.so": library + NOISE[:500_000]})
    return {
        "etc/": "",
        "model.bin": NOISE[:1_500_000],
        **{f"{SITE}/{path}": data for path, data in files.items()},
        "bin": link("usr/bin"),
        "usr/bin/tool": ELF_X86_64 * 40,
        "usr/bin/same": link("usr/bin/tool", hard=True),
        f"{SITE}/app/weights.bin": NOISE,
        "start.sh": "#!/bin/sh\nexec python -m app\n",
        "empty": "",
        "usr/bin/old": None,
    }


@pytest.fixture(autouse=True)
def here(loopback: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def figures(found: Profile) -> tuple[object, ...]:
    return found.inventory.distributions, found.inventory.total, found.image, found.system


def whole(registry: Registry) -> Profile:
    """Return the profile of the same image, whose layers are read."""
    registry.ranges = False
    try:
        return profile(registry.target(), Settings.of(no_cache=True))
    finally:
        registry.ranges = True


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk_size", [1 << 12, 1 << 16])
def test_layer__with_a_table__is_measured_from_parts_of_it(form: ChunkedForm, chunk_size: int) -> None:
    layer = chunked_layer(app(), form, chunk_size=chunk_size)
    with Registry(**published(chunked_image(layer))) as registry:
        expected = whole(registry)
        registry.sent_bytes = 0
        found = profile(registry.target())
        assert figures(found) == figures(expected)
        assert found.inventory.warnings == expected.inventory.warnings
        assert registry.sent_bytes < len(layer[0]) / 4
        assert found.image is not None
        assert found.image.layers[0].compressed == len(layer[0])
        registry.asked.clear()
        assert figures(profile(registry.target())) == figures(expected)
        assert not [path for path in registry.paths() if "/blobs/" in path]  # all of it was cached


@pytest.mark.parametrize("form", FORMS)
def test_layer__small__is_read_with_one_request(form: ChunkedForm) -> None:
    layer = chunked_layer({"a": "x"}, form)
    with Registry(**published(chunked_image(layer))) as registry:
        assert profile(registry.target()).inventory.total.files == (2 if form == "estargz" else 1)
        assert not any(asked.range for asked in registry.asked)


@pytest.mark.parametrize("form", FORMS)
def test_layer__of_metadata_alone__is_read_with_one_request(form: ChunkedForm) -> None:
    layer = chunked_layer({f"{SITE}/a{n}.dist-info/RECORD": NOISE[:200_000] for n in range(9)}, form)
    with Registry(**published(chunked_image(layer))) as registry:
        profile(registry.target())
        assert len([asked for asked in registry.asked if asked.range]) <= 2  # the footer and the table


def entry_of(table: Table, name: str) -> dict[str, Any]:
    return next(entry for entry in table["entries"] if entry["name"].endswith(name))


def entry(path: str, /, **changes: object) -> Callable[[Table], object]:
    return lambda table: entry_of(table, path).update(changes)


RECORD = "app-1.0.dist-info/RECORD"
LIES: dict[str, Callable[[Table], object]] = {
    "size of a file": entry("model.bin", size=7),
    "huge size": entry("model.bin", size=1 << 58),
    "negative size": entry("model.bin", size=-1),
    "offset after the files": entry(RECORD, offset=1 << 40),
    "offset of another file": entry(RECORD, offset=0),
    "digest of a chunk": entry(RECORD, chunkDigest=f"sha256:{0:064x}"),
    "no digest": entry(RECORD, chunkDigest="", digest=""),
    "null byte": entry("model.bin", name="a\0b"),
    "lost name": entry("model.bin", name="a\ufffd"),
    "long name": entry("model.bin", name="a" * 9_000),
    "no name": entry("model.bin", name=""),
    "type": entry("model.bin", type="door"),
    "chunk of nothing": entry("etc", type="chunk"),
    "chunks that overlap": entry("weights.bin", chunkSize=1),
    "version": lambda table: table.update(version=2),
    "no entries": lambda table: table.pop("entries"),
    "a list": lambda table: table.update(entries={}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lie", LIES)
def test_table__that_lies__the_layer_is_read_and_a_warning_says_so(form: ChunkedForm, lie: str) -> None:
    with Registry(**published(chunked_image(chunked_layer(app(), form, change=LIES[lie])))) as registry:
        found, expected = profile(registry.target()), whole(registry)
    assert figures(found) == figures(expected)
    assert [warning for warning in found.inventory.warnings if "table of contents is wrong" in warning]


@pytest.mark.parametrize("form", FORMS)
def test_table__that_lies__every_image_with_the_layer_has_the_warning(form: ChunkedForm) -> None:
    image = chunked_image(chunked_layer(app(), form, change=LIES["type"]))
    with Registry(**published(image)) as registry:
        first = profile(registry.target())
        registry.asked.clear()
        cached = profile(registry.target())
        assert not [path for path in registry.paths() if "/blobs/" in path]
    (warning,) = [each for each in first.inventory.warnings if "table of contents is wrong" in each]
    assert warning in cached.inventory.warnings


ANNOTATIONS: dict[str, Callable[[str], str]] = {
    "digest": lambda value: f"sha256:{0:064x}" if value.startswith("sha256:") else value,
    "position": lambda value: value if value.startswith("sha256:") else f"{1 << 40}:10:10:1",
    "start": lambda value: value if value.startswith("sha256:") else f"0:{value.partition(':')[2]}",
    "unpacked size": lambda value: value if value.startswith("sha256:") else value.replace(":1", f":{1 << 50}:1"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lie", ANNOTATIONS)
def test_annotations__that_lie__the_layer_is_read(form: ChunkedForm, lie: str) -> None:
    data, annotations = chunked_layer(app(), form)
    wrong = {key: ANNOTATIONS[lie](value) for key, value in annotations.items()}
    with Registry(**published(chunked_image((data, wrong)))) as registry:
        assert figures(profile(registry.target())) == figures(whole(registry))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1 << 21, 1 << 40])
def test_descriptor__with_a_wrong_size__the_layer_is_read_or_refused(form: ChunkedForm, size: int) -> None:
    image = chunked_image(chunked_layer(app(), form), lie=lambda described: described.update(size=size))
    with Registry(**published(image)) as registry:
        assert figures(profile(registry.target()))[:2] == figures(whole(registry))[:2]


@pytest.mark.parametrize("form", FORMS)
def test_registry__that_sends_other_bytes_for_a_range__the_layer_is_read(form: ChunkedForm) -> None:
    data, annotations = chunked_layer(app(), form)
    with Registry(**published(chunked_image((data, annotations)))) as registry:
        expected = whole(registry)
        changed = bytearray(data)
        for at in range(1_600_000, len(data) - 200_000, 100):
            changed[at] ^= 1
        registry.range_lies = {registry.path(digest): bytes(changed) for digest in layers(registry)}
        found = profile(registry.target())
    assert figures(found) == figures(expected)


def layers(registry: Registry) -> list[str]:
    manifest = registry.files[f"blobs/{registry.tags['1'].replace(':', '/')}"]
    assert isinstance(manifest, bytes)
    return [layer["digest"] for layer in json.loads(manifest)["layers"]]


def test_cache__what_a_table_says__is_not_what_the_layer_holds_for_others() -> None:
    """Whoever serves a false table for a known layer does not change what others see of that layer."""

    def without_model(table: Table) -> None:
        table["entries"] = [entry for entry in table["entries"] if entry["name"] != "model.bin"]

    lie = chunked_layer(app(), "zstd:chunked", change=without_model)
    with Registry(**published(chunked_image(lie))) as registry:
        fooled = profile(registry.target())
        without = chunked_image(lie, lie=lambda described: described.pop("annotations"))
    with Registry(**published(without)) as registry:
        found = profile(registry.target())
        assert registry.sent_bytes > len(lie[0])
    assert found.inventory.total.apparent == fooled.inventory.total.apparent + 1_500_000


def test_text__layer_with_a_false_table__is_named(capsys: pytest.CaptureFixture[str]) -> None:
    image = chunked_image(chunked_layer(app(), "estargz", change=LIES["type"]))
    with Registry(**published(image)) as registry:
        assert _run([registry.target()], debug=False) == 0
        digest = layers(registry)[0]
    written = " ".join("".join(capsys.readouterr()).split())
    assert f"deadweight read all of the layer {digest}, because its table of contents is wrong" in written


def as_archive(files: Mapping[str, Content], directory: Path) -> str:
    (directory / "image.tar").write_bytes(make_tar(files))
    return str(directory / "image.tar")


def as_directory(files: Mapping[str, Content], directory: Path) -> str:
    write_files(directory / "layout", {path: data for path, data in files.items() if isinstance(data, str | bytes)})
    return f"oci:{directory / 'layout'}"


def not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as a layer is read as a whole, or compared to its digest."""

    def fail(*_: object) -> None:
        raise AssertionError("the layer is read")

    monkeypatch.setattr("deadweight.sources.images.blobs.disk.layer_on_disk", fail)
    monkeypatch.setattr("deadweight.sources.images.blobs.disk._check_file", fail)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("made", [as_archive, as_directory])
def test_file__layer_with_a_table__is_measured_from_parts_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: ChunkedForm, made: Callable[..., str]
) -> None:
    layer = chunked_layer(app(), form)
    target = made(chunked_image(layer), tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(partial, "SMALLEST", 1 << 40)
        expected = profile(target, Settings.of(no_cache=True))
    not_decompressed(monkeypatch)
    found, cached = profile(target), profile(target)
    assert figures(found) == figures(cached) == figures(expected)
    assert found.inventory.warnings == expected.inventory.warnings


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lie", ["type", "digest of a chunk", "size of a file"])
def test_file__table_that_lies__the_layer_is_read_and_a_warning_says_so_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: ChunkedForm, lie: str
) -> None:
    target = as_archive(chunked_image(chunked_layer(app(), form, change=LIES[lie])), tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(partial, "SMALLEST", 1 << 40)
        expected = profile(target, Settings.of(no_cache=True))
    for found in (profile(target), profile(target)):
        assert figures(found) == figures(expected)
        assert len([each for each in found.inventory.warnings if "table of contents is wrong" in each]) == 1


@pytest.mark.engines
def test_docker_registry__image_pushed_as_zstd_chunked__is_measured_from_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial, "SMALLEST", 0)
    monkeypatch.setenv("TMPDIR", "/tmp")  # skopeo puts what it copies there
    archive = tmp_path / "image.tar"
    archive.write_bytes(make_image(app(), {"usr/bin/tool": None}, form="oci"))
    fetched: list[range] = []
    with docker_registry(tmp_path) as host:
        push(archive, host, "team/app:1", "--dest-compress-format=zstd:chunked")
        original = partial.partial_entries

        def counted(fetch: Callable[[range], bytes], *given: Any) -> Any:
            def recorded(span: range) -> bytes:
                fetched.append(span)
                return fetch(span)

            return original(recorded, *given)

        monkeypatch.setattr("deadweight.sources.images.tables.cached.partial_entries", counted)
        found = profile(f"registry:{host}/team/app:1")
    expected = profile(archive)
    assert found.inventory.distributions == expected.inventory.distributions
    assert found.inventory.total == expected.inventory.total
    assert found.system == expected.system
    assert not found.inventory.warnings
    assert 0 < sum(map(len, fetched)) < 2_000_000
