"""What the user's argument means. Two possible meanings are an error that names both spellings; nothing is guessed."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import Literal

from deadweight.errors import UnclearTarget

_BY_NAME = "to weigh a project of the index, write its name into a requirements file"
_LOCKS = re.compile(r"(?:uv|poetry|pdm)\.lock\Z|Pipfile\.lock\Z|pylock(?:\.[^.]+)?\.toml\Z")
_UNREAD = {"Pipfile": "Pipfile.lock", "setup.py": "pyproject.toml", "setup.cfg": "pyproject.toml"}
Form = Literal["file", "project", "lock"]
_IMAGES = ("docker-archive", "oci-archive", "oci")
_ENGINES = ("docker", "podman", "container")
# What engines take for a name (https://pkg.go.dev/github.com/distribution/reference); so nothing of it is an option.
_REFERENCE = re.compile(r"[A-Za-z0-9][\w.:/@+-]*\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be measured.

    path: what the user gave
    form: how requirements are written: a requirements file, a project's ``pyproject.toml``, a lock
    """

    kind: Literal["requirements", "environment", "image", "container"]
    path: str
    form: Form = "file"


def parse_target(given: str) -> Target:
    """Return what ``given`` means; "" is the environment that deadweight itself runs in.

    ``env:DIR`` and ``requirements:FILE`` (a file of that format, whatever its name) say it outright, and so do
    ``docker-archive:FILE``, ``oci-archive:FILE``, ``oci:DIR``, ``rootfs:DIR``, ``docker:IMAGE``, ``podman:IMAGE``,
    ``registry:HOST/REPOSITORY:TAG`` (or ``…@sha256:…``) and ``container:NAME``; "-" is an image on standard input.
    raises: UnclearTarget
    """
    if not given:
        return Target("environment", sys.prefix)
    if given == "-":
        return Target("image", given)
    scheme, colon, rest = given.partition(":")
    if colon and scheme in _IMAGES:
        return _image(rest)
    if colon and scheme in _ENGINES:
        return _of_engine(scheme, rest)
    if colon and scheme == "registry":
        from deadweight.formats.image_reference import parse_reference

        parse_reference(rest)
        return Target("image", given)
    if colon and scheme == "rootfs":
        if not os.path.isdir(rest):
            raise UnclearTarget(f"{rest}: no such folder")
        return Target("image", given)
    if colon and scheme in ("env", "requirements"):
        return _exactly(scheme, rest)
    if os.path.isdir(given):
        return _folder(given)
    if os.path.isfile(given):
        return _file(given)
    if os.path.lexists(given):
        return Target("requirements", given)  # a pipe, as the shell's <(…) makes it, or something that fails to open
    raise UnclearTarget(
        f"{given}: no such file or folder",
        hint=f"TARGET is a requirements file, a lock, an environment or a site-packages folder; {_BY_NAME}",
    )


def _exactly(scheme: str, path: str) -> Target:
    if scheme == "env" and not os.path.isdir(path):
        raise UnclearTarget(f"{path}: no such folder")
    if scheme == "requirements" and not os.path.lexists(path):
        raise UnclearTarget(f"{path}: no such file")
    return Target("environment" if scheme == "env" else "requirements", path)


def _of_engine(scheme: str, name: str) -> Target:
    if not _REFERENCE.match(name):
        raise UnclearTarget(f"{scheme}:{name}: no engine has a name like this", hint=f"as in {scheme}:app:1.0")
    return Target("container" if scheme == "container" else "image", f"{scheme}:{name}")


def _image(path: str) -> Target:
    if path != "-" and not os.path.lexists(path):
        raise UnclearTarget(f"{path}: no such file or folder")
    # No file's name is taken for a place that an engine or a registry has.
    return Target("image", os.path.join(".", path) if ":" in path.partition("/")[0] else path)


def _is_archive(path: str) -> bool:
    """Say whether a file is a tar archive, by the magic of its first header (POSIX.1-2017, ustar)."""
    try:
        with open(path, "rb") as file:
            return file.read(512)[257:262] == b"ustar"
    except OSError:
        return False


def _folder(path: str) -> Target:
    if os.path.isfile(os.path.join(path, "oci-layout")) and os.path.isfile(os.path.join(path, "index.json")):
        return Target("image", path)
    requirements = os.path.join(path, "requirements.txt")
    environments = [e for e in (".venv", "venv", "env") if is_environment(os.path.join(path, e))]
    if is_environment(path):
        if os.path.isfile(requirements):
            raise UnclearTarget(
                f"{path} is an environment and holds a requirements.txt",
                hint=f"say env:{path} or {requirements}",
            )
        return Target("environment", path)
    names = ["pyproject.toml", *sorted(name for name in os.listdir(path) if _LOCKS.match(name))]
    inside = [file for name in names if os.path.isfile(file := os.path.join(path, name))]
    inside += [requirements] if os.path.isfile(requirements) else []
    inside += [os.path.join(path, e) for e in environments]
    raise UnclearTarget(
        f"{path} is a folder, but no environment: it holds no site-packages",
        hint=f"did you mean {' or '.join(inside)}?"
        if inside
        else f"give a requirements file or a venv's folder; {_BY_NAME}",
    )


def is_environment(path: str) -> bool:
    """Say whether a folder is a venv, a prefix, or a folder that names are imported from."""
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
        raise UnclearTarget(f"{path} is not read, since only its own tool could", hint=f"give its {_UNREAD[name]}")
    if name.startswith(("python", "pypy")) and os.access(path, os.X_OK):
        prefix = os.path.dirname(os.path.dirname(os.path.abspath(path)))
        if is_environment(prefix):
            return Target("environment", prefix)
    return _requirements(path)


def _requirements(path: str) -> Target:
    name = os.path.basename(path)
    form: Form = "project" if name == "pyproject.toml" else "lock" if _LOCKS.match(name) else "file"
    return Target("requirements", path, form)
