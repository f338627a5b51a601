"""The requirements that splits are made of where no file names them all."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.graph import build_graph
from deadweight.model import Requirement
from deadweight.planning.lines import kept_transitives, requirements_of
from tests.builders import bare, bare_inventory, wants


def test_requirements_of__environment__is_its_direct_distributions_at_their_versions() -> None:
    a = bare("a", requires=["x ; extra == 'x'"], version="2.0", requested=True)
    other = replace(bare("other", requested=True), prefix="opt/tool")
    first = bare_inventory(a, bare("b", version=None, requested=True), bare("x"))
    inventory = replace(
        first,
        environments=(*first.environments, replace(first.environment, prefix="opt/tool")),
        distributions=(*first.distributions, other),
    )
    assert requirements_of(inventory, build_graph(inventory)) == (
        Requirement(name="a", extras=frozenset({"x"}), specifier="==2.0", number=1),
        Requirement(name="b", number=2),
    )


@pytest.mark.parametrize(
    ("lines", "specifier"),
    [(("a==1.0",), "==1.0"), (("a==1.0", "c @ https://host/c.whl"), "==1.0"), (("a==1.0", "c"), ""), ((), "")],
)
def test_kept_transitives__are_pinned_where_every_line_is(lines: tuple[str, ...], specifier: str) -> None:
    inventory = bare_inventory(bare("a", requires=["b"]), bare("b"), bare("c"))
    found = kept_transitives(("b", "a", "gone", "b"), wants(*lines), inventory)
    expected = [Requirement(name="b", specifier=specifier)]
    assert list(found) == expected + [Requirement(name="a")] * (not lines)


def test_kept_transitives__without_a_version_or_of_another_environment__are_bare_or_left_out() -> None:
    inventory = bare_inventory(bare("a"), bare("b", version=None), replace(bare("c"), prefix="opt"))
    assert kept_transitives(("b", "c"), wants("a==1.0"), inventory) == (Requirement(name="b"),)
