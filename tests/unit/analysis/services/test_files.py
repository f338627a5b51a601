"""Proposals → the texts of files."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.analysis.services.files import service_files
from deadweight.errors import BadInput
from deadweight.model.report.services import Proposal, ProposedFile, Storage

NOTHING = Storage(layers=0, apparent_bytes=0, download_bytes=0)


def proposal(*requirements: str, options: tuple[str, ...] = ()) -> Proposal:
    file = ProposedFile(
        name="api", kind="service", includes=("base",), constraints="constraints", options=options,
        requirements=requirements, services=("api",),
    )  # fmt: skip
    return Proposal(
        base_share=100, services=("api",), apart=(), files=(file,), constraints={"constraints": ("a==1",)},
        conflicts=(), changes=(), larger=(), checks=(), layers=(), before=NOTHING, after=NOTHING,
    )  # fmt: skip


def test_service_files__paths_of_options__are_relative_to_the_new_directory() -> None:
    options = ("-c api/limits.txt", "-f https://a/f", "-f /wheels", "--pre")
    text = service_files(proposal("a", options=options), "out/new")["out/new/api.txt"]
    assert text.splitlines()[1:] == [
        "-c constraints.txt", "-r base.txt", "-c ../../api/limits.txt", "-f https://a/f", "-f /wheels", "--pre", "a",
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["a\nb", "a\x85-r evil", "a\u2028b"])
def test_service_files__line_that_pip_reads_as_several__is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="cannot be written as one line"):
        service_files(proposal(line), "out")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/b", "..\\up", "C:up", "a\nb", "a\0", ""])
def test_service_files__name_outside_of_the_directory__is_refused(name: str) -> None:
    good = proposal("a")
    with pytest.raises(BadInput, match="not the name of a proposed file"):
        service_files(replace(good, files=(replace(good.files[0], name=name),)), "out")
    with pytest.raises(BadInput, match="not the name of a proposed file"):
        service_files(replace(good, constraints={name: ("a==1",)}), "out")


def test_service_files__shared_file_of_many_services__has_a_heading_of_several_lines() -> None:
    names = tuple(f"service-{number:02}" for number in range(1, 23))
    file = ProposedFile(
        name="base", kind="shared", includes=(), constraints=None, options=(), requirements=("web",), services=names
    )
    text = service_files(replace(proposal("a"), files=(file,)))["base.txt"]
    *heading, last = text.splitlines()
    assert last == "web"
    assert all(line.startswith("# ") and len(line) <= 100 for line in heading)
    assert len(heading) > 1
    assert " ".join(line.removeprefix("# ") for line in heading).endswith(", ".join(names))
