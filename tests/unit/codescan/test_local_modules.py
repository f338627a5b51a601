"""Paths of Python files → the names under which they import each other."""

from __future__ import annotations

import pytest

from deadweight.codescan.local_modules import LocalModules


def test_names__layouts__are_importable_from_some_path() -> None:
    paths = [
        "main.py",
        "src/app/__init__.py",
        "src/app/inner/__init__.py",
        "src/app/x.py",
        "ns/part/y.py",
        "deep/in/z.py",
    ]
    assert LocalModules(paths).names() == {"main", "app", "ns", "part", "deep", "in", "src", "y", "z"}


def test_visible_from__script__sees_its_directory_and_those_above() -> None:
    modules = LocalModules(["main.py", "scripts/a.py", "scripts/redis.py", "app/__init__.py", "app/celery.py"])
    assert modules.visible_from("scripts") == {"main", "app", "a", "redis"}
    assert modules.visible_from("app") == {"main", "app"}
    assert modules.visible_from("elsewhere/deep") == {"main", "app"}


def test_visible_from__src__counts_for_its_siblings() -> None:
    modules = LocalModules(["service/src/app/__init__.py", "service/tests/test_a.py"])
    assert modules.visible_from("service/tests") == {"app", "test_a"}


def test_visible_from__directory_without_init__comes_after_distributions() -> None:
    modules = LocalModules(["alembic/env.py", "main.py"])
    assert "alembic" not in modules.visible_from("")
    assert "alembic" in modules.names()


def test_visible_from__directories_nested_deeply__needs_no_stack() -> None:
    deep = "/".join("d" * 5000)
    assert LocalModules([f"{deep}/a.py"]).visible_from(deep) == {"a"}


@pytest.mark.parametrize("root", ["/app/backend", "backend", "./backend", "$X:/srv/app/backend:/x", '"backend"'])
def test_visible_from__directory_of_the_import_path__counts_everywhere(root: str) -> None:
    modules = LocalModules(["backend/shop/__init__.py", "backend/tools.py", "jobs/run.py"], [root])
    assert {"shop", "tools"} <= modules.visible_from("jobs")


def test_names__vendored__are_known() -> None:
    assert "six" in LocalModules(["a.py"], vendored=["six"]).names()


@pytest.mark.parametrize(
    ("dotted", "importing", "file"),
    [
        ("app.main.run", "manage.py", "app/main.py"),
        ("app.Thing", "manage.py", "app/__init__.py"),
        (".main", "app/urls.py", "app/main.py"),
        ("..app.main", "app/sub/x.py", None),
        ("...app.main", "app/sub/x.py", "app/main.py"),
        ("....app", "app/sub/x.py", None),
        ("requests", "manage.py", None),
        (".", "app/main.py", None),
    ],
)
def test_file_of__import__is_the_longest_prefix_that_is_a_module(dotted: str, importing: str, file: str | None) -> None:
    assert (
        LocalModules(["manage.py", "app/__init__.py", "app/main.py", "app/sub/x.py"]).file_of(dotted, importing) == file
    )
