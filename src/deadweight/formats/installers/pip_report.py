"""pip's installation report → Lock.

source: https://pip.pypa.io/en/stable/reference/installation-report/
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from deadweight.errors import BadInput
from deadweight.formats.distributions.metadata import normalize
from deadweight.model import Archive, Lock, Pinned


def read_report(data: bytes) -> Lock:
    """Return what pip would install; raises BadInput if it is not a report."""
    try:
        packages = [_package(item) for item in json.loads(data)["install"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput("cannot read pip's installation report", hint="update pip to 23.0 or later") from error
    return Lock(packages=tuple(sorted(packages, key=lambda package: package.name)))


def _package(item: dict[str, Any]) -> Pinned:
    info, metadata = item["download_info"], item["metadata"]
    url = str(info["url"])
    name, version = normalize(str(metadata["name"])), str(metadata["version"])
    origin = url if item.get("is_direct") else ""
    if "archive_info" not in info:
        return Pinned(name=name, version=version, location=url, origin=origin)
    sha256 = (info["archive_info"].get("hashes") or {}).get("sha256")
    filename = unquote(urlsplit(url).path).rpartition("/")[2]
    archive = Archive(filename=filename, url=url, sha256=sha256)
    if filename.endswith(".whl"):
        return Pinned(name=name, version=version, wheels=(archive,), origin=origin)
    return Pinned(name=name, version=version, sdist=archive, origin=origin)
