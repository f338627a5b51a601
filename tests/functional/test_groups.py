"""The groups of a target alone: measured, by what an index says of the names, or by the names alone."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deadweight import Settings, groups_of
from deadweight.cli import _run
from deadweight.errors import BadInput
from tests.builders import dist_files, make_env, make_wheel, write_files
from tests.conftest import Golden
from tests.index_server import Server, index_of

TOPIC = "Classifier: Framework :: Pytest"
WHEELS = [
    make_wheel("dw-helper", headers=[TOPIC]),
    make_wheel("dw-helper", "2.0", headers=[TOPIC]),
    make_wheel("dw-plain", headers=["Summary: plain words"]),
]
TEXT = "dw-helper<2\ndw-plain\npytest\nnumpy\ndw-gone\n"


@pytest.fixture
def here(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_files(tmp_path, {"requirements.txt": TEXT})


@pytest.fixture(params=["announced", "there", "in the wheel alone"])
def server(here: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run an index that has METADATA beside its wheels and says so (PEP 658), or does not say so, or has none."""
    beside = {filename: metadata_in(data) for filename, data in WHEELS}
    index = index_of(WHEELS, beside=beside if request.param == "announced" else None)
    if request.param == "there":
        index["files"] |= {f"/files/{filename}.metadata": data for filename, data in beside.items()}
    with Server(**index) as found:
        yield found


def metadata_in(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("METADATA"))


def asked(server: Server, **settings: Any) -> Mapping[str, Any]:
    found = groups_of(
        "requirements.txt", Settings(index_url=f"{server.url}/simple/", no_cache=True, **settings), measure=False
    )
    return {name: (assigned.group, assigned.sure, assigned.evidence[0].rule) for name, assigned in found.groups.items()}


def test_groups__unmeasured__by_names_and_what_the_index_says(server: Server) -> None:
    assert asked(server) == {
        "dw-gone": ("core", False, "DW304"),
        "dw-helper": ("dev", True, "DW103"),
        "dw-plain": ("core", False, "DW304"),
        "numpy": ("data", True, "DW101"),
        "pytest": ("dev", True, "DW101"),
    }
    fetched = [each for each in server.asked if not each.path.startswith("/simple/")]
    assert {each.path.removesuffix(".metadata").rpartition("/")[2] for each in fetched} == {
        "dw_helper-1.0-py3-none-any.whl", "dw_plain-1.0-py3-none-any.whl",
    }  # fmt: skip
    assert all(each.path.endswith(".metadata") or each.range for each in fetched)


def test_groups__index_lacks_a_name__is_told_and_no_failure(server: Server) -> None:
    found = groups_of("requirements.txt", Settings(index_url=f"{server.url}/simple/", no_cache=True), measure=False)
    assert [note for note in found.warnings if note.startswith("dw-gone is judged by its name alone: ")]


def test_groups__offline__nobody_is_asked(server: Server) -> None:
    found = groups_of("requirements.txt", Settings(index_url=f"{server.url}/simple/"), measure=False, offline=True)
    assert server.asked == []
    assert found.groups["dw-helper"].group == "core"
    assert found.warnings == ()


def test_groups__hostile_metadata__is_text_and_nothing_more(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = make_wheel("dw-plain", headers=["Summary: \x1b[31mred", "Classifier: Framework :: Pytest\x07"])
    with Server(**index_of([wheel])) as server:
        arguments = ["groups", "requirements.txt", "--no-measure", "--index-url", f"{server.url}/simple/", "-q"]
        assert _run([*arguments, "--no-cache"], debug=True) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_groups__source__is_evidence_without_measuring(here: Path) -> None:
    write_files(here, {"app/main.py": "import pytest, dw_plain\n"})
    found = groups_of("requirements.txt", measure=False, offline=True)
    assert found.groups["pytest"].group == "core"
    assert "DW201" in {evidence.rule for evidence in found.groups["dw-plain"].evidence}
    without = groups_of("requirements.txt", Settings(no_source=True), measure=False, offline=True)
    assert without.groups["pytest"].group == "dev"


def test_groups__measured__all_that_is_there(tmp_path: Path) -> None:
    env = make_env(tmp_path, dist_files("pytest", requires=["iniconfig"]), dist_files("iniconfig"), dist_files("numpy"))
    found = groups_of(env)
    assert {name: assigned.group for name, assigned in found.groups.items()} == {
        "iniconfig": "dev", "numpy": "data", "pytest": "dev",
    }  # fmt: skip


def test_groups__of_what_cannot_go_unmeasured__is_refused(tmp_path: Path) -> None:
    env = make_env(tmp_path, dist_files("numpy"))
    with pytest.raises(BadInput, match="no requirements file"):
        groups_of(env, measure=False)
    with pytest.raises(BadInput, match="--offline"):
        groups_of(env, offline=True)


def test_groups__json__is_the_contract(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["groups", "requirements.txt", "--no-measure", "--offline", "--format", "json", "-q"], debug=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["schema", "version", "target", "groups", "warnings"]
    assert found["schema"] == "deadweight.groups/1"
    assert [row["name"] for row in found["groups"]] == ["dw-gone", "dw-helper", "dw-plain", "numpy", "pytest"]
    assert set(found["groups"][0]) == {"name", "group", "tags", "sure", "evidence"}
    assert set(found["groups"][3]["evidence"][0]) == {"rule", "group", "says"}


@pytest.mark.parametrize("width", [40, 80, 120])
def test_groups__text__by_group_and_what_to_judge(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, golden: Golden, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    write_files(here, {"requirements.txt": f"{TEXT}acme-lint-rules\nscikit-learn\nflask\n"})
    assert _run(["groups", "requirements.txt", "--no-measure", "--offline", "-q"], debug=True) == 0
    golden(f"groups-{width}.txt", capsys.readouterr().out)
