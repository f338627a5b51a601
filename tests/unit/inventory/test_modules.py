"""The files of a distribution → its import names and programs."""

from __future__ import annotations

import pytest

from tests.builders import dist_files, inventory_of


def names(*files: str, headers: tuple[str, ...] = (), top_level: str | None = None) -> tuple[str, ...]:
    content: dict[str, str | bytes] = dict.fromkeys(files, "")
    if top_level is not None:
        content["a-1.0.dist-info/top_level.txt"] = top_level
    (row,) = inventory_of(dist_files("a", files=content, headers=headers)).distributions
    return row.import_names


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["yaml/__init__.py", "yaml/sub/__init__.py", "yaml/x.py"], ("yaml",)),
        (["six.py"], ("six",)),
        (["_cffi.cpython-311-x86_64-linux-gnu.so"], ("_cffi",)),
        (["x.abi3.so"], ("x",)),
        (["x.cp311-win_amd64.pyd"], ("x",)),
        (["x.so"], ("x",)),
        (["b/__init__.py", "a.py", "a/__init__.py"], ("a", "b")),
        (["google/cloud/storage/__init__.py", "google/cloud/storage/x/__init__.py"], ("google.cloud.storage",)),
        (["ns/one/__init__.py", "ns/two/__init__.py"], ("ns.one", "ns.two")),
        (["ns/x.py", "ns/y.py"], ("ns.x", "ns.y")),
        (["ns/a/__init__.py", "ns/util/x.py", "ns/util/y.abi3.so"], ("ns.a", "ns.util.x", "ns.util.y")),
        (["google/__init__.py", "google/cloud/__init__.py", "google/cloud/a/__init__.py"], ("google.cloud.a",)),
        (["google/__init__.py"], ("google",)),
        ([f"ns/m{n}.py" for n in range(1001)], ("ns",)),
        (["__init__.py", "x.py"], ("x",)),
        (["not-importable/__init__.py", "bad.name.py", "x.pth", "x.txt"], ()),
    ],
    ids=lambda value: ",".join(value[:5]),
)
def test_import_names__files__give_the_names(files: list[str], expected: tuple[str, ...]) -> None:
    assert names(*files) == expected


def test_import_names__import_name__takes_precedence() -> None:
    assert names("x.py", headers=("Import-Name: b.c", "Import-Name: b", "Import-Name: b")) == ("b", "b.c")


def test_import_names__top_level_txt__counts_without_importable_files() -> None:
    assert names("a.pth", top_level="yaml\n_yaml\nno-name\n") == ("_yaml", "yaml")
    assert names("x.py", top_level="yaml\n") == ("x",)


def test_import_names__files_outside_of_site_packages__are_none() -> None:
    path = "share/jupyter/kernels/python/setup.py"
    a = dist_files("a", record=["a/__init__.py,,", f"../../../{path},,"])
    assert inventory_of(a, extra={path: ""}).distributions[0].import_names == ("a",)


def shared(*parts: list[str]) -> list[tuple[str, ...]]:
    found = [dist_files(f"d{n}", files=dict.fromkeys(files, "")) for n, files in enumerate(parts)]
    return [row.import_names for row in inventory_of(*found).distributions]


def test_import_names__package_that_several_share_a_part_of__is_a_namespace() -> None:
    found = shared(["acme/__init__.py", "acme/a/__init__.py"], ["acme/__init__.py", "acme/b.py"])
    assert found == [("acme.a",), ("acme.b",)]


def test_import_names__two_builds_of_one_package__are_not_namespace() -> None:
    files = ["cv2/__init__.py", "cv2/version.py", "cv2/gapi/__init__.py"]
    assert shared(files, files) == [("cv2",), ("cv2",)]


def test_programs__scripts_and_launchers__have_names_with_and_without_suffix() -> None:
    record = [f"../../../{path},," for path in ("bin/acme", "bin/acme.py", "Scripts/acme-w.exe", "share/bin/x/y")]
    (row,) = inventory_of(dist_files("a", record=["a.py,,", *record])).distributions
    assert row.programs == ("acme", "acme-w", "acme-w.exe", "acme.py")


def test_import_names__conda_package__has_none() -> None:
    record = '{"name": "python", "files": ["lib/python3.11/os.py", "bin/x.py"]}'
    (row,) = inventory_of(extra={"conda-meta/p.json": record, "lib/python3.11/os.py": "", "bin/x.py": ""}).distributions
    assert row.import_names == ()
