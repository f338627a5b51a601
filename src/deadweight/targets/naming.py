"""What the user typed where no file or directory has that name → requirements, or an error that helps."""

from __future__ import annotations

import os
import re

from deadweight.errors import UnclearTarget

# Endings of files; a project's name may have a dot in it (ruamel.yaml), but not with one of these after it.
_OF_FILES = re.compile(r"\.(?:txt|in|toml|lock|cfg|ini|json|tar|tgz|tar\.gz|gz|xz|zst|zip|whl|egg|sif|iso)\Z", re.I)
_LIKE_AN_IMAGE = re.compile(r"(?:[\w.-]+:\d+/)?[a-z0-9][\w./-]*(?::[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})\Z")
_SCHEMES = "docker podman containerd container registry docker-archive oci-archive oci rootfs env requirements".split()
_CONTAINERD = "use containerd:{}"
# What other tools call the places that images and requirements come from, and how to say it here.
_ELSEWHERE = {
    "nerdctl": _CONTAINERD, "ctr": _CONTAINERD, "cri": f"{_CONTAINERD} with CONTAINERD_NAMESPACE=k8s.io",
    "finch": "give its image on standard input: finch save {} | deadweight -",
    "buildah": "podman has buildah's images, too: podman:{}",
    "docker-daemon": "use docker:{}", "containers-storage": "use podman:{}", "image": "use docker:{}",
    "docker-image": "use docker:{}", "http": "download it first", "https": "download it first",
    "conda": "use env: and the directory of the environment", "venv": "use env:{}",
    "file": "use the path without file:", "dir": "copy it as an archive: skopeo copy dir:{} oci-archive:image.tar",
}  # fmt: skip
_MOST_NAMES = 1000  # in a directory that is searched for a similar one


def requirement_lines(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requirements (PEP 508) that arguments are: "pandas", "torch==2.5", "uvicorn[standard]>=0.30".

    raises: UnclearTarget for what is none
    """
    try:
        os.getcwd()
    except OSError as error:  # what was meant for a path there must not be looked for in an index
        raise UnclearTarget(f"{given[0]}: the working directory was deleted") from error
    for text in given:
        _check(text, alone=len(given) == 1)
    return given


def _check(text: str, *, alone: bool) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    if not alone and os.path.lexists(text):
        raise UnclearTarget(
            f"{text} is a file or directory", hint="several targets are allowed only if all are package names"
        )
    if not text.isprintable():
        raise UnclearTarget(f"{text!r}: no such file or directory")
    if _OF_FILES.search(text):
        raise UnclearTarget(f"{text}: no such file or directory", hint=_similar(text))
    scheme, colon, rest = text.partition(":")
    if colon and scheme in _ELSEWHERE:
        hint = _ELSEWHERE[scheme].format(rest.lstrip("/") or "NAME")
        raise UnclearTarget(f"{text}: {scheme}: is not supported", hint=hint)
    if _LIKE_AN_IMAGE.match(text):
        from deadweight.formats.images.image_reference import with_registry

        hint = f"for an image, use docker:{text}, podman:{text}, containerd:{text} or registry:{with_registry(text)}"
        raise UnclearTarget(f"{text}: no such file or directory", hint=hint)
    if _is_path(text):
        raise UnclearTarget(f"{text}: no such file or directory", hint=_similar(text))
    try:
        parsed = Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        hint = f"supported prefixes: {', '.join(f'{known}:' for known in _SCHEMES)}" if colon else _similar(text)
        raise UnclearTarget(f"{text}: not a file, a directory or a requirement", hint=hint) from error
    if parsed.url:
        raise UnclearTarget(
            f"{text}: a URL is only accepted in a requirements file",
            hint="write it to a requirements file and measure that file",
        )
    if alone and (similar := _similar(text, most_alike=True)):
        raise UnclearTarget(
            f"{text}: no such file or directory", hint=f"{similar} To measure the project of that name, use '{text}>=0'"
        )


def _is_path(text: str) -> bool:
    before = text.partition(";")[0].partition("@")[0]
    return text.startswith((".", "~", "-")) or "/" in before or "\\" in before


def _similar(text: str, *, most_alike: bool = False) -> str:
    """Return a hint with files that are called nearly so; "" for none.

    most_alike: only those with the same name and another ending
    """
    directory, name = os.path.split(text)
    try:
        there = sorted(os.listdir(directory or "."))[:_MOST_NAMES]
    except OSError:
        return "" if most_alike else f"no such directory: {directory}"
    if most_alike:
        alike = [each for each in there if _OF_FILES.search(each) and each.partition(".")[0] == name]
    else:
        from difflib import get_close_matches

        alike = get_close_matches(name, there, 3, 0.7)
    if alike:
        return f"did you mean {' or '.join(os.path.join(directory, each) for each in alike[:3])}?"
    return "" if most_alike else "use a requirements file, a lock file, a project directory, an environment or an image"
