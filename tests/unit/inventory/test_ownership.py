"""The owner of each byte, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.model import Entry, FileTree, Inventory
from tests.builders import SITE, dist_files, inventory_of, make_tree, metadata, site_tree


def without_record(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if not path.endswith("/RECORD")}


def metadata_bytes(files: Mapping[str, bytes]) -> int:
    return sum(len(data) for path, data in files.items() if "-info/" in path)


def code_bytes(found: Inventory) -> dict[str, int]:
    """Return name → bytes without metadata; "" is unowned."""
    rows = {d.key: d.sizes.apparent - d.sizes.kinds.get("metadata", 0) for d in found.distributions}
    return rows | {"": found.unowned.apparent}


# --- 1: a list of files ---------------------------------------------------------------------------


def test_record__listed_files__belong_to_the_distribution() -> None:
    a = dist_files("a", files={"a/x.py": "12345", "../../../bin/a": "123"})
    found = take_inventory(
        make_tree({f"{SITE}/{path}": data for path, data in a.items() if "bin" not in path} | {"bin/a": "123"})
    )
    assert code_bytes(found) == {"a": 8, "": 0}
    assert found.distributions[0].sizes.files == 5


def test_record__sizes_in_it__are_ignored() -> None:
    a = dist_files("a", files={"a/x.py": "12345"}, record=["a/x.py,sha256=x,999999"])
    assert code_bytes(inventory_of(a)) == {"a": 5, "": 0}


def test_record__missing_file__has_no_size() -> None:
    a = dist_files("a", files={"a/x.py": "12345"}, record=["a/x.py,,", "a/gone.py,,"])
    assert inventory_of(a).distributions[0].sizes.files == 4


def test_record__unlisted_metadata__belongs_to_the_distribution() -> None:
    a = dist_files("a", files={}, record=[])
    assert inventory_of(a).distributions[0].sizes.apparent == metadata_bytes(a)


def test_record__path_that_leaves_the_prefix__is_reported_and_not_followed() -> None:
    a = dist_files("a", record=["a/__init__.py,,", "../../../../etc/passwd,,", "/etc/shadow,,"])
    found = inventory_of(a)
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.names) == ("escape", ("a",))
    assert "../../../../etc/passwd and 1 more" in conflict.reason
    assert found.total.apparent == sum(map(len, a.values()))


def test_record__scripts_of_a_measured_site_packages__are_one_conflict() -> None:
    a = dist_files("a", record=["a/__init__.py,,", "../../../bin/a,,"])
    b = dist_files("b", record=["b/__init__.py,,", "../../../bin/b,,"])
    (conflict,) = take_inventory(make_tree(a | b)).conflicts
    assert (conflict.kind, conflict.names) == ("escape", ("a", "b"))
    assert conflict.reason.startswith("2 recorded files are outside")


def test_record__path_below_a_symlink__is_not_followed() -> None:
    tree = site_tree(dist_files("a", record=["link/passwd,,", "link,,"]))
    link = Entry(4, None, None, "symlink")
    found = take_inventory(replace(tree, entries={**tree.entries, f"{SITE}/link": link}))
    assert found.distributions[0].sizes.kinds["data"] == 4
    assert not found.conflicts


def test_record__path_claimed_twice__is_counted_once_and_reported() -> None:
    a = dist_files("a", files={"shared/x.py": "12345"})
    b = dist_files("b", files={"shared/x.py": "12345", "b.py": "1"})
    found = inventory_of(b, a)
    (conflict,) = found.conflicts
    assert code_bytes(found) == {"a": 5, "b": 1, "": 0}
    assert (conflict.kind, conflict.names) == ("path", ("a", "b"))
    assert conflict.reason == f"a and b both claim {SITE}/shared/x.py; counted for a"


def test_record__two_versions_of_one_distribution__are_two_rows_and_reported() -> None:
    old, new = dist_files("a", "1.0"), dist_files("a", "2.0")
    found = inventory_of(old, new)
    assert [(d.key, d.version) for d in found.distributions] == [("a", "1.0"), ("a==2.0", "2.0")]
    assert {(c.kind, c.names) for c in found.conflicts} == {("path", ("a 1.0", "a 2.0")), ("duplicate", ("a",))}


def test_record__same_version_in_two_directories__has_two_keys() -> None:
    a = dist_files("a")
    elsewhere = {f"lib64/python3.11/site-packages/{path}": data for path, data in a.items()}
    assert [d.key for d in inventory_of(a, extra=elsewhere).distributions] == ["a", "a==1.0"]


def test_installed_files__of_an_egg_info__are_relative_to_its_directory() -> None:
    egg = {
        "six.py": b"12345",
        "six.egg-info/PKG-INFO": metadata("six", "1.16").encode(),
        "six.egg-info/installed-files.txt": b"../six.py\nPKG-INFO\n../../../../../etc/passwd\n",
    }
    found = inventory_of(egg)
    assert code_bytes(found) == {"six": 5, "": 0}
    assert [c.kind for c in found.conflicts] == ["escape"]
    assert found.warnings == ()


def test_dpkg__list_with_the_metadata_in_it__gives_its_files() -> None:
    site = "lib/python3/dist-packages"
    files = {
        f"{site}/yaml/x.py": "12345",
        "bin/y": "1",
        f"{site}/PyYAML-6.0.egg-info/PKG-INFO": metadata("PyYAML", "6.0"),
    }
    listed = ("lib", site, f"{site}/yaml", *files, "share/gone")
    tree = replace(make_tree(files), claims=lambda: [("unrelated", ("bin/z",)), ("python3-yaml", listed)])
    found = take_inventory(tree)
    assert code_bytes(found) == {"pyyaml": 6, "": 0}
    assert found.warnings == ()


def test_dpkg__file_that_a_record_has__stays_with_the_record() -> None:
    egg = {"b.egg-info": metadata("b").encode()}
    tree = site_tree(dist_files("a", files={"a.py": "12345"}), egg)
    listed = (f"{SITE}/b.egg-info", f"{SITE}/a.py")
    assert code_bytes(take_inventory(replace(tree, claims=lambda: [("python3-b", listed)])))["a"] == 5


# --- 2: bytecode by its source --------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["shared/__pycache__/x.cpython-311.pyc", "shared/__pycache__/x.cpython-311.opt-2.pyc", "shared/x.pyc"]
)
def test_bytecode__unrecorded__belongs_to_the_owner_of_its_source(path: str) -> None:
    a = dist_files("a", files={"shared/x.py": "1"})
    b = dist_files("b", files={"shared/y.py": "1"})
    found = inventory_of(a, b, extra={f"{SITE}/{path}": "12345"})
    assert [d.sizes.bytecode for d in found.distributions] == [5, 0]


def test_bytecode__of_an_unowned_source__is_unowned() -> None:
    extra = {f"{SITE}/loose.py": "1", f"{SITE}/__pycache__/loose.cpython-311.pyc": "12345"}
    found = inventory_of(dist_files("a"), extra=extra)
    assert (found.unowned.apparent, found.unowned.bytecode) == (6, 5)


# --- 3: no list: by name, with a warning ----------------------------------------------------------


@pytest.mark.parametrize("path", ["a_b/sub/x.so", "a_b.py", "a_b.cpython-311-x86_64-linux-gnu.so", "A_B/x"])
def test_no_record__directory_or_module_with_its_name__is_owned_with_a_warning(path: str) -> None:
    found = inventory_of(without_record(dist_files("a-b", files={path: "12345"})))
    assert code_bytes(found) == {"a-b": 5, "": 0}
    assert found.warnings == ("a-b has no RECORD; its size is that of the directory or module with its name",)


def test_no_record__top_level_txt__gives_the_names() -> None:
    info = {
        "attrs-1.egg-info/PKG-INFO": metadata("attrs").encode(),
        "attrs-1.egg-info/top_level.txt": b"attr\nattrs2\n",
    }
    found = inventory_of(info, extra={f"{SITE}/attr/x.py": "12345", f"{SITE}/attrs/x.py": "1"})
    assert code_bytes(found)[""] == 1


def test_no_record__files_that_another_records__belong_to_the_other() -> None:
    a = without_record(dist_files("a", files={}))
    b = dist_files("b", files={"a/x.py": "12345"})
    assert code_bytes(inventory_of(a, b)) == {"a": 0, "b": 5, "": 0}


def test_egg_info_file__without_a_list__is_owned_by_name() -> None:
    found = inventory_of({"six-1.16.egg-info": metadata("six", "1.16").encode(), "six.py": b"12345"})
    assert [(d.name, d.version) for d in found.distributions] == [("six", "1.16")]
    assert found.unowned.files == 0
    assert len(found.warnings) == 1


# --- 4 and 5: directories with one owner; unowned files -------------------------------------------


def test_directory__with_one_owner__gives_its_files_to_that_owner() -> None:
    a = dist_files("a", files={"a/x.py": "1"})
    assert code_bytes(inventory_of(a, extra={f"{SITE}/a/cache/deep/model.bin": "12345"})) == {"a": 6, "": 0}


def test_directory__with_two_owners__gives_nothing() -> None:
    a, b = dist_files("a", files={"ns/a.py": "1"}), dist_files("b", files={"ns/b.py": "1"})
    assert code_bytes(inventory_of(a, b, extra={f"{SITE}/ns/loose.bin": "12345"})) == {"a": 1, "b": 1, "": 5}


@pytest.mark.parametrize("path", ["bin/loose", f"{SITE}/loose.py", f"{SITE}/stranger/x.py", "share/x"])
def test_directory__outside_of_site_packages__is_unowned(path: str) -> None:
    a = dist_files("a", record=["a/__init__.py,,", "../../../bin/a,,", "../../../share/a,,"])
    assert inventory_of(a, extra={"bin/a": "1", "share/a": "1", path: "12345"}).unowned.apparent == 5


# --- hard links and symlinks ----------------------------------------------------------------------


def linked(*paths: str, tree: FileTree) -> FileTree:
    """Return the tree with ``paths`` as names of one inode, which has 40 bytes and allocates 512."""
    return replace(tree, entries={**tree.entries, **{path: Entry(40, 512, (1, 7), "file") for path in paths}})


def test_hard_links__several_owners__count_once_for_the_first() -> None:
    a, b = dist_files("a", files={"a/x.bin": ""}), dist_files("b", files={"b/x.bin": ""})
    found = take_inventory(linked("loose", f"{SITE}/b/x.bin", f"{SITE}/a/x.bin", tree=site_tree(a, b)))
    assert code_bytes(found) == {"a": 40, "b": 0, "": 0}
    assert [d.sizes.files for d in found.distributions] == [4, 4]
    assert (found.unowned.files, found.total.files) == (1, 9)


def test_hard_links__unowned__count_once() -> None:
    tree = FileTree(location="", entries={}, reader=make_tree({}).reader)
    found = take_inventory(linked("x", "y", tree=tree))
    assert (found.total.apparent, found.total.disk, found.total.files) == (40, 512, 2)


def test_symlink__recorded__counts_as_itself() -> None:
    tree = site_tree(dist_files("a", files={"a/lib.so": ""}))
    entries = {**tree.entries, f"{SITE}/a/lib.so": Entry(11, 0, None, "symlink")}
    assert code_bytes(take_inventory(replace(tree, entries=entries)))["a"] == 11


def test_bytecode__of_a_removed_source__belongs_to_the_distribution_that_lists_it() -> None:
    record = ["a/__init__.py,,", "a/part.py,,"]
    bare = dist_files("a", files={"a/__init__.pyc": "12", "a/__pycache__/part.cpython-311.pyc": "345"}, record=record)
    (a,) = inventory_of(bare).distributions
    assert a.sizes.bytecode == 5
    assert a.import_names == ("a",)
