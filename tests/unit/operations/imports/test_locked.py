"""A lock → the lines of a requirements file that installs the same versions."""

from __future__ import annotations

from pathlib import Path

from deadweight.model import Archive, Lock, Pinned
from deadweight.operations.imports.locked import requirement_lines


def wheel(sha256: str | None = "a1") -> tuple[Archive, ...]:
    return (Archive(filename="a.whl", url="https://a/a.whl", sha256=sha256),)


def test_requirement_lines__all_hashes_known__are_kept() -> None:
    sdist = Archive(filename="a.tar.gz", url="https://a/a.tar.gz", sha256="b2")
    lock = Lock(
        packages=(
            Pinned(name="a", version="1", wheels=wheel(), sdist=sdist),
            Pinned(name="b", version="2", wheels=wheel()),
        )
    )
    assert requirement_lines(lock, ".") == ("a==1 --hash=sha256:a1 --hash=sha256:b2\nb==2 --hash=sha256:a1\n")


def test_requirement_lines__one_hash_unknown__has_none() -> None:
    lock = Lock(
        packages=(Pinned(name="a", version="1", wheels=wheel()), Pinned(name="b", version="2", wheels=wheel(None)))
    )
    assert requirement_lines(lock, ".") == "a==1\nb==2\n"


def test_requirement_lines__other_origins__are_urls_and_the_project_is_left_out(tmp_path: Path) -> None:
    packages = (
        Pinned(name="own", version="1", location="."),
        Pinned(name="near", version="1", location="lib"),
        Pinned(name="git", version="1", location="git+https://a/b@c"),
        Pinned(name="url", version="1", origin="https://a/url.whl", wheels=wheel()),
    )
    assert requirement_lines(Lock(packages=packages), str(tmp_path)) == (
        f"near @ file://{tmp_path}/lib\ngit @ git+https://a/b@c\nurl @ https://a/url.whl\n"
    )
