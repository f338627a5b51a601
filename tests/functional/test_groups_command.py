"""Groups alone: by names, source and what an index says, and what is asked of the index for that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight import DeadweightError, Grouping, Settings, groups_of
from deadweight.cli import _run
from tests.builders import dist_files, make_env, make_wheel, metadata, write_files
from tests.index_server import Server, index_of

TESTER = ["Classifier: Framework :: Pytest"]
OLD, NEW = make_wheel("dw-plugin", "1.0"), make_wheel("dw-plugin", "2.0", headers=TESTER)
APP = make_wheel("dw-app", requires=["dw-lib"])
WHEELS = [OLD, NEW, APP, make_wheel("dw-lib")]
BESIDE = {NEW[0]: metadata("dw-plugin", "2.0", headers=TESTER).encode()}


@pytest.fixture
def here(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def server(here: Path) -> Iterator[Server]:
    with Server(**index_of(WHEELS, beside=BESIDE)) as found:
        yield found


def judge(server: Server, text: str, **settings: object) -> Grouping:
    Path("requirements.txt").write_text(text)
    given: dict[str, object] = {"no_measure": True, "index_url": f"{server.url}/simple/", **settings}
    return groups_of("requirements.txt", Settings.of(**given))


def reported(found: Grouping) -> dict[str, tuple[str, str]]:
    """Return name → (group, the rule that decided)."""
    return {name: (each.group, each.evidence[0].rule) for name, each in found.groups.items()}


def test_no_measure__lists_and_metadata_alone_are_fetched(server: Server, loopback: Path) -> None:
    found = judge(server, "dw-plugin\ndw-app>=1\n")
    assert reported(found) == {"dw-app": ("core", "DW304"), "dw-plugin": ("dev", "DW103")}
    assert (found.method, found.warnings, found.exit_code) == ("metadata", (), 0)
    assert server.count() == {
        "/simple/dw-plugin/": 1, f"/files/{NEW[0]}.metadata": 1, "/simple/dw-app/": 1, f"/files/{APP[0]}": 1,
    }  # fmt: skip
    assert [each.range for each in server.asked if each.path == f"/files/{APP[0]}"] == ["bytes=-40000"]
    assert list(loopback.iterdir()) == []


def test_no_measure__specifier__chooses_the_newest_that_it_allows(server: Server) -> None:
    assert reported(judge(server, "dw-plugin<2\n"))["dw-plugin"] == ("core", "DW304")
    either = "dw-plugin<2 ; python_version < '3.9'\ndw-plugin>=2 ; python_version >= '3.9'\n"
    assert reported(judge(server, either))["dw-plugin"] == ("dev", "DW103")


def test_no_measure__twice__what_ranges_brought_is_in_the_cache(server: Server) -> None:
    judge(server, "dw-app\n")
    judge(server, "dw-app\n")
    assert server.count()[f"/files/{APP[0]}"] == 1


def test_offline__nobody_is_asked(server: Server) -> None:
    found = judge(server, "dw-plugin\npytest\n", no_measure=False, offline=True)
    assert reported(found) == {"dw-plugin": ("core", "DW304"), "pytest": ("dev", "DW101")}
    assert (found.method, server.asked) == ("names", [])


def test_no_measure__index_fails__names_alone_with_a_note(server: Server) -> None:
    server.fail["/simple/dw-app/"] = [500] * 9
    found = judge(server, "dw-app\ndw-nowhere\ndw-plugin>3\ndw-far @ git+https://127.0.0.1:1/x\npytest\n")
    assert set(found.groups) == {"dw-app", "dw-far", "dw-nowhere", "dw-plugin", "pytest"}
    assert found.warnings == (
        "judged by name alone: dw-app: the server responded with status 500",
        "judged by name alone: dw-far: its code is in a directory or a repository",
        "judged by name alone: dw-nowhere, pytest: no index has it",
        "judged by name alone: dw-plugin: no wheel of an allowed version",
    )
    assert found.exit_code == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/simple", "http://[oops/simple"])
def test_no_measure__no_index_at_all__is_no_failure(here: Path, url: str) -> None:
    write_files(here, {"requirements.txt": "".join(f"dw-{n}\n" for n in range(300)) + "pytest\n"})
    found = groups_of("requirements.txt", Settings.of(no_measure=True, index_url=url))
    assert len(found.groups) == 301
    assert len(found.warnings) == 1


def test_no_measure__server_without_ranges__is_not_asked_for_a_whole_wheel(here: Path) -> None:
    import random

    big = make_wheel("dw-big", files={"dw_big/data.bin": random.Random(1).randbytes(3_000_000)})
    text = metadata("dw-big", headers=TESTER).encode()
    with Server(**index_of([big]), ranges="ignored") as server:
        assert reported(judge(server, "dw-big\n"))["dw-big"] == ("core", "DW304")
    index = index_of([big])
    index["files"][f"/files/{big[0]}.metadata"] = text  # there, though nobody announces it
    with Server(**index, ranges="ignored") as server:
        assert reported(judge(server, "dw-big\n"))["dw-big"] == ("dev", "DW103")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe" * 50_000,
        b"Name: somebody-else\n",
        b"Name: dw-plugin\nSummary: \x1b[31m\nRequires-Dist: [[[\nClassifier: \x00\n",
        b"Name: dw-plugin\n" + b"Requires-Dist: dw-plugin[a]; extra == 'a'\n" * 5_000,
        b"x" * 3_000_000,
    ],
    ids=["empty", "binary", "another's", "control", "cycle", "large"],
)
def test_no_measure__hostile_metadata__is_judged_all_the_same(
    here: Path, text: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(here, {"requirements.txt": "dw-plugin\n"})
    with Server(**index_of(WHEELS, beside={NEW[0]: text})) as server:
        arguments = ["groups", "requirements.txt", "--no-measure", "-q", "-i", f"{server.url}/simple"]
        assert _run(arguments, debug=False) == 0
    shown = capsys.readouterr().out
    assert "dw-plugin" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    "page", [b'{"files": 1}', b"\xff" * 100, b'{"files": [{"url": "http://[", "filename": "x"}]}', b""]
)
def test_no_measure__hostile_page__is_judged_all_the_same(here: Path, page: bytes) -> None:
    kind = {"/simple/dw-plugin/": "application/vnd.pypi.simple.v1+json"}
    with Server(files={"/simple/dw-plugin/": page}, types=kind) as server:
        found = judge(server, "dw-plugin\n")
    assert list(found.groups) == ["dw-plugin"]
    assert len(found.warnings) == 1


def test_no_measure__pinned_lines_that_need_more_than_is_named__are_no_freeze(here: Path) -> None:
    archives = [make_wheel("dw-http", requires=["dw-pool", "dw-certs"]), make_wheel("dw-pool")]
    archives += [make_wheel("responses", requires=["dw-http", "dw-pool", "dw-yaml"])]
    archives += [make_wheel("pytest", requires=["dw-plug", "dw-http", "responses"])]
    pinned = "".join(f"{name}==1.0\n" for name in ("dw-http", "dw-pool", "responses", "pytest"))
    with Server(**index_of(archives)) as server:
        found = judge(server, pinned)
    assert {name for name, (group, _) in reported(found).items() if group == "dev"} == {"responses", "pytest"}


def test_no_measure__lock__is_judged_with_what_it_locks(server: Server, here: Path) -> None:
    lines = ['lock-version = "1.0"', 'created-by = "test"']
    for name, (filename, data) in (("dw-plugin", NEW), ("dw-app", APP)):
        version, sha256 = filename.split("-")[1], hashlib.sha256(data).hexdigest()
        wheel = f'{{ name = "{filename}", url = "{server.url}/files/{filename}", hashes = {{ sha256 = "{sha256}" }} }}'
        lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"', f"wheels = [{wheel}]"]
    write_files(here, {"pylock.toml": "\n".join(lines)})
    found = groups_of("pylock.toml", Settings.of(no_measure=True))
    assert reported(found) == {"dw-app": ("core", "DW304"), "dw-plugin": ("dev", "DW103")}
    assert set(server.count()) == {f"/files/{NEW[0]}", f"/files/{APP[0]}"}


def test_no_measure__source_beside_the_requirements__is_evidence(server: Server, here: Path) -> None:
    write_files(here, {"app/main.py": "import dw_app\n"})
    assert reported(judge(server, "dw-app\n"))["dw-app"] == ("core", "DW201")
    assert reported(judge(server, "dw-app\n", no_source=True))["dw-app"] == ("core", "DW304")
    write_files(here / "elsewhere", {"tests/test_it.py": "import dw_app\n"})
    assert "DW206" in {e.rule for e in judge(server, "dw-app\n", source="elsewhere").groups["dw-app"].evidence}


def test_no_measure__environment__is_refused(here: Path) -> None:
    make_env(here / "env", dist_files("a"))
    with pytest.raises(DeadweightError, match="--no-measure does not apply to an environment"):
        groups_of("env", Settings.of(no_measure=True))


@pytest.mark.parametrize("options", [{"swap": ("a=b",)}, {"torch": "cpu"}, {"keep_env": "x"}])
def test_no_measure__options_that_mean_nothing__are_refused(server: Server, options: dict[str, object]) -> None:
    with pytest.raises(DeadweightError, match="resolves and installs nothing"):
        judge(server, "dw-app\n", **options)


def test_measured__groups_are_those_of_the_profile(server: Server, here: Path) -> None:
    found = judge(server, "dw-app\ndw-plugin\n", no_measure=False, no_install=True)
    assert found.method == "wheels"
    assert {name: group for name, (group, _) in reported(found).items()} == {
        "dw-app": "core", "dw-lib": "core", "dw-plugin": "dev",
    }  # fmt: skip


def test_command__json_to_a_file__overwrites_only_when_told(server: Server, here: Path) -> None:
    write_files(here, {"requirements.txt": "dw-plugin\n"})
    arguments = ["groups", "requirements.txt", "--no-measure", "-q", "-i", f"{server.url}/simple"]
    arguments += ["--format", "json", "-o", "out.json"]
    assert [_run(arguments, debug=False), _run(arguments, debug=False)] == [0, 4]
    assert _run([*arguments, "--force"], debug=False) == 0
    found = json.loads((here / "out.json").read_text())
    assert list(found) == ["schema", "version", "target", "groups", "warnings"]
    assert (found["schema"], found["groups"][0]["name"]) == ("deadweight.groups/1", "dw-plugin")
