"""``deadweight services`` as a user runs it, with an index of small wheels."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deadweight.errors import TimedOut
from deadweight.model.report.services import ServicesReport
from deadweight.operations.services.agreeing import Agreeing, Agreement
from deadweight.report.services import render_services
from deadweight.report.view import View
from deadweight.sources.codebase import application as codebase
from deadweight.sources.net import http
from tests.builders import make_wheel, write_files
from tests.functional.test_diff import run
from tests.functional.test_session import counted
from tests.index_server import Server, index_of

WHEELS = [
    make_wheel("dw-web", files={"dw_web/a.py": "w" * 3000}, requires=["dw-http>=1"]),
    make_wheel("dw-http", files={"dw_http/a.py": "h" * 1000}),
    make_wheel("dw-http", "2.0", files={"dw_http/a.py": "h" * 1500}),
    make_wheel("torch", "2.0", files={"torch/a.so": "t" * 900_000}, requires=["dw-http"]),
    make_wheel("transformers", files={"transformers/a.py": "r" * 90_000}),
    make_wheel("tensorflow", files={"tensorflow/a.so": "f" * 500_000}),
    make_wheel("dw-uses-torch", files={"dw_uses_torch/a.py": "u"}, requires=["torch"]),
    make_wheel("dw-old", files={"dw_old/a.py": "o" * 10}, requires=["dw-http<2"]),
    make_wheel("dw-new", files={"dw_new/a.py": "n" * 10}, requires=["dw-http>=2"]),
    make_wheel("dw-nccl-13", files={"dw_nccl/a.so": "n" * 5000}),
    make_wheel("dw-nccl-12", files={"dw_nccl/a.so": "n" * 4000}),
]

DATA = {"-".join(name.split("-")[0].split("_")): data for name, data in WHEELS}  # of the last version


@pytest.fixture
def server(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    with Server(**index_of(WHEELS)) as server:
        yield server


def services(server: Server, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Return the exit code, the JSON report and stderr."""
    done = run("services", *arguments, "--index-url", f"{server.url}/simple/", "--format", "json", "--quiet")
    values = json.loads(done.stdout) if done.stdout else {}
    return done.returncode, values, done.stderr


def three(here: Path) -> None:
    write_files(
        here,
        {
            "services/ai.txt": "dw-web\ntorch\ntransformers\ntensorflow\n",
            "api/requirements.txt": "# the API\ndw-web>=1  # of the team\ntorch\ntransformers\ntensorflow\ndw-http\n",
            "jobs/requirements.txt": "dw-web\ntorch\ntransformers\n",
        },
    )


THREE = ("services/ai.txt", "api/requirements.txt", "jobs/requirements.txt")


def test_services__three_with_ml__share_base_and_ml_files(server: Server, tmp_path: Path) -> None:
    three(tmp_path)
    code, found, _ = services(server, *THREE, "--output-dir", "shared")
    assert code == 0
    jsonschema.validate(found, ServicesReport.json_schema())
    assert ServicesReport.from_json(json.dumps(found)).to_json()
    assert [each["name"] for each in found["services"]] == ["ai", "api", "jobs"]
    assert [each["unused"] for each in found["services"]] == [None, None, None]
    texts = {path.name: path.read_text().splitlines()[1:] for path in (tmp_path / "shared").iterdir()}
    assert texts == {
        "base.txt": ["-c constraints.txt", "dw-web>=1", "torch", "transformers"],
        "ml.txt": ["-c constraints.txt", "tensorflow"],
        "ai.txt": ["-c constraints.txt", "-r base.txt", "-r ml.txt"],
        "api.txt": ["-c constraints.txt", "-r base.txt", "-r ml.txt", "dw-http"],
        "jobs.txt": ["-c constraints.txt", "-r base.txt"],
        "constraints.txt": ["dw-http==2.0", "dw-web==1.0", "tensorflow==1.0", "torch==2.0", "transformers==1.0"],
    }
    assert all(check["holds"] and check["method"] == "same" for check in found["proposal"]["checks"])
    assert found["proposal"]["changes"] == []


def test_services__written_files__are_measured_as_the_originals(server: Server, tmp_path: Path) -> None:
    three(tmp_path)
    _, before, _ = services(server, *THREE, "--output-dir", "shared")
    written = [f"shared/{name}.txt" for name in ("ai", "api", "jobs")]
    code, after, _ = services(server, *written)
    assert code == 0
    keys = ("name", "apparent_bytes", "download_bytes", "versions", "distributions")
    assert [[row[key] for key in keys] for row in after["services"]] == [
        [row[key] for key in keys] for row in before["services"]
    ]
    options = ("--index-url", f"{server.url}/simple/", "--no-install", "--format", "json", "--quiet")
    alone = json.loads(run("profile", "api/requirements.txt", *options).stdout)
    row = next(row for row in before["services"] if row["name"] == "api")
    assert alone["totals"]["apparent_bytes"] == row["apparent_bytes"]


def test_services__layers__add_up_and_are_counted_once(server: Server, tmp_path: Path) -> None:
    three(tmp_path)
    write_files(tmp_path, {"copy.txt": "dw-web\ntorch\ntransformers\n"})
    _, found, _ = services(server, *THREE, "copy.txt")
    proposal, sizes = found["proposal"], {row["name"]: row["apparent_bytes"] for row in found["services"]}
    assert proposal["before"]["apparent_bytes"] == sizes["ai"] + sizes["api"] + sizes["jobs"]
    assert proposal["before"]["layers"] == 3
    for row in found["services"]:
        layers = [layer for layer in proposal["layers"] if row["name"] in layer["services"]]
        assert sum(layer["apparent_bytes"] for layer in layers) == row["apparent_bytes"]
        assert sum(layer["download_bytes"] for layer in layers) == row["download_bytes"]
    assert proposal["after"]["apparent_bytes"] == found["distinct_bytes"]


def test_services__file_of_distributions_in_two_layers__is_counted_in_both(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"x.txt": "dw-web\ndw-nccl-13\n", "y.txt": "dw-web\ndw-nccl-13\ndw-nccl-12\n"})
    code, found, _ = services(server, "x.txt", "y.txt")
    x, y = (each["apparent_bytes"] for each in found["services"])
    proposal = found["proposal"]
    base, own = (each["apparent_bytes"] for each in proposal["layers"])
    assert (code, [each["name"] for each in proposal["layers"]]) == (0, ["base", "y"])
    assert base == x
    assert 4000 < own < 5000
    assert base + own > y + 3000  # y has only one of the two files in the end
    assert proposal["after"]["apparent_bytes"] == base + own


def test_services__direct_conflict__names_both_sides_and_writes_all_files(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\n\ndw-http<2\n", "b.txt": "dw-web\ndw-http>=2\n", "c.txt": "dw-web\n"})
    code, found, _ = services(server, "a.txt", "b.txt", "c.txt", "--output-dir", "out")
    assert code == 0
    (conflict,) = found["proposal"]["conflicts"]
    assert conflict["project"] == "dw-http"
    sides = [(side["service"], side["file"], side["line"], side["requirement"]) for side in conflict["sides"]]
    assert sides == [("a", "a.txt", 3, "dw-http<2"), ("b", "b.txt", 2, "dw-http>=2")]
    (apart,) = found["proposal"]["apart"]
    other = "b" if apart == "a" else "a"
    assert (tmp_path / "out" / f"{apart}.txt").read_text().splitlines()[1] == f"-c {apart}-constraints.txt"
    assert "-r base.txt" in (tmp_path / "out" / f"{other}.txt").read_text()
    text = render_services(ServicesReport.from_json(json.dumps(found)), "text", View())
    assert "a requires dw-http<2 (a.txt:3) but b requires dw-http>=2 (b.txt:2)" in text


def test_services__only_one_has_hashes__is_kept_apart_with_its_hashes(server: Server, tmp_path: Path) -> None:
    hashed = [f"{name}==2.0 --hash=sha256:{hashlib.sha256(DATA[name]).hexdigest()}" for name in ("torch", "dw-http")]
    texts = {"a.txt": "\n".join(hashed), "b.txt": "\n".join(reversed(hashed)), "c.txt": "dw-http\n"}
    write_files(tmp_path, texts)
    code, found, _ = services(server, "a.txt", "b.txt", "c.txt", "--output-dir", "out")
    assert code == 0
    assert found["proposal"]["apart"] == ["c"]
    assert {each["reason"] for each in found["proposal"]["conflicts"]} == {
        f"{name} has hashes, c has none, and pip does not install both together" for name in "ab"
    }
    shared = (tmp_path / "out/base.txt").read_text().splitlines()
    assert shared[2:] == sorted(hashed)
    for name in "abc":
        lines = (tmp_path / f"out/{name}.txt").read_text().splitlines()
        assert ("-r base.txt" in lines, "dw-http" in lines) == (name != "c", name == "c")


def test_services__same_pins_written_differently__are_one_line_and_one_layer(server: Server, tmp_path: Path) -> None:
    sums = {name: f"--hash=sha256:{hashlib.sha256(DATA[name]).hexdigest()}" for name in ("torch", "dw-http")}
    write_files(
        tmp_path,
        {
            "a.txt": f"torch==2 {sums['torch']}\ndw-http==2.0 {sums['dw-http']}\n",
            "b.txt": f"dw-http==2 {sums['dw-http']}\ntorch==2.0.0 {sums['torch']}\n",
        },
    )
    code, found, _ = services(server, "a.txt", "b.txt")
    assert (code, found["proposal"]["apart"], found["proposal"]["conflicts"]) == (0, [], [])
    assert found["proposal"]["files"][0]["requirements"] == [
        f"dw-http==2.0 {sums['dw-http']}",
        f"torch==2 {sums['torch']}",
    ]
    assert found["proposal"]["before"]["layers"] == 1
    text = render_services(ServicesReport.from_json(json.dumps(found)), "text", View())
    assert "base.txt: dw-http==2.0, torch==2\n" in text


def test_services__index_of_one_project__is_in_the_files_so_that_pip_installs_them(
    server: Server, tmp_path: Path
) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\ntorch\n", "b.txt": "torch\ndw-http\n", "c.txt": "dw-web\ntensorflow\n"})
    build = make_wheel("torch", "2.5", files={"torch/a.so": "c" * 90_000}, requires=["dw-http"])
    with Server(**index_of([build])) as other:
        index = f"{other.url}/simple/"
        code, found, stderr = services(
            server, "a.txt", "b.txt", "c.txt", "--index", f"torch={index}", "--output-dir", "o"
        )
        assert (code, stderr) == (0, "")
        assert found["warnings"] == []
        named = {path.stem for path in (tmp_path / "o").iterdir() if f"--extra-index-url {index}" in path.read_text()}
        assert named == {"ml"}
        pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-cache-dir", "--quiet"]
        command = [*pip, "-r", "o/a.txt", "--index-url", f"{server.url}/simple/", "--report", "report.json"]
        subprocess.run(command, env={**os.environ, "PIP_CONFIG_FILE": os.devnull}, check=True)
    report = json.loads((tmp_path / "report.json").read_text())
    installed = {each["metadata"]["name"]: each["metadata"]["version"] for each in report["install"]}
    assert installed == found["services"][0]["versions"] == {"dw-http": "2.0", "dw-web": "1.0", "torch": "2.5"}


def test_services__conflict_of_dependencies__is_found_by_the_resolver(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-old\n", "b.txt": "dw-new\ndw-web\n", "c.txt": "dw-web\ndw-new\n"})
    code, found, _ = services(server, "a.txt", "b.txt", "c.txt")
    assert code == 0
    assert found["proposal"]["apart"] == ["a"]
    sides = {tuple(side.values()) for each in found["proposal"]["conflicts"] for side in each["sides"]}
    assert ("a", "a.txt", 1, "dw-old") in sides
    assert ("b", "b.txt", 1, "dw-new") in sides
    assert all("dw-http" in each["reason"] for each in found["proposal"]["conflicts"])


def test_services__common_version_is_older__lists_the_change_and_resolves_again(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\ndw-http<2\n", "b.txt": "dw-web\n"})
    code, found, _ = services(server, "a.txt", "b.txt")
    assert code == 0
    assert found["proposal"]["changes"] == [{"service": "b", "name": "dw-http", "old": "2.0", "new": "1.0"}]
    assert {check["service"]: check["method"] for check in found["proposal"]["checks"]} == {
        "a": "same",
        "b": "resolved",
    }


def test_services__base_share__adds_what_most_have(server: Server, tmp_path: Path) -> None:
    write_files(
        tmp_path, {"a.txt": "dw-web\ndw-http\n", "b.txt": "dw-web\ndw-http\n", "c.txt": "dw-web\n", "d.txt": "torch\n"}
    )
    code, found, _ = services(server, "a.txt", "b.txt", "c.txt", "d.txt", "--base-share", "75%")
    assert code == 0
    assert found["proposal"]["files"][0]["requirements"] == ["dw-web"]
    changes = {(each["service"], each["name"], each["new"]) for each in found["proposal"]["changes"]}
    assert changes == {("d", "dw-web", "1.0")}
    sizes = {row["name"]: row["apparent_bytes"] for row in found["services"]}
    (larger,) = found["proposal"]["larger"]
    assert (larger["service"], larger["requirements"], larger["today_bytes"]) == ("d", ["dw-web"], sizes["d"])
    assert [each["name"] for each in larger["distributions"]] == ["dw-web"]
    assert larger["added_bytes"] == sum(each["apparent_bytes"] for each in larger["distributions"]) > 0
    layers = [layer["apparent_bytes"] for layer in found["proposal"]["layers"] if "d" in layer["services"]]
    assert sum(layers) == larger["proposed_bytes"] == sizes["d"] + larger["added_bytes"]


def test_services__code_of_each__is_read_once_and_shows_what_it_never_imports(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(tmp_path)
    write_files(tmp_path, {"api/main.py": "import dw_web\n", "src/ai.py": "import dw_web, torch, transformers\n"})
    read, opened = counted(monkeypatch, codebase, "read_application"), counted(monkeypatch, http, "Client")
    code, found, _ = services(server, *THREE, "--source", "ai=src")
    assert code == 0
    assert len(read) == 2
    assert len(opened) <= 2  # one for each set of options of an index
    # In ai, Transformers may load TensorFlow; in api, nothing may.
    unused = {row["name"]: row["unused"] and [each["name"] for each in row["unused"]] for row in found["services"]}
    assert unused == {"ai": [], "api": ["torch", "tensorflow", "transformers"], "jobs": None}
    index = ("--index-url", f"{server.url}/simple/", "--no-install", "--format", "json", "--quiet")
    alone = json.loads(run("profile", "api/requirements.txt", *index).stdout)
    assert [each["name"] for each in alone["findings"] if each["kind"] == "unused"] == unused["api"]
    assert {check["service"]: check["proof"] is not None for check in found["proposal"]["checks"]} == {
        "ai": True, "api": True, "jobs": False,
    }  # fmt: skip


@pytest.mark.parametrize("options", [(), ("--no-cache",)])
def test_services__cold_run__lists_each_wheel_once(server: Server, tmp_path: Path, options: tuple[str, ...]) -> None:
    three(tmp_path)
    services(server, *THREE, "--jobs", "2", *options)
    tails = [each.path for each in server.asked if each.range.startswith("bytes=-") and each.path.endswith(".whl")]
    assert tails
    assert len(tails) == len(set(tails))


def test_services__dockerfile__means_the_files_that_it_installs(server: Server, tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "web/Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY reqs/ reqs/\n"
            "RUN pip install -r reqs/prod.txt && \\\n    pip install dw-http\nRUN pipenv install\n",
            "web/reqs/prod.txt": "dw-web\n",
            "a.txt": "dw-web\n",
        },
    )
    code, found, _ = services(server, "web/Dockerfile", "a.txt")
    assert code == 0
    assert found["services"][0]["name"] == "web"
    assert set(found["services"][0]["versions"]) == {"dw-web", "dw-http"}
    assert any("line 6: what pipenv install installs is not read" in note for note in found["services"][0]["notes"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "Missing argument"),
        (("missing.txt",), 4, "missing.txt"),
        (("a.txt", "--base-share", "0%"), 2, "not a percentage"),
        (("a.txt", "--base-share", "many"), 2, "not a percentage"),
        (("a.txt", "--source", "b=."), 4, "unknown service 'b'"),
        (("a.txt", "--source", "a=missing"), 4, "is not a directory"),
        (("a.txt", "--install"), 2, "measured without installing"),
        (("uv.lock",), 4, "is a lock file"),
        (("bad.txt",), 4, "bad.txt, line 1"),
        (("Dockerfile",), 4, "installs no requirements that can be read"),
    ],
)
def test_services__wrong_arguments__are_refused(
    server: Server, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\n", "uv.lock": "", "bad.txt": "a b c\n", "Dockerfile": "FROM x\n"})
    done = run("services", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_services__one_cannot_be_resolved__others_are_measured(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\n", "b.txt": "dw-nowhere\n", "c.txt": "dw-web\n"})
    code, found, stderr = services(server, "a.txt", "b.txt", "c.txt", "--output-dir", "out")
    assert code == 5
    assert "b could not be measured" in stderr
    assert [row["name"] for row in found["services"]] == ["a", "c"]
    assert not (tmp_path / "out" / "b.txt").exists()


def test_services__only_the_one_with_torch_fails__others_are_measured(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "torch\ndw-nowhere\n", "b.txt": "dw-web\n"})
    code, found, stderr = services(server, "a.txt", "b.txt", "--torch", "cpu")
    assert (code, [row["name"] for row in found["services"]]) == (5, ["b"])
    assert stderr.startswith("error: a could not be measured")
    code, _, stderr = services(server, "b.txt", "--torch", "cpu")
    assert (code, "the requirements do not include torch" in stderr) == (4, True)


def test_services__existing_files__are_kept_without_force(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\n", "out/base.txt": "mine\n", "b.txt": "dw-web\n"})
    assert services(server, "a.txt", "b.txt", "--output-dir", "out")[0] == 4
    assert (tmp_path / "out/base.txt").read_text() == "mine\n"
    assert services(server, "a.txt", "b.txt", "--output-dir", "out", "--force")[0] == 0
    assert "dw-web" in (tmp_path / "out/base.txt").read_text()


@pytest.mark.parametrize("existing", ["out/b.txt", "out"])
def test_services__files_that_cannot_be_written__are_refused_before_anything_is_asked(
    server: Server, tmp_path: Path, existing: str
) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\n", "b.txt": "dw-web\n", existing: "mine\n"})
    code, found, stderr = services(server, "a.txt", "b.txt", "--output-dir", "out")
    assert (code, found, server.asked) == (4, {}, [])
    assert stderr.startswith(f"error: {existing}")
    assert (tmp_path / existing).read_text() == "mine\n"


def test_services__swap__applies_to_all_or_is_refused(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\ntorch\n", "b.txt": "dw-web\n"})
    code, found, _ = services(server, "a.txt", "b.txt", "--swap", "torch=tensorflow")
    assert code == 0
    assert "torch" not in found["services"][0]["versions"]
    assert services(server, "a.txt", "b.txt", "--swap", "nothing=tensorflow")[0] == 4


def test_services__projects__are_read_with_their_groups_left_out(server: Server, tmp_path: Path) -> None:
    project = (
        '[project]\nname = "api"\nversion = "1"\ndependencies = ["dw-web"]\n[dependency-groups]\ndev = ["torch"]\n'
    )
    write_files(tmp_path, {"api/pyproject.toml": project, "b.txt": "dw-web\n"})
    code, found, _ = services(server, "api", "b.txt")
    assert code == 0
    assert set(found["services"][0]["versions"]) == {"dw-web", "dw-http"}
    assert found["proposal"]["files"][0]["requirements"] == ["dw-web"]


def test_services__different_pythons__are_measured_for_the_one_of_those_that_agree(
    tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wheels, machine = [*WHEELS], sysconfig.get_platform().replace("-", "_")
    for python, size in (("311", 1000), ("312", 2000)):
        name, data = make_wheel("dw-fast", files={"dw_fast/a.so": "f" * size}, requires=["dw-web"])
        wheels.append((name.replace("py3-none-any", f"cp{python}-cp{python}-{machine}"), data))
    project = '[project]\nname = "{}"\nversion = "1"\ndependencies = [{}]\nrequires-python = "=={}.*"\n'
    own = "'dw-fast', \"dw-http<2; python_version < '3.12'\""
    others = "'dw-fast', 'dw-web', \"dw-http>=2; python_version < '3.12'\""
    write_files(
        tmp_path,
        {
            "p1/pyproject.toml": project.format("p1", own, "3.11"),
            "p2/pyproject.toml": project.format("p2", own, "3.12"),
            "p3/pyproject.toml": project.format("p3", others, "3.12"),
        },
    )
    with Server(**index_of(wheels)) as server:
        code, found, stderr = services(server, "p1", "p2", "p3")
    assert (code, stderr) == (0, "")
    proposal = found["proposal"]
    assert (proposal["apart"], proposal["services"]) == (["p1"], ["p2", "p3"])
    assert {check["method"] for check in proposal["checks"]} == {"same", "apart"}
    assert all(check["holds"] for check in proposal["checks"])
    sizes = {row["name"]: row["apparent_bytes"] for row in found["services"]}
    assert sizes["p2"] == sizes["p3"] > sizes["p1"]
    shared = next(layer for layer in proposal["layers"] if layer["services"] == ["p2", "p3"])
    assert shared["apparent_bytes"] == sizes["p2"]


def test_services__project_with_an_index_of_its_own__does_not_share_with_those_of_the_usual_index(
    server: Server, tmp_path: Path
) -> None:
    project = '[project]\nname = "{}"\nversion = "1"\ndependencies = ["torch", "dw-web"]\n'
    pinned = '[[tool.uv.index]]\nname = "own"\nurl = "{}/simple/"\nexplicit = true\n'
    pinned += '[tool.uv.sources]\ntorch = {{index = "own"}}\n'
    with Server(**index_of([make_wheel("torch", "2.5", files={"torch/a.so": "c" * 90_000})])) as other:
        write_files(
            tmp_path,
            {
                "p1/pyproject.toml": project.format("p1") + pinned.format(other.url),
                "p2/pyproject.toml": project.format("p2") + pinned.format(other.url),
                "p3/pyproject.toml": project.format("p3"),
                "p4/requirements.txt": "dw-uses-torch\ndw-web\n",
            },
        )
        code, found, stderr = services(server, "p1", "p2", "p3", "p4")
    assert (code, stderr) == (0, "")
    assert [row["versions"]["torch"] for row in found["services"]] == ["2.5", "2.5", "2.0", "2.0"]
    proposal = found["proposal"]
    assert (proposal["services"], proposal["apart"]) == (["p1", "p2"], ["p3", "p4"])
    reasons = {
        (each["sides"][0]["service"], each["sides"][1]["service"]): each["reason"] for each in proposal["conflicts"]
    }
    assert reasons["p1", "p3"] == "they take torch from different indexes"
    assert "torch==2.5" in reasons["p1", "p4"]
    lines = {(side["file"], side["line"]) for each in proposal["conflicts"] for side in each["sides"]}
    assert ("p1/pyproject.toml", 4) in lines  # where it is written, not where the resolver reads it
    assert ("p3/pyproject.toml", 4) in lines
    index = f"--extra-index-url {other.url}/simple/"
    assert {file["name"] for file in proposal["files"] if index in file["options"]} == {"base"}


def test_services__one_index_is_silent__others_are_reported_and_that_service_is_named(
    server: Server, tmp_path: Path
) -> None:
    with Server(files={}, delay=30) as silent:
        write_files(
            tmp_path,
            {
                "a.txt": "dw-web\n",
                "b.txt": f"--extra-index-url {silent.url}/simple/\ndw-web\n",
                "c.txt": "dw-web\ndw-http\n",
            },
        )
        code, found, stderr = services(server, "a.txt", "b.txt", "c.txt", "--timeout", "2", "--output-dir", "out")
    assert code == 5
    assert stderr.startswith(
        "error: b could not be measured: resolving did not finish within 2 s; allow more with --timeout SECONDS\n"
    )
    assert [row["name"] for row in found["services"]] == found["proposal"]["services"] == ["a", "c"]
    assert [each["name"] for each in found["skipped"]] == ["b"]
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"base", "a", "c", "constraints"}


def test_services__index_is_silent__fails_in_time(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "dw-web\n", "b.txt": "dw-web\ndw-http\n"})
    server.delay = 30
    done = run("services", "a.txt", "b.txt", "--index-url", f"{server.url}/simple/", "--timeout", "0.5", "--no-cache")
    assert (done.returncode, done.stdout) == (5, "")
    assert "error: resolving did not finish within 0.5 s\n" in done.stderr
    assert "allow more with --timeout SECONDS" in done.stderr
    assert "Traceback" not in done.stderr


def test_services__together_they_take_too_long__are_reported_without_a_proposal(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = TimedOut("resolving did not finish within 2 s", hint="allow more with --timeout SECONDS")
    monkeypatch.setattr(Agreeing, "found", lambda *_: Agreement(services=(), failure=late))
    write_files(tmp_path, {"a.txt": "dw-web\n", "b.txt": "dw-http\n"})
    code, found, stderr = services(server, "a.txt", "b.txt", "--output-dir", "out")
    assert (code, found["proposal"]) == (5, None)
    assert [row["name"] for row in found["services"]] == ["a", "b"]
    assert stderr == (
        "error: no files were written into out, because there is no proposal\n"
        "error: a common set of versions could not be measured: resolving did not finish within 2 s;"
        " allow more with --timeout SECONDS\n"
    )
    assert not (tmp_path / "out").exists()
    text = render_services(ServicesReport.from_json(json.dumps(found)), "text", View())
    assert "proposed files" not in text
    assert "note: a common set of versions was not measured" in text
