"""Requirements files → requirements that can be compared, and one line for several."""

from __future__ import annotations

import pytest

from deadweight.planning.sharing.wanted import Identity, merged_line, same_lines, service_file
from tests.builders import requirements_file


def merged(*texts: str) -> str:
    files = [service_file(str(number), requirements_file(text)) for number, text in enumerate(texts)]
    return merged_line([next(iter(file.wanted.values())) for file in files])


def test_merged_line__same_lines__stay_as_written() -> None:
    assert merged("Web_App >= 1  # why\n", "Web_App >= 1\n") == "Web_App >= 1"


def test_merged_line__different_versions__satisfies_all() -> None:
    assert merged("web>=1\n", "web<3\n", "web\n") == "web>=1,<3"


def test_merged_line__hashes__are_kept_only_if_all_have_them() -> None:
    one, other = "--hash=sha256:" + "0" * 64, "--hash=sha256:" + "1" * 64
    assert merged(f"web==1 {one}\n", f"web==1 {other}\n") == f"web==1 {one} {other}"
    assert merged(f"web==1 {one}\n", "web>=1\n") == "web==1,>=1"


def test_merged_line__equal_versions__appear_once() -> None:
    assert merged("web==1\n", "web==1.0.0\n") == "web==1"
    assert merged("web>=1.0,<2\n", "web<2.0,>=1\n") == "web<2,>=1.0"
    assert merged("web==1.*\n", "web==1.0.*\n") == "web==1.*,==1.0.*"
    digest = "--hash=sha256:" + "0" * 64
    assert merged(f"web==1.0 {digest}\n", f"web==1 {digest}\n") == f"web==1.0 {digest}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("web==1\n", "web==1.0\n", True),
        ("web>=1,<2\n", "web<2,>=1\n", True),
        ("web==1\n", "web==1.1\n", False),
        ("web==1\n", "web==1 --hash=sha256:" + "0" * 64 + "\n", False),
        ("web @ https://a/web.whl\n", "web @ https://a/web.whl#egg=x\n", False),
    ],
)
def test_same_lines__versions_and_hashes__decide(one: str, other: str, same: bool) -> None:
    first, second = (
        same_lines(next(iter(service_file("a", requirements_file(text)).wanted.values()))) for text in (one, other)
    )
    assert (first == second) is same


def test_service_file__included_files__are_part_of_it() -> None:
    inner = requirements_file("-c limits.txt\nhttp\n", "shared/base.txt")
    file = requirements_file("-r ../shared/base.txt\nweb[b,A]\n", "api/r.txt", {"../shared/base.txt": inner})
    found = service_file("api", file)
    assert list(found.wanted) == [Identity("http"), Identity("web", ("a", "b"))]
    assert found.options == ("-c shared/limits.txt",)


def test_service_file__options__are_relative_to_the_working_directory() -> None:
    file = requirements_file("--extra-index-url https://i/simple\n-f wheels\n-f https://f\nweb\n", "api/r.txt")
    assert service_file("api", file).options == ("--extra-index-url https://i/simple", "-f api/wheels", "-f https://f")


def test_service_file__same_requirement_twice__is_one_with_both_versions() -> None:
    file = service_file("a", requirements_file("web>=1\nweb<3\n"))
    assert list(file.wanted) == [Identity("web")]
    assert merged_line(file.wanted.values()) == "web>=1,<3"
