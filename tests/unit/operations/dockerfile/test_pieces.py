from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from deadweight.analysis.measurement import Measurement
from deadweight.dockerfiles.values import Pin
from deadweight.errors import BadInput
from deadweight.model import Archive, ArchiveFacts, Lock, Pinned, Requirement
from deadweight.operations.dockerfile.pieces import Installed
from deadweight.settings import Settings
from deadweight.targets.types import Requirements
from tests.builders import dist_files, inventory_of

A, B = "a" * 64, "b" * 64


def installed(tmp_path: Path, *, url: str = "", archive: ArchiveFacts | None = None, **settings: object) -> Installed:
    """Return the measurement of torch 2.5.1, with a wheel and an sdist."""
    inventory = inventory_of(dist_files("torch", "2.5.1", files={"torch/a.py": "x" * 100}))
    distributions = tuple(replace(d, url=url, archive=archive) for d in inventory.distributions)
    wheel = Archive(filename="torch-2.5.1-py3-none-any.whl", url="https://a/w", sha256=A)
    sdist = Archive(filename="torch-2.5.1.tar.gz", url="https://a/s", sha256=B)
    measurement = Measurement(
        target=Requirements("requirements.txt"),
        inventory=replace(inventory, distributions=distributions),
        settings=Settings.of(**settings),
        lock=Lock(packages=(Pinned(name="torch", version="2.5.1", wheels=(wheel,), sdist=sdist),)),
    )
    return Installed(measurement, str(tmp_path))


def pin(found: Installed) -> Pin:
    (piece,) = found.pieces(["torch"])
    return piece.pin


def test_pieces__resolved_distribution__has_the_hashes_of_its_archives(tmp_path: Path) -> None:
    assert pin(installed(tmp_path)) == Pin(name="torch", version="2.5.1", hashes=(A, B))


def test_pieces__build_of_another_index__is_pinned_to_it(tmp_path: Path) -> None:
    found = pin(installed(tmp_path, torch="cpu"))
    assert found == Pin(name="torch", version="2.5.1", index="https://download.pytorch.org/whl/cpu", hashes=(A, B))
    facts = ArchiveFacts(filename="torch.whl", at_most=True)
    assert pin(installed(tmp_path, torch="cpu", archive=facts)).hashes == ()


def test_pieces__index_of_one_project__loses_its_credentials(tmp_path: Path) -> None:
    (piece,) = installed(tmp_path, index=("torch=https://me:x@a/simple",)).pieces(["torch"])
    assert (piece.pin.index, piece.needs_netrc) == ("https://a/simple", True)


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://me:SECRET@a/torch.whl", "https://a/torch.whl"),
        ("git+https://SECRET@a/torch@v1#egg=torch", "git+https://a/torch@v1#egg=torch"),
        ("https://me:SECRET@a/ssh://b", "https://a/ssh://b"),
        ("git+https://me@x:SECRET@a/torch", "git+https://a/torch"),
        ("git+ssh://git@x:SECRET@a/torch", "git+ssh://git@a/torch"),
        ("git+ssh://git:SECRET@a:22/torch@v1", "git+ssh://git@a:22/torch@v1"),
    ],
)
def test_pieces__direct_url_with_credentials__loses_them_and_needs_netrc(tmp_path: Path, url: str, bare: str) -> None:
    pieces = *installed(tmp_path, url=url).pieces(["torch"]), *installed(tmp_path).pieces([], [repository(url)])
    assert {piece.pin.url for piece in pieces if piece.name == "torch"} == {bare}
    assert all(piece.needs_netrc for piece in pieces)
    assert not installed(tmp_path, url=bare).pieces(["torch"])[0].needs_netrc


def repository(url: str) -> Requirement:
    return Requirement(name="torch", url=url)


def test_pieces__direct_url__is_kept(tmp_path: Path) -> None:
    assert pin(installed(tmp_path, url="https://a/torch.whl")) == Pin(name="torch", url="https://a/torch.whl")


def test_pieces__local_directory__is_relative_to_the_build_context(tmp_path: Path) -> None:
    code = (tmp_path / "libs/my torch").as_uri()
    assert pin(installed(tmp_path, url=code)) == Pin(name="torch", directory="libs/my torch")
    assert installed(tmp_path, url=tmp_path.as_uri()).pieces(["torch"]) == ()  # the project itself
    with pytest.raises(BadInput, match="outside of the build context"):
        installed(tmp_path / "app", url=code).pieces(["torch"])


def test_pieces__estimated__is_built(tmp_path: Path) -> None:
    facts = ArchiveFacts(filename="torch.tar.gz", estimated=True)
    (piece,) = installed(tmp_path, archive=facts).pieces(["torch"])
    assert (piece.is_estimated, piece.compiles) == (True, True)


def test_pieces__repository__is_installed_without_a_size(tmp_path: Path) -> None:
    wants = (Requirement(name="own", url="git+https://a/own@1"), Requirement(name="other"))
    (piece,) = installed(tmp_path).pieces([], wants)
    assert (piece.pin, piece.apparent_bytes) == (Pin(name="own", url="git+https://a/own@1"), None)
