"""The breakdown of an image has every byte that it ships in one row, whatever is in its layers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from deadweight.analysis.reporting import report_of
from deadweight.model.report import Report
from deadweight.operations.measure import profile
from tests.builders import ELF_X86_64, dist_files
from tests.images import Content, link, make_image

SITE = "usr/local/lib/python3.12/site-packages"
PATHS = (
    "usr/bin/ls", "usr/share/doc/ls/copyright", "usr/local/lib/python3.12/os.py", f"{SITE}/a/x.so", f"{SITE}/b.py",
    "usr/local/lib/python3.12/test/t.py", "root/.cache/pip/http/x", "app/main.py", "app/model.onnx", "wheels/a.whl",
    "var/lib/apt/lists/x", "opt/venv/lib/python3.12/site-packages/a/__init__.py", "../outside", "app",
)  # fmt: skip
INSTALLED: dict[str, Content] = {
    **{f"{SITE}/{path}": data for path, data in dist_files("a", files={"a/x.so": ELF_X86_64}).items()},
    **{f"opt/venv/lib/python3.12/site-packages/{path}": data for path, data in dist_files("a").items()},
    "var/lib/dpkg/info/coreutils.list": "/usr/bin/ls\n/usr/share/doc/ls/copyright\n",
}
contents = st.one_of(
    st.none(),
    st.sampled_from([b"", b"1", b"12345", ELF_X86_64]),
    st.builds(link, st.sampled_from(PATHS), hard=st.booleans()),
)
layers = st.lists(st.dictionaries(st.sampled_from(PATHS), contents, max_size=6), min_size=1, max_size=4)
histories = st.sampled_from(["RUN step", "CMD app", "ADD x /"])


def measured(data: bytes) -> Report:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "image.tar"
        path.write_bytes(data)
        return report_of(profile(path))


@settings(max_examples=60, deadline=None)
@given(layers, st.booleans(), st.lists(histories, max_size=6))
def test_breakdown__any_image__sums_to_the_shipped_bytes(
    found: list[dict[str, Content]], with_distributions: bool, commands: list[str]
) -> None:
    whole = [INSTALLED, *found] if with_distributions else found
    report = measured(make_image(*whole, commands=commands))
    assert report.image is not None
    assert report.system is not None
    rows = report.system.breakdown
    assert sum(row.apparent_bytes for row in rows) == report.image.shipped_bytes
    assert all(row.apparent_bytes >= sum(part.apparent_bytes for part in row.largest) for row in rows)
    seen = [row for row in rows if row.name not in ("waste", "files outside of the root")]
    assert sum(row.apparent_bytes for row in seen) == report.totals.apparent_bytes
    report.validate()
    for layer in report.image.layers:
        assert sum(part.apparent_bytes for part in layer.largest) <= layer.apparent_bytes
        assert sum(each.wasted_bytes for each in layer.hidden_by) == layer.wasted_bytes
    assert sum(layer.hides_bytes for layer in report.image.layers) == report.image.wasted_bytes
