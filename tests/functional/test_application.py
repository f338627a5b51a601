"""A directory of source as it comes: layouts, vendored trees, links, what cannot be read, and many files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.model import Application, Skipped
from deadweight.progress import Progress, silent
from deadweight.sources.codebase import file_reader
from deadweight.sources.codebase.application import read_application
from deadweight.sources.system import workers
from tests.builders import write_files


def read(root: Path) -> Application:
    return read_application(str(root), observe=silent)


def named(source: Application) -> list[tuple[str, str, int]]:
    return [(mention.name, mention.file, mention.line) for mention in source.mentions]


def test_read_source__application__is_told_by_file_and_line(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": "import flask\nimport app.models\nfrom . import x\n",
        "app/models.py": "def f():\n    import sqlalchemy\n",
        "Dockerfile": 'FROM x\nCMD ["gunicorn", "app.main:app"]\n',
        "tests/test_main.py": "import pytest\nimport app\n",
        "notes.txt": "import no\n",
    }
    source = read(write_files(tmp_path, files))
    assert named(source) == [
        ("app.main.app", "Dockerfile", 2),
        ("gunicorn", "Dockerfile", 2),
        ("flask", "app/main.py", 1),
        ("sqlalchemy", "app/models.py", 2),
        ("pytest", "tests/test_main.py", 1),
    ]
    assert [m.role for m in source.mentions] == ["application"] * 4 + ["tests"]
    assert (source.files, source.skipped, source.directory) == (5, (), str(tmp_path))
    assert source.local == {"app", "tests", "test_main"}


def test_read_source__scripts__import_what_lies_beside_them(tmp_path: Path) -> None:
    files = {"scripts/a.py": "import redis, helper\n", "scripts/helper.py": "", "app.py": "import helper\n"}
    source = read(write_files(tmp_path, files))
    # From the root the helper cannot be seen, but there is no other of that name: its name is among the local ones.
    assert named(source) == [("helper", "app.py", 1), ("redis", "scripts/a.py", 1)]
    assert "helper" in source.local


def test_read_source__module_that_bears_the_name_of_what_it_imports__means_the_other(tmp_path: Path) -> None:
    source = read(write_files(tmp_path, {"celery.py": "from celery import Celery\n"}))
    assert named(source) == [("celery", "celery.py", 1)]


def test_read_source__directory_that_is_a_package__knows_its_own_name(tmp_path: Path) -> None:
    source = read(write_files(tmp_path, {"app/__init__.py": "import app.x, flask\n"}) / "app")
    assert source.local >= {"app"}


def test_read_source__what_is_not_the_applications__is_passed_over_and_told(tmp_path: Path) -> None:
    files = {
        "main.py": "import a\n",
        "venv/pyvenv.cfg": "home = /usr/bin\n",
        "venv/lib/x.py": "import no\n",
        "conda/conda-meta/x.json": "",
        "conda/x.py": "import no\n",
        "lib/site-packages/x.py": "import no\n",
        "app/_vendor/deep/x.py": "import no\n",
        "vendor/x.go": "package x\n",
        "node_modules/x.py": "import no\n",
        ".git/x.py": "import no\n",
        ".tox/py/x.py": "import no\n",
        "__pycache__/x.py": "import no\n",
        "setup.py": "",
        "build/lib/x.py": "import no\n",
        "app/build/x.py": "import b\n",
    }
    source = read(write_files(tmp_path, files))
    assert [name for name, _, _ in named(source)] == ["b", "a"]
    assert [(each.name, each.exit_code) for each in source.skipped] == [
        ("app/_vendor", 0),
        ("build", 0),
        ("conda", 0),
        ("lib/site-packages", 0),
        ("venv", 0),
    ]


def test_read_source__links_in_a_circle__are_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/x.py": "import b\n"})
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "self.py").symlink_to("self.py")
    (tmp_path / "out.py").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.py")
    source = read(tmp_path)
    assert named(source) == [("b", "a/x.py", 1)]
    assert source.files == 1


def test_read_source__unreadable__is_told_and_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"a.py": "import a1\n", "b.py": "import b1\n"})
    opened = os.open

    def refuse(path: str, *args: int, **named: int) -> int:
        if str(path).endswith("a.py"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **named)

    monkeypatch.setattr(os, "open", refuse)
    source = read(tmp_path)
    assert source.skipped == (Skipped("a.py", "Permission denied", 4),)
    assert named(source) == [("b1", "b.py", 1)]


def test_read_source__odd_names__are_kept_as_they_are(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\x1b[31m\n.py")
    (tmp_path / name).write_text("import a\nprint 1\n")
    source = read(tmp_path)
    assert named(source) == [("a", name, 1)]
    assert [each.name for each in source.skipped] == [name]


def test_read_source__large_files__are_read_by_line_or_not_at_all(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": "import a1\n" + "x = 1\n" * 1_000_000})
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate((1 << 26) + 1)
    source = read(tmp_path)
    assert named(source) == [("a1", "a.py", 1)]
    assert [(each.name, each.exit_code) for each in source.skipped] == [("a.py", 0), ("huge.py", 4)]


def test_read_source__no_directory__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot list"):
        read(tmp_path / "none")
    with pytest.raises(BadInput, match="cannot list"):
        read(write_files(tmp_path, {"a.py": ""}) / "a.py")


def test_read_source__observer__is_told_how_many_files(tmp_path: Path) -> None:
    seen: list[Progress] = []
    read_application(str(write_files(tmp_path, {"a.py": ""})), observe=seen.append)
    assert [(each.phase, each.detail) for each in seen] == [("reading", f"{tmp_path} (1 file)")]


@pytest.mark.parametrize("broken", [False, True], ids=["in other processes", "in ones that fail"])
def test_read_source__many_files__are_the_same_from_any_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    write_files(tmp_path, {f"p{n}/m{k}.py": f"import a{n}_{k}\nprint 1\n" for n in range(10) for k in range(10)})
    alone = read(tmp_path)
    monkeypatch.setattr(file_reader, "_WORTH_SHARING", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    if broken:
        monkeypatch.setattr(workers, "_PROGRAM", "raise SystemExit(1)")
    assert read(tmp_path) == alone
    assert (alone.files, len(alone.mentions), len(alone.skipped)) == (100, 100, 100)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"{{ name }}/a.py": "import no\n"}, "a template for other projects"),
        ({"wt/.git": "gitdir: /x/.git/worktrees/wt\n", "wt/a.py": "import no\n"}, "a git worktree"),
        ({"clone/.git/HEAD": "ref", "clone/a.py": "import no\n"}, "another repository"),
        ({"a.py": "import {{ no }}\n"}, "a template for other files"),
        ({"third_party/a.py": "import no\n"}, "vendored code, which is not the application's own"),
    ],
)
def test_read_source__code_of_others__is_passed_over(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    source = read(write_files(tmp_path, files))
    assert source.mentions == ()
    assert [each.reason for each in source.skipped] == [reason]


def test_read_source__submodule__is_part_of_the_application(tmp_path: Path) -> None:
    files = {"sub/.git": "gitdir: ../.git/modules/sub\n", "sub/a.py": "import requests\n"}
    assert named(read(write_files(tmp_path, files))) == [("requests", "sub/a.py", 1)]


def test_read_source__own_modules__are_found_wherever_the_import_path_has_them(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python\nENV PYTHONPATH=/app/libs\n",
        "libs/utils/__init__.py": "",
        "jobs/run.py": "import utils, requests\n",
        "training/__init__.py": "",
        "training/common.py": "",
        "training/train.py": "import common\nif __name__ == '__main__':\n    pass\n",
        "training/other.py": "import common\n",
    }
    source = read(write_files(tmp_path, files))
    # In a package, a module finds what lies beside it only if it is run as a script.
    assert named(source) == [("requests", "jobs/run.py", 1), ("common", "training/other.py", 1)]


def test_read_source__vendored_modules__are_the_applications_own(tmp_path: Path) -> None:
    source = read(write_files(tmp_path, {"vendor/acme/__init__.py": "", "app.py": "import acme\n"}))
    assert "acme" in source.local


def test_read_source__factories_that_the_application_imports__are_the_application(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": "from . import factories\n",
        "app/factories.py": "import faker\n",
        "app/seeds.py": "import mimesis\n",
    }
    source = read(write_files(tmp_path, files))
    assert {mention.name: mention.role for mention in source.mentions} == {
        "faker": "application", "mimesis": "development"
    }  # fmt: skip
