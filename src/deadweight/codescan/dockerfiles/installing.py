"""The words of one command → the requirements files, projects and requirements that it installs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Kind = Literal["file", "project", "name", "constraint", "option", "unread"]

_ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=")
_PIP = re.compile(r"pip(?:3(?:\.\d+)?)?\Z")
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)?)?\Z")
_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[\w.,\s-]*\])?\s*(?:[<>=!~;@].*)?\Z", re.DOTALL)
_EXTRAS = re.compile(r"\[[\w.,\s-]*\]\Z")
_WRAPPERS = frozenset("sudo exec env then do else if !".split())
# What images install in order to install the rest: the application does not need it.
_INSTALLERS = frozenset("pip setuptools wheel uv poetry pipenv pdm hatch build pip-tools virtualenv".split())
_WITH_VALUE = frozenset(
    "-t --target --prefix --root --platform --python-version --implementation --abi --src --upgrade-strategy"
    " --no-binary --only-binary --progress-bar --cache-dir --log --proxy --retries --timeout --exists-action --cert"
    " --client-cert --use-feature --use-deprecated -C --config-settings --config-setting --global-option --hash"
    " --root-user-action --report --group -w --wheel-dir -p --python --link-mode --override --overrides"
    " --torch-backend --index-strategy --resolution --prerelease --no-build-package --no-build-isolation-package"
    " --extra --keyring-provider --refresh-package --reinstall-package -P --upgrade-package --directory".split()
)
_INDEXES = {
    "-i": "--index-url", "--index-url": "--index-url", "--default-index": "--index-url",
    "--extra-index-url": "--extra-index-url", "--index": "--extra-index-url", "--trusted-host": "--trusted-host",
    "-f": "--find-links", "--find-links": "--find-links",
}  # fmt: skip
_OF_PROJECTS = {"uv": ("sync",), "poetry": ("install", "sync"), "pdm": ("install", "sync")}
_OF_CONDA = ("install", "create", "env", "update")
_UNREAD = {
    "pipenv": ("install", "sync"), "conda": _OF_CONDA, "mamba": _OF_CONDA, "micromamba": _OF_CONDA,
    "pixi": ("install",),
}  # fmt: skip


class Found(NamedTuple):
    """One operand of a command that installs.

    kind:  "file" and "constraint", paths of requirements files; "project", the path of a directory; "name", a
           requirement; "option", a line for the installer; "unread", the reason why something was not understood
    """

    kind: Kind
    value: str


def bare(words: Sequence[str]) -> list[str]:
    """Return a command without variables and wrappers before it, with ``python -m pip`` as ``pip``."""
    left = list(words)
    while left and (_ASSIGNED.match(left[0]) or left[0] in _WRAPPERS):
        del left[0]
    name = posixpath.basename(left[0]) if left else ""
    if _PYTHON.match(name) and left[1:3] == ["-m", "pip"]:
        return ["pip", *left[3:]]
    return [name, *left[1:]] if left else []


def installed_by(words: Sequence[str]) -> Iterator[Found]:
    """Yield what a command installs; see ``bare``."""
    name, rest = (words[0], list(words[1:])) if words else ("", [])
    operands = [word for word in rest if not word.startswith("-")]
    if name == "uv" and operands[:1] == ["pip"]:
        name, rest, operands = "pip", rest[rest.index("pip") + 1 :], operands[1:]
    action = operands[0] if operands else ""
    if _PIP.match(name) and action in ("install", "sync", "wheel"):
        yield from _operands_of_pip(rest[rest.index(action) + 1 :], files=action == "sync")
    elif action in _OF_PROJECTS.get(name, ()):
        yield Found("project", ".")
    elif action in _UNREAD.get(name, ()):
        yield Found("unread", f"what {name} {action} installs is not read")


def _operands_of_pip(words: Sequence[str], *, files: bool) -> Iterator[Found]:
    """Yield the operands of pip and of ``uv pip``.

    files: whether operands without an option are requirements files
    """
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            yield Found("file", word) if files else _of_operand(word)
            continue
        option, _, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        if option in ("-r", "--requirement", "--requirements"):
            yield _of_path("file", value or next(left, ""))
        elif option in ("-c", "--constraint", "--constraints"):
            yield _of_path("constraint", value or next(left, ""))
        elif option in ("-e", "--editable"):
            yield _of_operand(value or next(left, ""))
        elif option in _INDEXES:
            url = value or next(left, "")
            # A directory of archives in the image contains what an earlier command built from the same requirements.
            if "://" in url or "$" in url:
                yield Found("option", f"{_INDEXES[option]} {url}")
        elif word in ("--pre", "--no-index"):
            yield Found("option", word)
        elif option in _WITH_VALUE and not value:
            next(left, None)


def _of_path(kind: Kind, path: str) -> Found:
    return Found(kind, path) if path else Found("unread", "a requirements file without a name is not read")


def _of_operand(word: str) -> Found:
    if word.startswith((".", "/")) and not word.endswith(".whl") and "*" not in word:
        return Found("project", _EXTRAS.sub("", word))
    match = _NAME.match(word)
    if match and not word.endswith(".whl"):
        return Found("option", "") if match[1].lower() in _INSTALLERS else Found("name", word)
    return Found("unread", f"{word} is not read")
