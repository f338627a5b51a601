"""The cache of resolutions."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.model import Archive, Lock, Pinned
from deadweight.sources.resolve.resolutions import Resolutions, reveals
from deadweight.sources.wheels.store import Store

PLAIN = "https://files.example/demo-1.0-py3-none-any.whl?page=1#sha256=00"
SECRETS = [
    "https://robot:HUNTER2@files.example/demo-1.0-py3-none-any.whl",
    "https://files.example/demo-1.0-py3-none-any.whl?token=HUNTER2",
    "https://files.example/demo-1.0-py3-none-any.whl?page=1&sig=HUNTER2",
    "https://files.example/demo-1.0-py3-none-any.whl?X-Amz-Signature=HUNTER2",
]


def locks(url: str) -> list[Lock]:
    """Return resolutions with a URL, each in another place."""
    archive = Archive(filename="demo-1.0-py3-none-any.whl", url=url)
    packages = [
        Pinned(name="demo", version="1.0", wheels=(archive,)),
        Pinned(name="demo", version="1.0", sdist=archive),
        Pinned(name="demo", version="1.0", origin=url),
        Pinned(name="demo", version="1.0", location=url),
    ]
    return [Lock(packages=(package,)) for package in packages]


@pytest.mark.parametrize("url", SECRETS)
def test_put__url_with_a_secret__is_not_stored(tmp_path: Path, url: str) -> None:
    for lock in locks(url):
        assert reveals(lock)
        Resolutions(Store(str(tmp_path))).put("key", lock)
    assert list(tmp_path.iterdir()) == []


def test_put__other_url__is_stored(tmp_path: Path) -> None:
    for number, lock in enumerate(locks(PLAIN)):
        assert not reveals(lock)
        Resolutions(Store(str(tmp_path))).put(f"key{number}", lock)
        assert Resolutions(Store(str(tmp_path))).get(f"key{number}") == lock
