from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from deadweight.graph import build_graph, weigh
from deadweight.inventory import take_inventory
from deadweight.model import Entry
from tests.builders import ELF_X86_64, dist_files, make_tree


class Listed(dict[str, Entry]):
    """Entries that count how often all of them are iterated."""

    times = 0

    def __iter__(self) -> Iterator[str]:
        self.times += 1
        return super().__iter__()


def system(*prefixes: str) -> Mapping[str, bytes]:
    return {
        f"{prefix}/lib/python3/dist-packages/{path}": data
        for prefix in prefixes
        for path, data in dist_files("lib", files={"lib/_c.so": ELF_X86_64}).items()
    }


def times_listed(*prefixes: str) -> int:
    tree = make_tree(system(*prefixes), python=None)
    entries = Listed(tree.entries)
    found = take_inventory(replace(tree, entries=entries, whole=True))
    assert sorted(each.prefix for each in found.environments) == sorted(prefixes)
    assert {each.platform for each in found.environments} == {"linux_x86_64"}
    return entries.times


def test_environments__many__do_not_multiply_passes_over_the_tree() -> None:
    assert times_listed(*(f"opt/{number}" for number in range(50))) == times_listed("opt/0")


def test_environments__one_below_another__each_has_its_own_python() -> None:
    files = {**system("opt", "opt/in"), "opt/lib/python3.9/os.py": b"", "opt/in/lib/python3.12/os.py": b""}
    found = take_inventory(replace(make_tree(files, python=None), whole=True))
    assert {each.prefix: each.python for each in found.environments} == {"opt": "3.9", "opt/in": "3.12"}


def test_keys__copies_whose_versions_look_like_keys__stay_apart() -> None:
    files = {
        f"{number}/a-{version}.dist-info/METADATA": f"Name: a\nVersion: {version}\n".encode()
        for number, version in enumerate(["1", "1", "1", "1 (2)", "1 (3)"])
    }
    found = take_inventory(make_tree({f"x/site-packages/{path}": data for path, data in files.items()}))
    assert len({d.key for d in found.distributions}) == 5


def test_keys__prefix_with_brackets__is_not_taken_for_an_extra() -> None:
    found = take_inventory(replace(make_tree(system("opt/a", "opt/my[app]"), python=None), whole=True))
    assert [d.key for d in found.distributions] == ["lib", "lib@opt/my[app]"]
    graph = build_graph(found)
    assert set(weigh(graph)) == {"lib", "lib@opt/my[app]"}
    assert graph.extras == {}
