from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.analysis.measurement import Measurement
from deadweight.errors import BadInput
from deadweight.operations.dockerfile.fetching import sources_of
from deadweight.settings import Settings
from deadweight.sources.codebase.requirements import read_requirements
from deadweight.targets.types import Lock, Requirements, Target
from tests.builders import inventory_of, write_files

PROJECT = """
[tool.uv]
no-index = true
find-links = ["wheels"]
[[tool.uv.index]]
name = "team"
url = "https://team/simple"
[[tool.uv.index]]
name = "only"
url = "https://only/simple"
explicit = true
"""


def measured(target: Target, **settings: object) -> Measurement:
    file = read_requirements(target.location) if isinstance(target, Requirements) else None
    return Measurement(target=target, inventory=inventory_of(), settings=Settings.of(**settings), file=file)


def test_sources_of__requirements__have_the_indexes_of_files_and_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(
        tmp_path,
        {
            "app/requirements.txt": "-i https://me:secret@a/simple\n-r more/more.txt\n--no-binary lxml\n--pre\nlxml\n",
            "app/more/more.txt": "--extra-index-url=https://b/simple\n-f ../wheels\n-f https://c/links\nflask\n",
        },
    )
    found = sources_of(measured(Requirements("app/requirements.txt"), find_links=("app/own",)), "app", "")
    assert found.options == (
        "--index-url https://a/simple",
        "--no-binary lxml",
        "--extra-index-url https://b/simple",
        "--find-links https://c/links",
    )
    assert found.directories == ("own", "wheels")
    assert found.netrc
    other = sources_of(measured(Requirements("app/requirements.txt"), index_url="https://d/simple"), "app", "")
    assert other.options[0] == "--index-url https://d/simple"
    assert "--index-url https://a/simple" not in other.options


def test_sources_of__lock__has_the_indexes_of_its_project(tmp_path: Path) -> None:
    found = sources_of(measured(Lock(str(tmp_path / "uv.lock"))), str(tmp_path), PROJECT)
    assert found.options == ("--no-index", "--extra-index-url https://team/simple")
    assert found.directories == ("wheels",)
    assert not found.netrc


@pytest.mark.parametrize("line", ["-i https://${USER}:${TOKEN}@a/simple", "-i https://a/`id`", "-i https://a/${HOST}"])
def test_sources_of__index_with_variables__only_credentials_may_have_them(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"{line}\n")
    measurement = measured(Requirements(str(tmp_path / "requirements.txt")))
    if "TOKEN" in line:
        assert sources_of(measurement, str(tmp_path), "").options == ("--index-url https://a/simple",)
        return
    with pytest.raises(BadInput, match="cannot be written to a list of requirements"):
        sources_of(measurement, str(tmp_path), "")


def test_sources_of__secret_in_a_query__is_refused_without_showing_it(tmp_path: Path) -> None:
    measurement = measured(Lock(str(tmp_path / "uv.lock")), index_url="https://a/simple?token=SECRET")
    with pytest.raises(BadInput, match="contains credentials") as caught:
        sources_of(measurement, str(tmp_path), "")
    assert "SECRET" not in str(caught.value)
    assert "netrc" in (caught.value.hint or "")


def test_sources_of__directory_outside__is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"app/requirements.txt": "-f ../wheels\n"})
    with pytest.raises(BadInput, match="outside of the build context"):
        sources_of(measured(Requirements(str(tmp_path / "app/requirements.txt"))), str(tmp_path / "app"), "")
