"""The name of an image → its size, where an engine on this machine has it. Nothing is pulled."""

from __future__ import annotations

import shutil

from deadweight.sources.system.processes import answer_of

_ENGINES = ("docker", "podman")
_SECONDS = 5.0


def local_size(image: str) -> int | None:
    """Return the bytes of an image in the first engine that has it; None if none has."""
    for engine in _ENGINES:
        if shutil.which(engine) is None:
            continue
        answer = answer_of([engine, "image", "inspect", "--format", "{{.Size}}", image], seconds=_SECONDS)
        if answer is not None and answer.strip().isdigit():
            return int(answer)
    return None
