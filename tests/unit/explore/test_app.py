"""The screen, driven by its keys."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from textual.pilot import Pilot

from deadweight import cli
from deadweight.cli.commands.explore import Splits
from deadweight.explore.app import Explorer
from deadweight.explore.nodes import Tree, tree_of
from deadweight.operations.explore import Explored, explored
from tests.builders import dist_files, make_env
from tests.unit.explore.test_nodes import image, with_breakdown
from tests.unit.explore.trees import measured

_LINE = re.compile(r'clip-path="url\(#[\w-]+-line-(\d+)\)">([^<]*)</text>')
Steps = Callable[[Pilot[None]], Awaitable[None]]


def lines_of(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the screen."""
    lines: dict[int, str] = {}
    for number, text in _LINE.findall(pilot.app.export_screenshot()):
        lines[int(number)] = lines.get(int(number), "") + html.unescape(text).replace("\xa0", " ")
    return [lines.get(number, "").rstrip() for number in range(max(lines, default=0) + 1)]


def driven(app: Explorer, steps: Steps, size: tuple[int, int] = (100, 24)) -> None:
    """Run an app without a terminal, and take steps in it."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await steps(pilot)

    asyncio.run(run())


def shown(tree: Tree, *keys: str, size: tuple[int, int] = (100, 24)) -> list[str]:
    """Return the lines of the screen after some keys."""
    lines: list[str] = []

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause()
        lines.extend(lines_of(pilot))

    driven(Explorer(tree), steps, size)
    return lines


def tree() -> Tree:
    """web and api share http; pytest is dev."""
    return measured(
        dist_files("web", files={"web/__init__.py": "x" * 9000, "web/views.py": "x" * 50}, requires=["http"]),
        dist_files("api", files={"api.py": "y" * 100}, requires=["http"]),
        dist_files("http", files={"http.py": "z" * 4000}),
        dist_files("pytest", files={"pytest.py": "t"}),
        lines=("web", "api", "pytest"),
    )


def rows(lines: list[str]) -> list[str]:
    """Return the first word of the name in each row of the list."""
    return [line[line.rfind("  ") :].split()[0] for line in lines[2:-4] if line.strip()]


def chosen(lines: list[str]) -> str:
    """Return the row with the cursor."""
    return next(line for line in lines if line.startswith("›"))


def test_explorer__at_first__shows_the_groups_and_the_keys() -> None:
    lines = shown(tree())
    assert lines[0] == "13.9 kB, 2 rows  requirements.txt / groups"
    assert rows(lines) == ["core", "dev"]
    assert lines[-1].startswith("? help  q quit")


@pytest.mark.parametrize("keys", ["enter enter enter", "right right right", "l l l"])
def test_explorer__opens_groups_distributions_and_directories(keys: str) -> None:
    lines = shown(tree(), *keys.split())
    assert lines[0].endswith("requirements.txt / groups / core / web 1.0 / lib/python3.11/site-packages")
    assert rows(lines) == ["web/", "web-1.0.dist-info/"]


def test_explorer__deep_directory__shows_the_end_of_the_way() -> None:
    lines = shown(tree(), *"enter enter enter".split(), size=(60, 24))
    assert lines[0].startswith("9.25 kB, 2 rows  …")
    assert lines[0].endswith("web 1.0 / lib/python3.11/site-packages")


@pytest.mark.parametrize("keys", ["left left left", "backspace backspace backspace", "h h h"])
def test_explorer__goes_up_to_where_it_came_from(keys: str) -> None:
    lines = shown(tree(), *"enter down enter".split(), *keys.split())
    assert rows(lines) == ["core", "dev"]
    lines = shown(tree(), *"enter down enter h".split())
    assert chosen(lines).endswith("http 1.0")


def test_explorer__two_marks__show_what_they_free_together() -> None:
    lines = shown(tree(), *"v space down space".split())  # web, then api
    report = tree().report
    freed = sum(report[name].apparent_bytes for name in ("web", "api", "http"))
    assert freed > report["web"].freed_bytes + report["api"].freed_bytes  # type: ignore[operator]
    assert f"({freed:,} bytes, " in lines[-4]
    assert lines[-4].startswith("2 marked: frees")
    assert [line[1] for line in lines[2:6]] == ["✓", " ", "✓", " "]
    assert lines[-3].startswith("leaves: 3 distributions: web ")


def test_explorer__unmark__frees_nothing() -> None:
    assert shown(tree(), *"v space u".split())[-4].startswith("nothing is marked")
    assert shown(tree(), *"v space k space".split())[-4].startswith("nothing is marked")


def test_explorer__mark_on_a_group__says_what_can_be_marked() -> None:
    assert shown(tree(), "space")[-4] == "only distributions can be marked"
    for key in ("down", "right", "v", "s", "u", "d"):
        assert shown(tree(), "space", key)[-4].startswith("nothing is marked"), key


def test_explorer__sort__marks_the_column() -> None:
    lines = shown(tree(), "v", *"ssss")
    assert "name↓" in lines[1]
    assert rows(lines) == ["api", "http", "pytest", "web"]


def test_explorer__filter__shows_matching_rows_while_it_is_typed() -> None:
    lines = shown(tree(), *"v slash t".split())
    assert rows(lines) == ["http", "pytest"]
    assert lines[-1].startswith("t")
    lines = shown(tree(), *"v slash q u backspace backspace T enter down".split())  # letters do not quit or unmark
    assert rows(lines) == ["http", "pytest"]
    assert "[T]" in lines[0]
    assert chosen(lines).endswith("pytest 1.0")
    assert len(rows(shown(tree(), *"v slash t escape".split()))) == 4


def test_explorer__filter_without_a_match__says_so() -> None:
    assert "nothing here" in shown(tree(), *"v slash x y z enter space enter d".split())[2]


@pytest.mark.parametrize("width", [60, 80, 140, 200])
def test_explorer__details__beside_the_list_or_in_its_place(width: int) -> None:
    lines = shown(tree(), *"v down d".split(), size=(width, 40))
    text = "\n".join(lines)
    assert "required by (2)" in text
    assert "web: http" in text
    assert ("pytest 1.0" in text) == (width >= 100)
    assert rows(shown(tree(), *"v down d d".split(), size=(width, 40)))[0] == "web"


@pytest.mark.parametrize("width", [20, 60, 80, 140, 200])
def test_explorer__any_width__fits(width: int) -> None:
    lines = shown(tree(), *"v space".split(), size=(width, 12))
    assert max(map(len, lines)) <= width
    assert "web" in lines[2]


def test_explorer__resized__shows_other_columns() -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(140, 24)
        await pilot.pause()
        assert "retained" in lines_of(pilot)[1]
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert "retained" not in lines_of(pilot)[1]

    driven(Explorer(tree()), steps)


def test_explorer__long_list__scrolls_with_the_cursor() -> None:
    many = measured(dist_files("a", files={f"a/{number:04}.py": "x" * (9999 - number) for number in range(500)}))
    lines = shown(many, *"v enter enter enter end".split())
    assert chosen(lines).endswith("0499.py")
    lines = shown(many, *"v enter enter enter pagedown pagedown pageup".split())
    assert chosen(lines).endswith("0017.py")
    assert "0000.py" in shown(many, *"v enter enter enter end home".split())[2]


def test_explorer__hostile_names__are_shown_inert() -> None:
    names = ["[bold red]x[red]", "\x1b]0;title\x07", "日本語" * 40, "\u202etxt"]
    hostile = measured(dist_files("evil", files={f"evil/{name}.py": "x" * 999 for name in names}))
    lines = shown(hostile, *"v enter enter enter d".split(), size=(80, 24))
    assert "path: lib/python3.11/site-packages/evil/\\x1b]0;title\\x07.py" in lines
    lines = shown(hostile, *"v enter enter enter".split(), size=(80, 24))
    text = "\n".join(lines)
    assert "[bold red]x[red].py" in text
    assert "\\x1b]0;title\\x07.py" in text
    assert "\\u202etxt.py" in text
    assert "日本語日本語" in text.replace("\n", "")


def test_explorer__image__shows_its_breakdown_and_marks_distributions_in_it() -> None:
    lines = shown(tree_of(with_breakdown()), *"v v".split(), size=(80, 24))
    assert " / breakdown" in lines[0]
    assert [line.split("  ")[-1].strip() for line in lines[2:5]] == ["core distributions", "base image", "waste"]
    lines = shown(tree_of(with_breakdown()), *"v v enter space".split(), size=(80, 24))
    assert any(line.startswith("1 marked: frees ") for line in lines)
    assert any("✓" in line and line.rstrip().endswith("app 1.0") for line in lines)


def test_explorer__image__shows_its_layers_and_what_they_waste() -> None:
    lines = shown(tree_of(image()), *"v v v".split())
    assert lines[0] == "150 B, 2 rows  image.tar / layers"
    assert lines[2].endswith("  0 COPY . /app")
    assert lines[3].endswith("  1 sha256:1")
    lines = shown(tree_of(image()), *"v v v enter down enter".split())
    assert [line.split()[-1] for line in lines[2:4]] == ["/tmp/cache", "files)"]


def test_explorer__help__lists_the_keys_until_it_is_closed() -> None:
    text = "\n".join(shown(tree(), "question_mark", size=(80, 24)))
    assert "move; PgUp" in text
    assert "may share dependencies" in text
    assert not re.search(r"│ +than +│", text)  # a sentence is broken where the line ends, and only there
    assert rows(shown(tree(), "question_mark", "q")) == ["core", "dev"]


def test_explorer__click__selects_a_row() -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await pilot.click("#listing", offset=(30, 1))
        assert chosen(lines_of(pilot)).endswith("dev")

    driven(Explorer(tree()), steps)


def test_explorer__no_color__uses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    app = Explorer(tree())

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("v", "space")
        segments = [segment for strip in app.screen._compositor.render_strips() for segment in strip]
        colors = {color for each in segments if each.style for color in (each.style.color, each.style.bgcolor) if color}
        assert {color.name for color in colors} <= {"default"}

    driven(app, steps)


# --- writing ---------------------------------------------------------------------------------------


@pytest.fixture
def env(tmp_path: Path, offline: Path) -> Path:
    return make_env(
        tmp_path / "env",
        dist_files("web", files={"web.py": "x" * 9000}, requires=["http"], requested=True),
        dist_files("api", requires=["http"], requested=True),
        dist_files("http"),
        dist_files("pytest", requested=True),
    )


def after(found: Explored, directory: Path, *keys: str) -> list[str]:
    """Return the lines of the screen after some keys, with a directory to write into."""
    lines: list[str] = []

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause()
        lines.extend(lines_of(pilot))

    driven(Explorer(tree_of(found.report, found.inventory), Splits(found, str(directory))), steps)
    return lines


def files_in(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.glob("*")}


def test_write__confirmed__writes_what_split_with_drop_writes(env: Path, tmp_path: Path) -> None:
    lines = after(explored(str(env)), tmp_path / "ours", *"v space w y".split())
    assert lines[-4].startswith("wrote")
    arguments = ["split", str(env), "--drop", "web", "--output-dir", str(tmp_path / "theirs")]
    assert CliRunner().invoke(cli.root, arguments, catch_exceptions=False).exit_code == 0
    assert files_in(tmp_path / "ours") == files_in(tmp_path / "theirs")
    production = (tmp_path / "ours/requirements-production.txt").read_text()
    assert "web" not in production.split("\n", 2)[-1]
    assert "api" in production


@pytest.mark.parametrize("answer", ["n", "escape", "enter", "q"])
def test_write__not_confirmed__writes_nothing(env: Path, tmp_path: Path, answer: str) -> None:
    lines = after(explored(str(env)), tmp_path / "ours", "v", "space", "w", answer)
    assert lines[-4] == "nothing was written"
    assert not (tmp_path / "ours").exists()


def test_write__question__names_the_files_and_what_they_leave_out(env: Path, tmp_path: Path) -> None:
    text = "\n".join(after(explored(str(env)), tmp_path, "v", "space", "w"))
    assert "Write these files? (y/n)" in text
    assert f"in {tmp_path}:" in text.replace("│\n│ ", "")
    assert "production leaves out pytest, web and saves" in text
    assert "(exists)" not in text


def test_write__existing_file__is_overwritten_only_after_the_question(env: Path, tmp_path: Path) -> None:
    (tmp_path / "requirements-minimal.txt").write_text("mine\n")
    text = "\n".join(after(explored(str(env)), tmp_path, "w"))
    assert "Overwrite these files? (y/n)" in text
    assert text.count("(exists)") == 1
    after(explored(str(env)), tmp_path, "w", "n")
    assert (tmp_path / "requirements-minimal.txt").read_text() == "mine\n"
    after(explored(str(env)), tmp_path, "w", "y")
    assert "mine" not in (tmp_path / "requirements-minimal.txt").read_text()


def test_write__file_that_appears_after_the_question__is_not_overwritten(env: Path, tmp_path: Path) -> None:
    found = explored(str(env))
    splits = Splits(found, str(tmp_path / "out"))
    app = Explorer(tree_of(found.report, found.inventory), splits)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("w")
        (tmp_path / "out").mkdir()
        (tmp_path / "out/requirements-minimal.txt").write_text("mine\n")
        await pilot.press("y")
        await pilot.pause()
        assert "already exists" in "".join(lines_of(pilot)[-4:-1])

    driven(app, steps)
    assert files_in(tmp_path / "out") == {"requirements-minimal.txt": "mine\n"}


def test_write__directory_that_cannot_be_created__is_an_error_on_the_screen(env: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lines = after(explored(str(env)), tmp_path / "file/directory", "w", "y")
    assert lines[-4].startswith("error:")


def test_write__saved_report__leaves_out_the_marked_lines(env: Path, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(explored(str(env)).report.to_json())
    found = explored(str(tmp_path / "report.json"))
    after(found, tmp_path / "out", *"v space w y".split())
    lines = (tmp_path / "out/requirements-production.txt").read_text().splitlines()
    assert lines[1:] == ["api==1.0"]


def test_write__application_that_needs_a_mark__says_so(env: Path, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text("import web\n")
    from deadweight.settings import Settings

    found = explored(str(env), Settings.of(source=str(tmp_path / "code")))
    text = "\n".join(after(found, tmp_path, "v", "space", "w"))
    assert "your code needs what production leaves out" in text
    assert "main.py:1" in text


def test_write__tree_alone__does_nothing() -> None:
    assert rows(shown(tree(), "w")) == ["core", "dev"]
