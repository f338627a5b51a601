"""The contents of a whole system besides distributions."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.inventory.systems.classification import BASE, BYTECODE, PYTHON, REST, SYSTEM
from deadweight.inventory.systems.contents import contents_of, packages_of
from deadweight.model import Area, Content, Entry, FileTree, Inventory, Part, Start, SystemPackage
from tests.builders import dist_files, make_tree

SITE = "usr/lib/python3.11/site-packages"


def system(files: dict[str, str], packages: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> tuple[FileTree, Inventory]:
    owned = {f"{SITE}/{path}": content for path, content in dist_files("a").items()}
    tree = replace(make_tree({**owned, **files}, python=None), whole=True)
    return tree, replace(take_inventory(tree), packages=packages)


def test_contents_of__each_row__has_its_bytes_and_largest_directories() -> None:
    tree, inventory = system(
        {
            "bin/sh": "12345",
            "usr/lib/python3.11/os.py": "1234",
            "srv/x/__pycache__/m.cpython-311.pyc": "123",
            "root/.cache/pip/http/a": "12",
            "app/a/b/c.txt": "1234567",
            "app/a/d.txt": "1",
            "app.txt": "123",
            "empty/x": "",
        },
        (("dash", ("bin/sh",)),),
    )
    found = contents_of(tree, inventory, None).rows
    assert found == (
        Content(name=REST, size=11, files=4, largest=(("app/a", 8), ("app.txt", 3))),
        Content(name=SYSTEM, size=5, files=1, largest=(("bin", 5),)),
        Content(name=PYTHON, size=4, files=1, largest=(("usr/lib", 4),)),
        Content(name=BYTECODE, size=3, files=1, largest=(("srv/x", 3),)),
        Content(name="pip's cache", size=2, files=1, largest=(("root/.cache", 2),)),
    )
    assert sum(content.size for content in found) == inventory.unowned.apparent


def test_contents_of__image__separates_files_of_the_base_image() -> None:
    tree, inventory = system({"etc/base.conf": "12", "srv/own.txt": "123"})
    found = contents_of(tree, inventory, lambda path: path.startswith("etc/"))
    assert {content.name: content.size for content in found.rows} == {BASE: 2, REST: 3}
    assert {area.name: area.size for area in found.areas} == {"base image": 2, "other files": 3}


def test_contents_of__many_directories__names_the_five_largest() -> None:
    tree, inventory = system({f"srv/{number}/x": "1" * number for number in range(1, 8)})
    (found,) = contents_of(tree, inventory, None).rows
    assert found.largest == (("srv/7", 7), ("srv/6", 6), ("srv/5", 5), ("srv/4", 4), ("srv/3", 3))


def test_contents_of__names_of_one_file__count_once_and_not_where_one_is_owned() -> None:
    tree, inventory = system({"srv/a": "123", "srv/b": "123", "srv/c": "123456"})
    owned = f"{SITE}/a/__init__.py"
    entries = dict(tree.entries)
    entries |= {path: Entry(3, None, (1, 1), "file") for path in ("srv/a", "srv/b")}
    entries |= {path: Entry(6, None, (1, 2), "file") for path in ("srv/c", owned)}
    (found,) = contents_of(replace(tree, entries=entries), inventory, None).rows
    assert (found.size, found.files) == (3, 3)


def test_contents_of__areas__name_packages_models_and_paths() -> None:
    tree, inventory = system(
        {
            "usr/bin/gcc": "1234567",
            "usr/share/doc/gcc/copyright": "12",
            "bin/sh": "12345",
            "srv/hub/models--org--big/blobs/x": "123456",
            "srv/a.onnx": "1" * 100_000,
            "root/.cache/pip/http/a": "12",
            "wheels/x.whl": "123",
            "usr/lib/python3.11/os.py": "1",
            "usr/lib/python3.11/test/t.py": "123",
            "app/main.py": "1",
        },
        (("gcc", ("usr/bin/gcc", "usr/share/doc/gcc/copyright")), ("dash", ("bin/sh",))),
    )
    tree = replace(tree, start=Start(directory="/app"))
    found = contents_of(tree, inventory, lambda path: path == "bin/sh")
    assert found.areas == (
        Area(name="models", size=100_006, largest=(
            Part(kind="path", name="srv", size=100_000), Part(kind="model", name="org/big", size=6),
        )),
        Area(name="system packages", size=9, largest=(Part(kind="system package", name="gcc", size=9),)),
        Area(name="base image", size=5, largest=(Part(kind="system package", name="dash", size=5),)),
        Area(name="caches and wheels", size=5, largest=(
            Part(kind="path", name="wheels", size=3), Part(kind="path", name="root/.cache/pip", size=2),
        )),
        Area(name="Python", size=4, largest=(
            Part(kind="contents", name="Python's own tests", size=3),
            Part(kind="path", name="usr/lib/python3.11", size=1),
        )),
        Area(name="application files", size=1, largest=(Part(kind="path", name="app", size=1),)),
    )  # fmt: skip
    assert sum(area.size for area in found.areas) == inventory.unowned.apparent


def test_packages_of__files_that_two_list__count_for_the_first() -> None:
    tree, inventory = system(
        {"bin/a": "12345", "bin/b": "123"}, (("small", ("bin/b",)), ("both", ("bin/a", "bin/b")), ("none", ()))
    )
    assert packages_of(tree, inventory) == (
        SystemPackage(name="both", size=5), SystemPackage(name="small", size=3), SystemPackage(name="none", size=0),
    )  # fmt: skip
