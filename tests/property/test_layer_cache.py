"""A report from the cache equals one from a fresh read, for any layers and any source of an image."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight import Settings
from deadweight.operations.measure import profile
from tests.builders import ELF_X86_64, dist_files
from tests.images import Compression, Content, image_files, link, make_elf, make_tar
from tests.registry_server import Registry, published

SITE = "usr/lib/python3/dist-packages"
NAMES = st.sampled_from(["a", "b", "c/d", "c/e", "usr/bin/x", "usr/lib/\udcff.so", f"{SITE}/y.py", f"{SITE}/z.so"])
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.binary(max_size=2000),
    st.none(),
    NAMES.map(link),
    NAMES.map(lambda target: link(target, hard=True)),
    st.sampled_from([ELF_X86_64, make_elf(needed=["libc.so.6"], soname="libx", build_id=b"1234"), "#!/bin/sh\nx", ""]),
)
DISTRIBUTIONS = st.sampled_from(["app", "lib"]).map(
    lambda name: {
        f"{SITE}/{path}": data for path, data in dist_files(name, files={f"{name}/_c.so": ELF_X86_64 * 9}).items()
    }
)
PACKAGES: dict[str, Content] = {
    "var/lib/dpkg/status": "Package: x\nStatus: install ok installed\nVersion: 1\n\n" * 30_000,
    "var/lib/dpkg/info/x.list": "/.\n/a\n/c/d\n/usr/bin/x\n",
}
LAYERS = st.lists(
    st.one_of(st.dictionaries(NAMES, CONTENTS, max_size=5), DISTRIBUTIONS, st.just(PACKAGES)), min_size=1, max_size=4
)


@pytest.mark.parametrize("source", ["archive", "pipe", "registry"])
@given(layers=LAYERS, compression=st.sampled_from(["", "gzip", "zstd"]))
@settings(max_examples=15)
def test_report__from_the_cache__equals_one_from_a_fresh_read(
    source: str, layers: list[dict[str, Content]], compression: Compression
) -> None:
    files = image_files(*layers, form="oci", compression=compression)
    with tempfile.TemporaryDirectory() as name, Registry(**published(files)) as registry:
        target = registry.target()
        if source != "registry":
            whole = make_tar(files)
            target = os.path.join(name, "image.tar")
            Path(target).write_bytes(gzip.compress(whole, 1) if source == "pipe" else whole)
        with mock.patch.dict(os.environ, {"DEADWEIGHT_CACHE_DIR": f"{name}/cache", "NO_PROXY": "127.0.0.1"}):
            reports = [profile(target, Settings.of(no_cache=True)), profile(target), profile(target)]
    fresh, first, cached = ((found.inventory, found.image, found.system) for found in reports)
    assert fresh == first == cached
