"""The files that later layers hide → findings: deleted, rewritten unchanged, or replaced."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from deadweight.advice.case import Case
from deadweight.advice.portions import MOST_NAMES, largest
from deadweight.formats.images.overlay import Hidden
from deadweight.inventory.systems.waste import largest_paths
from deadweight.model import FileKey, ImageFinding
from deadweight.wording import listed

State = Literal["deleted", "same", "other"]
_RULES: Mapping[State, str] = {"deleted": "DW504", "same": "DW505", "other": "DW506"}
_NEARLY_ALL = 0.9  # share of the bytes of a distribution that are written again with the same size
_WORTH_NAMING = 0.01  # share of the bytes
_MOST_NAMED = 3
# Installing any package replaces these databases.
_DATABASE = re.compile(
    r"(?:var/lib/(?:dpkg|rpm)|usr/(?:lib/sysimage|share)/rpm|(?:usr/)?lib/apk/db|var/cache/debconf)/"
)


# Package managers write these again each time.
_CACHE = re.compile(r"(?:var/cache/(?!debconf/)|var/lib/apt/lists/|root/\.cache/)")


class _Step(NamedTuple):
    """Files that a later layer hides, in one way.

    layer: number of the layer that contains them; None if the instruction to change is that of the later layer: for all
           layers, if the later one contains the files again, and for the base image, if the user replaces its files
    by:    number of the later layer
    """

    layer: int | None
    by: int
    state: State


def hidden_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer that contains files of earlier ones again, and for each two of which the later
    deletes or replaces files of the earlier.

    Every hidden byte is in exactly one of them.
    """
    for step, files in _steps(case).items():
        names: Counter[str] = Counter()
        for hidden in files:
            names[case.former.get(hidden.path, "")] += hidden.placed.size
        del names[""]
        named = tuple(name for name, _ in largest(names))
        layers = _layers(files)
        again = step.layer is None
        yield ImageFinding(
            rule=_RULES[step.state],
            layer=step.by if step.layer is None else step.layer,
            by=None if again else step.by,
            others=layers if again else (),
            size=sum(hidden.placed.size for hidden in files),
            files=len(files),
            names=named[:MOST_NAMES],
            paths=tuple(_paths(files)),
            parts=_parts(files),
            reason=_reason(step, layers),
            change=_change(step, files, named, case),
        )


def _parts(files: Sequence[Hidden]) -> dict[FileKey, int]:
    parts: dict[FileKey, int] = {}
    for path, placed, _ in files:
        key = path, placed.layer
        parts[key] = parts.get(key, 0) + placed.size
    return parts


def _layers(files: Sequence[Hidden]) -> tuple[int, ...]:
    """Return the layers with a share of the bytes that is worth naming."""
    sizes: Counter[int] = Counter()
    for hidden in files:
        sizes[hidden.placed.layer] += hidden.placed.size
    return tuple(sorted(layer for layer, size in sizes.items() if size >= _WORTH_NAMING * sizes.total()))


def _paths(files: Sequence[Hidden]) -> Sequence[tuple[str, int]]:
    """Return the largest files and directories, whatever layers they come from."""
    sizes: dict[str, int] = defaultdict(int)
    for path, placed, _ in files:
        sizes[path] += placed.size
    return largest_paths(sizes)


def _reason(step: _Step, layers: Sequence[int]) -> str:
    if step.layer is None:
        numbers = f"layer{'s' * (len(layers) > 1)} {listed(map(str, layers), MOST_NAMES)}"
        if step.state == "other":
            return f"replaces files of the base image ({numbers})"
        return f"contains files of {numbers} again, with the same sizes"
    return f"layer {step.by} {'deletes' if step.state == 'deleted' else 'replaces'} files of this layer"


def _steps(case: Case) -> Mapping[_Step, list[Hidden]]:
    """Return the hidden files by step. The files of a distribution stay together: installing it again is one change."""
    units: dict[tuple[int, int, str], list[Hidden]] = defaultdict(list)
    for hidden in case.wasted:
        units[hidden.placed.layer, hidden.by, case.former.get(hidden.path, "")].append(hidden)
    state_of = _states(case)
    steps: dict[_Step, list[Hidden]] = defaultdict(list)
    for (layer, by, name), files in units.items():
        states = [state_of(hidden) for hidden in files]
        if name:
            states = [_common(states, files)] * len(files)
        for state, hidden in zip(states, files, strict=True):
            is_user = state == "other" and case.is_base(layer) and not case.is_base(by)
            steps[_Step(None if state == "same" or is_user else layer, by, state)].append(hidden)
    return steps


def _states(case: Case) -> Callable[[Hidden], State]:
    """Return a function that compares a hidden file with what the hiding layer has in its place."""
    files = case.overlay.files
    hidden_again = {(path, placed.layer): placed.size for path, placed, _ in case.overlay.hidden}

    def state_of(hidden: Hidden) -> State:
        current = files.get(hidden.path)
        is_visible = current is not None and current.layer == hidden.by
        size = current.size if current and is_visible else hidden_again.get((hidden.path, hidden.by))
        if size is None:
            return "deleted"
        return "same" if size == hidden.placed.size else "other"

    return state_of


def _common(states: Sequence[State], files: Sequence[Hidden]) -> State:
    """Return what happened to a distribution as a whole."""
    sizes: Counter[State] = Counter()
    for state, hidden in zip(states, files, strict=True):
        sizes[state] += hidden.placed.size
    if sizes["same"] >= _NEARLY_ALL * sizes.total():
        return "same"
    # An upgrade deletes the files that the new version lacks.
    return "other" if sizes["same"] or sizes["other"] else "deleted"


def _change(step: _Step, files: Sequence[Hidden], names: Sequence[str], case: Case) -> str:
    if step.layer is not None and case.is_base(step.layer):
        return "use a base image without them: deleting or replacing them does not make the image smaller"
    if step.state != "deleted" and not names and _are_mostly(_CACHE, files):
        return "delete the caches at the end of each RUN that creates them, such as with `apt-get clean`"
    if step.layer is None and step.state == "other":
        return _leave_the_base(files, names)
    return _CHANGES[step.state](files, names, case.command(step.by))


def _leave_the_base(files: Sequence[Hidden], names: Sequence[str]) -> str:
    if names:
        return f"keep the versions of {listed(names, _MOST_NAMED)} that the base image has, or use another base image"
    if _are_mostly(_DATABASE, files):
        return "install no system packages here: copy what they provide from an earlier stage"
    return "keep the files that the base image has, or use a newer base image"


def _delete_earlier(files: Sequence[Hidden], names: Sequence[str], command: str) -> str:
    return "delete them in the instruction that creates them, or create them in an earlier stage"


def _write_once(files: Sequence[Hidden], names: Sequence[str], command: str) -> str:
    if "chown" in command:
        return "set the owner when the files are created: `COPY --chown=USER`, or `chown` in the same RUN"
    if "chmod" in command:
        return "set the mode when the files are created: `COPY --chmod=MODE`, or `chmod` in the same RUN"
    return "create them once, in one of the two instructions"


def _install_once(files: Sequence[Hidden], names: Sequence[str], command: str) -> str:
    if names:
        return f"install {listed(names, _MOST_NAMED)} once: put all requirements into one install command"
    if _are_mostly(_DATABASE, files):
        return "install all system packages in one RUN, which writes the package database once"
    return "write the final version of the files in the instruction that creates them"


def _are_mostly(paths: re.Pattern[str], files: Sequence[Hidden]) -> bool:
    matching = sum(hidden.placed.size for hidden in files if paths.match(hidden.path))
    return matching > sum(hidden.placed.size for hidden in files) / 2


_CHANGES: Mapping[State, Callable[[Sequence[Hidden], Sequence[str], str], str]] = {
    "deleted": _delete_earlier, "same": _write_once, "other": _install_once,
}  # fmt: skip
