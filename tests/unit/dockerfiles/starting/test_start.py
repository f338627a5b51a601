from __future__ import annotations

import pytest

from deadweight.dockerfiles.starting.start import start_of


def command(**texts: str) -> tuple[str, ...]:
    return start_of({name.replace("_", "."): text for name, text in texts.items()}, ()).command


DOCKERFILE = """
ARG VERSION=3.12
FROM python:$VERSION AS base
ENV APP=shop MODE="a b" TOKEN_URL=x
WORKDIR /srv
FROM base AS builder
RUN pip install .
CMD ["make"]
FROM base AS production
ENV LEVEL=$APP-info
WORKDIR shop
EXPOSE 8000 53/udp $NOTHING
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["/venv/bin/gunicorn", "shop:app"]
FROM production AS test
CMD ["pytest"]
"""


def test_start_of__dockerfile__has_the_configuration_of_its_shipped_stage() -> None:
    start = start_of({"Dockerfile": DOCKERFILE}, ())
    assert start.command == ("gunicorn", "shop:app")
    assert start.entrypoint == ()
    assert start.directory == "/srv/shop"
    assert start.environment == (("APP", "shop"), ("MODE", "a b"), ("LEVEL", "shop-info"))
    assert start.ports == ("8000", "53/udp")
    assert start.origin == "Dockerfile:14"
    assert start.notes == ("Dockerfile:4: TOKEN_URL was left out, since it may be a secret",)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gunicorn shop.app:app", ("gunicorn", "shop.app:app")),
        ("uv run gunicorn shop.app:app", ("gunicorn", "shop.app:app")),
        ("poetry run -- python -m shop", ("python", "-m", "shop")),
        ("gunicorn -b :$PORT a:b", ("/bin/sh", "-c", "exec gunicorn -b :$PORT a:b")),
        ("cd src && python a.py", ("/bin/sh", "-c", "cd src && python a.py")),
        ("A=1 python a.py", ("/bin/sh", "-c", "A=1 python a.py")),
        ("exec python 'a b.py'", ("/bin/sh", "-c", "exec python 'a b.py'")),
    ],
)
def test_start_of__procfile__starts_the_web_process(line: str, words: tuple[str, ...]) -> None:
    assert command(Procfile=f"worker: celery\nweb: {line}\n") == words
    assert command(Dockerfile=f"FROM a\nCMD {line}") == words


def test_start_of__procfile__without_web__first_process() -> None:
    assert command(Procfile="release: ./migrate\nbot: python bot.py\n") == ("python", "bot.py")
    assert command(Procfile="# nothing\n") == ()


def test_start_of__port_of_a_procfile__has_a_default() -> None:
    assert start_of({"Procfile": "web: gunicorn -b :${PORT} a:b"}, ()).environment == (("PORT", "8000"),)
    own = start_of({"Procfile": "web: run $PORT", "Dockerfile": "FROM a\nENV PORT=5000"}, ())
    assert own.environment == (("PORT", "5000"),)


def test_start_of__script_of_a_project__is_called_without_installing_it() -> None:
    code = "import sys; from shop.cli import main; sys.exit(main())"
    assert command(pyproject_toml='[project]\nname = "shop"\nscripts = {x = "a:b", shop = "shop.cli:main"}\n') == (
        "python", "-c", code,
    )  # fmt: skip
    assert command(pyproject_toml='[tool.poetry.scripts]\nany = "shop.cli:main"\n') == ("python", "-c", code)


@pytest.mark.parametrize(
    "text", ['[project.scripts]\na = "b:c"\nd = "e:f"\n', '[project.scripts]\na = "os; import x:y"\n', "[["]
)
def test_start_of__unclear_scripts__none(text: str) -> None:
    assert command(pyproject_toml=text) == ()


def test_start_of__modules__package_with_main_before_main_py() -> None:
    assert start_of({}, {"shop/__main__.py", "main.py"}).command == ("python", "-m", "shop")
    assert start_of({}, {"a/__main__.py", "b/__main__.py", "app.py", "main.py"}).command == ("python", "main.py")
    assert start_of({}, {"shop/__init__.py"}).command == ()


def test_start_of__src_layout__is_on_the_path() -> None:
    start = start_of({"Dockerfile": "FROM a\nWORKDIR /srv/"}, {"src/shop/__main__.py"})
    assert start.command == ("python", "-m", "shop")
    assert start.environment == (("PYTHONPATH", "/srv/src"),)


@pytest.mark.parametrize("command", ['["uv"]', '["poetry", "install"]', "uv"])
def test_start_of__runner_that_starts_nothing__is_left_out(command: str) -> None:
    assert start_of({"Dockerfile": f"FROM a\nCMD {command}"}, ()).command == ()


def test_start_of__entrypoint_of_another_image__is_left_out() -> None:
    start = start_of({"Dockerfile": 'FROM a\nENTRYPOINT ["/entrypoint.sh"]\nCMD ["gunicorn", "a:b"]'}, ())
    assert (start.entrypoint, start.command) == ((), ("gunicorn", "a:b"))
    assert start.notes == ("Dockerfile:2: /entrypoint.sh was left out, since it may not be in the image",)


@pytest.mark.parametrize(
    ("value", "pairs"),
    [
        (r'A="x\"y\$z\\" B=\$C', (("A", 'x"y$z\\'), ("B", "$C"))),
        ("A='$B c'", (("A", "$B c"),)),
        ("A b c", (("A", "b c"),)),
        ("A\tb c", (("A", "b c"),)),
        ("A 'b  c'", (("A", "b  c"),)),
        ("A  b=c d=e", (("A", "b=c d=e"),)),
        ("A=${B:-x} C=${A}y", (("A", "x"), ("C", "y"))),
        ("A=1 \\\n  B=2", (("A", "1"), ("B", "2"))),
        ("PATH=/x PIP_INDEX_URL=https://a HOME=/root", ()),
    ],
)
def test_start_of__variables__as_docker_reads_them(value: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert start_of({"Dockerfile": f"FROM a\nENV {value}\n"}, ()).environment == pairs


def test_start_of__hostile_dockerfile__has_no_line_breaks() -> None:
    text = 'FROM a\nENV A="x\\\ny" B="\x1b[2J"\nWORKDIR $X"`id`"\nEXPOSE `id`\n'
    start = start_of({"Dockerfile": text}, ())
    assert start.directory == "/app"
    assert start.ports == ()
    assert all(value.isprintable() for _, value in start.environment)
