"""However requirements are divided among files, each service keeps its own, and layers add up."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.requirements import logical_lines, pep508
from deadweight.planning.sharing.conflicts import largest_part
from deadweight.planning.sharing.layers import layers_of, stored
from deadweight.planning.sharing.layout import divide
from deadweight.planning.sharing.wanted import Identity, identity_of, merged_line, service_file
from tests.builders import requirements_file

NAMES = ("torch", "numpy", "web", "http", "orm", "cache")
BELOW = {"torch": {"cuda", "numpy"}, "web": {"http"}, "orm": set(), "numpy": set(), "http": set(), "cache": {"http"}}
SIZES = {"torch": 900, "cuda": 3000, "numpy": 70, "web": 20, "http": 5, "orm": 40, "cache": 3}

lines = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(("", "[x]", "[y,x]")),
        st.sampled_from(("", ">=1", "<3,>=1", "!=2")),
        st.sampled_from(("", " ; python_version > '3'")),
    ),
)
services = st.lists(st.lists(lines, max_size=8), min_size=1, max_size=6)


def closure(identities: Iterable[Identity]) -> frozenset[str]:
    names = {identity.name for identity in identities}
    return frozenset(names.union(*(BELOW[name] for name in names)))


def weigh(identities: Iterable[Identity]) -> int:
    return sum(SIZES[key] for key in closure(identities))


@given(services)
def test_divide__any_services__keep_their_requirements(texts: list[list[str]]) -> None:
    files = [service_file(f"s{n}", requirements_file("\n".join(each))) for n, each in enumerate(texts)]
    heavy = [identity for file in files for identity in file.wanted if identity.name in ("torch", "numpy")]
    layout = divide(files, heavy, weigh)
    for file in files:
        parts = [set(each.wanted) for each in layout.includes(file.name)] + [set(layout.own[file.name])]
        assert set().union(*parts) == set(file.wanted)
        assert sum(map(len, parts)) == len(file.wanted)
        for identity in file.wanted:
            text = merged_line([other.wanted[identity] for other in files if identity in other.wanted])
            (line,) = logical_lines(f"{text}\n", "written.txt")
            requirement = pep508(line, "written.txt")
            assert requirement is not None
            assert identity_of(requirement) == identity
            clauses = {clause for each in file.wanted[identity].requirements for clause in each.specifier.split(",")}
            assert clauses - {""} <= set(requirement.specifier.split(","))


@given(services)
def test_layers__any_services__add_up_and_never_exceed_separate_images(texts: list[list[str]]) -> None:
    files = [service_file(f"s{n}", requirements_file("\n".join(each))) for n, each in enumerate(texts)]
    heavy = [identity for file in files for identity in file.wanted if identity.name in ("torch", "numpy")]
    layout = divide(files, heavy, weigh)
    installed = {file.name: closure(file.wanted) for file in files}
    layers = layers_of(layout, installed, closure)
    for name, keys in installed.items():
        own = [layer for layer in layers if name in layer.services]
        assert frozenset().union(*(layer.keys for layer in own)) == keys
        assert stored(own, SIZES) == sum(SIZES[key] for key in keys)
    assert stored(layers, SIZES) <= sum(SIZES[key] for keys in installed.values() for key in keys)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=15))
def test_largest_part__any_conflicts__has_none_and_misses_no_service_without(pairs: list[tuple[int, int]]) -> None:
    named = [(str(one), str(other)) for one, other in pairs if one != other]
    names = [str(number) for number in range(9)]
    kept = set(largest_part(names, named))
    assert not [pair for pair in named if set(pair) <= kept]
    for name in set(names) - kept:
        assert any(name in pair and set(pair) - {name} <= kept for pair in named)
