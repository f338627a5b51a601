"""Each layer of a Dockerfile's image has its own line, whatever the instructions and the builder are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.advice.lines import lines_of
from deadweight.model import Step

_WORDS = st.lists(
    st.sampled_from(["pip", "install", "make", "-j4", "&&", "a=b", "'c d'", "x.txt"]), min_size=1, max_size=5
)
_RUN = st.tuples(st.just("RUN"), _WORDS)
_COPY = st.tuples(st.just("COPY"), st.lists(st.sampled_from([".", "a.txt", "/app/", "lib"]), min_size=2, max_size=4))
_ENV = st.tuples(st.just("ENV"), st.lists(st.sampled_from(["A=1", "B=2"]), min_size=1, max_size=2))
_INSTRUCTIONS = st.lists(st.one_of(_RUN, _COPY, _ENV), max_size=12)
_BASE = st.lists(st.one_of(_RUN.map(lambda run: ("RUN", ["base", *run[1]])), _ENV), max_size=4)
Builder = Callable[[str, list[str]], str]


def buildkit(name: str, words: list[str]) -> str:
    shell = "/bin/sh -c " if name == "RUN" else ""
    return f"{name} {shell}{' '.join(words)}{'' if name == 'ENV' else ' # buildkit'}"


def classic(name: str, words: list[str]) -> str:
    if name == "RUN":
        return f"/bin/sh -c {'  '.join(words)}"
    copied = f"multi:ab01 in {words[-1]} " if name == "COPY" else " ".join(words)
    return f"/bin/sh -c #(nop) {name} {copied}"


@pytest.mark.parametrize("builder", [buildkit, classic])
@given(_BASE, _INSTRUCTIONS)
def test_lines__any_instructions__are_those_that_made_the_layers(
    builder: Builder, base: list[tuple[str, list[str]]], instructions: list[tuple[str, list[str]]]
) -> None:
    text, expected, history = "FROM base\n", {}, []
    layer = 0
    for name, words in base:
        history.append(Step(command=builder(name, words), layer=None if name == "ENV" else layer))
        layer += name != "ENV"
    for name, words in instructions:
        if name != "ENV":
            expected[layer] = text.count("\n") + 1
        history.append(Step(command=builder(name, words), layer=None if name == "ENV" else layer))
        layer += name != "ENV"
        text += f"{name} " + " \\\n  ".join(words) + "\n"
    lines = lines_of(text, history)
    assert {number: instruction.line for number, instruction in lines.of.items()} == expected
    assert lines.matched == lines.total == len(expected)


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=5))
def test_lines__any_text__matches_each_layer_at_most_once(text: str, commands: list[str]) -> None:
    lines = lines_of(text, [Step(command=command, layer=number) for number, command in enumerate(commands)])
    assert set(lines.of) <= set(range(len(commands)))
    assert len({instruction.line for instruction in lines.of.values()}) == len(lines.of)
