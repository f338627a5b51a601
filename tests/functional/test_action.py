"""The GitHub Action's script, on a repository with two commits, an index and a stand-in for GitHub's API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_wheel, write_files
from tests.index_server import Server, index_of

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "action/pull_request.py"
MARKER = "<!-- deadweight -->"


class GitHub:
    """Answers the requests for comments; ``comments`` are those of the pull request."""

    def __init__(self, *comments: str, status: int = 200) -> None:
        self.comments: list[dict[str, Any]] = [
            {"id": n, "body": body, "user": {"type": "Bot"}} for n, body in enumerate(comments)
        ]
        self.status = status
        self.requests: list[tuple[str, str, str]] = []

    def __enter__(self) -> GitHub:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                first = "page=1" in self.path.rpartition("?")[2].split("&")
                self._answer(api.comments if first else [])

            def do_POST(self) -> None:
                api.comments.append({"id": len(api.comments), **self._body()})
                self._answer({})

            def do_PATCH(self) -> None:
                api.comments[int(self.path.rpartition("/")[2])]["body"] = self._body()["body"]
                self._answer({})

            def _body(self) -> Any:
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, value: object) -> None:
                api.requests.append((self.command, self.path, self.headers["Authorization"]))
                data = json.dumps(value).encode()
                self.send_response(api.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def index() -> Iterator[Server]:
    wheels = [
        make_wheel("dw-old", files={"dw_old.py": "#" * 10_000}),
        make_wheel("dw-new", files={"dw_new.py": "#" * 50_000}),
    ]
    with Server(**index_of(wheels)) as server:
        yield server


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    done = subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(directory: Path, base: str | None, head: str) -> str:
    """Commit requirements twice, and return the first commit."""
    git(directory, "init", "--quiet", "--initial-branch", "main")
    write_files(directory, {"README": "x", **({} if base is None else {"requirements.txt": base})})
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "-m", "base")
    commit = git(directory, "rev-parse", "HEAD")
    write_files(directory, {"requirements.txt": head})
    git(directory, "commit", "--quiet", "--all", "-m", "head") if base else git(directory, "add", ".")
    return commit


def run(
    directory: Path, index: Server, github: GitHub, base: str | None, **variables: str
) -> subprocess.CompletedProcess[str]:
    event = {"pull_request": {"number": 7, "base": {"sha": base}}} if base else {}
    runner = directory.parent / "runner"
    runner.mkdir()
    (runner / "event.json").write_text(json.dumps(event))
    environment = {
        **os.environ,
        "DEADWEIGHT_TARGET": "requirements.txt",
        "DEADWEIGHT_OPTIONS": f"--index-url {index.url}/simple/ --no-install --no-cache",
        "GITHUB_EVENT_PATH": str(runner / "event.json"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_REPOSITORY": "team/app",
        "GITHUB_API_URL": github.url,
        "GITHUB_TOKEN": "secret",
        "RUNNER_TEMP": str(runner),
        **variables,
    }
    return subprocess.run(
        [sys.executable, SCRIPT], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path, loopback: Path) -> Path:
    directory = tmp_path / "checkout"
    directory.mkdir()
    return directory


def test_pull_request__adds_a_requirement__is_commented_and_summarized(checkout: Path, index: Server) -> None:
    base = repository(checkout, "dw-old\n", "dw-old\ndw-new\n")
    with GitHub("hello") as github:
        done = run(checkout, index, github, base)
    assert done.returncode == 0, done.stderr
    comment = github.comments[1]["body"]
    assert comment.startswith(f"{MARKER}\n")
    assert "dw-new" in comment
    assert "50." in comment
    assert (checkout.parent / "runner/summary.md").read_text() == comment.removeprefix(f"{MARKER}\n")
    assert (checkout.parent / "runner/output").read_text() == f"report={checkout.parent}/runner/deadweight.json\n"
    assert {authorization for *_, authorization in github.requests} == {"Bearer secret"}
    assert git(checkout, "worktree", "list").count("\n") == 0
    assert "secret" not in done.stdout + done.stderr + comment


def test_pull_request__second_run__replaces_its_comment(checkout: Path, index: Server) -> None:
    base = repository(checkout, "dw-old\n", "dw-new\n")
    with GitHub("hello", f"{MARKER}\nold") as github:
        assert run(checkout, index, github, base).returncode == 0
    assert [method for method, *_ in github.requests] == ["GET", "PATCH"]
    assert len(github.comments) == 2
    assert "dw-new" in github.comments[1]["body"]


def test_pull_request__over_budget__fails_and_annotates_the_line(checkout: Path, index: Server) -> None:
    base = repository(checkout, "dw-old\n", "dw-old\ndw-new\n")
    with GitHub() as github:
        done = run(checkout, index, github, base, DEADWEIGHT_BUDGET="--max-growth 10kB")
    assert done.returncode == 3
    assert "::error file=requirements.txt,line=2" in done.stdout


def test_pull_request__first_requirements_file__is_reported_alone(checkout: Path, index: Server) -> None:
    base = repository(checkout, None, "dw-new\n")
    with GitHub() as github:
        done = run(checkout, index, github, base)
    assert done.returncode == 0, done.stderr
    assert "### requirements.txt: 50." in github.comments[0]["body"]


def test_pull_request__may_not_comment__warns_and_goes_on(checkout: Path, index: Server) -> None:
    base = repository(checkout, "dw-old\n", "dw-new\n")
    with GitHub(status=403) as github:
        done = run(checkout, index, github, base, DEADWEIGHT_BUDGET="--max 1kB")
    assert "::warning::deadweight could not comment" in done.stdout
    assert done.returncode == 3


def test_push__no_pull_request__only_checks(checkout: Path, index: Server) -> None:
    repository(checkout, "dw-old\n", "dw-new\n")
    with GitHub() as github:
        done = run(checkout, index, github, None, DEADWEIGHT_BUDGET="--max 1MB")
    assert (done.returncode, github.requests) == (0, [])


def test_head__cannot_be_measured__fails(checkout: Path, index: Server) -> None:
    base = repository(checkout, "dw-old\n", "dw-none\n")
    with GitHub() as github:
        assert run(checkout, index, github, base).returncode in (4, 5)
    assert github.comments == []
