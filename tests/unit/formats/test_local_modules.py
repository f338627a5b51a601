"""Paths of Python files → the names by which they import each other."""

from __future__ import annotations

from deadweight.formats.local_modules import LocalModules


def test_names__layouts__are_those_of_the_top_level() -> None:
    paths = [
        "main.py",
        "src/app/__init__.py",
        "src/app/inner/__init__.py",
        "src/app/x.py",
        "ns/part/y.py",
        "deep/in/z.py",
    ]
    assert LocalModules(paths).names() == {"main", "app", "ns", "deep", "src", "y", "z"}


def test_visible_from__script__sees_what_lies_beside_and_above() -> None:
    modules = LocalModules(["main.py", "scripts/a.py", "scripts/redis.py", "app/__init__.py", "app/celery.py"])
    assert modules.visible_from("scripts") == {"main", "app", "a", "redis"}
    assert modules.visible_from("app") == {"main", "app"}
    assert modules.visible_from("elsewhere/deep") == {"main", "app"}


def test_visible_from__src__counts_for_what_is_beside_it() -> None:
    modules = LocalModules(["service/src/app/__init__.py", "service/tests/test_a.py"])
    assert modules.visible_from("service/tests") == {"app", "test_a"}


def test_visible_from__folder_without_init__stands_back_behind_distributions() -> None:
    modules = LocalModules(["alembic/env.py", "main.py"])
    assert "alembic" not in modules.visible_from("")
    assert "alembic" in modules.names()


def test_visible_from__folders_nested_deeply__needs_no_stack() -> None:
    deep = "/".join("d" * 5000)
    assert LocalModules([f"{deep}/a.py"]).visible_from(deep) == {"a"}
