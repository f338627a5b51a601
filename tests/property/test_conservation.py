"""Conservation: whatever RECORDs claim, every byte lands in exactly one row."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.inventory import take_inventory
from deadweight.sources.environment import read_environment
from tests.builders import SITE, bytes_below, dist_files, make_env

FOLDERS = ["a", "a/sub", "b", "ns", "ns/a", "a/__pycache__", "a.libs"]
FILES = ["__init__.py", "m.py", "m.cpython-311.pyc", "x.so", "data.bin"]
paths = st.builds("/".join, st.tuples(st.sampled_from(FOLDERS), st.sampled_from(FILES))) | st.sampled_from(FILES)
odd = st.sampled_from(
    ["../../../bin/run", "../../../../out", "/etc/passwd", "a//m.py", "./a/m.py", '"a,b.py"', "missing"]
)
content = st.integers(0, 200).map(lambda size: b"\x7fELF" * (size // 4))


@st.composite
def environments(draw: st.DrawFn) -> tuple[list[dict[str, bytes]], dict[str, bytes], list[tuple[str, str]]]:
    """Draw distributions that claim each other's files, files that nobody claims, and links between paths."""
    distributions = []
    for name in draw(st.lists(st.sampled_from(["a", "b", "ns-a", "six"]), unique=True, max_size=4)):
        files = draw(st.dictionaries(paths, content, max_size=5))
        record = [f"{path},," for path in draw(st.lists(paths | odd, max_size=8))]
        distributions.append(dist_files(name, files=files, record=draw(st.sampled_from([record, None]))))
    stray = draw(st.dictionaries(paths, content, max_size=5))
    links = draw(st.lists(st.tuples(st.sampled_from(["hard", "symbolic"]), paths), max_size=3))
    return distributions, stray, links


@settings(deadline=None, max_examples=60)
@given(environments())
def test_inventory__any_environment__gives_every_byte_to_one_row(
    drawn: tuple[list[dict[str, bytes]], dict[str, bytes], list[tuple[str, str]]],
) -> None:
    distributions, stray, links = drawn
    with tempfile.TemporaryDirectory() as folder:
        root = make_env(Path(folder), *distributions, extra={f"{SITE}/{p}": data for p, data in stray.items()})
        for number, (kind, path) in enumerate(links):
            source, target = root / SITE / path, root / f"link{number}"
            if kind == "symbolic":
                target.symlink_to(source)
            elif source.exists():
                os.link(source, target)
        tree = read_environment(str(root))
        found = take_inventory(tree)
        rows = [d.sizes for d in found.distributions] + [found.unowned]
        assert sum(row.apparent for row in rows) == found.total.apparent == bytes_below(root)
        assert sum(row.files for row in rows) == len(tree.entries)
        assert all(row.apparent == sum(row.kinds.values()) for row in rows)
        assert sum(row.disk or 0 for row in rows) == found.total.disk
        assert len({d.key for d in found.distributions}) == len(found.distributions)
