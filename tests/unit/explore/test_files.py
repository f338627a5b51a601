"""Files of a distribution as ranges of sorted paths."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.explore.files import Files, by_key, files_of
from deadweight.inventory import take_inventory
from deadweight.model import Entry
from tests.builders import ELF_X86_64, dist_files, inventory_of, make_tree, site_tree


def files(**sizes: int) -> Files:
    paths = {path.replace("__", "/"): size for path, size in sizes.items()}
    tree = make_tree({path: "x" * size for path, size in paths.items()})
    return files_of(take_inventory(tree))[-1]


def test_items__files_and_directories__are_ranges_that_sum_up() -> None:
    found = files(a__b=1, a__c=2, a__d__e=4, z=8)
    items = found.items()
    assert items == (["a/", "z"], [0, 3], [3, 4])
    assert items.sizes(found.sums) == [7, 8]
    below = found.items("a/", 0, 3)
    assert (below.names, below.sizes(found.sums)) == (["b", "c", "d/"], [1, 2, 4])


def test_items__files_between_directories__all_are_there() -> None:
    found = files(a=1, b=2, c__x=4, c__y=8, d=16, e__x=32, f=64)
    items = found.items()
    assert items.names == ["a", "b", "c/", "d", "e/", "f"]
    assert items.sizes(found.sums) == [1, 2, 12, 16, 32, 64]


def test_items__directories_with_nothing_but_another__are_one_item() -> None:
    assert files(lib__site__a__x=1, lib__site__b__y=1).items() == (["lib/site/"], [0], [2])
    assert files(lib__site__a__x=1).items() == (["lib/site/a/"], [0], [1])


def test_items__names_that_sort_around_the_slash__stay_apart() -> None:
    tree = make_tree({"a-b/x": "1", "a.b": "22", "a/x": "333", "a0": "4444"})
    found = files_of(take_inventory(tree))[-1]
    assert found.items().names == ["a-b/", "a.b", "a/", "a0"]


def test_items__no_files__are_none() -> None:
    assert Files((), (0,), (0,)).items() == ([], [], [])


def test_files_of__hard_links__count_once_in_the_first_row_as_in_the_inventory() -> None:
    tree = site_tree(dist_files("a", files={"a/x": "12345"}), dist_files("b", files={"b/x": "12345"}))
    linked = {path: entry._replace(inode=(1, 2)) for path, entry in tree.entries.items() if path.endswith("/x")}
    inventory = take_inventory(replace(tree, entries={**tree.entries, **linked}))
    assert [each.sums[-1] for each in files_of(inventory)] == [
        *(d.sizes.apparent for d in inventory.distributions),
        inventory.unowned.apparent,
    ]


def test_files_of__native_code__is_summed_apart() -> None:
    inventory = inventory_of(dist_files("a", files={"a/core.so": ELF_X86_64, "a/x.py": "x"}))
    found = by_key(inventory)["a"]
    assert found.native[-1] == len(ELF_X86_64) == inventory.distributions[0].sizes.native


def test_by_key__unowned_files__have_no_key() -> None:
    inventory = inventory_of(dist_files("a"), extra={"notes.txt": "123"})
    assert by_key(inventory)[None].paths == ["notes.txt"]


def test_inventory__entries__are_those_of_the_tree() -> None:
    tree = make_tree({"x": "1"})
    assert take_inventory(tree).entries is tree.entries
    assert tree.entries["x"] == Entry(1, None, None, "file")


def test_files_of__sizes_that_an_archive_only_claims__do_not_overflow() -> None:
    tree = make_tree({"a": "1", "b": "2"})
    claimed = {path: entry._replace(size=1 << 63) for path, entry in tree.entries.items()}
    (found,) = files_of(take_inventory(replace(tree, entries=claimed)))
    assert [*found.sums] == [0, 1 << 63, 1 << 64]
