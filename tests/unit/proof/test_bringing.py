"""Which project would bring a module that nothing provides."""

from __future__ import annotations

import pytest

from deadweight.proof.bringing import Providers


@pytest.mark.parametrize(
    ("asked", "module", "project"),
    [
        (["pyyaml"], "yaml", "pyyaml"),
        (["acme-core"], "acme_core.part", "acme-core"),
        (["opencv-python-headless", "opencv-python"], "cv2", "opencv-python"),
        (["other"], "yaml", ""),
        ([], "acme", ""),
    ],
    ids=["table", "spelling", "likeliest-of-two", "not-asked-for", "nothing"],
)
def test_project__of_what_is_required__is_by_its_modules(asked: list[str], module: str, project: str) -> None:
    assert Providers(asked).project(module) == project


def test_project__that_an_index_showed__counts_after_what_is_required() -> None:
    providers = Providers(["acme"], {"found": ["acme", "found.part"], "second": ["found.part"]})
    assert providers.project("acme") == "acme"
    assert providers.project("found.part.more") == "found"
    assert providers.project("found.other") == ""
    assert providers.project("nowhere") == ""
    assert providers.project("found.part.more") == "found"
