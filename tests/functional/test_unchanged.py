"""No command changes anything of what it measures, whatever kind of target that is.

``tests/functional/test_engines.py`` holds the same for containers, by ``docker diff``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deadweight.cli import _run
from tests.builders import SITE, dist_files, make_env, make_wheel, make_wheelhouse, write_files
from tests.functional.test_image_forms import skopeo_dir
from tests.images import Content, image_files, make_image, make_tar

APP: dict[str, Content] = {f"usr/local/{SITE}/{path}": data for path, data in dist_files("app").items()}
ROOT = {
    **{path: bytes(data) for path, data in APP.items() if isinstance(data, bytes)},
    "etc/os-release": b"ID=debian\n",
}
PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["dw-app"]\n'
SOURCE = {"main.py": "import dw_app\n", "tests/test_main.py": "import main\n"}


def requirements(directory: Path) -> str:
    write_files(directory, {"requirements.txt": "-r more.txt\ndw-app\n", "more.txt": "dw-lib\n", **SOURCE})
    return "requirements.txt"


def project(directory: Path) -> str:
    write_files(directory, {"pyproject.toml": PROJECT, **SOURCE})
    return "."


def lock(directory: Path) -> str:
    wheels = {"dw-app": make_wheel("dw-app", requires=["dw-lib"]), "dw-lib": make_wheel("dw-lib")}
    rows = [
        f'[[packages]]\nname = "{name}"\nversion = "1.0"\nwheels = [{{ path = "wheels/{filename}",'
        f' hashes = {{ sha256 = "{hashlib.sha256(data).hexdigest()}" }} }}]\n'
        for name, (filename, data) in wheels.items()
    ]
    write_files(directory, {"pylock.toml": 'lock-version = "1.0"\ncreated-by = "test"\n' + "\n".join(rows)})
    return "pylock.toml"


def environment(directory: Path) -> str:
    make_env(directory / "env", dist_files("app"), extra={"bin/tool": "#!/env/bin/python\n"})
    return "env"


def site_packages(directory: Path) -> str:
    return f"{environment(directory)}/{SITE}"


def rootfs(directory: Path) -> str:
    write_files(directory / "root", ROOT)
    return "rootfs:root"


def docker_archive(directory: Path) -> str:
    write_files(directory, {"image.tar": make_image(APP)})
    return "docker-archive:image.tar"


def oci_archive(directory: Path) -> str:
    write_files(directory, {"image.tar": make_image(APP, form="oci", compression="gzip")})
    return "oci-archive:image.tar"


def packed_archive(directory: Path) -> str:
    write_files(directory, {"image.tar.gz": gzip.compress(make_image(APP))})
    return "image.tar.gz"


def exported_archive(directory: Path) -> str:
    write_files(directory, {"exported.tar": make_tar({**APP, "etc/os-release": "ID=debian\n"})})
    return "exported.tar"


def oci_directory(directory: Path) -> str:
    write_files(directory / "image", _contents(image_files(APP, form="oci")))
    return "oci:image"


def skopeo_directory(directory: Path) -> str:
    files = image_files(APP, form="oci")
    digest = json.loads(str(files["index.json"]))["manifests"][0]["digest"]
    write_files(directory / "image", _contents(skopeo_dir(files, digest)))
    return "dir:image"


def _contents(files: dict[str, Content]) -> dict[str, str | bytes]:
    return {path: data for path, data in files.items() if isinstance(data, (str, bytes))}


TARGETS: list[Callable[[Path], str]] = [
    requirements, project, lock, environment, site_packages, rootfs, docker_archive, oci_archive, packed_archive,
    exported_archive, oci_directory, skopeo_directory,
]  # fmt: skip


def fingerprint(root: Path) -> dict[str, tuple[object, ...]]:
    """Return path → all that can be seen of it without changing it, but the time of its last reading."""
    return {str(path.relative_to(root)): _seen(path) for path in [root, *_below(root)]}


def _below(root: Path) -> Iterator[Path]:
    for directory, directories, names in os.walk(root):
        yield from (Path(directory, name) for name in (*directories, *names))


def _seen(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    # The time of the last change of the inode shows writes that put back everything else.
    return (found.st_mode, found.st_ino, found.st_nlink, found.st_size, found.st_mtime_ns, found.st_ctime_ns, content)


@pytest.fixture
def location(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory with wheels beside it, which is the working directory."""
    directory = tmp_path / "place"
    make_wheelhouse(directory / "wheels", make_wheel("dw-app", requires=["dw-lib"]), make_wheel("dw-lib"))
    monkeypatch.chdir(directory)
    return directory


@pytest.mark.parametrize("command", ["profile", "split"])
@pytest.mark.parametrize("make", TARGETS)
def test_target__of_each_kind__is_not_changed(
    location: Path, tmp_path: Path, make: Callable[[Path], str], command: str
) -> None:
    target = make(location)
    before = fingerprint(location)
    options = ["--output-dir", str(tmp_path / "out")] if command == "split" else []
    assert _run([command, target, *_links(target), *options, "--quiet"], debug=True) == 0
    assert fingerprint(location) == before


@pytest.mark.parametrize("make", [requirements, environment, docker_archive])
@pytest.mark.parametrize("command", [["groups"], ["why", "dw-lib"]])
def test_target__of_other_commands__is_not_changed(
    location: Path, make: Callable[[Path], str], command: list[str]
) -> None:
    target = make(location)
    before = fingerprint(location)
    is_there = command[0] != "why" or target == "requirements.txt"
    assert _run([*command, target, *_links(target), "--quiet"], debug=True) == (0 if is_there else 4)
    assert fingerprint(location) == before


def _links(target: str) -> list[str]:
    return ["--find-links", "wheels"] if target in ("requirements.txt", ".") else []


@pytest.mark.parametrize("make", [requirements, docker_archive, exported_archive, packed_archive])
def test_target__standard_input__is_not_changed(
    location: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str]
) -> None:
    path = location / make(location).rpartition(":")[2]
    before = fingerprint(location)
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert _run(["-", *_links(path.name), "--quiet"], debug=True) == 0
    assert fingerprint(location) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.touch(),
        lambda path: path.chmod(0o600),
        lambda path: path.write_bytes(path.read_bytes()),
        lambda path: (path.parent / "__pycache__").mkdir(),
        lambda path: shutil.move(shutil.copy2(path, f"{path}.new"), path),
        lambda path: (path.with_name("x").touch(), path.with_name("x").unlink()),
    ],
)
def test_fingerprint__each_change__shows(tmp_path: Path, change: Callable[[Path], object]) -> None:
    write_files(tmp_path, {"directory/file": "x"})
    before = fingerprint(tmp_path)
    change(tmp_path / "directory/file")
    assert fingerprint(tmp_path) != before
