"""Dockerfiles on the disk → the files that they install."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.sources.codebase.dockerfiles import is_dockerfile, read_dockerfile
from tests.builders import write_files


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.ai", "ai.Dockerfile", "Containerfile", "a/Dockerfile-prod"])
def test_is_dockerfile__usual_names__are(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize("name", ["requirements.txt", "Dockerfiles", "mydockerfile", "pyproject.toml"])
def test_is_dockerfile__others__are_not(name: str) -> None:
    assert not is_dockerfile(name)


def test_read_dockerfile__file_beside_it__is_in_its_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "FROM python\nCOPY r.txt c.txt /app/\nRUN pip install -r /app/r.txt -c /app/c.txt gunicorn\n"
    write_files(tmp_path, {"web/Dockerfile": text, "web/r.txt": "a\n", "web/c.txt": "", "r.txt": "other\n"})
    found = read_dockerfile("web/Dockerfile")
    assert found.files == ("web/r.txt",)
    assert found.lines == ((3, f"-c {tmp_path}/web/c.txt"), (3, "gunicorn"))
    assert found.notes == ()


def test_read_dockerfile__built_from_above__has_the_working_directory_as_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "FROM python\nCOPY services/web services/web\nRUN pip install -r services/web/r.txt && pip install x.tar.gz\n"
    )
    write_files(tmp_path, {"services/web/Dockerfile": text, "services/web/r.txt": "a\n"})
    found = read_dockerfile("services/web/Dockerfile")
    assert found.files == ("services/web/r.txt",)


def test_read_dockerfile__outside_of_the_context__is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_files(tmp_path / "in", {"web/Dockerfile": "FROM x\nCOPY ../../s.txt l.txt ./\n"
                                                    "RUN pip install -r s.txt -r l.txt a\n"}))  # fmt: skip
    write_files(tmp_path, {"s.txt": "secret\n"})
    (tmp_path / "in/web/l.txt").symlink_to(tmp_path / "s.txt")
    found = read_dockerfile("web/Dockerfile")
    assert found.files == ()
    assert found.notes == (
        "web/Dockerfile, line 3: s.txt is not in the build context",
        "web/Dockerfile, line 3: l.txt is not in the build context",
    )


def test_read_dockerfile__installs_nothing__says_why(tmp_path: Path) -> None:
    write_files(tmp_path, {"Dockerfile": "FROM x\nRUN conda install a\n"})
    with pytest.raises(BadInput, match="line 2: what conda install installs is not read"):
        read_dockerfile(str(tmp_path / "Dockerfile"))
