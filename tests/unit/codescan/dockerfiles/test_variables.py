"""The arguments of ENV and ARG → the variables that they set."""

from __future__ import annotations

import pytest

from deadweight.codescan.dockerfiles.variables import assigned


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("ENV", "A=1 B=2", (("A", "1"), ("B", "2"))),
        ("ENV", "A=1\tB='2 3'", (("A", "1"), ("B", "'2 3'"))),
        ("ENV", 'A="x \\" y"', (("A", '"x \\" y"'),)),
        ("ENV", "A b c ", (("A", "b c"),)),
        ("ENV", "\tA\t b=c d=e", (("A", "b=c d=e"),)),
        ("ENV", "A", ()),
        ("ENV", "", ()),
        ("ENV", "a-b c", ()),
        ("ARG", "A=1", (("A", "1"),)),
        ("ARG", "A B=2", (("B", "2"),)),  # two arguments, of which the first has no default
        ("ARG", "A b", ()),
    ],
)
def test_assigned__forms__are_read_as_docker_does(
    keyword: str, value: str, expected: tuple[tuple[str, str], ...]
) -> None:
    assert assigned(keyword, value) == expected
