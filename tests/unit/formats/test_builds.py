"""Wishes → the lines of a requirements file."""

from __future__ import annotations

from deadweight.formats.builds import read_wishes


def test_index_options__projects_with_an_index__name_each_url_once() -> None:
    wishes = read_wishes((), ("lib=https://a/simple", "other=https://a/simple"), "cpu")
    assert wishes.index_options({"torch", "torchvision", "numpy"}) == (
        "--extra-index-url https://download.pytorch.org/whl/cpu",
    )
    assert wishes.index_options({"lib", "other"}) == ("--extra-index-url https://a/simple",)
    assert wishes.index_options({"numpy"}) == ()
