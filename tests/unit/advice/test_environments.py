"""Distributions in two environments, and environments that COPY brought."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deadweight.advice.files.environments import environment_findings
from tests.builders import dist_files
from tests.images import Content
from tests.unit.advice.cases import case_of


def at(prefix: str, *names: str, size: int = 100) -> dict[str, Content]:
    files: dict[str, Content] = {}
    for name in names:
        module = {f"{name}/__init__.py": "x" * size}
        for path, data in dist_files(name, files=module).items():
            files[f"{prefix}/lib/python3.12/site-packages/{path}"] = data
    return files


def size_of(files: Mapping[str, Content]) -> int:
    return sum(len(content) for content in files.values() if isinstance(content, (str, bytes)))


VENV: dict[str, Content] = {"opt/venv/pyvenv.cfg": "home = /usr/local/bin\nversion = 3.12.1\n"}
OTHER = at("opt/venv", "jinja2", "flask", "numpy")  # more than the other, so that it comes first


def test_environments__same_distribution_twice__the_first_environment_stays() -> None:
    second = at("usr/local", "numpy", "attrs")
    [finding] = environment_findings(case_of({**VENV, **OTHER}, second))
    numpy = {path: content for path, content in second.items() if "/numpy" in path}
    assert (finding.rule, finding.layer, finding.size, finding.names) == (
        "DW507",
        1,
        size_of(numpy),
        ("numpy@usr/local",),
    )
    assert finding.reason == "contains distributions that are also in /opt/venv"
    assert finding.change == "install everything into one environment"


def test_environments__copy_of_the_base_image__stays() -> None:
    [finding] = environment_findings(
        case_of(at("usr/local", "pip"), {**VENV, **at("opt/venv", "jinja2", "pip")}, base=1)
    )
    assert (finding.layer, finding.names) == (1, ("pip",))
    assert finding.change == "create the environment without pip: `uv venv`, or `python -m venv --without-pip`"


def test_environments__nothing_in_common__is_no_finding() -> None:
    assert not list(environment_findings(case_of({**VENV, **OTHER}, at("usr/local", "attrs"))))


@pytest.mark.parametrize(
    ("command", "found"), [("COPY . . # buildkit", True), ("COPY /app /app # buildkit", False), ("RUN x", False)]
)
def test_environments__brought_by_copy__is_of_another_machine(command: str, found: bool) -> None:
    local = {"app/.venv/pyvenv.cfg": "home = /home/me\n", **at("app/.venv", "requests")}
    findings = list(environment_findings(case_of({**VENV, **OTHER}, local, commands=["RUN pip", command])))
    assert [(f.rule, f.layer, f.size, f.paths) for f in findings] == [
        ("DW510", 1, size_of(local), (("app/.venv", size_of(local)),))
    ] * found


def test_environments__copied_one_in_which_the_program_runs__is_no_finding() -> None:
    local = {"app/.venv/pyvenv.cfg": "home = /home/me\n", **at("app/.venv", "requests")}
    assert not list(environment_findings(case_of(local, commands=["COPY . ."])))
