"""The native code of a system → the system libraries that distributions need, and duplicate libraries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from deadweight.inventory.systems.libraries import copies_of, libraries_of
from deadweight.model import Copies, Entry, FileTree, Linking, Need, Twins
from tests.builders import bare, bare_inventory, make_tree


class Linked:
    """Reads what native code needs from a table: path → Linking."""

    def __init__(self, table: Mapping[str, Linking | None]) -> None:
        self._table = table

    def linking(self, paths: Iterable[str]) -> Iterable[Linking | None]:
        return (self._table[path] for path in paths)


def found(
    table: Mapping[str, Linking | None],
    *,
    links: tuple[str, ...] = (),
    packages: tuple[tuple[str, tuple[str, ...]], ...] = (),
    entries: Mapping[str, Entry] | None = None,
) -> tuple[tuple[Need, ...], tuple[Twins, ...]]:
    """Return needs and twins; ``a/…`` belongs to distribution a, ``b/…`` to b, everything else to the system."""
    files = dict.fromkeys((*table, *links), "12345")
    tree: FileTree = make_tree(files)
    symlinks = {path: Entry(5, None, None, "symlink") for path in links}
    tree = replace(tree, entries={**tree.entries, **symlinks, **(entries or {})}, reader=Linked(table))
    owner = {path: "ab".index(path[0]) for path in files if path[:2] in ("a/", "b/")}
    inventory = replace(bare_inventory(bare("a"), bare("b")), native=tuple(table), owner=owner, packages=packages)
    return libraries_of(tree, inventory)


def test_needs__of_the_system__missing_ones_first_then_by_how_many_need_them() -> None:
    table = {
        "a/x.so": Linking(("libz.so.1", "libc.so.6", "libgone.so", "ld-linux-x86-64.so.2")),
        "b/y.so": Linking(("libc.so.6",)),
        "lib/libc.so.6": Linking(soname="libc.so.6"),
        "lib/libz.so.1.3": Linking(soname="libz.so.1"),
    }
    needs, twins = found(table, packages=(("libc6", ("lib/libc.so.6",)),))
    assert needs == (
        Need(library="libgone.so", by=("a",), provider=None),
        Need(library="libc.so.6", by=("a", "b"), provider="libc6"),
        Need(library="libz.so.1", by=("a",), provider="lib/libz.so.1.3"),
    )
    assert twins == ()


def test_needs__library_in_a_distribution__is_not_needed_under_any_of_its_names() -> None:
    table = {
        "a/x.so": Linking(("libown.so.1", "libfile.so", "liblink.so", "libunread.so")),
        "b/libown-hash.so": Linking(soname="libown.so.1"),
        "b/libfile.so": Linking(soname="other"),
        "b/libunread.so": None,
    }
    assert found(table, links=("a/liblink.so", "a/readme.txt"))[0] == ()


def test_needs__library_that_only_a_link_of_the_system_names__is_provided_by_it() -> None:
    needs, _ = found({"a/x.so": Linking(("libssl.so",))}, links=("lib/libssl.so", "lib/other"))
    assert needs == (Need(library="libssl.so", by=("a",), provider="lib/libssl.so"),)


def test_needs__of_the_system_s_own_programs__do_not_count() -> None:
    assert found({"bin/tool": Linking(("libgone.so",))})[0] == ()


def test_twins__equal_builds_of_two_distributions__largest_first() -> None:
    table = {
        "a/libx-1.so": Linking(soname="libx.so", build_id="one"),
        "b/libx-1.so": Linking(soname="libx.so", build_id="one"),
        "a/liby.so": Linking(build_id="two"),
        "b/liby.so": Linking(build_id="two"),
        "a/z.so": Linking(build_id="three"),
        "a/z-again.so": Linking(build_id="three"),
        "a/none.so": Linking(),
        "b/none.so": Linking(),
        "lib/libx.so": Linking(build_id="one"),
    }
    big = {path: Entry(9, None, None, "file") for path in ("a/liby.so", "b/liby.so")}
    _, twins = found(table, entries=big)
    assert twins == (
        Twins(library="liby.so", size=9, locations=(("a", "a/liby.so"), ("b", "b/liby.so"))),
        Twins(library="libx.so", size=5, locations=(("a", "a/libx-1.so"), ("b", "b/libx-1.so"))),
    )
    assert [twin.extra for twin in twins] == [9, 5]


def test_twins__names_of_one_file_or_of_other_sizes__are_none() -> None:
    table = dict.fromkeys(("a/x.so", "b/x.so"), Linking(build_id="one"))
    linked = {path: Entry(5, None, (1, 1), "file") for path in table}
    assert found(table, entries=linked)[1] == ()
    assert found(table, entries={"a/x.so": Entry(6, None, None, "file")})[1] == ()


def test_twins__copies_of_one_distribution__count_as_one() -> None:
    table = {path: Linking(soname="libx.so", build_id="one") for path in ("a/x.so", "b/x.so")}
    files = dict.fromkeys(table, "12345")
    tree = replace(make_tree(files), reader=Linked(table))
    copies = (bare("numpy"), replace(bare("numpy"), key="numpy@opt/venv"))
    inventory = replace(bare_inventory(*copies), native=tuple(table), owner={"a/x.so": 0, "b/x.so": 1})
    assert libraries_of(tree, inventory)[1] == ()


def test_copies_of__several_environments__one_row_for_each_version() -> None:
    copies = (
        bare("numpy", 70), replace(bare("numpy", 71), key="numpy@opt/a"), replace(bare("numpy", 9), key="numpy@opt/b"),
        bare("other", 5, version="1"), replace(bare("other", 5, version="2"), key="other==2"),
        bare("linked", 5), replace(bare("linked", 0), key="linked@opt/a"),
    )  # fmt: skip
    assert copies_of(bare_inventory(*copies)) == (
        Copies(name="numpy", version="1.0", keys=("numpy@opt/a", "numpy", "numpy@opt/b"), size=71, extra=79),
    )
