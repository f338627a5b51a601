"""Code and commands → the module that a start imports."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.startup.entries import entry_of, find_entry
from deadweight.startup.finding import Code
from deadweight.startup.values import Entry

PYTHON = frozenset(
    ("main.py", "shop/__init__.py", "shop/app.py", "shop/__main__.py", "src/lib/__init__.py", "jobs/run-all.py")
)


def code(*python: str, **texts: str) -> Code:
    return Code(
        python=frozenset(python) or PYTHON, texts={name.replace("__", "."): text for name, text in texts.items()}
    )


@pytest.mark.parametrize(
    ("given", "module", "attribute", "directory", "file"),
    [
        ("shop.app", "shop.app", "", "", "shop/app.py"),
        ("shop.app:create.it", "shop.app", "create.it", "", "shop/app.py"),
        ("shop", "shop", "", "", "shop/__init__.py"),
        ("lib", "lib", "", "src", "src/lib/__init__.py"),
        ("main.py", "main", "", "", "main.py"),
        ("./shop/app.py", "shop.app", "", "", "shop/app.py"),
        ("shop/__init__.py", "shop", "", "", "shop/__init__.py"),
        ("jobs/run-all.py", "run-all", "", "jobs", "jobs/run-all.py"),
        ("pandas", "pandas", "", "", ""),  # of a distribution
    ],
)
def test_entry_of__module_or_file__is_found_in_the_code(
    given: str, module: str, attribute: str, directory: str, file: str
) -> None:
    entry = Entry(module=module, attribute=attribute, directory=directory, file=file, because="--entry")
    assert replace(entry_of(given, code()), hint="") == entry


@pytest.mark.parametrize(
    "given", ["gone.py", "shop/gone.py", "a b", "a..b", "1a", "-c", "shop.app:", ":a", "a:b:c", ""]
)
def test_entry_of__anything_else__is_refused(given: str) -> None:
    with pytest.raises(BadInput):
        entry_of(given, code())


@pytest.mark.parametrize(
    ("name", "text", "module", "line"),
    [
        ("Procfile", "web: gunicorn shop.app:app\n", "shop.app", 1),
        ("Procfile", "release: ls\nweb: DJANGO_SETTINGS_MODULE=lib.x gunicorn -c main.py shop.app:app", "shop.app", 2),
        ("Procfile", "web: exec uvicorn --factory shop.app:create", "shop.app", 1),
        ("Procfile", "worker: celery -A shop.app worker", "shop.app", 1),
        ("Procfile", "web: python main.py --port 1", "main", 1),
        ("Procfile", "web: python -m shop.app", "shop.app", 1),
        ("Procfile", "web: python -m uvicorn shop.app:app", "shop.app", 1),
        ("Procfile", "web: streamlit run main.py", "main", 1),
        ("Dockerfile", 'FROM python\nCOPY . /app\nCMD ["python", "/app/jobs/run-all.py"]\n', "run-all", 3),
        ("Dockerfile", 'FROM a AS b\nRUN python main.py\nFROM c\nCMD ["gunicorn", "shop.app:app"]\n', "shop.app", 4),
        ("app__service", "[Service]\nExecStart=/opt/venv/bin/python /opt/app/main.py\n", "main", 2),
    ],
)
def test_find_entry__command__is_what_it_starts(name: str, text: str, module: str, line: int) -> None:
    entry = find_entry(code(**{name: text}))
    assert (entry.module, entry.because) == (module, f"{name.replace('__', '.')}:{line}")


def test_find_entry__no_command__is_the_program_of_the_project() -> None:
    text = '[project.scripts]\nshop = "shop.app:main"\nother = "gone:main"\nbad = 1\n'
    entry = find_entry(code(pyproject__toml=text, Procfile="web: ./manage.py runserver\n"))
    assert entry == Entry(module="shop.app", file="shop/app.py", because="shop in pyproject.toml")
    assert find_entry(code(pyproject__toml='[tool.poetry.scripts]\nx = "lib:main"\n')).module == "lib"


@pytest.mark.parametrize("text", ["", "[project", "project = 1", "[project]\nscripts = 1", "[" * 10_000])
def test_find_entry__no_program__is_the_file_with_a_usual_name(text: str) -> None:
    assert find_entry(code(pyproject__toml=text)).module == "main"


@pytest.mark.parametrize(
    ("python", "module"),
    [
        (["site/__init__.py", "site/wsgi.py", "site/asgi.py", "manage.py"], "site.wsgi"),
        (["app.py", "deep/main.py"], "app"),
        (["tests/app.py", "docs/main.py", "web/main.py"], "main"),
        (["src/shop/__init__.py", "src/shop/main.py"], "shop.main"),
        (["manage.py", "lib.py"], "manage"),
    ],
)
def test_find_entry__usual_names__are_by_preference_and_depth(python: list[str], module: str) -> None:
    assert find_entry(code(*python)).module == module


def test_find_entry__two_commands__are_refused_with_both() -> None:
    with pytest.raises(BadInput) as raised:
        find_entry(code(Procfile="web: gunicorn shop.app:app\nworker: python main.py\n"))
    assert raised.value.cause == (
        "unclear what a start of the application imports: shop.app (Procfile:1), main (Procfile:2)"
    )
    assert "--entry" in raised.value.hint


@pytest.mark.parametrize(
    ("python", "hint"),
    [
        (["lib.py"], "use --entry MODULE or --entry FILE, for example --entry lib"),
        (["a/b/c/main.py"], "use --entry MODULE or --entry FILE, for example --entry a/b/c/main.py"),
        (["main.py", "app.py"], "choose one, for example --entry app"),
        (["my jobs/x.py"], "use --entry MODULE or --entry FILE, for example --entry 'my jobs/x.py'"),
        (["tests/test_a.py"], "use --entry MODULE, --entry MODULE:ATTRIBUTE or --entry FILE"),
    ],
)
def test_find_entry__nothing_or_several__hints_at_files(python: list[str], hint: str) -> None:
    with pytest.raises(BadInput) as raised:
        find_entry(code(*python))
    assert raised.value.hint == hint


def test_find_entry__nothing__hints_at_what_people_run_first() -> None:
    python = frozenset(("a.py", "jobs/run-all.py", "shop/__init__.py", "shop/__main__.py", "tools/sync.py"))
    with pytest.raises(BadInput) as raised:
        find_entry(Code(python=python, scripts=frozenset(("jobs/run-all.py", "tools/sync.py"))))
    assert raised.value.hint.endswith(
        "for example --entry jobs/run-all.py or --entry shop.__main__ or --entry tools/sync.py"
    )


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("shop/ap.py", "did you mean --entry shop/app.py?"),
        ("shop.ap", "did you mean --entry shop.app?"),
        ("shop.app.create", "for an object in a module, use --entry shop.app:create"),
        ("x y", "use --entry MODULE or --entry FILE, for example --entry shop.app or --entry main"),
    ],
)
def test_entry_of__wrong__hints_at_what_is_alike_or_found(given: str, hint: str) -> None:
    python = code("main.py", "shop/__init__.py", "shop/app.py", Procfile="web: gunicorn shop.app\n")
    with pytest.raises(BadInput) as raised:
        entry_of(given, python)
    assert raised.value.hint == hint


def test_entry_of__module_of_a_package_that_may_be_native_code__is_tried() -> None:
    entry = entry_of("shop._fast", code("main.py", "shop/__init__.py", "shop/app.py"))
    assert (entry.module, entry.file) == ("shop._fast", "")
    assert entry.hint.endswith("for example --entry main or --entry shop.app")


def test_entry_of__module_that_nothing_may_provide__keeps_the_hint() -> None:
    assert entry_of("mian", code("main.py", "shop/app.py")).hint == "did you mean --entry main?"
