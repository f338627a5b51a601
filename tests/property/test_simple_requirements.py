"""Plain lines are read without packaging, and come to what packaging makes of them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from deadweight.errors import BadRequirement
from deadweight.formats import requirements
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.requirements import logical_lines, pep508

CHARACTERS = "aAzZ09._-=><!~ ,;#@[]()*+v\u0660\u00e9\n"
near = st.from_regex(
    r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,6}(?:(?:==|>=)[0-9]{1,3}(?:\.[0-9]{1,3}){0,3})?[0-9A-Za-z._+*-]?\Z"
)


@given(near | st.text(CHARACTERS, max_size=12))
@example("a==1")
@example("a_==1")
@example("a>=1.2.3")
@example("a==1.")
@example("a.zip")
@example("a==01.002")
@example("A__.-b")
@example("a==\u0661")
def test_simple_line__any__is_what_packaging_says(text: str) -> None:
    match = requirements._SIMPLE.fullmatch(text)
    if match is None:
        return
    found = Requirement(text)  # never InvalidRequirement
    assert (found.name, str(found.specifier), found.extras, found.marker, found.url) == (
        match[1], match[2], set(), None, None,
    )  # fmt: skip


@given(near | st.text(CHARACTERS, max_size=12))
def test_pep508__any_line__is_what_packaging_says(text: str) -> None:
    try:
        lines = [line for line in logical_lines(text, "r.txt") if line.kind == "requirement"]
        found = [(line, pep508(line, "r.txt")) for line in lines]
    except BadRequirement:
        return
    for line, requirement in found:
        try:
            said = Requirement(line.body)
        except InvalidRequirement:
            assert requirement is None or " --" in line.body
            continue
        if requirement is not None:
            assert (requirement.name, requirement.specifier) == (normalize(said.name), str(said.specifier))
