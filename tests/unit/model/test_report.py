"""The report as a value: saved and read back, validated, and written again from what was saved."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import jsonschema
import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deadweight import Report
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.errors import BadReport
from deadweight.model import Skipped
from deadweight.operations.measure import profile
from deadweight.report.results.why import why, why_text
from deadweight.report.text.as_text import as_text
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, dist_files, inventory_of, make_env, profile_of, requirements_file
from tests.images import make_image

NAMES = st.sampled_from(("app", "base", "tester", "web", "x-y"))


def fixture_profile() -> Profile:
    """Extras, an unowned file, a cycle and a development tool."""
    inventory = inventory_of(
        dist_files("app", requires=["web[fast]>=1", "base"], requested=True),
        dist_files("web", requires=['quick; extra == "fast"', "base"]),
        dist_files("quick"),
        dist_files("base", requires=["app"]),
        dist_files("pytest"),
        extra={"lib/python3.11/site-packages/notes.txt": "unowned"},
    )
    return profile_of(inventory, requirements_file("app\nweb[fast]\npytest\n"), Settings())


@given(
    st.dictionaries(NAMES, st.tuples(st.integers(0, 10**12), st.lists(NAMES, max_size=4), st.booleans()), min_size=1),
    st.booleans(),
)
def test_report__any_inventory__is_read_back_as_it_was_written(
    distributions: dict[str, tuple[int, list[str], bool]], with_file: bool
) -> None:
    inventory = bare_inventory(
        *(bare(name, size, requires=needs, requested=asked) for name, (size, needs, asked) in distributions.items())
    )
    lines = "".join(f"{name}\n" for name, (_, _, asked) in distributions.items() if asked)
    report = report_of(profile_of(inventory, requirements_file(lines) if with_file else None))
    assert Report.from_json(report.to_json()) == report


def test_report__every_kind_of_target__is_read_back_and_matches_the_schema(tmp_path: Path) -> None:
    environment = make_env(tmp_path / "env", dist_files("a", requires=["b"], requested=True), dist_files("b"))
    files = {"usr/bin/python3.11": b"", "app/venv/pyvenv.cfg": b"home = /usr/bin\n"}
    site = "app/venv/lib/python3.11/site-packages"
    files |= {f"{site}/{path}": content for path, content in dist_files("c").items()}
    image = tmp_path / "image.tar"
    image.write_bytes(make_image(files))
    source = tmp_path / "application"
    source.mkdir()
    (source / "main.py").write_text("import a\n")
    schema = Report.json_schema()
    for target, settings in [
        (str(environment), Settings.of(source=str(source))),
        (str(image), Settings()),
        (f"rootfs:{tmp_path}", Settings()),
    ]:
        report = report_of(profile(target, settings))
        text = report.to_json()
        assert Report.from_json(text) == report
        jsonschema.validate(json.loads(text), schema)


def test_report__what_was_saved__gives_the_same_text_and_paths() -> None:
    report = report_of(fixture_profile())
    saved = Report.from_json(report.to_json())
    assert as_text(saved) == as_text(report)
    for key in report.rows:
        assert why(saved, key) == why(report, key)
    text = why_text(saved, why(saved, "quick"))
    assert "app → web[fast]>=1 → quick" in text


def test_report__edges__carry_the_requirement_line() -> None:
    report = report_of(fixture_profile())
    (edge,) = [each for each in report["web"].requirements if each.extra == "fast" and each.key == "quick"]
    assert edge.requirement == 'quick; extra == "fast"'
    assert [each.extras for each in report["app"].requirements if each.key == "web"] == [("fast",)]
    assert isinstance(report.graph, networkx.DiGraph)
    assert report.graph.edges["web", "quick"]["requirement"] == 'quick; extra == "fast"'


def test_report__unowned_files__have_all_sizes() -> None:
    report = report_of(fixture_profile())
    assert report.unowned.apparent_bytes == report.totals.unowned_bytes == len("unowned")
    assert sum(row.apparent_bytes for row in report.distributions) + 7 == report.totals.apparent_bytes


def test_row__environment_that_exists__hands_out_the_standard_distribution(tmp_path: Path) -> None:
    make_env(tmp_path / "env", dist_files("a", "1.5", requires=["b>=1"]), dist_files("b"))
    report = report_of(profile(str(tmp_path / "env")))
    found = report["a"].distribution()
    assert (found.version, found.requires) == ("1.5", ["b>=1"])
    assert Report.from_json(report.to_json())["a"].distribution().version == "1.5"
    shutil.rmtree(tmp_path / "env")
    with pytest.raises(LookupError, match="not installed"):
        report["a"].distribution()


def test_row__of_an_inventory_without_a_directory__has_no_standard_distribution() -> None:
    with pytest.raises(LookupError):
        report_of(profile_of(bare_inventory(bare("a"))))["a"].distribution()


def test_row__largest_files_and_directories__are_apart_and_bounded() -> None:
    sizes = {"a/core/x.py": 90_000, "a/core/y.py": 30_000, "a/data/z.bin": 50_000, "a/__init__.py": 10, "b.py": 20_000}
    inventory = inventory_of(dist_files("a", files={path: "x" * size for path, size in sizes.items()}))
    row = report_of(profile_of(inventory))["a"]
    site = "lib/python3.11/site-packages"
    assert [(each.path, each.apparent_bytes) for each in row.largest_files] == [
        (f"{site}/a/core/x.py", 90_000), (f"{site}/a/data/z.bin", 50_000), (f"{site}/a/core/y.py", 30_000),
    ]  # fmt: skip
    assert [(each.path, each.apparent_bytes) for each in row.largest_directories] == [
        (f"{site}/a/core", 120_000), (f"{site}/a/data", 50_000),
    ]  # fmt: skip


def test_report__hundred_distributions__stay_small() -> None:
    rows = [bare(f"project-{n}", 10**6 + n, requires=[f"project-{n + 1}>=1", "base"]) for n in range(99)]
    report = report_of(profile_of(bare_inventory(*rows, bare("project-99"), bare("base"))))
    assert len(report.to_json()) < 200_000
    assert len(pickle.dumps(report)) < 200_000


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"schema": "deadweight.profile/2"}, "schema"),
        ({"totals": {}}, "totals"),
        ({"distributions": [{}]}, "distributions"),
        ({"splits": {}}, "minimal"),
    ],
)
def test_from_json__not_a_report_of_this_schema__is_refused(change: dict[str, object], cause: str) -> None:
    values = {**json.loads(report_of(fixture_profile()).to_json()), **change}
    with pytest.raises(BadReport, match=cause):
        Report.from_json(json.dumps(values))


def test_from_json__key_of_no_distribution__is_refused() -> None:
    values = json.loads(report_of(fixture_profile()).to_json())
    values["distributions"][0]["requires"] = ["nowhere"]
    with pytest.raises(BadReport, match="'nowhere' is the key of no distribution"):
        Report.from_json(json.dumps(values))


@pytest.mark.parametrize("text", ["", "[", "{}", "[" * 100_000, '{"schema": 1}', '"\\ud800"'])
def test_from_json__not_json_or_not_a_report__is_refused(text: str) -> None:
    with pytest.raises(BadReport):
        Report.from_json(text)


def lying(**changes: object) -> str:
    """Return a report as JSON, with other values at some of its keys."""
    found = json.loads(report_of(profile_of(bare_inventory(bare("a", 5)), requirements_file("a\n"))).to_json())
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = found
        for key in parents:
            inner = inner[int(key) if key.isdigit() else key]
        inner[last] = value
    return json.dumps(found)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"totals__apparent_bytes": 6}, "do not add up"),
        ({"totals__files": 10**400}, "not a report of this version"),
        ({"totals__files": 1 << 63}, "not a report of this version"),
        ({"distributions__0__name": ""}, "has no name"),
        ({"splits__x": {}}, "not a report of this version"),
        ({"splits__production__proof": {"holds": True, "checked": 1, "gaps": []}}, "no code was read"),
    ],
)
def test_from_json__report_that_lies__is_refused(changes: dict[str, object], reason: str) -> None:
    Report.from_json(lying())
    with pytest.raises(BadReport, match=reason):
        Report.from_json(lying(**changes))


def test_from_json__third_split__is_refused() -> None:
    found = json.loads(lying())
    found["splits"]["third"] = found["splits"]["minimal"]
    with pytest.raises(BadReport, match="the splits must be production and minimal"):
        Report.from_json(json.dumps(found))


def test_to_json__token_before_a_quote__stays_json() -> None:
    reason = 'bad page "https://h/x?token=ab\\c\u00e4d"'
    found = bare_inventory(bare("a", 5))
    report = report_of(profile_of(replace(found, skipped=(Skipped("x", reason),)), requirements_file("a\n")))
    assert Report.from_json(report.to_json()).skipped[0].reason == 'bad page "https://h/x?token=****"'
