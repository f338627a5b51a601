"""Who owns which byte: each rule, and what is reported beside it."""

from __future__ import annotations

import pytest

from deadweight.inventory import take_inventory
from deadweight.model import Entry, FileTree, Inventory
from tests.builders import SITE, dist_files, inventory_of, make_tree, metadata, site_tree


def own(inventory: Inventory) -> dict[str, int]:
    """Return key → files."""
    return {d.key: d.sizes.files for d in inventory.distributions}


def test_record__lists_a_script__it_is_owned_outside_of_site_packages() -> None:
    files = dist_files("a", record=["a/__init__.py,,", "../../../bin/a,,"])
    found = inventory_of(files, extra={"bin/a": "#!/bin/sh\n"})
    assert own(found) == {"a": len(files) + 1}
    assert found.unowned.files == 0


def test_record__bytecode_that_it_does_not_list__goes_with_its_source() -> None:
    files = dist_files("a", files={"a/__init__.py": "", "a/m.py": ""})
    cache = {f"{SITE}/a/__pycache__/m.cpython-311.opt-1.pyc": "12345", f"{SITE}/a/m.pyc": "678"}
    found = inventory_of(files, extra=cache)
    assert found.distributions[0].sizes.bytecode == 8
    assert found.unowned.files == 0


def test_record__none__the_name_tells_and_it_is_said() -> None:
    files = dist_files("six", files={"six.py": "xxxx", "other.py": "y"})
    del files["six-1.0.dist-info/RECORD"]
    found = inventory_of(files)
    assert found.distributions[0].sizes.kinds["source"] == 4
    assert found.unowned.apparent == 1
    assert "six lists no files" in found.warnings[0]


def test_record__none__top_level_txt_tells_other_names() -> None:
    files = dist_files("pyyaml", files={"yaml/__init__.py": "1", "_yaml/__init__.py": "22"})
    del files["pyyaml-1.0.dist-info/RECORD"]
    files["pyyaml-1.0.dist-info/top_level.txt"] = b"_yaml\nyaml\n"
    found = inventory_of(files)
    assert found.distributions[0].sizes.kinds["source"] == 3
    assert found.distributions[0].import_names == ("_yaml", "yaml")


def test_folder__of_one_alone__takes_what_was_written_later() -> None:
    found = inventory_of(dist_files("a"), dist_files("b"), extra={f"{SITE}/a/cache/x.bin": "123"})
    assert {d.key: d.sizes.kinds.get("data", 0) for d in found.distributions} == {"a": 3, "b": 0}


def test_folder__of_two__leaves_it_unowned() -> None:
    one = dist_files("one", files={"shared/one/__init__.py": ""})
    two = dist_files("two", files={"shared/two/__init__.py": ""})
    found = inventory_of(one, two, extra={f"{SITE}/shared/x.bin": "123", "bin/stray": "4"})
    assert found.unowned.apparent == 4
    assert found.unowned.kinds == {"data": 4}


def test_path__claimed_twice__is_counted_once_and_said() -> None:
    found = inventory_of(
        dist_files("a", files={"s/__init__.py": "123"}), dist_files("b", files={"s/__init__.py": "123"})
    )
    assert [d.sizes.kinds.get("source", 0) for d in found.distributions] == [3, 0]
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.names) == ("path", ("a", "b"))


@pytest.mark.parametrize("path", ["../../../../etc/passwd", "/etc/passwd"])
def test_record__path_that_leaves_the_prefix__is_said_and_not_followed(path: str) -> None:
    found = inventory_of(dist_files("a", record=["a/__init__.py,,", f"{path},,"]))
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.names) == ("escape", ("a",))
    assert path in conflict.says


def test_site_packages_alone__scripts_outside__are_one_conflict() -> None:
    files = dist_files("a", record=["a/__init__.py,,", "../../../bin/a,,"])
    more = dist_files("b", record=["b/__init__.py,,", "../../../bin/b,,"])
    (conflict,) = take_inventory(make_tree({**files, **more})).conflicts
    assert conflict.names == ("a", "b")


def test_two_versions__are_two_rows() -> None:
    found = inventory_of(dist_files("a", "1.0", files={}), dist_files("a", "2.0"))
    assert [(d.key, d.version) for d in found.distributions] == [("a", "1.0"), ("a==2.0", "2.0")]
    assert [c.kind for c in found.conflicts] == ["duplicate"]


def test_vendored_metadata__inside_a_package__is_no_distribution() -> None:
    vendored = {"tool/_vendor/six-1.dist-info/METADATA": metadata("six"), "tool/__init__.py": ""}
    assert list(own(inventory_of(dist_files("tool", files=vendored)))) == ["tool"]


def test_egg_info__folder_with_installed_files() -> None:
    tree = make_tree(
        {
            f"{SITE}/old/__init__.py": "123",
            f"{SITE}/old-1.0.egg-info/PKG-INFO": metadata("old"),
            f"{SITE}/old-1.0.egg-info/installed-files.txt": "../old/__init__.py\nPKG-INFO\n",
            f"{SITE}/old-1.0.egg-info/requires.txt": "six\n",
        }
    )
    (found,) = take_inventory(tree).distributions
    assert (found.name, found.version, found.sizes.kinds["source"]) == ("old", "1.0", 3)
    assert found.metadata.requires == ("six",)


def test_egg_info__file__is_metadata_itself() -> None:
    tree = make_tree({f"{SITE}/old-1.0.egg-info": metadata("old"), f"{SITE}/old.py": "123"})
    (found,) = take_inventory(tree).distributions
    assert (found.name, found.version, found.sizes.files) == ("old", "1.0", 2)


def test_egg_link__is_editable_and_its_version_unknown() -> None:
    found = take_inventory(make_tree({f"{SITE}/proj.egg-link": "/src/proj\n."}))
    assert [(d.name, d.version, d.editable) for d in found.distributions] == [("proj", None, True)]
    assert "editable" in found.warnings[0]


def test_conda__record_and_metadata__are_one_row_and_the_rest_its_own() -> None:
    numpy = dist_files("numpy", record=["numpy/__init__.py,,"], installer="conda")
    files = [f"{SITE}/numpy/__init__.py", f"{SITE}/numpy-1.0.dist-info/METADATA", "lib/extra.txt"]
    records = {
        "conda-meta/numpy.json": f'{{"name": "numpy", "version": "1.0", "files": {files!r}, "depends": ["libblas"]}}',
        "conda-meta/libblas-3.json": '{"name": "libblas", "version": "3", "files": ["lib/libblas.so.3"]}',
    }
    found = inventory_of(
        numpy,
        extra={
            **{path: text.replace("'", '"') for path, text in records.items()},
            "lib/extra.txt": "12",
            "lib/libblas.so.3": "123",
        },
    )
    assert [d.name for d in found.distributions] == ["libblas", "numpy"]
    assert found.distributions[1].metadata.requires == ("libblas",)
    assert found.distributions[1].sizes.kinds["data"] == 2
    assert found.unowned.files == 0


def test_dpkg__list_with_the_metadata__owns_the_other_files() -> None:
    site = "lib/python3/dist-packages"
    files = {
        f"{site}/six.py": "123",
        f"{site}/six-1.16.egg-info": metadata("six", "1.16"),
        "share/doc/six/copyright": "4",
    }
    tree = make_tree(files)
    claimed = FileTree(
        location=tree.location,
        entries=tree.entries,
        reader=tree.reader,
        claims=lambda: [("python3-six", (*files, f"{site}/missing.py"))],
    )
    found = take_inventory(claimed)
    assert (found.distributions[0].sizes.files, found.unowned.files, found.warnings) == (3, 0, ())


def test_hard_link__two_names__count_once_for_the_first_owner() -> None:
    tree = site_tree(dist_files("a", files={"a/x.bin": "12345"}), dist_files("b", files={"b/x.bin": "12345"}))
    linked = {f"{SITE}/{name}/x.bin": Entry(5, 4096, (1, 7), "file") for name in "ab"}
    found = take_inventory(FileTree(location="", entries={**tree.entries, **linked}, reader=tree.reader))
    assert [d.sizes.kinds.get("data", 0) for d in found.distributions] == [5, 0]


def test_symlink__is_never_opened() -> None:
    tree = site_tree(dist_files("a"))
    entries = {**tree.entries, f"{SITE}/a/lib.so": Entry(99, None, None, "symlink")}
    found = take_inventory(FileTree(location="", entries=entries, reader=tree.reader))  # the reader knows no such file
    assert (found.distributions[0].sizes.native, found.distributions[0].sizes.kinds["data"]) == (0, 99)


def test_metadata__that_cannot_be_read__is_skipped_and_the_folder_s_name_taken() -> None:
    tree = site_tree(dist_files("a"))
    entries = {**tree.entries, f"{SITE}/gone-1.dist-info/METADATA": Entry(9, None, None, "file")}
    found = take_inventory(FileTree(location="", entries=entries, reader=tree.reader))
    assert list(own(found)) == ["a", "gone"]
    assert [s.name for s in found.skipped] == [f"{SITE}/gone-1.dist-info/METADATA"]


def test_tree__empty__is_an_empty_inventory() -> None:
    found = take_inventory(make_tree({}))
    assert (found.distributions, found.total.apparent, found.total.files) == ((), 0, 0)
