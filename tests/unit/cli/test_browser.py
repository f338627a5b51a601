"""HTML reports on the command line: where they go, and who opens them."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from urllib.request import url2pathname

import click
import pytest
from click.testing import CliRunner, Result

from deadweight.cli import root
from deadweight.cli.browser import check_page
from tests.builders import dist_files, make_env


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_env(tmp_path / "env", dist_files("a", "2.0", requested=True))
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that a browser was asked to open."""
    urls: list[str] = []

    def opening(url: str) -> bool:
        urls.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", opening)
    return urls


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["profile", "env", "--quiet", *arguments])


def test_html__output__is_written_and_not_opened(here: Path, opened: list[str]) -> None:
    assert run("--format", "html", "-o", "report.html").exit_code == 0
    assert (here / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert opened == []


def test_html__pipe__gets_the_page(here: Path) -> None:
    assert run("--format", "html").stdout.startswith("<!DOCTYPE html>")


def test_html__terminal__is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(click.UsageError, match="use -o FILE or --open"):
        check_page("html", None, browse=False)
    check_page("html", "report.html", browse=False)
    check_page("html", None, browse=True)
    check_page("json", None, browse=False)


def test_open__output__opens_that_file(here: Path, opened: list[str]) -> None:
    done = run("--format", "html", "-o", "a b.html", "--open")
    assert (done.exit_code, done.output) == (0, "")
    assert opened == [(here / "a b.html").as_uri()]


def test_open__no_output__writes_a_file_that_only_the_user_can_read(
    here: Path, opened: list[str], offline: Path
) -> None:
    done = run("--format", "html", "--open")
    path = Path(url2pathname(opened[0].removeprefix("file://")))
    assert (done.stdout, done.stderr) == ("", f"the report is in {path}\n")
    assert path.parent.parent == offline
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_open__no_browser__names_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    done = run("--format", "html", "-o", "report.html", "--open")
    assert (done.exit_code, done.stderr) == (0, "no browser could be opened; the report is in report.html\n")


def test_open__other_format__is_a_usage_error(here: Path) -> None:
    done = run("--open")
    assert done.exit_code == 2
    assert "--open requires --format html" in done.output
