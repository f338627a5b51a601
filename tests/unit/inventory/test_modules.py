"""What ``import`` finds."""

from __future__ import annotations

import pytest

from tests.builders import dist_files, inventory_of


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["pkg/__init__.py", "pkg/sub/__init__.py"], ("pkg",)),
        (["six.py"], ("six",)),
        (["_c.cpython-311-x86_64-linux-gnu.so", "pkg/__init__.py"], ("_c", "pkg")),
        (["_c.abi3.so"], ("_c",)),
        (
            ["google/cloud/storage/__init__.py", "google/cloud/auth/__init__.py"],
            ("google.cloud.auth", "google.cloud.storage"),
        ),
        (["ns/module.py"], ("ns",)),
        (["not-a-name/__init__.py", "1.py"], ()),
        (["data.json"], ()),
    ],
)
def test_import_names__files__tell(files: list[str], names: tuple[str, ...]) -> None:
    (found,) = inventory_of(dist_files("d", files=dict.fromkeys(files, "x"))).distributions
    assert found.import_names == names


def test_import_names__metadata_names_them__is_believed() -> None:
    (found,) = inventory_of(dist_files("d", headers=["Import-Name: a.b", "Import-Name: c ; private"])).distributions
    assert found.import_names == ("a.b", "c")
