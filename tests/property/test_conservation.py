"""Every byte lands in exactly one row, whatever RECORDs say and whatever lies on the disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.inventory import take_inventory
from deadweight.model import Inventory
from deadweight.sources.disk.environment import Listing
from tests.builders import ELF_X86_64, bytes_below, dist_files, make_env, site_tree

FILES = (
    "a/__init__.py", "a/x.so", "a/__pycache__/__init__.cpython-311.pyc", "b/sub/x.bin", "b/tests/x.py",
    "ns/a.py", "ns/b.py",
    "ns/__pycache__/a.cpython-311.pyc", "a.libs/liba.so.1", "loose.py", "loose.pyc", "../../../bin/tool",
    "../../../share/x",
    "a-1.0.dist-info/extra", "c.egg-info", "~d-1.dist-info/METADATA", "a/_vendor/v-1.dist-info/METADATA",
)  # fmt: skip
ESCAPES = ("../../../../out", "/etc/passwd", "gone.py", "a/../../../../../x", "a//x.so", "./loose.py", '"q,x.py"')
CONTENT = st.sampled_from([b"", b"1", b"12345", ELF_X86_64, b"Name: x\n"])

trees = st.dictionaries(st.sampled_from(FILES), CONTENT)
records = st.one_of(st.none(), st.lists(st.sampled_from(FILES + ESCAPES), max_size=8))
distributions = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b", "c", "ns"]), st.sampled_from(["1.0", "2.0"])), records, max_size=5
)


def installed(found: dict[tuple[str, str], list[str] | None]) -> list[dict[str, bytes]]:
    """Return the metadata of distributions; one whose record is None has none."""
    made = []
    for (name, version), record in found.items():
        files = dist_files(name, version, files={}, record=[f"{path},," for path in record or ()])
        made.append({path: data for path, data in files.items() if record is not None or not path.endswith("RECORD")})
    return made


def assert_conserved(found: Inventory, size: int, paths: int) -> None:
    rows = [*(d.sizes for d in found.distributions), found.unowned]
    assert sum(row.apparent for row in rows) == found.total.apparent == size
    assert sum(row.files for row in rows) == found.total.files == paths
    for row in (*rows, found.total):
        assert sum(row.kinds.values()) == row.apparent
    assert len({d.key for d in found.distributions}) == len(found.distributions)


@given(distributions, trees)
def test_take_inventory__any_tree_in_memory__conserves_bytes_and_files(
    found: dict[tuple[str, str], list[str] | None], files: dict[str, bytes]
) -> None:
    extra: dict[str, str | bytes] = {
        os.path.normpath(f"lib/python3.11/site-packages/{path}"): data for path, data in files.items()
    }
    tree = site_tree(*installed(found), extra=extra)
    inventory = take_inventory(tree)
    assert_conserved(inventory, sum(entry.size for entry in tree.entries.values()), len(tree.entries))
    assert inventory.total.disk is (0 if not tree.entries else None)


links = st.lists(st.tuples(st.booleans(), st.sampled_from(FILES), st.sampled_from(FILES)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(distributions, trees, links)
def test_take_inventory__any_tree_on_the_disk__sums_to_du(
    found: dict[tuple[str, str], list[str] | None], files: dict[str, bytes], linked: list[tuple[bool, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        prefix = make_env(Path(directory) / "v", *installed(found), files)
        site = prefix / "lib/python3.11/site-packages"
        for hard, source, target in linked:
            link = site / target
            if os.path.lexists(link):
                continue
            link.parent.mkdir(parents=True, exist_ok=True)
            if hard and (site / source).is_file() and not (site / source).is_symlink():
                os.link(site / source, link)
            else:
                link.symlink_to(source)
        tree = Listing(str(prefix)).finish()
        inventory = take_inventory(tree)
        assert_conserved(inventory, bytes_below(prefix), sum(len(names) for _, _, names in os.walk(prefix)))
        blocks = {(s.st_dev, s.st_ino): s.st_blocks for s in map(os.lstat, (prefix / path for path in tree.entries))}
        assert inventory.total.disk == sum(blocks.values()) * 512
