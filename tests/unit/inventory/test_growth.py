"""The work of an inventory grows linearly: twice the input takes little more than twice the calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.inventory.systems.libraries import libraries_of
from deadweight.model import FileTree
from tests.builders import ELF_X86_64, dist_files, make_tree, metadata

Files = dict[str, str | bytes]


def conda_bases(count: int) -> Files:
    record = json.dumps({"name": "p", "version": "1", "files": ["lib/f"]})
    return {
        path: data for n in range(count) for path, data in ((f"e{n}/conda-meta/p.json", record), (f"e{n}/lib/f", ""))
    }


def one_conda_base(count: int) -> Files:
    records = {f"conda-meta/p{n}.json": json.dumps({"name": f"p{n}", "files": [f"lib/f{n}"]}) for n in range(count)}
    return {**records, **{f"lib/f{n}": "" for n in range(count)}}


def environments(count: int) -> Files:
    site = "lib/python3.12/site-packages"
    return {f"v{n}/{site}/{path}": data for n in range(count) for path, data in dist_files(f"a{n}").items()}


def directories_inside_each_other(count: int) -> Files:
    return {f"{'t/' * n}x{n}-1.dist-info/METADATA": metadata(f"x{n}") for n in range(count)}


def uv_caches(count: int) -> Files:
    return {f"c{n}/archive-v0/{'a' * 20}/x-1.dist-info/METADATA": metadata("x") for n in range(count)}


def one_distribution(count: int) -> Files:
    return {f"usr/lib/python3/dist-packages/{path}": data for path, data in dist_files(
        "a", files={f"a/m{n}.py": "" for n in range(count)}
    ).items()}  # fmt: skip


def test_libraries_of__twice_the_programs__looks_up_twice_the_names() -> None:
    looked_up = 0

    class Name(str):
        """A name that counts how often it is looked up; a path's last part is one too."""

        def __hash__(self) -> int:
            nonlocal looked_up
            looked_up += 1
            return super().__hash__()

        def rpartition(self, separator: str, /) -> tuple[str, str, str]:
            directory, found, name = super().rpartition(separator)
            return directory, found, Name(name)

    def lookups(count: int) -> int:
        nonlocal looked_up
        tree = replace(make_tree({Name(f"usr/bin/p{n}"): ELF_X86_64 for n in range(count)}), whole=True)
        inventory = take_inventory(tree)
        looked_up = 0
        libraries_of(tree, inventory)
        return looked_up

    assert lookups(400) < 2.2 * lookups(200)


def calls_of(tree: FileTree) -> int:
    """Return the number of function calls and generator iterations of an inventory."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        take_inventory(tree)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "make",
    [conda_bases, one_conda_base, environments, directories_inside_each_other, uv_caches, one_distribution],
)
def test_take_inventory__twice_the_files__takes_twice_the_calls(make: Callable[[int], Files]) -> None:
    calls_of(replace(make_tree(make(5)), whole=True))  # what is kept from then on: patterns, versions
    once, twice = (calls_of(replace(make_tree(make(count)), whole=True)) for count in (200, 400))
    assert twice < 2.2 * once
