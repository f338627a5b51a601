"""Which files of a layer are looked into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.binaries.native import NEVER_NATIVE, may_be_native
from deadweight.sources.images.layers import holds_nothing, kept_bytes, may_be_started

DIRECTORIES = st.sampled_from(
    ["", "usr/bin/", "usr/lib/python3/dist-packages/", "x-1.dist-info/", "x.egg-info/", "conda-meta/",
     "var/lib/dpkg/info/", "var/lib/rpm/", "lib/apk/db/"]
)  # fmt: skip
NAMES = st.sampled_from(["METADATA", "RECORD", "a", "a.so", "pyvenv.cfg", "requires.txt", "a.json", "a.py", "a.egg"])
SUFFIXED = st.sampled_from(sorted(NEVER_NATIVE)).map(lambda suffix: f"a.{suffix}")


@given(DIRECTORIES, NAMES | SUFFIXED)
def test_holds_nothing__true__nothing_of_the_file_is_read(directory: str, name: str) -> None:
    path = directory + name
    if holds_nothing(path):
        assert (kept_bytes(path), may_be_native(path, 1000), may_be_started(path)) == (0, False, False)


@pytest.mark.parametrize("path", ["usr/include/x.h", "a.pyc", "usr/lib/python3/dist-packages/x.py"])
def test_holds_nothing__most_files__is_true(path: str) -> None:
    assert holds_nothing(path)
