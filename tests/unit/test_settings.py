"""``[tool.deadweight]`` → settings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from deadweight.errors import BadConfig
from deadweight.settings import (
    Measuring,
    Policy,
    Request,
    Settings,
    config_schema,
    find_config,
    read_budget,
    read_config,
)
from tests.builders import write_files
from tests.documentation import PAGES, blocks


def config(directory: Path, lines: str) -> dict[str, object]:
    write_files(directory, {"pyproject.toml": f"[tool.deadweight]\n{lines}\n"})
    return read_config(f"{directory}/pyproject.toml")


def test_find_config__above__is_found(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "[tool.deadweight]\n", "a/b/x": ""})
    assert find_config(f"{tmp_path}/a/b") == f"{tmp_path}/pyproject.toml"


def test_find_config__nearer_file_without_the_table__is_passed_over(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "[tool.deadweight]\n", "a/pyproject.toml": "[tool.other]\n"})
    assert find_config(f"{tmp_path}/a") == f"{tmp_path}/pyproject.toml"


def test_find_config__two_with_the_table__is_the_nearer(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "[tool.deadweight]\n", "a/pyproject.toml": "[tool.deadweight]\n"})
    assert find_config(f"{tmp_path}/a") == f"{tmp_path}/a/pyproject.toml"


def test_find_config__none__is_none(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "tool = 3\n"})
    assert find_config(str(tmp_path)) is None


def test_find_config__broken_toml__is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "[tool.deadweight\n"})
    with pytest.raises(BadConfig, match=f"cannot read {tmp_path}/pyproject.toml"):
        find_config(str(tmp_path))


def test_read_config__all_kinds_of_value__fit_settings(tmp_path: Path) -> None:
    values = config(
        tmp_path,
        'installer = "pip"\nbytecode = "none"\npython = "3.12"\nno-build = true\nkeep = ["a", "b"]\n'
        'minimal-groups = ["core"]\n[tool.deadweight.groups]\ndev = ["x-*"]\n"core.web" = ["y"]',
    )
    assert Settings.of(index_url="https://host").replacing(**values) == Settings.of(
        index_url="https://host",
        installer="pip",
        bytecode="none",
        python="3.12",
        no_build=True,
        keep=("a", "b"),
        minimal_groups=("core",),
        groups={"dev": ("x-*",), "core.web": ("y",)},
    )


def test_read_config__empty_table__changes_nothing(tmp_path: Path) -> None:
    assert config(tmp_path, "") == {}


def test_read_config__unknown_key__names_it_and_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="unknown key 'no_build'") as caught:
        config(tmp_path, "no_build = true")
    assert "no-build" in caught.value.hint


@pytest.mark.parametrize(
    "line",
    [
        "python = 3.11",
        "no-build = 1",
        'no-build = "yes"',
        'keep = "a"',
        "keep = [1]",
        'minimal-groups = "core"',
        'groups = ["core"]',
        'groups = {core = "a"}',
        "groups = {core = [1]}",
        "groups.core.web = ['a']",
    ],
)
def test_read_config__wrong_type__names_file_and_key(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0].partition(".")[0]
    with pytest.raises(BadConfig, match=rf"{tmp_path}/pyproject.toml: tool\.deadweight\.{key}.*: expected"):
        config(tmp_path, line)


@pytest.mark.parametrize("line", ['installer = "poetry"', "installer = 1", "installer = []", 'bytecode = "some"'])
def test_read_config__none_of_the_choices__names_them(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadConfig, match=r"tool\.deadweight\.(installer|bytecode): (invalid enum value|expected `str`)"):
        config(tmp_path, line)


def test_read_config__no_table__is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": "[tool]\ndeadweight = 1\n"})
    with pytest.raises(BadConfig, match=r"tool\.deadweight must be a table"):
        read_config(f"{tmp_path}/pyproject.toml")


def test_read_config__file_that_is_gone__is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot read"):
        read_config(f"{tmp_path}/pyproject.toml")


def test_settings__group_that_is_none__is_refused() -> None:
    with pytest.raises(BadConfig, match="minimal-groups: unknown group 'web'"):
        Settings.of(minimal_groups=("core", "web"))
    with pytest.raises(BadConfig, match=r"groups: unknown group 'web\.core'"):
        Settings.of(groups={"core.web": ("a",), "web.core": ("b",)})


@pytest.mark.parametrize("python", ["./evil.sh", "evil", "/usr/bin/python3", "../python3.12", "python3.12; x", "-c"])
def test_read_config__python_that_is_no_version__is_refused(python: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="must be a version"):
        config(tmp_path, f'python = "{python}"')


@pytest.mark.parametrize("python", ["", "3", "3.12", "3.12.1", "python3.12", "pypy3.10"])
def test_read_config__python_version__is_taken(python: str, tmp_path: Path) -> None:
    assert config(tmp_path, f'python = "{python}"') == {"python": python}


HOSTILE = {"deep": f"x = {'[' * 5000}{']' * 5000}", "number": f"x = {'1' * 5000}", "broken": "x = = ="}


@pytest.mark.parametrize("case", HOSTILE)
def test_find_config__file_above_that_does_not_parse__is_none_of_ours(case: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": HOSTILE[case], "a/x": ""})
    assert find_config(f"{tmp_path}/a") is None


@pytest.mark.parametrize("case", HOSTILE)
def test_find_config__our_file_does_not_parse__is_named(case: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"pyproject.toml": f"[tool.deadweight]\n{HOSTILE[case]}"})
    with pytest.raises(BadConfig, match=f"cannot read {tmp_path}/pyproject.toml"):
        find_config(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "jobs"),
    [("jobs = 3", 3), ("jobs = 0", 0), ("jobs = -1", None), ("jobs = true", None), ("jobs = '2'", None)],
)
def test_read_config__jobs__is_a_positive_number(tmp_path: Path, text: str, jobs: int | None) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.deadweight]\n{text}\n")
    if jobs is None:
        with pytest.raises(BadConfig, match="jobs"):
            read_config(str(path))
    else:
        assert read_config(str(path)) == {"jobs": jobs}


def budget(directory: Path, lines: str) -> dict[str, object]:
    write_files(directory, {"pyproject.toml": f"[tool.deadweight.budget]\n{lines}\n"})
    return read_budget(f"{directory}/pyproject.toml")


def test_read_budget__baseline__is_relative_to_the_file(tmp_path: Path) -> None:
    assert budget(tmp_path, 'baseline = "b.json"') == {"baseline": f"{tmp_path}/b.json"}
    assert budget(tmp_path, 'baseline = "/srv/b.json"') == {"baseline": "/srv/b.json"}


def test_read_budget__keys_with_dashes__are_fields(tmp_path: Path) -> None:
    values = budget(tmp_path, 'max-package = "1MB"\ndeny-group = ["dev"]')
    assert values == {"max_package": "1MB", "deny_group": ("dev",)}


def test_read_config__budget__is_read_only_by_check(tmp_path: Path) -> None:
    assert config(tmp_path, 'keep = ["a"]\n[tool.deadweight.budget]\nmax = "1MB"') == {"keep": ("a",)}
    assert read_budget(f"{tmp_path}/pyproject.toml") == {"max": "1MB"}


def tables() -> list[dict[str, object]]:
    """Return [tool.deadweight] of each example in the documentation."""
    blocks_of = [block for page in PAGES for block in blocks(page) if block.language == "toml"]
    return [tomllib.loads(block.text)["tool"]["deadweight"] for block in blocks_of]


def test_config_schema__documented_examples__are_accepted() -> None:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert len(tables()) >= 3
    for table in tables():
        jsonschema.validate(table, schema)


@pytest.mark.parametrize(
    "table",
    [
        {"no_build": True}, {"budgets": {}}, {"python": "./evil"}, {"jobs": -1}, {"budget": {"max_growth": "5%"}},
        {"budget": {"max": "5XB"}}, {"budget": {"max": 5}}, {"budget": {"max-growth": "-5%"}},
        {"budget": {"deny": ["a b"]}}, {"budget": {"deny-group": ["qa"]}},
    ],
)  # fmt: skip
def test_config_schema__unknown_key_or_wrong_value__is_refused(table: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, config_schema())


def test_config_schema__every_setting__is_a_key_with_dashes() -> None:
    names = [name for part in (Request, Measuring, Policy) for name in part.__struct_fields__]
    properties = config_schema({"no_build": "No builds."})["properties"]
    assert set(properties) == {name.replace("_", "-") for name in names} | {"budget", "fleet"}
    assert properties["no-build"]["description"] == "No builds."
