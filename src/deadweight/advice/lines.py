"""The history of an image and its Dockerfile → the instruction that made each layer.

A history names the instructions of the base image first, and then those of the Dockerfile in their order, each in the
way of its builder. Both are aligned so that most instructions match; the others have no line.

source: what these write: BuildKit ("RUN /bin/sh -c … # buildkit"), moby's classic builder and buildah
        ("/bin/sh -c #(nop) COPY file:… in /app"), kaniko (the instruction itself)
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from deadweight.codescan.commands import exec_form, run_body
from deadweight.codescan.dockerfiles.stages import Instruction, chains
from deadweight.model import Step

_MOST_STAGES, _MOST_STEPS = 20, 300
_MAKE_LAYERS = frozenset(("RUN", "COPY", "ADD"))
_KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)
_NOP = re.compile(r"/bin/sh -c #\(nop\)\s+")
_ARGUMENTS = re.compile(r"\|\d+ ")
_SHELL = re.compile(r"(?:/\S*/)?(?:ba|da|a|z|k)?sh(?: -\w+| pipefail)* -\w*c ")
_FLAGS = re.compile(r"\A(?:--[\w-]+(?:=\S*)?\s+)+")
# The classic builder and buildah name what they copy by its digest.
_DIGEST = re.compile(r"(?:file|dir|multi):[0-9a-f]+ in ")
_BLANKS = re.compile(r"[\s\\]+")
_QUOTES = re.compile(r"""[\s\\"'\[\],]+""")


class Lines(NamedTuple):
    """The instructions of a Dockerfile that made the layers of an image.

    of:      number of a layer → the instruction
    matched: how many instructions that make layers match
    total:   how many such instructions the Dockerfile has
    """

    of: Mapping[int, Instruction] = {}
    matched: int = 0
    total: int = 0

    @property
    def fits(self) -> bool:
        """Return whether the image was made from the Dockerfile, or from a similar version of it."""
        return self.matched > self.total / 2

    @property
    def base(self) -> int | None:
        """The number of layers of the base image; None if it is unknown."""
        return min(self.of) if self.of and self.matched == self.total else None


def lines_of(text: str, history: Sequence[Step]) -> Lines:
    """Return the lines of the stage that matches the history best; of equal ones, of the last stage."""
    best, most = Lines(), -1.0
    steps = [(_of_step(step), step) for step in history[-_MOST_STEPS:]]
    for chain in islice(chains(text), _MOST_STAGES):
        lines = _matched(steps, chain[-_MOST_STEPS:])
        share = lines.matched / lines.total if lines.total else 0.0
        # A stage that the last one is based on matches too, with fewer instructions.
        if (share * lines.matched) > most:
            best, most = lines, share * lines.matched
    return best


def command_of(layer: str, instruction: Instruction) -> str:
    """Return the command of a layer, as the Dockerfile has it if the history names what was copied by its digest.

    layer: the command according to the history
    """
    if instruction.name not in ("COPY", "ADD") or not _DIGEST.search(layer):
        return layer
    origin = f"--from={instruction.origin} " if instruction.origin else ""
    return f"{instruction.name} {origin}{' '.join(instruction.value.split())}"


class _Text(NamedTuple):
    """An instruction in the form in which builders agree."""

    name: str
    text: str


def _matched(steps: Sequence[tuple[_Text, Step]], chain: Sequence[Instruction]) -> Lines:
    texts = [_of_instruction(instruction) for instruction in chain]
    of: dict[int, Instruction] = {}
    matched: set[int] = set()
    for at, number in _aligned([text for text, _ in steps], texts):
        layer = steps[at][1].layer
        if texts[number].name in _MAKE_LAYERS:
            matched.add(number)
        # Without intermediate layers, buildah writes all instructions as if the last one, such as CMD, made the layer.
        if layer is not None and texts[number].name in (*_MAKE_LAYERS, "WORKDIR"):
            of[layer] = chain[number]
    return Lines(of, len(matched), sum(text.name in _MAKE_LAYERS for text in texts))


def _aligned(steps: Sequence[_Text], instructions: Sequence[_Text]) -> Iterable[tuple[int, int]]:
    """Return the pairs (step, instruction) of the alignment with the highest score, in descending order.

    Of equal ones, the last, because the base image comes first.
    """
    width = len(instructions) + 1
    # best[i][j]: the highest score of the first i steps and the first j instructions
    best = [[0] * width]
    scores = [[_score(step, instruction) for instruction in instructions] for step in steps]
    for row in scores:
        above, current = best[-1], [0]
        for j, score in enumerate(row):
            diagonal = above[j] + score if score else 0
            current.append(max(diagonal, above[j + 1], current[j]))
        best.append(current)
    pairs = []
    i, j = len(steps), len(instructions)
    while i and j:
        score = scores[i - 1][j - 1]
        if score and best[i][j] == best[i - 1][j - 1] + score:
            pairs.append((i - 1, j - 1))
            i, j = i - 1, j - 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i -= 1
    return pairs


def _score(step: _Text, instruction: _Text) -> int:
    """Return how well a step matches an instruction, 0 if it does not."""
    if step.name != instruction.name:
        return 0
    if step.text == instruction.text:
        return 4
    if step.name in ("COPY", "ADD"):
        return 3 if _copies_alike(step.text, instruction.text) else 0
    # Settings are written in many ways, and make no layers; in order, they help to place the others.
    return 0 if step.name in ("RUN", "WORKDIR") else 1


def _copies_alike(step: str, instruction: str) -> bool:
    """Return whether a step copies to the target of an instruction; it may name its sources by digest alone."""
    *sources, target = instruction.split() or [""]
    digest = _DIGEST.search(step)
    if digest:
        return _is_target(step[digest.end() :], target)
    *copied, into = step.split() or [""]
    # Build arguments may have had other values.
    return len(copied) == len(sources) and all(map(_alike, [*copied, into], [*sources, target]))


def _is_target(path: str, target: str) -> bool:
    """Return whether a path may be the target of an instruction, which may be relative to an unknown directory."""
    if "$" in target:
        return True
    written = posixpath.normpath(target)
    return written == "." or posixpath.normpath(path.strip()).endswith(written)


def _alike(word: str, written: str) -> bool:
    return word == written or "$" in written


def _of_instruction(instruction: Instruction) -> _Text:
    name, value = instruction.name, instruction.value
    if name == "RUN":
        return _Text(name, _of_run(value))
    if name in ("COPY", "ADD"):
        # The lines of a here-document follow the first one.
        return _Text(name, " ".join(exec_form(value) or value.partition("\n")[0].split()))
    return _Text(name, _QUOTES.sub("", _SHELL.sub("", " ".join(exec_form(value) or [value]))))


def _of_step(step: Step) -> _Text:
    command = _NOP.sub("", step.command.strip(), count=1).removesuffix("# buildkit").strip()
    name, _, value = command.partition(" ")
    if name not in _KEYWORDS:
        name, value = "RUN", command
    if name == "RUN":
        value = _FLAGS.sub("", value, count=1)
        if _ARGUMENTS.match(value):  # "|2 A=1 B=2 /bin/sh -c make"; the values may contain blanks
            shell = _SHELL.search(value)
            value = value[shell.start() :] if shell else value
        return _Text(name, _of_run(value))
    if name in ("COPY", "ADD"):
        # moby's classic builder writes no blank after --chown.
        value = value if _DIGEST.search(value) else _FLAGS.sub("", value, count=1)
        return _Text(name, " ".join(value.split()))
    return _Text(name, _QUOTES.sub("", _SHELL.sub("", _words(value))))


def _of_run(value: str) -> str:
    """Return the command of a RUN without blanks, and without the shell that builders add, also to an exec form."""
    exact = exec_form(_without_shell(value))
    text = run_body(value) if exact is None else " ".join(exact)
    return _BLANKS.sub("", _without_shell(text))


def _without_shell(text: str) -> str:
    match = _SHELL.match(text)
    return text[match.end() :] if match else text


def _words(value: str) -> str:
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return " ".join(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else value
