"""README and docs: commands run and print what the pages show, links lead somewhere, every page is listed."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from deadweight import Budget, cli
from deadweight.cli.commands import fleet
from deadweight.model.report import Report
from deadweight.model.report.builds.dockerignore import DockerignoreReport
from deadweight.model.report.check import CheckReport
from deadweight.model.report.diff import Diff
from deadweight.model.report.dockerfile import DockerfileReport
from deadweight.model.report.fleet import FleetReport
from deadweight.model.report.fleet.check import FleetCheckReport
from deadweight.model.report.fleet.query import QueryResult
from deadweight.model.report.imports import ImportsReport
from deadweight.model.report.levels import LevelReport
from deadweight.model.report.services import ServicesReport
from deadweight.model.report.trim import TrimReport
from deadweight.settings import read_budget, read_config, read_fleet_budgets
from tests.builders import dist_files, make_env
from tests.documentation import (
    KINDS,
    PAGES,
    ROOT,
    Block,
    abridged,
    blocks,
    code_lines,
    name_of,
    run_command,
    run_python,
    shape,
)
from tests.images import Content, link, make_image

RUN = ("console", "pycon")
LANGUAGES = {*RUN, "sh", "toml", "yaml", "text", "python", "json", "dockerfile"}
HELP = {"--help", "-h", "--version"}
ALL = [block for page in PAGES for block in blocks(page)]


def pages_with(kind: str) -> list[Path]:
    return [page for page in PAGES if any(b.kind == kind and b.language in RUN for b in blocks(page))]


@pytest.mark.parametrize("page", pages_with("offline"), ids=name_of)
def test_console__offline__prints_what_the_page_shows(
    page: Path, tmp_path: Path, offline: Path, request: pytest.FixtureRequest
) -> None:
    for block, text in blocks_now(page, ("offline",), application(tmp_path / "shop"), request):
        assert text == block.text


@pytest.mark.online
@pytest.mark.parametrize("page", pages_with("online"), ids=name_of)
def test_console__online__prints_what_the_page_shows_but_for_figures(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for block, text in blocks_now(page, ("offline", "online"), application(tmp_path / "shop"), request):
        assert block.kind == "offline" or shape(text.splitlines()) == shape(block.text.splitlines())


def blocks_now(
    page: Path, kinds: tuple[str, ...], directory: Path, request: pytest.FixtureRequest
) -> list[tuple[Block, str]]:
    """Run the blocks of a page in their order, as a reader would, and return each with its text now.

    ``--update-golden`` rewrites the page instead, and returns nothing.
    """
    names: dict[str, object] = {}
    if "app.tar" in page.read_text("utf-8"):
        save_image(directory)
    if re.search(r"\btoy\b", page.read_text("utf-8")):
        make_toy(directory)
    with contextlib.chdir(directory):
        now = [(block, text_now(block, directory, names)) for block in blocks(page) if block.kind in kinds]
    if request.config.getoption("--update-golden"):
        page.write_text(with_texts(page.read_text("utf-8"), now), "utf-8")
        return []
    return now


def text_now(block: Block, directory: Path, names: dict[str, object]) -> str:
    """Return the text of a block with what its commands print now."""
    if block.language == "pycon":
        return run_python(block, names)
    if block.language != "console":
        return block.text
    lines = []
    for command, expected in block.commands:
        lines += [f"$ {command}", *abridged(run_command(command, directory), expected)]
    return "".join(f"{line}\n" for line in lines)


def with_texts(page: str, now: list[tuple[Block, str]]) -> str:
    for block, text in reversed(now):
        page = page[: block.start] + text + page[block.start + len(block.text) :]
    return page


def application(directory: Path) -> Path:
    """Copy the example application, and next to its files the requirements of the example services."""
    shutil.copytree(ROOT / "fixtures/shop", directory)
    shutil.copytree(ROOT / "fixtures/services", directory / "services")
    return directory


def make_toy(directory: Path) -> None:
    """Write the environment whose sizes are drawn in the page on sizes."""
    make_env(
        directory / "toy",
        dist_files("web", files={"web.py": "#" * 40_000}, requires=["common"], requested=True),
        dist_files("plot", files={"plot.py": "#" * 20_000}, requires=["common", "fonts"], requested=True),
        dist_files("common", files={"common.py": "#" * 30_000}, requested=True),
        dist_files("fonts", files={"fonts.py": "#" * 10_000}),
    )


def save_image(directory: Path) -> None:
    """Install the requirements, and save them as an image whose second layer uninstalls pytest."""
    from deadweight import Settings, profile

    with contextlib.chdir(directory):
        profile("requirements.txt", Settings.of(keep_env="opt/venv", no_source=True))
    site = next((directory / "opt/venv/lib").glob("python3.*/site-packages"))
    removed = [path.relative_to(directory) for path in site.iterdir() if re.match(r"_?pytest(-|$)", path.name)]
    (directory / "app.tar").write_bytes(
        make_image(
            {
                str(path.relative_to(directory)): content_of(path)
                for path in sorted((directory / "opt").rglob("*"))
                if is_entry(path)
            },
            {str(path): None for path in removed},
            {
                f"app/{name}": (directory / name).read_bytes()
                for name in ("Procfile", "shop/app.py", "shop/__init__.py")
            },
            commands=["RUN pip install -r requirements.txt", "RUN pip uninstall -y pytest", "COPY . /app"],
        )
    )
    shutil.rmtree(directory / "opt")


def is_entry(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def content_of(path: Path) -> Content:
    return link(os.readlink(path)) if path.is_symlink() else path.read_bytes()


@pytest.mark.parametrize("block", ALL, ids=lambda block: f"{name_of(block.page)}:{block.start}")
def test_block__is_of_a_known_kind_and_language(block: Block) -> None:
    assert block.kind in KINDS
    assert block.language in LANGUAGES
    assert (block.language == "console") == any(line.startswith("$ ") for line in block.text.splitlines())
    assert block.language != "console" or block.text.startswith("$ ")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_command__of_a_page__is_one_that_the_command_line_accepts(page: Path) -> None:
    for line in code_lines(page):
        if re.match(r"deadweight( |$)", line):
            words = shlex.split(line.split(" | ")[0].split(" > ")[0], comments=True)
            alone = [*([name] for name in cli._COMMANDS), *(["fleet", name] for name in fleet._COMMANDS)]
            if words[1:] not in alone:  # a sentence names a command alone
                assert_accepted(words[1:])


def assert_accepted(arguments: list[str]) -> None:
    """Parse the arguments of deadweight; raises click.UsageError."""
    context = click.Context(cli.root)
    name = arguments[0] if arguments and arguments[0] in cli.root.list_commands(context) else ""
    rest, command = arguments[bool(name) :], cli.root.get_command(context, name or "profile")
    if isinstance(command, click.Group) and rest:
        command, rest = command.get_command(context, rest[0]), rest[1:]
    assert command
    if not set(rest) & HELP:
        command.make_context(name or "profile", rest)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name_of)
def test_link__to_a_page_or_a_heading__leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        if re.match(r"https?://", target):
            continue
        linked = page if not path else (page.parent / path)
        assert linked.is_file(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}, target


def test_navigation__names_every_page() -> None:
    named = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")))
    pages = {str(page.relative_to(ROOT / "docs")) for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert named == {page for page in pages if not re.match(r"rules/DW\d+", page)}


@pytest.mark.parametrize(
    "block", [b for b in ALL if b.language == "toml" and "[tool.deadweight" in b.text], ids=lambda b: name_of(b.page)
)
def test_configuration__of_a_page__is_read(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(block.text, "utf-8")
    assert read_config(str(path)) or read_budget(str(path)) or read_fleet_budgets(str(path))
    Budget(**read_budget(str(path)))  # type: ignore[arg-type]


def test_json_page__names_every_key_of_the_schema() -> None:
    named = set(
        re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", (ROOT / "docs/reference/json.md").read_text("utf-8"))))
    )
    results = (
        Report, Diff, CheckReport, DockerfileReport, DockerignoreReport, FleetReport, FleetCheckReport, QueryResult,
        ImportsReport, LevelReport, ServicesReport, TrimReport,
    )  # fmt: skip
    schemas = [each.json_schema() for each in results]
    definitions = [each for document in schemas for each in (document, *document["$defs"].values())]
    assert {key for each in definitions for key in each.get("properties", {})} - named == set()


def test_readme__is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 700


def test_shape__ignores_figures_and_order_but_no_words() -> None:
    assert shape(["a  1.5 MB ██▎", "b 2"]) == shape(["b 31", "a 980 kB █"])
    assert shape(["a 1 MB"]) != shape(["b 1 MB"])


def test_abridged__keeps_as_many_lines_as_the_page_shows() -> None:
    assert abridged(["1", "2", "3", "4"], ["a", "…", "d"]) == ["1", "…", "4"]
    assert abridged(["1", "2"], ["a", "b", "c"]) == ["1", "2"]
