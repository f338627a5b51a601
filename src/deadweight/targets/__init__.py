"""What the user's argument means. Two possible meanings are an error that names both spellings."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TypeAlias, get_args

from msgspec.structs import replace

from deadweight.errors import UnclearTarget
from deadweight.targets.directories import ENVIRONMENTS, LOCK, project_files
from deadweight.targets.types import (
    Container,
    EngineImage,
    EngineName,
    Environment,
    Image,
    Lock,
    Names,
    Project,
    RegistryImage,
    Requirements,
    RootFs,
    SavedReport,
    Target,
)

_UNREAD = {"Pipfile": "Pipfile.lock", "setup.py": "pyproject.toml", "setup.cfg": "pyproject.toml"}
_IMAGES = ("docker-archive", "oci-archive", "oci", "dir")
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh")  # gzip, zstd, xz, bzip2
_ENGINES: Mapping[str, EngineName] = {name: name for name in get_args(EngineName)}
# What engines take for a name (https://pkg.go.dev/github.com/distribution/reference); so nothing of it is an option.
_REFERENCE = re.compile(r"[A-Za-z0-9][\w.:/@+-]*\Z")


TargetLike: TypeAlias = Target | str | os.PathLike[str] | Sequence[str]


def parse_target(given: TargetLike) -> Target:
    """Return what ``given`` means; "" is the environment that deadweight itself runs in.

    A sequence is of names of projects: "pandas", "torch==2.5". So is a single text that names no file or directory.
    The directory of a project means its lock, else its ``pyproject.toml``, else its ``requirements.txt``.

    ``env:DIR`` and ``requirements:FILE`` (a file of that format, whatever its name) say it outright, and so do
    ``docker-archive:FILE[:TAG]``, ``oci-archive:FILE[:TAG]``, ``oci:DIR[:TAG]``, ``dir:DIR`` (skopeo's),
    ``rootfs:DIR``, ``docker:IMAGE``, ``podman:IMAGE``, ``containerd:IMAGE``,
    ``registry:HOST/REPOSITORY:TAG`` (or ``…@sha256:…``) and ``container:NAME``; "-" is standard input: an image, or
    requirements as ``pip freeze`` prints them. A JSON file that names the schema of reports is a saved report.
    A target is returned as it is.
    raises: UnclearTarget
    """
    if isinstance(given, Target):
        return given
    if isinstance(given, os.PathLike):
        given = os.fspath(given)
    if not isinstance(given, str):
        return parse_target(given[0]) if len(given) == 1 else _names(tuple(given))
    if not given:
        return Environment(sys.prefix)
    if given == "-":
        return Requirements(given) if _text_follows() else Image(given)
    by_scheme = _by_scheme(given)
    if by_scheme is not None:
        return by_scheme
    if os.path.isdir(given):
        return _directory(given)
    if os.path.isfile(given):
        return _file(given)
    if os.path.lexists(given):
        return Requirements(given)  # a pipe, as the shell's <(…) makes it, or something that fails to open
    return _names((given,))


def is_scheme(name: str) -> bool:
    """Return whether ``name:`` at the front of a target says what type it is."""
    return name in (*_IMAGES, *_ENGINES, "container", "registry", "rootfs", "env", "requirements")


def _names(given: tuple[str, ...]) -> Target:
    from deadweight.targets.naming import requirement_lines

    lines = requirement_lines(given) if given else ()
    return Names(" ".join(lines), lines) if lines else parse_target("")


def _text_follows() -> bool:
    """Return whether standard input begins like a text; an image begins with a tar header or a compressed stream."""
    peek = getattr(getattr(sys.stdin, "buffer", None), "peek", None)
    head: bytes = peek(512)[:512] if peek else b""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16, as PowerShell writes it
    return bool(head) and not any(byte < 32 and byte not in b"\t\n\f\r" for byte in head) and b"\x7f" not in head


def _by_scheme(given: str) -> Target | None:
    """Return what a target with a scheme means; None for one without."""
    scheme, colon, rest = given.partition(":")
    if not colon:
        return None
    if scheme in _IMAGES:
        return _named_image(rest)
    if scheme in _ENGINES:
        return EngineImage(given, _ENGINES[scheme], _checked(given, rest))
    if scheme == "container":
        return Container(given, _checked(given, rest))
    if scheme == "registry":
        from deadweight.formats.images.image_reference import parse_reference

        parse_reference(rest)
        return RegistryImage(given, rest)
    if scheme == "rootfs":
        if not os.path.isdir(rest):
            raise UnclearTarget(f"{rest}: no such directory")
        return RootFs(given, rest)
    return _exactly(scheme, rest) if scheme in ("env", "requirements") else None


def _exactly(scheme: str, path: str) -> Target:
    if scheme == "env" and not os.path.isdir(path):
        raise UnclearTarget(f"{path}: no such directory")
    if scheme == "requirements" and not os.path.lexists(path):
        raise UnclearTarget(f"{path}: no such file")
    return Environment(path) if scheme == "env" else Requirements(path)


def _checked(given: str, name: str) -> str:
    if not _REFERENCE.match(name):
        scheme = given.partition(":")[0]
        raise UnclearTarget(f"{given}: not a valid image or container name", hint=f"example: {scheme}:app:1.0")
    return name


def _image(path: str) -> Image:
    if path != "-" and not os.path.lexists(path):
        raise UnclearTarget(f"{path}: no such file or directory")
    # No file's name is taken for a place that an engine or a registry has.
    return Image(os.path.join(".", path) if ":" in path.partition("/")[0] else path)


def _named_image(given: str) -> Target:
    """Return what ``PATH[:TAG]`` means: the longest path that is there, and what follows it."""
    path, name = given, ""
    while ":" in path and not os.path.lexists(path):
        path, _, more = path.rpartition(":")
        name = f"{more}:{name}" if name else more
    if not path or not os.path.lexists(path):
        return _image(given)
    return replace(_image(path), image=name)


def _is_archive(path: str) -> bool:
    """Say whether a file is a tar archive (POSIX.1-2017, ustar), or compressed, as those may be."""
    try:
        with open(path, "rb") as file:
            front = file.read(512)
    except OSError:
        return False
    return front[257:262] == b"ustar" or front.startswith(_COMPRESSED)


def _is_report(path: str) -> bool:
    """Say whether a file is a saved report, by its first bytes: they name the schema.

    Another result of ours is one, too, so that its reader says that it is none of a profile.
    """
    try:
        with open(path, "rb") as file:
            front = file.read(128)
    except OSError:
        return False
    return front.lstrip().startswith(b"{") and b'"deadweight.' in front


def _is_image_directory(path: str) -> bool:
    """Say whether a directory is an OCI layout, or what skopeo writes with ``dir:``."""
    there = [name for name in ("oci-layout", "index.json", "manifest.json", "version") if _is_file(path, name)]
    return there[:2] == ["oci-layout", "index.json"] or there[-2:] == ["manifest.json", "version"]


def _is_file(directory: str, name: str) -> bool:
    return os.path.isfile(os.path.join(directory, name))


def _is_root(path: str) -> bool:
    """Say whether a directory is the root of a system, this machine's or an unpacked one (os-release(5))."""
    return os.path.realpath(path) == "/" or any(
        os.path.lexists(os.path.join(path, name)) for name in ("etc/os-release", "usr/lib/os-release")
    )


def _directory(path: str) -> Target:
    if _is_root(path):
        return RootFs(f"rootfs:{path}", path)
    if _is_image_directory(path):
        return Image(path)
    files = project_files(path)
    if is_environment(path):
        requirements = os.path.join(path, "requirements.txt")
        if requirements in files:
            raise UnclearTarget(
                f"{path} is an environment that also contains a requirements.txt",
                hint=f"use env:{path} or {requirements}",
            )
        return Environment(path)
    environments = [each for e in ENVIRONMENTS if is_environment(each := os.path.join(path, e))]
    if files:
        return replace(_requirements(files[0]), beside=(*files[1:], *environments))
    raise UnclearTarget(
        f"{path} is a directory, but neither a project nor an environment",
        hint=f"did you mean {' or '.join(environments)}?"
        if environments
        else "a project directory contains a lock file, a pyproject.toml or a requirements.txt",
    )


def is_environment(path: str) -> bool:
    """Say whether a directory is a venv, a prefix, or a directory that names are imported from."""
    if os.path.isfile(os.path.join(path, "pyvenv.cfg")) or os.path.isdir(os.path.join(path, "conda-meta")):
        return True
    if os.path.basename(os.path.abspath(path)) in ("site-packages", "dist-packages"):
        return True
    lib = os.path.join(path, "lib")
    try:
        names = os.listdir(path)
        pythons = [n for n in os.listdir(lib) if n.startswith(("python", "pypy"))] if os.path.isdir(lib) else []
    except OSError:
        return False
    if any(re.match(r"[^-]+-.*\.(dist|egg)-info$", name) for name in names):
        return True
    if os.path.isdir(os.path.join(path, "Lib", "site-packages")):
        return True
    return any(
        os.path.isdir(os.path.join(lib, python, site))
        for python in pythons
        for site in ("site-packages", "dist-packages")
    )


def _file(path: str) -> Target:
    name = os.path.basename(path)
    if _is_archive(path):
        return _image(path)
    if name in _UNREAD:
        raise UnclearTarget(
            f"{path} cannot be read, because that requires running code", hint=f"use its {_UNREAD[name]}"
        )
    if _is_report(path):
        return SavedReport(path)
    if name.startswith(("python", "pypy")) and os.access(path, os.X_OK):
        prefix = os.path.dirname(os.path.dirname(os.path.abspath(path)))
        if is_environment(prefix):
            return Environment(prefix)
    return _requirements(path)


def _requirements(path: str) -> Requirements | Project | Lock:
    name = os.path.basename(path)
    if name == "pyproject.toml":
        return Project(path)
    return Lock(path) if LOCK.match(name) else Requirements(path)
