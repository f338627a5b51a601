"""``deadweight diff REV:PATH NEW``: files in git at a revision, without a checkout, whoever wrote the repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deadweight import diff
from deadweight.errors import BadInput
from tests.builders import make_wheel, make_wheelhouse, write_files
from tests.functional.test_diff import Done, run

WHEELS = [
    *(make_wheel(name, files={f"{name.replace('-', '_')}.py": "#" * 1000}) for name in ("dw-a", "dw-b", "dw-c")),
    make_wheel("dw-a", "2.0", files={"dw_a.py": "#" * 3000}),
]


def git(*arguments: str, question: bytes = b"") -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, input=question, check=True, capture_output=True).stdout.decode().strip()


def commit(root: Path, files: dict[str, str | bytes]) -> None:
    write_files(root, files)
    git("add", "--all", "--force")
    git("commit", "--quiet", "--message", "x")


@pytest.fixture
def repository(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, which is the working directory; the wheels are beside it."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("COLUMNS", "100")
    make_wheelhouse(tmp_path / "wheels", *WHEELS)
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    git("init", "--quiet", "--initial-branch", "main")
    return root


def compared(old: str, new: str, *options: str) -> Done:
    directory = "../wheels" if os.path.isdir("../wheels") else "../../wheels"
    done = run("diff", old, new, "--no-install", "--find-links", directory, "--format", "json", *options)
    assert "deadweight-scratch" not in done.stdout + done.stderr
    return done


def changes(done: Done) -> dict[str, str]:
    """Return distribution → what happened to it."""
    assert done.returncode == 0, done.stderr
    return {each["key"]: each["status"] for each in json.loads(done.stdout)["distributions"]}


def test_diff__file_in_git__is_compared_with_the_working_tree(repository: Path, offline: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a==1.0\ndw-b\n"})
    write_files(repository, {"requirements.txt": "dw-a==2.0\ndw-c\n"})
    done = compared("main:requirements.txt", "requirements.txt")
    assert changes(done) == {"dw-a": "changed", "dw-b": "removed", "dw-c": "added"}
    assert json.loads(done.stdout)["old"]["target"]["location"] == "main:requirements.txt"
    assert (repository / "requirements.txt").read_text() == "dw-a==2.0\ndw-c\n"
    assert list(offline.iterdir()) == []


def test_diff__two_revisions__are_both_read(repository: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a\n"})
    commit(repository, {"requirements.txt": "dw-b\n"})
    (repository / "requirements.txt").unlink()
    done = compared("HEAD~1:requirements.txt", "main:requirements.txt", "--verbose")
    assert changes(done) == {"dw-a": "removed", "dw-b": "added"}
    assert re.findall(r"^reading (\S+)", done.stderr, re.MULTILINE) == [
        "HEAD~1:requirements.txt", "main:requirements.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "hint"),
    [
        ("requirement.txt", "did you mean main:requirements.txt?"),
        ("base.txt", "did you mean main:app/base.txt?"),
        ("nothing.toml", "git ls-tree -r --name-only main lists the files of that revision"),
    ],
)
def test_diff__no_such_file_at_the_revision__hints_at_others(repository: Path, missing: str, hint: str) -> None:
    commit(repository, {"requirements.txt": "dw-a\n", "app/base.txt": "dw-b\n"})
    done = compared(f"main:{missing}", "requirements.txt")
    assert (done.returncode, done.stderr) == (4, f"error: main:{missing}: no such file\nhint: {hint}\n")


def test_diff__included_files__are_those_of_the_revision(repository: Path) -> None:
    files: dict[str, str | bytes] = {
        "requirements/prod.txt": "-r base.txt\n-c ../limits.txt\n",
        "requirements/base.txt": "dw-a\n-r more/c.txt\n",
        "requirements/more/c.txt": "dw-c\n",
        "limits.txt": "dw-a<2\n",
    }
    commit(repository, files)
    write_files(repository, {"requirements/base.txt": "dw-b\n", "limits.txt": ""})
    done = compared("main:requirements/prod.txt", "requirements/prod.txt")
    assert changes(done) == {"dw-a": "removed", "dw-b": "added", "dw-c": "removed"}
    versions = {
        each["key"]: (each["old"] or each["new"])["version"] for each in json.loads(done.stdout)["distributions"]
    }
    assert versions["dw-a"] == "1.0"


def test_diff__in_a_subdirectory__paths_start_there(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, {"service/requirements.txt": "-r ../base.txt\n", "base.txt": "dw-a\n", "other.txt": "dw-b\n"})
    monkeypatch.chdir("service")
    assert changes(compared("main:requirements.txt", "main:../other.txt")) == {"dw-a": "removed", "dw-b": "added"}
    done = compared("main:other.txt", "requirements.txt")
    assert (done.returncode, done.stdout) == (4, "")
    assert "main:other.txt: no such file (in the repository: service/other.txt)" in done.stderr


def test_diff__project__comes_with_its_workspace_and_files(repository: Path) -> None:
    member = '[project]\nname = "m"\nversion = "1"\ndependencies = ["dw-b"]\n'
    root = (
        '[project]\nname = "p"\nversion = "1"\ndynamic = ["dependencies"]\n'
        '[tool.setuptools.dynamic]\ndependencies = {file = ["requirements/run.txt"]}\n'
        '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    )
    files: dict[str, str | bytes] = {
        "pyproject.toml": root, "packages/m/pyproject.toml": member, "requirements/run.txt": "dw-a\n",
    }  # fmt: skip
    commit(repository, files)
    write_files(repository, {"requirements.txt": "dw-c\n"})
    for old in ("main:pyproject.toml", "main:", "main:."):
        assert changes(compared(old, "requirements.txt")) == {"dw-a": "removed", "dw-c": "added"}
    done = compared("main:pyproject.toml", "requirements.txt", "--package", "m")
    assert changes(done) == {"dw-b": "removed", "dw-c": "added"}


def test_diff__lock__is_read_with_the_project_beside_it(repository: Path) -> None:
    lock = 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'
    commit(repository, {"pylock.toml": lock, "pyproject.toml": '[project]\nname = "p"\nversion = "1"\n'})
    done = compared("main:pylock.toml", "main:pyproject.toml")
    assert json.loads(done.stdout)["old"]["target"]["form"] == "lock"
    assert json.loads(done.stdout)["new"]["target"]["form"] == "project"


def test_diff__archive_beside_the_repository__is_named_as_the_user_knows_it(repository: Path) -> None:
    wheel = "../wheels/dw_a-1.0-py3-none-any.whl"
    lock = (
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "dw-a"\nversion = "1.0"\n[[packages.wheels]]\n'
        f'name = "dw_a-1.0-py3-none-any.whl"\npath = "{wheel}"\nhashes = {{sha256 = "{"0" * 64}"}}\n'
    )
    commit(repository, {"pylock.toml": lock, "requirements.txt": ""})
    done = compared("main:pylock.toml", "requirements.txt")
    assert done.returncode == 4
    assert f"main:{wheel}: No such file" in done.stderr


def test_diff__local_project_in_git__has_a_note(repository: Path) -> None:
    project = '[project]\nname = "{}"\nversion = "1"\ndependencies = {}\n{}'
    sources = '[tool.uv.sources]\ndw-x = {path = "lib"}\n'
    files: dict[str, str | bytes] = {
        "pyproject.toml": project.format("p", '["dw-x"]', sources),
        "lib/pyproject.toml": project.format("dw-x", "[]", ""),
        "lib/dw_x.py": "x = 1\n",
    }
    commit(repository, files)
    done = compared("main:pyproject.toml", "pyproject.toml")
    assert "dw-x: only project files of local directories are read from git" in done.stdout


def test_diff__saved_report_in_git__is_read(repository: Path) -> None:
    write_files(repository, {"requirements.txt": "dw-a\n"})
    run("profile", "requirements.txt", "--no-install", "-f", "../wheels", "--format", "json", "-o", "saved.json", "-q")
    commit(repository, {})
    assert changes(compared("main:saved.json", "requirements.txt")) == {}


def test_diff__code_of_the_working_tree__is_read_for_both(repository: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a\n", "main.py": "import dw_a\n"})
    found = json.loads(compared("main:requirements.txt", "requirements.txt").stdout)
    assert found["distributions"] == []
    assert found["warnings"] == []


def test_diff__broken_file_in_git__is_named_as_the_user_knows_it(repository: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a ==\n", "loop.txt": "-r loop.txt\n", "gone.txt": "-r no.txt\n"})
    for name, reason in (("requirements", "line 1"), ("loop", "includes itself"), ("gone", "file not found")):
        done = compared(f"main:{name}.txt", "requirements.txt")
        assert done.returncode == 4
        assert f"main:{name}.txt, line 1" in done.stderr
        assert reason in done.stderr


def test_diff__file_of_that_name__comes_first(repository: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a\n", "main:requirements.txt": "dw-b\n"})
    assert changes(compared("main:requirements.txt", "requirements.txt")) == {"dw-a": "added", "dw-b": "removed"}


def test_diff__branch_called_like_a_scheme__needs_its_full_name(repository: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a\n"})
    git("branch", "env")
    assert "no such directory" in compared("env:requirements.txt", "requirements.txt").stderr
    assert changes(compared("refs/heads/env:requirements.txt", "requirements.txt")) == {}


@pytest.mark.parametrize("revision", ["--help", "-h", "--output=made", "no-such", "main^{blob}", "main\nmain", "", " "])
def test_diff__no_revision__is_no_target(repository: Path, revision: str) -> None:
    commit(repository, {"requirements.txt": "dw-a\n"})
    done = run("diff", "--no-install", "--", f"{revision}:requirements.txt", "requirements.txt")
    assert (done.returncode, done.stdout) == (4, "")
    assert not (repository / "made").exists()


@pytest.mark.parametrize("path", ["../outside.txt", "../../../etc/passwd", "/etc/passwd", "a\nb.txt", "a/../../b"])
def test_diff__path_out_of_the_repository__is_refused(repository: Path, path: str) -> None:
    commit(repository, {"requirements.txt": "dw-a\n"})
    with pytest.raises(BadInput, match="not a path in the repository"):
        diff(f"main:{path}", "requirements.txt")


def test_diff__without_a_repository_or_git__explains(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, {"requirements.txt": "dw-a\n"})
    monkeypatch.setenv("PATH", "")
    assert "git has no revision 'main' here" in compared("main:requirements.txt", "requirements.txt").stderr


def test_diff__symbolic_links__are_followed_within_the_repository(repository: Path) -> None:
    (repository / "sub").mkdir()
    for name, target in {
        "inside.txt": "sub/real.txt", "outside.txt": "/etc/passwd", "up.txt": "../wheels", "loop.txt": "loop.txt",
        "dangling.txt": "no.txt",
    }.items():  # fmt: skip
        (repository / name).symlink_to(target)
    commit(repository, {"sub/real.txt": "dw-a\n", "requirements.txt": "dw-a\n"})
    assert changes(compared("main:inside.txt", "requirements.txt")) == {}
    for name, reason in {
        "outside": "out of the repository", "up": "out of the repository", "loop": "to itself",
        "dangling": "missing file",
    }.items():  # fmt: skip
        done = compared(f"main:{name}.txt", "requirements.txt")
        assert done.returncode == 4
        assert reason in done.stderr


def test_diff__programs_in_the_configuration__do_not_run(repository: Path) -> None:
    attributes = "* filter=evil diff=evil\n"
    commit(repository, {"requirements.txt": "dw-a\n", ".gitattributes": attributes})
    write_files(repository, {".git/hooks/post-checkout": "#!/bin/sh\ntouch made\n", ".git/info/attributes": attributes})
    (repository / ".git/hooks/post-checkout").chmod(0o755)
    for key in (
        "filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "diff.evil.command",
        "diff.external", "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "alias.cat-file",
        "pager.cat-file",
    ):  # fmt: skip
        git("config", key, "!touch made" if key.startswith("alias") else "touch made;")
    assert changes(compared("main:requirements.txt", "requirements.txt")) == {}
    assert not (repository / "made").exists()


def test_diff__partial_clone__fetches_nothing(repository: Path) -> None:
    commit(repository, {"requirements.txt": "dw-a\n"})
    blob = git("rev-parse", "main:requirements.txt")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1", "extensions.partialClone": "origin", "remote.origin.promisor": "true",
        "remote.origin.url": "ext::touch made", "remote.origin.uploadpack": "touch made;", "protocol.allow": "always",
    }.items():  # fmt: skip
        git("config", key, value)
    done = compared("main:requirements.txt", "requirements.txt")
    assert (done.returncode, done.stdout) == (4, "")
    assert "main:requirements.txt" in done.stderr
    assert not (repository / "made").exists()


def tree(*entries: tuple[str, str, str]) -> str:
    """Write a tree that git itself would not write; return its hash."""
    data = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(hash_) for mode, name, hash_ in entries)
    return git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", question=data)


def test_diff__names_of_a_tree_that_point_outside__are_left_out(repository: Path, offline: Path) -> None:
    project = '[project]\nname = "p"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["*"]\n'
    blob = git("hash-object", "-w", "--stdin", question=project.encode())
    inner = tree(("100644", "pyproject.toml", blob))
    outer = tree(
        ("40000", "..", tree(("40000", "..", inner))), ("40000", ".git", inner), ("100644", "pyproject.toml", blob)
    )
    write_files(repository, {"requirements.txt": ""})
    assert changes(compared(f"{outer}:pyproject.toml", "requirements.txt")) == {}
    assert not list(offline.rglob("pyproject.toml"))


def test_diff__file_and_directory_of_one_name__are_refused(repository: Path) -> None:
    blob = git("hash-object", "-w", "--stdin", question=b'[project]\nname = "p"\nversion = "1"\n')
    inner = tree(("100644", "pyproject.toml", blob))
    outer = tree(("100644", "pyproject.toml", blob), ("40000", "pyproject.toml", inner))
    write_files(repository, {"requirements.txt": ""})
    done = compared(f"{outer}:pyproject.toml", "requirements.txt")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 4)


def test_diff__large_file__is_refused(repository: Path) -> None:
    commit(repository, {"requirements.txt": b"#" * ((1 << 24) + 1)})
    done = compared("main:requirements.txt", "requirements.txt")
    assert (done.returncode, "main:requirements.txt: larger than 16 MiB" in done.stderr) == (4, True)


def test_diff__many_included_files__are_refused(repository: Path) -> None:
    lines = "".join(f"-r {number}.txt\n" for number in range(1001))
    files: dict[str, str | bytes] = {f"{number}.txt": "" for number in range(1001)}
    commit(repository, {"requirements.txt": lines, **files})
    done = compared("main:requirements.txt", "requirements.txt")
    assert (done.returncode, "more than 1000 files" in done.stderr) == (4, True)


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "a/../../secret.txt"])
def test_revision__file_that_includes_one_outside_of_the_repository__is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("topsecret line here\n")
    directory = tmp_path / "repository"
    directory.mkdir()
    (directory / "requirements.txt").write_text(f"-r {name}\n")
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "x"]):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments], cwd=directory, check=True
        )
    done = subprocess.run(
        [sys.executable, "-m", "deadweight", "diff", "HEAD:requirements.txt", "HEAD:requirements.txt"],
        cwd=directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "outside of the repository" in done.stderr
    assert "topsecret" not in done.stdout + done.stderr
