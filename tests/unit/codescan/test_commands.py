"""Dockerfiles, scripts, CI files and settings → the names in their commands and values."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.codescan.files import is_read, read_file
from deadweight.model.application import Role
from tests.unit.formats.test_growth import grows_evenly


def named(text: str | bytes, file: str) -> list[tuple[int, str, str]]:
    data = text.encode() if isinstance(text, str) else text
    return [(m.line, m.kind, m.name) for m in read_file(data, file, "application").mentions]


def commands(text: str, file: str = "run.sh") -> list[str]:
    return [name for _, kind, name in named(text, file) if kind == "command"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gunicorn app:app", ["gunicorn"]),
        ("a; b && c || d | e & f\ng", ["a", "b", "c", "d", "e", "f", "g"]),
        ("X=1 Y='a b' exec env -u Z Q=2 sudo -u app nice -n 10 timeout 5 celery", ["celery"]),
        ("poetry run pytest; uv run --with rich pytest; pipenv run pytest; pdm run pytest", ["pytest"]),
        ("uv run -m pytest", ["python -m pytest"]),
        ("dumb-init -- gosu app tini -- gunicorn", ["gunicorn"]),
        ("su-exec app gunicorn", ["gunicorn"]),
        ("opentelemetry-instrument --x=1 gunicorn", ["gunicorn", "opentelemetry-instrument"]),
        ("coverage run -m pytest -m slow", ["coverage", "python -m pytest"]),
        ("doppler run -- gunicorn", ["gunicorn"]),
        ("python3.12 -u -W ignore -m uvicorn", ["python -m uvicorn"]),
        ("$PYTHON -m a; ${VENV}/bin/b; ${PREFIX}c; $UNKNOWN d", ["b", "c", "python -m a"]),
        (
            "python manage.py runserver_plus 0:8000; ./manage.py migrate",
            ["manage.py migrate", "manage.py runserver_plus"],
        ),
        ("python script.py; ./start.sh; tools/x", []),
        ("/usr/local/bin/gunicorn; .venv/bin/ruff check", ["gunicorn", "ruff"]),
        ("bash -c 'a && bash -c \"b; c\"'", ["a", "b", "c"]),
        ("if ! a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("for x in one two; do a; done; while read l; do b; done < <(c)", ["a", "b", "c"]),
        ('case "$1" in\n  web|api) a ;;\n  *) exec "$@" ;;\nesac', ["a"]),
        ("X=$(a -b) c `d` e", ["a", "c", "d"]),
        ("FILES=(one two); a", ["a"]),
        ("f() { a; }\nfunction g {\n b; }\nf; g", ["a", "b"]),
        ("cat <<EOF > x\nno\nEOF\na # no\n", ["a", "cat"]),
        ("a > out 2>&1 < in && b", ["a", "b"]),
        ("if [[ -n $X && $Y == b ]]; then a; fi", ["a"]),
        ("a \\\n  b", ["a"]),
        ("echo a; cd b; export C=d; set -e; true", []),
        ("'unclosed", []),
    ],
)
def test_shell__line__gives_the_programs_that_it_starts(text: str, expected: list[str]) -> None:
    assert sorted(set(commands(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery -A proj.app worker -P gevent", ["gevent", "proj.app"]),
        ("gunicorn -k uvicorn.workers.UvicornWorker main:app", ["main.app", "uvicorn.workers.UvicornWorker"]),
        ("gunicorn --worker-class=gevent --bind 0.0.0.0:80 -c gunicorn.conf.py", ["gevent"]),
        ("python -m uvicorn app.main:app --loop uvloop --http auto", ["app.main.app", "uvloop"]),
        ("pytest -p xdist tests/test_a.py", ["xdist"]),
        ("pip install zope.interface; cp aa.bb cc.dd; curl example.com", []),
        ("DJANGO_SETTINGS_MODULE=proj.settings pytest", ["proj.settings"]),
    ],
)
def test_shell__arguments__are_modules_where_the_program_loads_them(text: str, expected: list[str]) -> None:
    assert sorted(name for _, kind, name in named(text, "run.sh") if kind == "string") == expected


def test_shell__code_and_urls__are_given() -> None:
    text = "python -c 'import nltk; nltk.download()'\ncelery --broker=redis://h -b amqp://h"
    found = [(1, "import", "nltk"), (2, "url", "amqp"), (2, "command", "celery"), (2, "url", "redis")]
    assert named(text, "run.sh") == found


DOCKERFILE = r"""# comment
FROM python:3.12
ENV DJANGO_SETTINGS_MODULE=proj.settings \
    DATABASE_URL="postgresql+asyncpg://h"
RUN --mount=type=cache,target=/root pip install zope.interface && \
    # a comment in between
    python manage.py collectstatic
RUN <<EOF
alembic upgrade head
EOF
RUN cat <<EOF > /x
no
EOF
HEALTHCHECK --interval=5s CMD ["python", "-m", "httpx"]
ENTRYPOINT ["python", "-m"]
CMD ["gunicorn", "-k", "gevent"]
FROM x
CMD ["sh", "-c", "a && b"]
CMD exec uvicorn app.main:app
"""


def test_dockerfile__instructions__have_their_lines() -> None:
    assert named(DOCKERFILE, "Dockerfile") == [
        (3, "url", "postgresql+asyncpg"),
        (3, "string", "proj.settings"),
        (5, "command", "pip"),
        (5, "command", "pip install zope.interface"),
        (7, "command", "manage.py collectstatic"),
        (9, "command", "alembic"),
        (11, "command", "cat"),
        (14, "command", "python -m httpx"),
        (16, "string", "gevent"),
        (16, "command", "python -m gunicorn"),
        (18, "command", "a"),
        (18, "command", "b"),
        (19, "string", "app.main.app"),
        (19, "command", "uvicorn"),
    ]


COMPOSE = """services:
  web:
    image: docker.io/some.image
    command: gunicorn proj.wsgi:application
    environment:
      - DATABASE_URL=postgresql+psycopg://h
      - DJANGO_SETTINGS_MODULE=proj.settings
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U x"]
  worker:
    command:
      - celery
      - -A
      - proj.app
    entrypoint: ["python", "-m", "x"]
  beat:
    command: >
      bash -c "python manage.py migrate
      && a"
"""


def test_yaml__compose__names_commands_and_environment() -> None:
    assert named(COMPOSE, "compose.yml") == [
        (4, "command", "gunicorn"),
        (4, "string", "proj.wsgi.application"),
        (6, "url", "postgresql+psycopg"),
        (7, "string", "proj.settings"),
        (9, "command", "pg_isready"),
        (11, "command", "celery"),
        (11, "string", "proj.app"),
        (14, "string", "proj.app"),
        (15, "command", "python -m x"),
        (18, "command", "a"),
        (18, "command", "manage.py migrate"),
    ]


def test_yaml__workflow__names_each_line_of_a_block() -> None:
    text = "steps:\n  - uses: a/b@v4\n  - run: |\n      pip install x\n      python -m pytest\n  - run: ruff .\n"
    found = [
        (4, "command", "pip"), (4, "command", "pip install x"), (5, "command", "python -m pytest"),
        (6, "command", "ruff"),
    ]  # fmt: skip
    assert named(text, ".github/workflows/ci.yml") == found


def test_yaml__script_list__has_a_shell_command_in_each_item() -> None:
    text = 'test:\n  script:\n    - tox -e py\n    - "mypy src"\n    - |\n      a\n      b\n'
    assert commands(text, ".gitlab-ci.yml") == ["tox", "mypy", "a", "b"]


PYPROJECT = """[project]
dependencies = [
  "zope.interface",
]
scripts.x = "pkg.cli:main"
[project.entry-points."pytest11"]
y = "pkg.plugin"
[tool.ruff.lint]
select = ["E"]
[tool.ruff]
[tool.mypy]
plugins = ["pydantic.mypy", "sqlmypy"]
[[tool.mypy.overrides]]
module = ["boto3.x"]
[tool.poe.tasks]
test = "pytest -q"
"""


def test_toml__pyproject__names_tools_entry_points_and_tasks() -> None:
    assert named(PYPROJECT, "pyproject.toml") == [
        (5, "string", "pkg.cli.main"),
        (7, "string", "pkg.plugin"),
        (8, "string", "tool.ruff"),
        (11, "string", "tool.mypy"),
        (12, "string", "pydantic.mypy"),
        (12, "string", "sqlmypy"),
        (15, "string", "tool.poe"),
        (16, "command", "pytest"),
    ]


def test_ini__setup_cfg__names_entry_points_and_tools_not_requirements() -> None:
    text = (
        "[options]\ninstall_requires =\n    zope.interface\n[options.entry_points]\nconsole_scripts =\n"
        "    foo = pkg.cli:main [extra]\n[tool:pytest]\n[flake8]\n"
    )
    found = [(6, "string", "pkg.cli.main"), (7, "string", "tool.pytest"), (8, "string", "tool.flake8")]
    assert named(text, "setup.cfg") == found


def test_ini__tox__names_its_commands() -> None:
    text = "[testenv]\ndeps =\n  zope.x\ncommands =\n  pytest {posargs}\n  -python -m build\n"
    assert named(text, "tox.ini") == [
        (1, "string", "tool.tox"),
        (5, "command", "pytest"),
        (6, "command", "python -m build"),
    ]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("Procfile", "web: gunicorn pkg.wsgi\nx: ./y.sh\n", ["gunicorn"]),
        ("a.service", "[Service]\nExecStart=-/opt/venv/bin/gunicorn \\\n  pkg.wsgi\n", ["gunicorn"]),
        ("Makefile", "X = y\ntest: z\n\t@$(PYTHON) -m a\n\t-$(BIN)/b; for f in $$(c); do d; done\n",
         ["python -m a", "b", "c", "d"]),
        ("justfile", "test *args:\n    @uv run pytest {{args}}\n", ["pytest"]),
        ("bin/start", "#!/usr/bin/env bash\na\n", ["a"]),
        ("bin/start", "#!/bin/sh -e\na\n", ["a"]),
        ("LICENSE", "a\n", []),
    ],
)  # fmt: skip
def test_read_file__other_formats__are_identified_by_name_or_first_line(
    file: str, text: str, expected: list[str]
) -> None:
    assert commands(text, file) == expected


def test_read_file__python_without_suffix__is_identified_by_its_first_line() -> None:
    assert named("#!/usr/bin/env python3\nimport a\n", "bin/x") == [(2, "import", "a")]


def test_read_file__settings_that_are_data__are_noted() -> None:
    (large,) = read_file(b"a: b\n" * 300_000, "a.yml", "application").skipped
    (binary,) = read_file(b"\0", "a.yml", "application").skipped
    assert (large.exit_code, binary.exit_code) == (0, 0)


@pytest.mark.parametrize(
    "name", ["uv.lock", "poetry.lock", "pylock.toml", "requirements.txt", "a.json", "a.md", "a.pyc"]
)
def test_is_read__locks_and_data__are_not(name: str) -> None:
    assert not is_read(name)


FILES = ["Dockerfile", "a.sh", "Procfile", "a.service", "Makefile", "justfile", "a.yml", "a.toml", "a.ini", "x", ".env"]
PIECES = st.sampled_from(
    ["run: |\n", "command:\n", "  - a\n", "RUN a \\\n", "CMD [", '"', "'", "`", "$(", ")", "<<EOF\n", "EOF\n", "[", "]",
     "\r", "python -m ", "celery -P ", "\t", "\n", "case x in\n", "a.bb:c ", "=", "commands =\n", "#!/bin/sh\n",
     "sh -c ", "#", "&&", "redis://", "\\"]
)  # fmt: skip


@given(
    st.one_of(st.binary(max_size=100), st.lists(PIECES, max_size=14).map("".join).map(str.encode)),
    st.sampled_from(FILES),
)
def test_read_file__any_bytes__has_lines_of_the_file(data: bytes, file: str) -> None:
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= line <= lines for line, _, _ in named(data, file))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "unit", ['"', "'", '\\"', "`", "$(", "(", "[[ ", "x <<A\n", "a: [\n", "run: a\n", "\ta\n", "env "]
)
def test_read_file__much_of_one_kind__takes_linear_time(file: str, unit: str) -> None:
    def parse(size: int) -> Callable[[], object]:
        text = "#!/bin/sh\n" + unit * (size // len(unit))
        return lambda: named(text, file)

    assert grows_evenly(parse, 12_500)


STAGES = """FROM python AS base
RUN base-tool
CMD ["base-cmd"]
FROM base AS test
RUN pytest
FROM node AS assets
RUN npm-build
FROM base AS production
ENTRYPOINT ["tini", "--"]
CMD ["voila", "app.ipynb"]
FROM production AS dev
CMD ["flask", "run"]
"""


def roles(text: str, file: str, role: Role = "application") -> dict[str, str]:
    return {m.name: m.role for m in read_file(text.encode(), file, role).mentions}


def test_dockerfile__stages__only_those_in_the_image_have_the_files_role() -> None:
    assert roles(STAGES, "Dockerfile") == {
        "base-tool": "application", "base-cmd": "build", "pytest": "tests", "npm-build": "build",
        "voila": "application", "flask": "build", "run": "build",
    }  # fmt: skip


def test_dockerfile__all_stages_for_development__the_last_one_counts() -> None:
    assert roles("FROM a AS dev\nRUN x1\nFROM b AS test\nRUN x2\n", "Dockerfile") == {
        "x1": "build",
        "x2": "application",
    }


def test_compose__services_for_developers__have_their_role() -> None:
    text = (
        "services:\n  web:\n    command: gunicorn a\n  tests:\n    command: pytest\n\n"
        "  docs:\n    profiles: [docs]\n    command: mkdocs\n  x:\n    profiles: ['dev']\n    command: tool\n"
        "volumes:\n  y:\n    command: other\n"
    )
    assert roles(text, "compose.yml") == {
        "gunicorn": "application", "pytest": "tests", "mkdocs": "build", "tool": "build", "other": "application",
    }  # fmt: skip


def test_makefile__targets_that_run_the_application__are_scripts() -> None:
    text = "run: x\n\tuvicorn a\nlint:\n\truff\nA := 1\nrun-dev:\n\treload\ndeploy:\n\tansible\n"
    assert roles(text, "Makefile", "build") == {
        "uvicorn": "scripts", "ruff": "build", "reload": "build", "ansible": "scripts"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ('if [ "$E" = dev ]; then a; else b; fi; c', {"a": "[ $E = dev ]", "b": "not ([ $E = dev ])", "c": ""}),
        (
            "if x; then\n  if y; then a; fi\n  b\nelif z; then c\nfi",
            {"a": "y", "b": "x", "c": "z", "x": "x", "y": "y", "z": "z"},
        ),
        ('case "$1" in\n  web) a ;;\nesac\nb', {"a": "case $1 in", "b": ""}),
        ('[ -n "$D" ] && a; b', {"a": "[ -n $D ]", "b": ""}),
        ("[[ -n $D ]] || a", {"a": "not ([[ … ]])"}),
        ("for x in y; do a; done", {"a": ""}),
        ("if x; then bash -c 'a'; fi", {"a": "x", "x": "x"}),
        ("fi; esac; else; a", {"a": ""}),
    ],
)
def test_shell__conditions__are_shown(text: str, conditions: dict[str, str]) -> None:
    found = read_file(text.encode(), "run.sh", "application").mentions
    assert {m.name: m.condition for m in found if m.kind == "command"} == conditions
    assert all((m.how == "conditional") == bool(m.condition) for m in found)


@pytest.mark.parametrize(
    ("text", "installed"),
    [
        ("pip install -r r.txt gunicorn==20 'uvicorn[standard]>1' . ./x", ["gunicorn", "uvicorn"]),
        ("python -m pip install -U wheel; pipx install poetry", ["poetry", "wheel"]),
        ("uv pip install -c c.txt flask; uv tool install ruff", ["flask", "ruff"]),
        ("pip list; uv sync; pip install", []),
    ],
)
def test_shell__pip_install__names_what_it_installs(text: str, installed: list[str]) -> None:
    found = sorted(c.removeprefix("pip install ") for c in commands(text) if c.startswith("pip install "))
    assert found == installed


@pytest.mark.parametrize(
    ("text", "file", "expected"),
    [
        ("FROM a\nENV PYTHONPATH=/app/src:/app/lib\n", "Dockerfile", ["/app/src:/app/lib"]),
        ("services:\n  a:\n    environment:\n      PYTHONPATH: /app/src\n", "compose.yml", ["/app/src"]),
        ("export PYTHONPATH=src\n", "run.sh", ["src"]),
        ('[tool.pytest.ini_options]\npythonpath = ["src"]\n', "pyproject.toml", ["src"]),
        ('[tool.setuptools.packages.find]\nwhere = ["lib"]\n', "pyproject.toml", ["lib"]),
        ('[tool.setuptools.package-dir]\n"" = "src"\n', "pyproject.toml", ["src"]),
        ('[tool.poetry]\npackages = [{ include = "a", from = "lib" }]\n', "pyproject.toml", ["lib"]),
        ('[tool.hatch.build.targets.wheel]\npackages = ["src/a"]\n', "pyproject.toml", ["src"]),
        ("[options]\npackage_dir =\n    =src\n", "setup.cfg", ["src"]),
        ("[pytest]\npythonpath = . src\n", "pytest.ini", [".", "src"]),
        ("PYTHONPATH=src\n", ".env", ["src"]),
    ],
)
def test_roots__settings__name_the_directories_of_the_import_path(text: str, file: str, expected: list[str]) -> None:
    found = read_file(text.encode(), file, "application").mentions
    assert sorted(m.name for m in found if m.kind == "root") == sorted(expected)
