"""Layers that were read before: the same report from registries, engines, archives and pipes, without reading them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.cli import _run
from deadweight.errors import BadInput
from deadweight.operations.measure import profile
from deadweight.sources.containers.ctr import Ctr
from deadweight.sources.containers.docker import DockerCommands
from deadweight.sources.images import cache as layer_cache
from deadweight.sources.images import layers as layer_reading
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.wheels.store import Store, default_directory
from tests.builders import ELF_X86_64, dist_files, write_files
from tests.engines import containerd, docker_engine, podman, run
from tests.images import Compression, Content, Form, image_files, link, make_elf, make_tar, packed
from tests.registry_server import Registry, published

SITE = "usr/local/lib/python3.12/site-packages"
BASE: dict[str, Content] = {
    "etc/": "",
    "bin": link("usr/bin"),
    "usr/bin/env": ELF_X86_64 * 40,
    "usr/bin/printenv": link("usr/bin/env", hard=True),
    "usr/lib/\udcff.so": make_elf(needed=["libc.so.6"], soname="libx.so", build_id=b"12345678"),
    "usr/local/lib/python3.12/os.py": "x" * 500,
    "var/lib/dpkg/info/coreutils.list": "/.\n/usr\n/usr/bin\n/usr/bin/env\n",
    "var/lib/dpkg/status": "Package: coreutils\nStatus: install ok installed\nVersion: 9\n\n" * 20_000,
    "start.sh": "#!/bin/sh\nexec python -m app\n",
}


def app(version: str) -> dict[str, Content]:
    files = dist_files("app", version, files={"app/__init__.py": version, "app/_c.so": ELF_X86_64 * 99}, requested=True)
    return {"var/lib/dpkg/info/coreutils.list": None, **{f"{SITE}/{path}": data for path, data in files.items()}}


@pytest.fixture(autouse=True)
def here(loopback: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def figures(found: Profile) -> tuple[object, ...]:
    return found.inventory, found.image, found.system


def not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a layer is read."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a layer is read")

    monkeypatch.setattr(layer_reading, "entries", fail)


def image(version: str = "1", *, form: Form = "oci", compression: Compression = "gzip") -> dict[str, Content]:
    return image_files(BASE, app(version), form=form, compression=compression)


# --- registries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_registry__again__asks_for_the_manifest_alone(
    compression: Compression, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Registry(**published(image(compression=compression))) as registry:
        first = profile(registry.target())
        fresh = profile(registry.target(), Settings.of(no_cache=True))
        registry.asked.clear()
        not_read(monkeypatch)
        again = profile(registry.target())
        assert registry.paths()[-1:] == [f"/v2/{registry.repository}/manifests/1"]
        assert not [path for path in registry.paths() if "/blobs/" in path]
    assert figures(again) == figures(first) == figures(fresh)


def test_registry__new_layer_on_a_known_base__is_all_that_is_read() -> None:
    noise: dict[str, Content] = {"noise": random.Random(5).randbytes(3_000_000)}
    old, new = (image_files(noise, BASE, app(version), form="oci", compression="gzip") for version in ("1", "2"))
    with Registry(**published(old)) as registry:
        profile(registry.target())
    with Registry(**published(new)) as registry:
        found = profile(registry.target())
        blobs = [path for path in registry.paths() if "/blobs/" in path]
        assert len(blobs) == 2  # the configuration and the layer
        assert registry.sent_bytes < 100_000
    assert figures(found) == figures(profiled_without(new))
    assert found.inventory.distributions[0].version == "2"


def profiled_without(files: Mapping[str, Content]) -> Profile:
    with Registry(**published(files)) as registry:
        return profile(registry.target(), Settings.of(no_cache=True))


def test_registry__layer_of_a_lying_registry__is_not_stored() -> None:
    files = image()
    with Registry(**published(files)) as registry:
        layer = next(
            path for path in files if path.startswith("blobs/") and packed(make_tar(BASE), "gzip") == files[path]
        )
        registry.lies = {registry.path(layer.removeprefix("blobs/").replace("/", ":")): packed(make_tar({}), "gzip")}
        with pytest.raises(BadInput, match="does not match its digest"):
            profile(registry.target())
        registry.lies = {}
        assert figures(profile(registry.target())) == figures(profile(registry.target(), Settings.of(no_cache=True)))


# --- archives, directories, pipes ------------------------------------------------------------------


def as_archive(files: Mapping[str, Content], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "image.tar").write_bytes(make_tar(files))
    return str(tmp_path / "image.tar")


def as_directory(files: Mapping[str, Content], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    write_files(tmp_path / "layout", {path: data for path, data in files.items() if isinstance(data, str | bytes)})
    return f"oci:{tmp_path / 'layout'}"


def as_pipe(files: Mapping[str, Content], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "image.tar.gz").write_bytes(gzip.compress(make_tar(files), 1))
    return str(tmp_path / "image.tar.gz")


def as_image_of_docker(files: Mapping[str, Content], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a program on PATH that answers as docker does."""
    archive = as_archive(files, tmp_path, monkeypatch)
    config = files.get("config.json")
    if config is None:  # as of the image store of containerd
        digest = json.loads(str(files["index.json"]))["manifests"][0]["digest"].removeprefix("sha256:")
    else:
        assert isinstance(config, bytes)
        digest = hashlib.sha256(config).hexdigest()
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f"#!/bin/sh\necho $2 >> {shlex.quote(str(tmp_path / 'log'))}\n"
        f"case $2 in inspect) echo sha256:{digest};; save) cat {shlex.quote(archive)};; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return "docker:app"


Made = Callable[[Mapping[str, Content], Path, pytest.MonkeyPatch], str]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "xz"])
@pytest.mark.parametrize("made", [as_archive, as_directory, as_pipe])
def test_archive__again__its_compressed_layers_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Made, compression: Compression
) -> None:
    target = made(image(compression=compression), tmp_path, monkeypatch)
    first, fresh = profile(target), profile(target, Settings.of(no_cache=True))
    not_read(monkeypatch)
    assert figures(profile(target)) == figures(first) == figures(fresh)


def test_pipe__again__its_uncompressed_layers_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = as_pipe(image(compression=""), tmp_path, monkeypatch)
    first, fresh = profile(target), profile(target, Settings.of(no_cache=True))
    not_read(monkeypatch)
    assert figures(profile(target)) == figures(first) == figures(fresh)


def test_engine__again__the_image_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = as_image_of_docker(image(form="docker", compression=""), tmp_path, monkeypatch)
    first, fresh = profile(target), profile(target, Settings.of(no_cache=True))
    not_read(monkeypatch)
    again = profile(target)
    assert figures(again) == figures(first) == figures(fresh)
    assert (tmp_path / "log").read_text().split() == ["inspect", "save", "save", "inspect"]


def of_containerd(compression: Compression = "gzip", *, index: bool = False) -> dict[str, Content]:
    """Return what docker save writes with the image store of containerd: an OCI layout, and docker's manifest.json."""
    files = image(form="oci", compression=compression)
    described = json.loads(str(files["index.json"]))["manifests"][0]
    manifest = json.loads(bytes(files[f"blobs/{described['digest'].replace(':', '/')}"]))  # type: ignore[arg-type]
    paths = [f"blobs/{each['digest'].replace(':', '/')}" for each in (manifest["config"], *manifest["layers"])]
    files["manifest.json"] = json.dumps([{"Config": paths[0], "RepoTags": ["app:1"], "Layers": paths[1:]}])
    described["annotations"] = {"io.containerd.image.name": "docker.io/library/app:1"}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [described]})
    if index:
        inner = str(files["index.json"]).encode()
        digest = hashlib.sha256(inner).hexdigest()
        outer = {
            "digest": f"sha256:{digest}",
            "size": len(inner),
            "mediaType": "application/vnd.oci.image.index.v1+json",
        }
        files |= {f"blobs/sha256/{digest}": inner, "index.json": json.dumps({"schemaVersion": 2, "manifests": [outer]})}
    return files


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_engine__image_store_of_containerd_again__the_image_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: Compression, index: bool
) -> None:
    target = as_image_of_docker(of_containerd(compression, index=index), tmp_path, monkeypatch)
    first, fresh = profile(target), profile(target, Settings.of(no_cache=True))
    not_read(monkeypatch)
    assert figures(profile(target)) == figures(first) == figures(fresh)
    assert (tmp_path / "log").read_text().split() == ["inspect", "save", "save", "inspect"]


def test_engine__image_store_of_containerd_without_a_document__the_image_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = as_image_of_docker(of_containerd(), tmp_path, monkeypatch)
    first = profile(target)
    for path in Path(default_directory()).rglob("document-*"):
        if b"rootfs" in path.read_bytes():
            path.unlink()
    assert figures(profile(target)) == figures(first)
    assert (tmp_path / "log").read_text().split() == ["inspect", "save", "inspect", "save"]


def test_engine__platform_that_a_cached_image_is_not_for__is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = as_image_of_docker(image(form="docker", compression=""), tmp_path, monkeypatch)
    profile(target)
    with pytest.raises(BadInput, match="not available for linux/s390x"):
        profile(target, Settings.of(platform="linux/s390x"))


def test_engine__after_a_registry__the_image_is_saved_once_for_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Registry(**published(image())) as registry:
        expected = profile(registry.target())
    target = as_image_of_docker(image(form="docker", compression=""), tmp_path, monkeypatch)
    not_read(monkeypatch)
    assert profile(target).inventory.distributions == expected.inventory.distributions
    assert (tmp_path / "log").read_text().split() == ["inspect"]  # both have the same configuration


def test_registry__after_an_engine__only_the_configuration_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = profile(as_image_of_docker(image(form="docker", compression=""), tmp_path, monkeypatch))
    not_read(monkeypatch)
    with Registry(**published(image())) as registry:
        assert profile(registry.target()).inventory.distributions == expected.inventory.distributions


@pytest.mark.parametrize("made", [as_archive, as_directory, as_pipe])
def test_archive__cached_layer_is_corrupt_in_it__does_not_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Made
) -> None:
    files = image()
    profile(made(files, tmp_path, monkeypatch))
    layer = next(path for path, data in files.items() if data == packed(make_tar(BASE), "gzip"))
    data = files[layer]
    assert isinstance(data, bytes)
    files[layer] = data[:-9] + b"x" + data[-8:]
    with pytest.raises(BadInput, match="does not match its digest"):
        profile(made(files, tmp_path, monkeypatch))


def test_cache__layers_of_the_disk_that_are_not_compressed__are_not_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile(as_archive(image(compression=""), tmp_path, monkeypatch))
    assert entries() == []


# --- what was written ------------------------------------------------------------------------------


def entries(kind: str = "layer") -> list[Path]:
    return sorted(Path(Store().directory).glob(f"{kind}-*"))


def flipped(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


TAMPERED: Mapping[str, Callable[[bytes], bytes]] = {
    "a bit": flipped, "cut": lambda data: data[: len(data) // 2], "empty": lambda _: b"", "JSON": lambda _: b"{}",
    "longer": lambda data: data + b"x", "seal alone": lambda data: data[:32],
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_entry__tampered__is_read_again_and_replaced(how: str) -> None:
    with Registry(**published(image())) as registry:
        first = profile(registry.target())
        written = {path: path.read_bytes() for kind in ("layer", "alias", "document") for path in entries(kind)}
        assert len(written) >= 5
        for path, data in written.items():
            path.write_bytes(TAMPERED[how](data))
        assert figures(profile(registry.target())) == figures(first)
        assert {path: path.read_bytes() for path in written} == written


def test_entry__of_another_layer_in_its_place__is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Registry(**published(image())) as registry:
        first = profile(registry.target())
        one, other = entries()
        data = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(data)
        assert figures(profile(registry.target())) == figures(first)
        assert one.read_bytes() == data or other.read_bytes() != data


def test_entry__of_an_older_version__is_read_again_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with Registry(**published(image())) as registry:
        with monkeypatch.context() as older:
            older.setattr(layer_cache, "VERSION", "0")
            first = profile(registry.target())
        old = [path.read_bytes() for path in entries()]
        registry.asked.clear()
        assert figures(profile(registry.target())) == figures(first)
        assert len([path for path in registry.paths() if "/blobs/" in path]) >= 2
        assert [path.read_bytes() for path in entries()] != old


def test_entry__sealed_but_impossible__is_read_again() -> None:
    """Whoever can write to the cache can seal an entry too."""
    with Registry(**published(image())) as registry:
        first = profile(registry.target())
        cache = LayerCache(Store())
        for path in entries():
            cache.put((f"sha256:{path.name[6:70]}",), b"\x99" + b"\xff" * 50)
        assert figures(profile(registry.target())) == figures(first)


def test_entry__larger_than_memory_allows__is_refused_as_the_layer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with Registry(**published(image())) as registry:
        profile(registry.target())
        monkeypatch.setattr(layer_reading, "MOST_MEMORY", 1000)
        with pytest.raises(BadInput, match="more or larger files"):
            profile(registry.target())


def test_cache__over_its_limit__loses_the_layers_that_were_not_used_longest(tmp_path: Path) -> None:
    store = Store(str(tmp_path), most=7200)
    cache = LayerCache(store)
    for number in range(8):
        cache.put((f"sha256:{number:064x}",), random.Random(number).randbytes(1000))
        for path in Path(store.directory).glob(f"layer-{number:064x}*"):
            os.utime(path, (number, number))
    store.trim()
    names = [path.name for path in sorted(Path(store.directory).iterdir())]
    assert names == [f"layer-{number:064x}.entry" for number in range(3, 8)]


def test_cache__entry_of_a_fifth_of_it__is_not_kept(tmp_path: Path) -> None:
    cache = LayerCache(Store(str(tmp_path), most=5000))
    cache.put((f"sha256:{1:064x}",), random.Random(1).randbytes(1000))
    assert not list(tmp_path.rglob("*.entry"))


def test_cache__without_its_directory__everything_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DEADWEIGHT_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with Registry(**published(image())) as registry:
        assert figures(profile(registry.target())) == figures(profile(registry.target()))


def test_no_cache__neither_reads_nor_writes() -> None:
    with Registry(**published(image())) as registry:
        profile(registry.target(), Settings.of(no_cache=True))
    assert not os.path.exists(default_directory())


def test_cache_command__counts_layers_and_removes_them(capsys: pytest.CaptureFixture[str]) -> None:
    with Registry(**published(image())) as registry:
        profile(registry.target())
    assert _run(["cache", "info", "--format", "json"], debug=False) == 0
    usage = json.loads(capsys.readouterr().out)
    assert (usage["listings"], usage["layers"]) == (0, 2)
    assert _run(["cache", "info"], debug=False) == 0
    assert capsys.readouterr().out.startswith("0 file lists of wheels and 2 image layers, ")
    assert _run(["cache", "clear"], debug=False) == 0
    assert capsys.readouterr().out.startswith("removed 0 file lists of wheels and 2 image layers, ")
    assert entries() == entries("alias") == entries("document") == []


# --- several processes -----------------------------------------------------------------------------

COMMAND = (sys.executable, "-m", "deadweight", "--format", "json", "--quiet")


def test_processes__at_once_with_one_cache__have_the_same_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = as_archive(image(), tmp_path, monkeypatch)
    for _ in range(2):
        started = [subprocess.Popen([*COMMAND, target], stdout=subprocess.PIPE) for _ in range(6)]
        reports = [json.loads(process.communicate()[0]) for process in started]
        assert all(process.returncode == 0 for process in started)
        assert all(report["distributions"] == reports[0]["distributions"] for report in reports)
    assert len(entries()) == 2
    assert not list(Path(Store().directory).glob(".new-*"))


def test_process__killed_while_it_writes__leaves_no_broken_entry(tmp_path: Path) -> None:
    program = (
        "import random, sys\n"
        "from deadweight.sources.images.cache import LayerCache\n"
        "from deadweight.sources.wheels.store import Store\n"
        "cache = LayerCache(Store())\n"
        "while True:\n"
        "    for number in range(3):\n"
        "        cache.put((f'sha256:{number:064x}', f'sha256:{number + 9:064x}'), random.randbytes(3_000_000))\n"
        "        print(flush=True)\n"
    )
    for wait in (0.0, 0.003, 0.01, 0.02, 0.04):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(3):
                process.stdout.readline()
            time.sleep(wait)
            process.kill()
        sealed = LayerCache(Store())
        found = [sealed._get("layer", path.name[6:70]) for path in entries()]
        assert len(found) == 3
        assert None not in found


# --- real engines ----------------------------------------------------------------------------------


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_real_engine__again__the_image_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    archive = as_archive(image(form="docker", compression=""), tmp_path, monkeypatch)
    monkeypatch.setenv("TMPDIR", "/tmp")  # the path of a socket is short
    monkeypatch.setattr("tempfile.tempdir", None)
    with docker_engine() if engine == "docker" else podman() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run(engine, "load", "--input", archive)
        first = profile(f"{engine}:app:1")
        assert figures(profile(f"{engine}:app:1", Settings.of(no_cache=True))) == figures(first)

        def fail(*_: object) -> None:
            raise AssertionError("the image is saved")

        monkeypatch.setattr(DockerCommands, "save", fail)
        assert figures(profile(f"{engine}:app:1")) == figures(first)


@pytest.mark.engines
@pytest.mark.parametrize("compression", ["", "gzip"])
def test_real_containerd__again__the_image_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: Compression
) -> None:
    archive = as_archive(of_containerd(compression), tmp_path, monkeypatch)
    monkeypatch.setenv("TMPDIR", "/tmp")  # the path of a socket is short
    monkeypatch.setattr("tempfile.tempdir", None)
    with containerd() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run("ctr", "images", "import", archive)
        first = profile("containerd:app:1")
        assert figures(profile("containerd:app:1", Settings.of(no_cache=True))) == figures(first)

        def fail(*_: object) -> None:
            raise AssertionError("the image is saved")

        monkeypatch.setattr(Ctr, "save", fail)
        assert figures(profile("containerd:app:1")) == figures(first)
