"""A requirements file with some of its requirements replaced or left out."""

from __future__ import annotations

from pathlib import Path

from deadweight.formats.requirement_changes import swapped, without
from deadweight.sources.codebase.requirements import read_requirements
from tests.builders import write_files


def test_without__lines_of_a_file_and_its_includes__are_gone(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": "# web\na==1\n-r more.txt\nb  # why\n", "more.txt": "c\nd\n"})
    file = read_requirements(str(tmp_path / "r.txt"))
    left = without(file, {(str(tmp_path / "r.txt"), 4), (str(tmp_path / "more.txt"), 1)})
    assert [each.name for each in left.all_requirements()] == ["a", "d"]
    assert left.text == "# web\na==1\n-r more.txt\n"
    assert without(file, ()) == file


def test_swapped__requirement__keeps_its_line_marker_and_comment(tmp_path: Path) -> None:
    write_files(tmp_path, {"r.txt": "a==1 ; python_version > '3'  # why\nb\n"})
    file = swapped(read_requirements(str(tmp_path / "r.txt")), {"a": "other"})
    (other, _) = file.all_requirements()
    assert (other.name, other.number) == ("other", 1)
    assert file.lines[0].text == 'other ; python_version > "3"  # why\n'
