"""The directory of an application → its Python files, and the texts that say how it is started."""

from __future__ import annotations

from pathlib import Path

from deadweight.sources.startup.code import contents, python_files, texts_of_starts
from tests.builders import write_files


def test_python_files__directory__are_those_of_the_application(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": "", "b/c.py": "", "d.txt": "", ".venv/pyvenv.cfg": "", ".venv/e.py": ""})
    assert python_files(str(tmp_path)) == {"a.py", "b/c.py"}


def test_texts_of_starts__files_with_commands__are_read(tmp_path: Path) -> None:
    starts: dict[str, str | bytes] = {
        "Procfile": "web: a\r\n",
        "docker/Dockerfile": b"\xef\xbb\xbfFROM a",
        "app.service": b"\xff",
    }
    others = {
        "a/b/Dockerfile": "FROM a",
        "x.toml": "",
        "a/pyproject.toml": "",
        "run.sh": "",
        "Dockerfile.big": "#" * (2 << 20),
    }
    write_files(tmp_path, {**starts, **others, "pyproject.toml": "[project]"})
    assert texts_of_starts(str(tmp_path)) == {
        "Procfile": "web: a\n",
        "docker/Dockerfile": "FROM a",
        "app.service": "\ufffd",
        "pyproject.toml": "[project]",
    }


def test_contents__files__are_those_that_contain_a_text(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.py": "import x", "b.py": "pass"})
    (tmp_path / "link.py").symlink_to("a.py")
    assert contents(str(tmp_path), ["a.py", "b.py", "gone.py", "link.py"], [b"x", b"y"]) == {"a.py": b"import x"}
    assert set(contents(str(tmp_path), ["a.py", "b.py"])) == {"a.py", "b.py"}
