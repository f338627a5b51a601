from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.sources.fleet.targets import Search, targets_of
from tests.builders import write_files


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*arguments: str) -> list[str]:
    return targets_of(arguments, Search())


def test_targets__list__has_a_target_on_each_line(here: Path) -> None:
    write_files(here, {"fleet.txt": "# ours\n\n registry:reg.example/a:1 \ndocker:app:1  # first\nmissing/image.tar\n"})
    assert found("fleet.txt") == ["registry:reg.example/a:1", "docker:app:1", "missing/image.tar"]


def test_targets__list_with_lines_that_expand__expands_them(here: Path) -> None:
    write_files(here, {"a.tar": "", "b.tar": "", "repos/x/requirements.txt": "six\n", "fleet.list": "./*.tar\nrepos\n"})
    assert found("fleet.list") == ["./a.tar", "./b.tar", "repos/x"]


def test_targets__at_sign__reads_any_file_as_a_list(here: Path) -> None:
    write_files(here, {"names": "registry:reg.example/a:1\n"})
    assert found("@names") == ["registry:reg.example/a:1"]
    assert found("names") == ["names"]


@pytest.mark.parametrize(
    "content",
    ["six==1.0\n./local\n", "-r other/base.txt\n", "git+https://example.org/x/y\n", "lib @ file:///x/y\n", ""],
)
def test_targets__requirements_file__is_a_target(here: Path, content: str) -> None:
    write_files(here, {"base.txt": content, "requirements-dev.txt": "./local\n"})
    assert found("base.txt", "requirements-dev.txt") == ["base.txt", "requirements-dev.txt"]


def test_targets__directory_of_repositories__has_each_project_in_it(here: Path) -> None:
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["six"]\n'
    write_files(
        here,
        {
            "repos/api/pyproject.toml": project,
            "repos/api/uv.lock": "version = 1\n",
            "repos/api/jobs/requirements.txt": "six\n",
            "repos/docs/README.md": "",
            "repos/web/node_modules/x/requirements.txt": "six\n",
            "repos/web/requirements.in": "six\n",
            "repos/web/.git/requirements.txt": "six\n",
            "repos/web/venv/pyvenv.cfg": "",
            "repos/web/venv/requirements.txt": "six\n",
        },
    )
    assert found("repos") == ["repos/api", "repos/api/jobs", "repos/web"]


def test_targets__project_with_a_directory_of_lists__is_its_list_for_production(here: Path) -> None:
    tools = "[tool.black]\nline-length = 100\n"
    write_files(
        here,
        {
            "repos/base/requirements/base.txt": "six\n",
            "repos/django/pyproject.toml": tools,
            "repos/django/requirements/base.txt": "six\n",
            "repos/django/requirements/local.txt": "-r base.txt\n",
            "repos/django/requirements/production.txt": "-r base.txt\n",
            "repos/locked/requirements/base.txt": "six\n",
            "repos/locked/uv.lock": "version = 1\n",
            "repos/tested/requirements/dev.txt": "six\n",
        },
    )
    assert found("repos") == ["repos/base/requirements/base.txt", "repos/django/requirements/production.txt", "repos/locked"]  # noqa: E501  # fmt: skip


def test_targets__environment_or_image_directory__is_a_target(here: Path) -> None:
    write_files(here, {"env/pyvenv.cfg": "", "layout/oci-layout": "{}", "layout/index.json": "{}"})
    assert found("env", "layout") == ["env", "layout"]


def test_targets__globs__have_what_matches_at_any_depth(here: Path) -> None:
    write_files(here, {"a/requirements.txt": "", "b/c/requirements.txt": "", "b/other.txt": ""})
    assert found("**/requirements.txt") == ["a/requirements.txt", "b/c/requirements.txt"]


def test_targets__named_twice__is_measured_once(here: Path) -> None:
    write_files(here, {"a/requirements.txt": "six\n"})
    assert found("a/requirements.txt", "./a/requirements.txt", "*/requirements.txt") == ["a/requirements.txt"]


@pytest.mark.parametrize("argument", ["*.tar", "missing.txt", "empty", "-", "@missing"])
def test_targets__argument_without_targets__is_refused(here: Path, argument: str) -> None:
    (here / "empty").mkdir()
    with pytest.raises(BadInput):
        found(argument)
