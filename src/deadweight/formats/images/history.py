"""The history of an image → the command that made each layer, and where images may end that it was built on.

source: OCI image-spec, config.md (history); moby's Dockerfile instructions in it; buildah's comments
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deadweight.formats.images.documents import HistoryStep

# CMD and ENTRYPOINT are the last instructions of an image that is made to be built on, or run.
_ENDING = re.compile(r"(?:CMD|ENTRYPOINT)\s")
# buildah's comment at the first instruction. Between instructions it names an image that it has just made, by digits.
_FROM = re.compile(r"FROM (?![0-9a-f]{12,64}\Z)\S")


def command_of(step: HistoryStep) -> str:
    """Return the instruction or command of a step."""
    return (step.created_by or "").removeprefix("/bin/sh -c #(nop) ").removeprefix("/bin/sh -c ").strip()


def layer_commands(history: Iterable[HistoryStep]) -> list[str]:
    """Return the commands of the steps that made layers."""
    return [command_of(step) for step in history if not step.empty_layer]


def possible_bases(history: Iterable[HistoryStep], layers: int) -> tuple[int, ...]:
    """Return how many layers the images may have that this one was built on, the least first.

    layers: of this one, which the history must tell of
    """
    done, started, ended = 0, 0, set[int]()
    for step in history:
        if _FROM.match(step.comment or ""):
            started = done
        if _ENDING.match(command_of(step)):
            ended.add(done)
        done += not step.empty_layer
    if done != layers:
        return ()
    found = {started} if started else ended
    return tuple(sorted(found - {0, layers}))


def base_layers(possible: Sequence[int], library: int | None) -> int | None:
    """Return how many of the lowest layers are those of the image that this one was built on; None where nobody knows.

    possible: from the history
    library:  the number of the lowest layer with the standard library of a Python, where there is one

    The base is the first image that has a Python. Where Python was installed on top, it is the last one below that.
    """
    if library is None:
        return next(iter(possible), None)
    return next((count for count in possible if count > library), next(reversed(possible), None))
