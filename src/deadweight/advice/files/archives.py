"""The archives in an image → findings: wheels and system packages beside what was installed from them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.formats.distributions.metadata import normalize
from deadweight.model import ImageFinding

_RULE = "DW516"
# "numpy-2.0-cp312-….whl", "gcc-12_12.2.0-14_amd64.deb", "gcc-12.2.1-1.fc38.x86_64.rpm", "gcc-12.2.1-r3.apk"
_ARCHIVE = re.compile(
    r"(?:.*/)?(?:(?P<wheel>[\w.]+)-[^/]+\.whl"
    r"|(?:(?P<deb>[^/_]+)_[^/]+\.deb|(?P<rpm>[^/]+)-[^-/]+-[^-/]+\.(?:rpm|apk)))\Z"
)
_CACHE = re.compile(r"(?:^|/)(?:\.cache|cache|pkgs|ensurepip/_bundled)/")
_CHANGE = (
    "do not copy them into the image: mount them in the RUN that installs them,"
    " `RUN --mount=type=bind,from=STAGE,source=/wheels,target=/wheels pip install /wheels/*.whl`"
)


def archive_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with archives of what is installed."""
    distributions = {each.name for each in case.inventory.distributions}
    packages = {name for name, _ in case.inventory.packages}
    portions: dict[int, Portion] = defaultdict(Portion)
    for path in case.unowned:
        match = _ARCHIVE.match(path) if path.endswith((".whl", ".deb", ".apk", ".rpm")) else None
        if match is None or _CACHE.search(path):
            continue
        name = normalize(match["wheel"]) if match["wheel"] else match["deb"] or match["rpm"]
        if name in (distributions if match["wheel"] else packages):
            directory = path.rpartition("/")[0]
            portions[case.layer_of(path)].add(path, case.inventory.entries[path], directory, name)
    for layer, portion in portions.items():
        if not case.is_base(layer):
            portion.settle(case.links)
            yield portion.finding(_RULE, layer, reason="contains archives of what is installed", change=_CHANGE)
