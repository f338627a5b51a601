"""Measure the head and the base of a pull request, comment the difference, and check the budget of the head.

The composite action runs it; ``action.yml`` describes the inputs, which arrive as DEADWEIGHT_* variables. Everything
else is in the variables of GitHub Actions: https://docs.github.com/actions/reference/variables-reference
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

MARKER = "<!-- deadweight -->"  # finds our comment again, so that each pull request has one
_LONGEST = 60_000  # characters of a comment; GitHub allows 65,536
_TIMEOUT = 30


def main() -> int:
    """Return the exit status of ``deadweight check``, or of measuring the head if that fails."""
    # Building a distribution runs its code, which must not see the token.
    token = os.environ.pop("GITHUB_TOKEN", "")
    target, options = os.environ["DEADWEIGHT_TARGET"], shlex.split(os.environ.get("DEADWEIGHT_OPTIONS", ""))
    directory = Path(os.environ.get("RUNNER_TEMP") or tempfile.gettempdir())
    head, base = directory / "deadweight.json", directory / "deadweight-base.json"
    status = deadweight(target, *options, "--format", "json", "-o", str(head), "--force")
    if status:
        return status
    _append("GITHUB_OUTPUT", f"report={head}\n")
    event = _event()
    pull_request: dict[str, Any] = event.get("pull_request") or {}
    has_base = bool(pull_request) and _measure_base(pull_request["base"]["sha"], target, options, base)
    text = directory / "deadweight.md"
    shown = ["diff", str(base), str(head)] if has_base else [str(head)]
    status = deadweight(*shown, "--format", "markdown", "-o", str(text), "--force")
    if status:
        return status
    _append("GITHUB_STEP_SUMMARY", text.read_text("utf-8"))
    if pull_request and os.environ.get("DEADWEIGHT_COMMENT", "true") == "true":
        _comment(pull_request["number"], text.read_text("utf-8"), token)
    return _check(head, base if has_base else None)


def deadweight(*arguments: str, directory: str | None = None) -> int:
    """Run deadweight in a directory, and return its exit status."""
    # -P: a pull request must not replace modules of ours by its own.
    return subprocess.run([sys.executable, "-P", "-m", "deadweight", *arguments], cwd=directory, check=False).returncode


def _check(head: Path, base: Path | None) -> int:
    """Check the budget, if one is given here or in pyproject.toml; annotations go to stdout."""
    options = shlex.split(os.environ.get("DEADWEIGHT_BUDGET", ""))
    named = {each.partition("=")[0].removeprefix("--") for each in options} | _configured()
    if not named:
        return 0
    if "max-growth" in named and "baseline" not in named:
        if base is None:
            sys.stdout.write("::notice::deadweight has nothing to compare with, so max-growth compares with itself\n")
        options += ["--baseline", str(base or head)]
    return deadweight("check", str(head), *options, "--format", "github")


def _configured() -> set[str]:
    """Return the keys of ``[tool.deadweight.budget]``; deadweight itself says what is wrong with the file."""
    import tomllib

    try:
        table: Any = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    for name in ("tool", "deadweight", "budget"):
        table = table.get(name, {}) if isinstance(table, dict) else {}
    return set(table)


def _event() -> dict[str, Any]:
    path = os.environ.get("GITHUB_EVENT_PATH")
    event: dict[str, Any] = json.loads(Path(path).read_text("utf-8")) if path else {}
    return event


def _measure_base(commit: str, target: str, options: list[str], report: Path) -> bool:
    """Measure the target as it is in the base; return whether that worked. It may not exist there yet."""
    with tempfile.TemporaryDirectory() as directory:
        # The checkout of a pull request usually has only its own commit.
        _git("fetch", "--quiet", "--depth", "1", "origin", commit)
        if not _git("worktree", "add", "--quiet", "--detach", f"{directory}/base", commit):
            return False
        try:
            if not Path(directory, "base", target).exists():
                return False
            # From the top of the base, so that the comparison names the same file twice.
            return not deadweight(
                target, *options, "--format", "json", "-o", str(report), "--force", directory=f"{directory}/base"
            )
        finally:
            _git("worktree", "remove", "--force", f"{directory}/base")


def _git(*arguments: str) -> bool:
    return subprocess.run(["git", *arguments], check=False).returncode == 0


def _comment(number: int, text: str, token: str) -> None:
    """Write the comment, or replace the one of an earlier run. A pull request from a fork may not comment."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n\n… the summary of the job has the rest."
    body = {"body": f"{MARKER}\n{text}"}
    issue = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        page = 1
        while comments := _request("GET", f"{issue}/{number}/comments?per_page=100&page={page}", token):
            for comment in comments:
                if (comment["body"] or "").startswith(MARKER) and comment["user"]["type"] == "Bot":
                    _request("PATCH", f"{issue}/comments/{comment['id']}", token, body)
                    return
            page += 1
        _request("POST", f"{issue}/{number}/comments", token, body)
    except (OSError, ValueError) as error:  # HTTPError is an OSError, invalid JSON a ValueError
        sys.stdout.write(f"::warning::deadweight could not comment on the pull request: {error}\n")


def _request(method: str, path: str, token: str, body: dict[str, str] | None = None) -> Any:
    """Call GitHub's REST API (https://docs.github.com/rest/issues/comments)."""
    request = urllib.request.Request(  # noqa: S310  the runner sets the URL
        os.environ.get("GITHUB_API_URL", "https://api.github.com") + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
        return json.loads(answer.read())


def _append(variable: str, text: str) -> None:
    if path := os.environ.get(variable):
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
