"""The history of an image → the command that made each layer, and how many layers may belong to its base image.

source: OCI image-spec, config.md (history); the Dockerfile instructions of moby; the comments of buildah
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deadweight.formats.images.documents import HistoryStep
from deadweight.model import Step

# CMD or ENTRYPOINT is usually the last instruction of an image, so one in the middle marks the end of a base image.
_ENDING = re.compile(r"(?:CMD|ENTRYPOINT)\s")
# buildah adds this comment to the first instruction. Between instructions it names an intermediate image by its digest.
_FROM = re.compile(r"FROM (?![0-9a-f]{12,64}\Z)\S")
# Tools that make images without a Dockerfile, and without an instruction at the end: debuerreotype (Debian's images on
# Docker Hub), Bazel (distroless), apko (Chainguard), ``docker import``. Where they made the lowest layers, these are a
# base image.
_TOOL = re.compile(r"# debian\.sh\b|bazel build\b|apko\Z")
_IMPORTED = "Imported from "  # in comments
# "RUN /bin/sh -c make", "RUN |1 VERSION=2 /bin/sh -c make", and without RUN from builders other than BuildKit
_SHELL = re.compile(r"\A(?:RUN )?(?:\|\d+ .*?)?/bin/sh -c ")


def command_of(step: HistoryStep) -> str:
    """Return the instruction or command of a step."""
    return (step.created_by or "").removeprefix("/bin/sh -c #(nop) ").removeprefix("/bin/sh -c ").strip()


def command_text(command: str) -> str:
    """Return the command of a layer as in a Dockerfile: without the shell, build arguments and comment of builders."""
    text = " ".join(command.removesuffix(" # buildkit").split())
    return _SHELL.sub("RUN ", text, count=1)


def layer_commands(history: Iterable[HistoryStep]) -> list[str]:
    """Return the commands of the steps that made layers."""
    return [command_of(step) for step in history if not step.empty_layer]


def steps_of(history: Iterable[HistoryStep], layers: int) -> tuple[Step, ...]:
    """Return the steps with the numbers of the layers that they made; none if they did not make so many layers."""
    steps: list[Step] = []
    done = 0
    for step in history:
        steps.append(Step(command=step.created_by or "", layer=None if step.empty_layer else done))
        done += not step.empty_layer
    return tuple(steps) if done == layers else ()


def possible_bases(history: Iterable[HistoryStep], layers: int) -> tuple[int, ...]:
    """Return the possible numbers of base layers, in ascending order.

    layers: how many layers the image has; a history that does not describe them all is ignored
    """
    done, made_by_tools, started, ended = 0, 0, 0, set[int]()
    for step in history:
        command, comment = command_of(step), step.comment or ""
        if _FROM.match(comment):
            started = done
        if _ENDING.match(command):
            ended.add(done)
        done += not step.empty_layer
        if (_TOOL.match(command) or comment.startswith(_IMPORTED)) and made_by_tools == done - 1:
            made_by_tools = done
    ended.add(made_by_tools)
    if done != layers:
        return ()
    counts = {started} if started else ended
    return tuple(sorted(counts - {0, layers}))


def base_layers(possible: Sequence[int], library: int | None) -> int | None:
    """Return how many of the lowest layers belong to the base image; None if that is unknown.

    possible: the counts from ``possible_bases``
    library:  the number of the lowest layer with the standard library of a Python; None without one

    The base is the first image that has a Python. If Python was installed later, it is the last image before that.
    """
    if library is None:
        return next(iter(possible), None)
    return next((count for count in possible if count > library), next(reversed(possible), None))
