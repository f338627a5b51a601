"""The shipped tables of modules, programs and engines: data has a shape."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from deadweight.formats.distributions.metadata import normalize
from deadweight.usage import engines_of
from deadweight.usage.names import Modules


def table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("deadweight.usage").joinpath(name).read_text("utf-8"))


def test_modules__projects_are_normalized_and_modules_importable() -> None:
    for project, modules in table("import_names.toml")["modules"].items():
        assert project == normalize(project)
        assert modules.split(), project
        assert all(part.isidentifier() for module in modules.split() for part in module.split(".")), project


def test_modules__every_line__is_found() -> None:
    for project, modules in table("import_names.toml")["modules"].items():
        for module in modules.split():
            assert Modules({}, [project]).find(module) == ((project, "table"),), project


def test_usual__projects_are_normalized_and_modules_lower_case() -> None:
    for module, project in table("import_names.toml")["usual"].items():
        assert (project, module) == (normalize(project), module.lower())


@pytest.mark.parametrize("key", ["commands", "schemes", "drivers"])
def test_programs__projects__are_normalized(key: str) -> None:
    for program, projects in table("programs.toml")[key].items():
        assert projects.split(), program
        assert all(project == normalize(project) for project in projects.split()), program


def test_engines__rows__are_normalized_and_say_when() -> None:
    for row in table("engines.toml")["engines"]:
        assert {"by", "names"} < set(row) <= {"by", "names", "reason", "verb", "when"}
        assert bool(row.get("reason")) != bool(row.get("verb")), row["by"]
        assert row.get("when", "development") in {"development", "alone"}, row["by"]
        names = [*row["by"].split(), *row["names"].split()]
        assert names == [normalize(name) for name in names]
        assert len(set(row["names"].split())) == len(row["names"].split()), row["by"]
        assert row.get("reason", "by").partition(" ")[0] in {"to", "by", "for", "as", "where"}, row["by"]


def test_engines__of_everything_at_once__are_reported_quickly_and_never_of_themselves() -> None:
    rows = table("engines.toml")["engines"]
    found = engines_of({name for row in rows for name in [*row["by"].split(), *row["names"].split()]})
    assert all(engine.by != name for name, engines in found.items() for engine in engines)
