"""Files that are recognized by their paths."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.advice.files.paths import path_findings
from deadweight.codescan.dockerfiles.stages import Instruction
from tests.builders import dist_files
from tests.images import Content, link
from tests.unit.advice.cases import case_of

SITE = "usr/local/lib/python3.12/site-packages"


@pytest.mark.parametrize(
    ("path", "rule", "root", "change"),
    [
        ("var/lib/apt/lists/deb.debian.org_main_Packages.lz4", "DW502", "var/lib/apt/lists", "apt/lists"),
        ("var/cache/apt/archives/gcc_12.deb", "DW502", "var/cache/apt", "apt-get clean"),
        ("var/cache/apk/APKINDEX.1.tar.gz", "DW502", "var/cache/apk", "apk add --no-cache"),
        ("var/cache/dnf/x.solv", "DW502", "var/cache/dnf", "dnf clean all"),
        ("root/.cache/pip/http-v2/a/b", "DW503", "root/.cache/pip", "--no-cache-dir"),
        ("home/app/.cache/uv/wheels-v5/x", "DW503", "home/app/.cache/uv", "UV_NO_CACHE=1"),
        ("opt/uv/archive-v0/Vpgk3YYOLNz_-o1gYtHDc/a.py", "DW503", "opt/uv", "UV_NO_CACHE=1"),
        ("opt/conda/pkgs/numpy-2.conda", "DW503", "opt/conda/pkgs", "conda clean"),
        ("root/.npm/_cacache/index-v5/a", "DW503", "root/.npm/_cacache", "npm cache clean"),
        ("root/.cargo/registry/src/a.rs", "DW503", "root/.cargo/registry", "cargo/registry"),
    ],
)
def test_path__cache__is_found_with_its_change(path: str, rule: str, root: str, change: str) -> None:
    [finding] = path_findings(case_of({"etc/passwd": "root"}, {path: "x" * 70}))
    assert (finding.rule, finding.layer, finding.size, finding.files) == (rule, 1, 70, 1)
    assert finding.paths == ((root, 70),)
    assert change in finding.change


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/apt/extended_states",
        "srv/var/lib/apt/lists/x",
        "app/cache/pip/a",
        "usr/share/conda/pkgs.txt",
        "app/.npmrc",
    ],
)
def test_path__something_similar__is_not_found(path: str) -> None:
    assert not list(path_findings(case_of({path: "x" * 70})))


def test_path__two_layers__have_a_finding_each() -> None:
    case = case_of({"var/lib/apt/lists/a": "x" * 70}, {"var/lib/apt/lists/b": "x" * 30})
    assert [(finding.layer, finding.size) for finding in path_findings(case)] == [(0, 70), (1, 30)]


def test_path__base_image__asks_for_another_base() -> None:
    [finding] = path_findings(case_of({"var/lib/apt/lists/a": "x" * 70}, {}, base=1))
    assert finding.change == "use a base image without them"


def test_path__cache_that_is_linked_to_what_is_installed__saves_nothing() -> None:
    installed = {f"{SITE}/{path}": data for path, data in dist_files("numpy", files={"numpy/a.py": "x" * 90}).items()}
    linked: dict[str, Content] = {
        **installed,
        "root/.cache/uv/archive-v0/Vpgk3YYOLNz_-o1gYtHDc/a.py": link(f"{SITE}/numpy/a.py", hard=True),
        "root/.cache/uv/wheels-v5/index": "y" * 10,
    }
    [finding] = path_findings(case_of(linked))
    assert (finding.size, finding.files) == (10, 2)


def test_path__file_of_a_distribution__is_its_own() -> None:
    files = dist_files("npm", files={"a/.npm/_cacache/b": "x" * 90})
    assert not list(path_findings(case_of({f"{SITE}/{path}": data for path, data in files.items()})))


@pytest.mark.parametrize(
    ("path", "rule", "root"),
    [
        ("app/.git/objects/a", "DW510", "app/.git"),
        ("app/node_modules/a/b.js", "DW510", "app/node_modules"),
        ("app/.mypy_cache/3.12/a.json", "DW510", "app/.mypy_cache"),
        ("app/pkg/__pycache__/a.cpython-310.pyc", "DW510", "app/pkg/__pycache__"),
        ("app/model.PT", "DW512", "app/model.PT"),
        ("app/data/prices.csv", "DW512", "app/data/prices.csv"),
    ],
)
def test_path__from_the_build_context__is_found(path: str, rule: str, root: str) -> None:
    [finding] = path_findings(case_of({path: "x" * 1_000_000}, commands=["COPY dir:ab01 in /app"]))
    assert (finding.rule, finding.paths) == (rule, ((root, 1_000_000),))


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("app/node_modules/a/b.js", "RUN npm ci"),
        ("app/node_modules/a/b.js", "COPY /build/node_modules /app/node_modules # buildkit"),
        ("app/model.pt", "RUN wget https://host/model.pt"),
        ("app/pkg/__pycache__/a.cpython-310.pyc", "RUN python -m compileall"),
        ("app/small.csv", "COPY . ."),
    ],
)
def test_path__not_from_the_build_context_or_small__is_not_found(path: str, command: str) -> None:
    size = 999_999 if "small" in path else 1_000_000
    assert not list(path_findings(case_of({path: "x" * size}, commands=[command])))


def test_path__copied_without_a_dockerfile__is_for_the_user_to_judge() -> None:
    case = case_of({"app/node_modules/a.js": "x" * 70}, commands=["COPY . ."])
    assert [finding.sure for finding in path_findings(case)] == [False]
    known = {0: Instruction("COPY", ". .", 3)}
    assert [finding.sure for finding in path_findings(replace(case, made_by=known))] == [True]
    from_stage = {0: Instruction("COPY", ". .", 3, "build")}
    assert not list(path_findings(replace(case, made_by=from_stage)))
