"""Lighter builds of what was measured, and what they surely save."""

from __future__ import annotations

import pytest

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.codescan.python.features import GPU, WINDOWS
from deadweight.formats.distributions.metadata import normalize
from deadweight.planning.lighter import _table
from deadweight.report.text.as_text import as_text
from deadweight.report.view import View
from tests.builders import (
    ELF_X86_64,
    SITE,
    bare,
    bare_inventory,
    dist_files,
    inventory_of,
    profile_of,
    requirements_file,
)


def cuda_torch(*, nccl_is_shared: bool) -> Profile:
    torch = bare("torch", 1000, requires=["nvidia-cudnn-cu12", "nvidia-nccl-cu12", "triton", "sympy"])
    boost = bare("xgboost", 200, requires=["nvidia-nccl-cu12"] if nccl_is_shared else [])
    libraries = (bare("nvidia-cudnn-cu12", 700), bare("nvidia-nccl-cu12", 300), bare("triton", 50), bare("sympy", 60))
    return profile_of(bare_inventory(torch, boost, *libraries), requirements_file("torch\nxgboost\n"))


@pytest.mark.parametrize(("shared", "saved"), [(False, 1050), (True, 750)])
def test_lighter__torch_with_cuda__saves_what_only_it_needs(shared: bool, saved: int) -> None:
    found = cuda_torch(nccl_is_shared=shared)
    torch, boost = found.lighter()
    assert (torch.key, torch.how, torch.saves_bytes) == ("torch", "--torch cpu", saved)
    assert (boost.key, boost.how, boost.saves_bytes) == ("xgboost", "--swap xgboost=xgboost-cpu", None)
    assert found.cuda() == (3, 1050)


def test_lighter__torch_without_cuda__is_light_already() -> None:
    assert profile_of(bare_inventory(bare("torch", 200), bare("numpy"))).lighter() == ()


def test_lighter__limited_versions__the_build_keeps_them_where_its_versions_are_the_same() -> None:
    lines = requirements_file("opencv-python>=4.5,<5\nfaiss-gpu==1.7.2\n")
    found = profile_of(bare_inventory(bare("opencv-python", 200), bare("faiss-gpu", 100)), lines).lighter()
    opencv, faiss = found
    assert opencv.swap == "opencv-python=opencv-python-headless<5,>=4.5"
    assert opencv.how == "--swap 'opencv-python=opencv-python-headless<5,>=4.5'"
    assert faiss.how == "--swap faiss-gpu=faiss-cpu"


def test_lighter__psycopg2_binary__saves_the_libraries_that_it_carries() -> None:
    library = ELF_X86_64 + bytes(3000)
    inventory = inventory_of(
        dist_files("psycopg2-binary", files={"psycopg2/__init__.py": "", "psycopg2_binary.libs/libpq.so.5": library})
    )
    (found,) = profile_of(inventory).lighter()
    assert found.saves_bytes == len(library)
    assert SITE not in found.how
    assert "psycopg2-binary" in found.how


def test_report__lighter_builds_and_subtotals__are_in_text_and_json() -> None:
    found = cuda_torch(nccl_is_shared=False)
    text = " ".join(as_text(report_of(found), View(width=100)).split())
    assert "for NVIDIA GPUs: 1.05 kB in 3 distributions" in text
    assert "the CPU build of PyTorch, without GPU support: --torch cpu" in text
    report = report_of(found)
    assert (report.cuda.distributions, report.cuda.apparent_bytes) == (3, 1050)
    assert [row.name for row in report.lighter] == ["torch", "xgboost"]


def test_report__nothing_lighter__says_nothing() -> None:
    text = as_text(report_of(profile_of(bare_inventory(bare("a")), requirements_file("a\n"))))
    assert "lighter" not in text
    assert "NVIDIA" not in text


def test_report__tests_headers_and_stubs__have_a_subtotal() -> None:
    files = {
        "a/__init__.py": "",
        "a/tests/test_x.py": "x" * 900_000,
        "a/include/a.h": "x" * 90_000,
        "a/a.pyi": "x" * 50_000,
    }
    text = as_text(report_of(profile_of(inventory_of(dist_files("a", files=files)))))
    line = "files rarely needed in production: 1.04 MB (tests 900 kB, headers 90.0 kB, stubs 50.0 kB)"
    assert line in " ".join(text.split())


def test_table__every_row__is_whole_and_normalized() -> None:
    names = [name for row in _table() for name in row["names"]]
    assert len(names) == len(set(names))
    for row in _table():
        assert row.keys() == {"names", "lighter", "how", "loses", "saves", "needs"}
        assert row["saves"] in ("", "own", "bundled", "cuda")
        assert row["needs"] in ("", GPU, WINDOWS)
        assert all(name == normalize(name) for name in row["names"])
        assert row["how"].startswith("--")
