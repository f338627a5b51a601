"""A split and the user's file → the smaller file, each kept line spelled as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from packaging.requirements import Requirement as Parsed

from deadweight.analysis.concluding import conclude
from deadweight.analysis.measurement import Measurement
from deadweight.errors import BadInput
from deadweight.formats.requirements import RequirementsFile, logical_lines
from deadweight.model import Evidence, Requirement
from deadweight.planning.lines import requirement_text
from deadweight.planning.splits import Dropped, Split
from deadweight.planning.writing import Chosen, Writer
from deadweight.report.splits import split_files
from deadweight.settings import Settings
from deadweight.sources.codebase.requirements import read_requirements
from deadweight.targets.types import Lock
from tests.builders import bare, bare_inventory, profile_of, requirements_file, wants, write_files


def chosen_of(split: Split) -> Chosen:
    removed = frozenset(dropped.name for dropped in split.dropped)
    return Chosen(name=split.name, kept=split.kept, removed=removed)


def split_that_drops(*names: str, file: RequirementsFile) -> Split:
    kept = tuple(want for want in file.all_requirements() if want.name not in names)
    return Split(
        name="production", groups=("core",), kept=kept, dropped=(), distributions=(), apparent_bytes=0, saved_bytes=0
    )


def written(file: RequirementsFile, *dropped: str, directory: str = "", versions: dict[str, str] | None = None) -> str:
    """Return the body of the file that is written, without the heading."""
    pins = {
        want: versions[want.name]
        for want in file.all_requirements()
        if versions and want.name in versions and not want.url
    }
    text = Writer(chosen_of(split_that_drops(*dropped, file=file)), directory, pins).text(file)
    heading, _, body = text.partition("\n")
    assert heading.startswith("#")
    return body


def test_text__nothing_removed__is_the_file_byte_for_byte() -> None:
    text = (
        "# runtime\n"
        "--extra-index-url https://host/simple\n"
        "A.b_C [x,Y]  >=1 , <2   # why\n"
        "lib==1.0 \\\n"
        "    --hash=sha256:aa \\\n"
        "    --hash=sha256:bb\n"
        "    # via a-b-c\n"
        "\n"
        "win ; sys_platform == 'win32'\n"
        "b@https://host/b-1.whl\n"
    )
    assert written(requirements_file(text)) == text


def test_text__line_with_continuations__is_removed_whole() -> None:
    text = "app==1 \\\n    --hash=sha256:aa\ntester==1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\nlib==1\n"
    assert written(requirements_file(text), "tester") == "app==1 \\\n    --hash=sha256:aa\nlib==1\n"


def test_text__annotation__is_removed_with_its_line() -> None:
    text = (
        "app==1\n    # via -r requirements.in\ntester==1\n    # via\n    #   app\n    #   lib\nlib==1\n    # via app\n"
    )
    assert written(requirements_file(text), "tester") == (
        "app==1\n    # via -r requirements.in\nlib==1\n    # via app\n"
    )


def test_text__section_that_is_removed__takes_its_comment_along() -> None:
    text = "# runtime\napp\n\n# tests\ntester\nlinter\n\n# more\nlib\n"
    assert written(requirements_file(text), "tester", "linter") == "# runtime\napp\n\n# more\nlib\n"


def test_text__section_without_a_blank_line_between__takes_its_comment_along() -> None:
    assert written(requirements_file("# runtime\napp\n# tests\ntester\n"), "tester") == "# runtime\napp\n"


def test_text__section_that_is_removed_in_part__keeps_its_comment() -> None:
    assert written(requirements_file("# tools\napp\ntester\n"), "tester") == "# tools\napp\n"


def test_text__comment_that_stands_alone__stays() -> None:
    assert written(requirements_file("# licence\n\napp\ntester\n"), "tester") == "# licence\n\napp\n"


def test_text__options__stay_whatever_is_removed() -> None:
    text = "--index-url https://host/simple\n--no-binary lib\ntester\napp\n"
    assert written(requirements_file(text), "tester") == "--index-url https://host/simple\n--no-binary lib\napp\n"


@pytest.mark.parametrize(("text", "expected"), [("app\ntester", "app\n"), ("app", "app\n"), ("tester", "")])
def test_text__no_newline_at_the_end__gets_one(text: str, expected: str) -> None:
    assert written(requirements_file(text), "tester") == expected


def test_text__heading__names_the_split_the_file_and_what_was_left_out() -> None:
    file = requirements_file("app\ntester\n", "sub/requirements.txt")
    profile = profile_of(bare_inventory(bare("app"), bare("tester")), file, Settings.of(groups={"dev": ("tester",)}))
    text = Writer(chosen_of(profile.split("production")), "").text(file)
    heading = text[: text.index("\napp\n")]
    assert all(line.startswith("# ") for line in heading.splitlines())
    assert "production" in heading
    assert "requirements.txt" in heading
    assert "tester" in heading


def test_text__heading__has_names_that_print_in_lines_of_a_hundred_columns() -> None:
    names = [f"name-{number:03}" for number in range(30)]
    file = requirements_file("app\n", path="dir/r\x1b.txt")
    evidence = Evidence("DW001", "dev", "said")
    gone = tuple(
        Dropped(name=name, group="dev", evidence=evidence, brought_bytes=None, freed_bytes=None)
        for name in (*names, "odd\x07")
    )
    heading = Writer(chosen_of(replace(split_that_drops(file=file), dropped=gone)), "").text(file).partition("\napp")[0]
    lines = heading.splitlines()
    assert lines[0] == "# production: generated by deadweight from r?.txt"
    assert lines[1].startswith("# removed: name-000, name-001, ")
    assert " ".join(line.removeprefix("# ") for line in lines[1:]).endswith("name-029, odd?")
    assert 90 < max(map(len, lines)) <= 100


# --- included files ------------------------------------------------------------------------------


def test_include__whole__is_kept_as_a_line() -> None:
    base = requirements_file("lib\n", "base.txt")
    assert written(requirements_file("-r base.txt\napp\ntester\n", included={"base.txt": base}), "tester") == (
        "-r base.txt\napp\n"
    )


def test_include__part_removed__replaces_the_include() -> None:
    base = requirements_file("lib>=1  # kept\ntester\n", "base.txt")
    assert written(requirements_file("-r base.txt\napp\n", included={"base.txt": base}), "tester") == (
        "lib>=1  # kept\napp\n"
    )


def test_include__all_removed__leaves_nothing() -> None:
    base = requirements_file("tester\n", "dev.txt")
    assert written(requirements_file("app\n-r dev.txt\n", included={"dev.txt": base}), "tester") == "app\n"


def test_include__of_an_include__part_removed__replaces_the_include() -> None:
    inner = requirements_file("tester\nlib\n", "inner.txt")
    outer = requirements_file("-r inner.txt\nmid\n", "outer.txt", {"inner.txt": inner})
    file = requirements_file("-r outer.txt\napp\n", included={"outer.txt": outer})
    assert written(file, "tester") == "lib\nmid\napp\n"


@pytest.mark.parametrize(
    ("directory", "include", "constraint"),
    [("", "-r base.txt", "-c c/limits.txt"), ("out", "-r ../base.txt", "-c ../c/limits.txt")],
)
def test_include__another_output_directory__paths_count_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: str, include: str, constraint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(
        tmp_path, {"requirements.txt": "-r base.txt\n-c c/limits.txt\napp\n", "base.txt": "lib\n", "c/limits.txt": ""}
    )
    file = read_requirements(str(tmp_path / "requirements.txt"))
    assert written(file, directory=str(tmp_path / directory)) == f"{include}\n{constraint}\napp\n"


def test_include__absolute_path__stays_absolute(tmp_path: Path) -> None:
    base = write_files(tmp_path, {"base.txt": "lib\n"}) / "base.txt"
    file = requirements_file(f"-r {base}\n", included={str(base): read_requirements(str(base))})
    assert written(file, directory="/elsewhere") == f"-r {base}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--find-links wheels", "--find-links ../wheels"),
        ("-f ./more", "-f ../more"),
        ("--find-links=https://host/wheels", "--find-links=https://host/wheels"),
    ],
)
def test_find_links__directory__counts_from_the_new_file(line: str, expected: str) -> None:
    assert written(requirements_file(f"{line}\napp\n"), directory="out") == f"{expected}\napp\n"


# --- versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("app", "app==2.0"),
        ("app>=1,<3  # why", "app==2.0  # why"),
        ("app[x] ; python_version > '3'", "app[x]==2.0 ; python_version > '3'"),
        ("app~=1.4;python_version>'3'", "app==2.0;python_version>'3'"),
        ("App_==1.0 \\\n    --hash=sha256:aa", None),
        ("app @ https://host/app-2.0-py3-none-any.whl", "app @ https://host/app-2.0-py3-none-any.whl"),
        ("unmeasured>=1", "unmeasured>=1"),
    ],
)
def test_pin__writes_the_measured_version_and_nothing_else_changes(line: str, expected: str | None) -> None:
    if expected is None:
        line, expected = "App==1.0 \\\n    --hash=sha256:aa", "App==2.0 \\\n    --hash=sha256:aa"
    assert written(requirements_file(f"{line}\n"), versions={"app": "2.0"}) == f"{expected}\n"


def test_pin__included_file__replaces_the_include() -> None:
    base = requirements_file("lib\n", "base.txt")
    file = requirements_file("-r base.txt\n", included={"base.txt": base})
    assert written(file, versions={"lib": "1.2"}) == "lib==1.2\n"


# --- requirements written anew -------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "a",
        "a==1.0",
        "a[x,y]>=1,<2 ; python_version > '3'",
        "a @ https://host/a.whl ; os_name == 'nt'",
        "a[x] @ file:///a",
    ],
)
def test_requirement_text__pep_508_line__asks_for_the_same(line: str) -> None:
    (want,) = wants(line)
    assert wants(requirement_text(want)) == (want,)


def test_requirement_text__editable_and_bare_url__as_installers_take_them() -> None:
    assert requirement_text(Requirement(name="a", url="./a", editable=True)) == "-e ./a"
    assert requirement_text(Requirement(name=None, url="https://host/x.zip")) == "https://host/x.zip"


# --- any file ------------------------------------------------------------------------------------

LINE = st.sampled_from(
    ["app", "lib>=1  # why", "tester==1 \\\n    --hash=sha256:aa", "linter ; python_version > '3'", "    # via app", "",
     "# section", "--pre", "  ", "mid[x]~=1.0"]
)  # fmt: skip
NAMES = st.sets(st.sampled_from(["app", "lib", "tester", "linter", "mid"]))


@given(st.lists(LINE, max_size=12), NAMES, st.sampled_from(["\n", "\r\n"]))
def test_text__any_file__holds_lines_of_the_input_in_their_order(lines: list[str], gone: set[str], end: str) -> None:
    text = "".join(f"{line}\n" for line in lines).replace("\n", end)
    file = requirements_file(text)
    before = [line.text.rstrip() for line in logical_lines(text, "")]
    body = Writer(chosen_of(split_that_drops(*gone, file=file)), "").text(file).partition("\n")[2]
    left = iter(before)
    after = [line.text.rstrip() for line in logical_lines(body, "")]
    assert all(line in left for line in after)  # ``in`` an iterator uses it up: so in this order
    names = [want.name for want in file.all_requirements() if want.name not in gone]
    assert [want.name for want in requirements_file(body).all_requirements()] == names


# Each of the characters that end a line for pip, which reads files with str.splitlines().
LINE_ENDS = ["\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


def code_points(text: str) -> str:
    """Name a parameter without a backslash: pytest escapes those once more each time it collects in one process."""
    return " ".join(f"{ord(char):04x}" for char in text) or "empty"


@pytest.mark.parametrize("end", LINE_ENDS, ids=code_points)
def test_text__file_name_with_a_line_end__stays_in_the_heading(end: str) -> None:
    file = requirements_file("a\n", path=f"dir/r{end}evil.txt")
    text = Writer(chosen_of(split_that_drops(file=file)), "").text(file)
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["a"]


@pytest.mark.parametrize("end", LINE_ENDS, ids=code_points)
def test_include__path_gets_a_line_end__is_refused(end: str, tmp_path: Path) -> None:
    directory = tmp_path / f"x{end}evil"
    write_files(directory, {"r.txt": "-r more.txt\n", "more.txt": "a\n"})
    file = read_requirements(str(directory / "r.txt"))
    with pytest.raises(BadInput, match="as one line"):
        written(file, directory=str(tmp_path))


@pytest.mark.parametrize("end", [*LINE_ENDS, "] @ http://evil/x.whl #", " ", ",", ""], ids=code_points)
def test_split_files__extra_of_metadata_with_a_line_end__is_no_extra(end: str) -> None:
    lines = [f'b ; extra == "x{end}evil"' if end else 'b ; extra == ""']
    inventory = bare_inventory(bare("a", requires=lines, requested=True), bare("b"))
    files = split_files(profile_of(inventory), "", pin=False)
    assert {text.partition("\n")[2] for text in files.values()} == {"a==1.0\n"}


@pytest.mark.parametrize("end", [*LINE_ENDS, " ", " #"], ids=code_points)
def test_split_files__url_of_a_lock_with_a_line_end__is_refused(end: str) -> None:
    inventory = bare_inventory(bare("a", requested=True, url=f"https://host/a.whl{end}evil"))
    target = Lock("pylock.toml")
    with pytest.raises(BadInput):
        split_files(conclude(Measurement(target=target, inventory=inventory, settings=Settings())), "", pin=False)


@given(st.text(max_size=20), st.text(max_size=20))
def test_split_files__whatever_metadata_says__each_line_is_one_requirement_of_what_is_present(
    extra: str, summary: str
) -> None:
    requires = [f'b ; extra == "{extra}"', f"b ; extra == '{extra}'"]
    inventory = bare_inventory(bare("a", requires=requires, requested=True), bare("b"))
    for text in split_files(profile_of(inventory), "", pin=False).values():
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert {Parsed(line).name for line in lines} <= {"a", "b"}
        assert not any(Parsed(line).url for line in lines)
