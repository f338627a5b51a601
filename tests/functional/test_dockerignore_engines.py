"""Docker Engine and buildah decide: what a build copies is what deadweight predicts, to the byte."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from deadweight.buildcontext.kinds import NAMES
from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import read_patterns
from deadweight.errors import BadInput
from deadweight.operations.dockerignore import Ignoring, dockerignore
from deadweight.operations.profile import profile
from tests.contexts import write_tree
from tests.engines import needs, run

pytestmark = pytest.mark.engines
Build = Callable[[Path], dict[str, int]]
_EVERYTHING = "FROM scratch\nCOPY . /app/\n"

APPLICATION: dict[str, str | bytes] = {
    ".git/HEAD": "ref: x\n",
    ".git/objects/aa/bb": b"x" * 5_000,
    ".venv/pyvenv.cfg": "home = /usr\n",
    ".env": "TOKEN=1\n",
    "certs/server.pem": "-----BEGIN PRIVATE KEY-----\n",
    "Dockerfile": "FROM scratch\nCOPY dist/*.whl /wheels/\nCOPY certs/server.pem /etc/\nCOPY . /app/\n",
    "pyproject.toml": '[project]\nname = "app"\n',
    "app/__init__.py": "",
    "app/__pycache__/main.cpython-311.pyc": b"x" * 3_000,
    "app/main.py": 'open("data/in.csv")\n',
    "a b/#c/node_modules/[x]/!y": "1",
    "[d]*/.env": "2",
    " e/.idea/x": "3",
    "data/in.csv": b"x" * 20_000,
    "dist/app-1.0-py3-none-any.whl": b"x" * 1_000,
    "dist/app-1.0.tar.gz": b"x" * 2_000,
    "tests/test_main.py": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def docker(docker_variables: dict[str, str]) -> dict[str, str]:
    return docker_variables


@pytest.fixture(scope="module")
def buildah() -> Iterator[list[str]]:
    needs("buildah")
    if os.geteuid() != 0:
        pytest.skip("buildah is run by the superuser only")
    with tempfile.TemporaryDirectory(prefix="deadweight-") as directory:
        yield ["buildah", "--root", f"{directory}/root", "--runroot", f"{directory}/run", "--storage-driver", "vfs"]


def by_docker(variables: dict[str, str], context: Path) -> dict[str, int]:
    """Build with the builder of Docker Engine; return path in /app → bytes."""
    image = run("docker", "build", "--quiet", ".", env=variables, cwd=context)
    container = run("docker", "create", image, "x", env=variables)
    exported = subprocess.run(
        ["docker", "export", container], env={**os.environ, **variables}, capture_output=True, check=True, timeout=60
    )
    run("docker", "rm", container, env=variables)
    with tarfile.open(fileobj=io.BytesIO(exported.stdout)) as archive:
        members = {each.name.removeprefix("app/"): each for each in archive if each.name.startswith("app/")}
    return {
        name: len(each.linkname.encode()) if each.issym() else each.size
        for name, each in members.items()
        if not each.isdir()
    }


def by_buildah(command: list[str], context: Path) -> dict[str, int]:
    """Build with buildah; return path in /app → bytes."""
    image = run(*command, "bud", "--quiet", "--isolation", "chroot", ".", cwd=context).splitlines()[-1]
    container = run(*command, "from", image)
    top = Path(run(*command, "mount", container)) / "app"
    files = {
        str(each.relative_to(top)): each.lstat().st_size
        for each in top.rglob("*")
        if not each.is_dir() or each.is_symlink()
    }
    run(*command, "rm", container)
    run(*command, "rmi", "--force", image)
    return files


# A build takes a third of a second, and many patterns leave nothing to copy.
TOLERATED = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much)
NAMES_IN_TREES = ("a", "b", "ab", "a.b", "foo", "é", "a*b", "[x]", "#c", "!d", " e", "x\\y", "a-b", "a^b", "a+b")
paths = st.lists(st.sampled_from(NAMES_IN_TREES), min_size=1, max_size=3).map("/".join)
trees = st.sets(paths, min_size=3, max_size=12)
changes = st.sampled_from(("{}", "/{}/", "./{}", "**/{}", "{}/**", "{}/*", "{}*", "*{}", "?{}", "[a-f]*/{}", "*"))
patterns = st.builds(
    lambda change, path, sign: sign + change.format(path), changes, paths, st.sampled_from(("", "", "!"))
)


def write(context: Path, tree: set[str], lines: list[str]) -> set[str]:
    """Write a context; return the paths of its files."""
    for path in sorted(tree):
        if not any(other.startswith(f"{path}/") for other in tree):
            write_tree(context, {path: path})
    write_tree(context, {"Dockerfile": _EVERYTHING, ".dockerignore": "\n".join(lines) + "\n"})
    return {str(each.relative_to(context)) for each in context.rglob("*") if each.is_file()}


def check_prediction(build: Build, tree: set[str], lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        context = Path(directory, "context")
        context.mkdir()
        files = write(context, tree, lines)
        try:
            found = read_patterns("\n".join(lines), "x")
        except BadInput:
            assume(False)
        left = {path for path in files if not ignored(path, found)}
        assume(left)  # otherwise, COPY has nothing to copy
        assert set(build(context)) == left


@settings(max_examples=40, suppress_health_check=TOLERATED)
@given(tree=trees, lines=st.lists(patterns, min_size=1, max_size=4))
def test_docker__any_patterns_and_tree__copies_what_is_predicted(
    docker: dict[str, str], tree: set[str], lines: list[str]
) -> None:
    # Older clients ask whether a pattern matches a parent at one depth only, and do not escape some characters.
    modern = int(run("docker", "version", "--format", "{{.Client.Version}}", env=docker).split(".")[0]) >= 23
    check_prediction(lambda context: by_docker(docker, context), tree, lines if modern else usual(lines))


@settings(max_examples=20, suppress_health_check=TOLERATED)
@given(tree=trees, lines=st.lists(patterns, min_size=1, max_size=4))
def test_buildah__usual_patterns_and_any_tree__copies_what_is_predicted(
    buildah: list[str], tree: set[str], lines: list[str]
) -> None:
    check_prediction(lambda context: by_buildah(buildah, context), tree, usual(lines))


def usual(lines: list[str]) -> list[str]:
    """Return lines without what builders treat differently.

    These are exceptions, and characters that some builders pass on to a regular expression.
    """
    return [re.sub(r"[+^]", "x", line.lstrip("!")) for line in lines]


def check_written(build: Build, context: Path, kinds: tuple[str, ...]) -> dict[str, int]:
    """Build with the file that deadweight writes; return what was copied, which is what it predicted, to the byte."""
    write_tree(context, APPLICATION)
    (context / "link").symlink_to("app/main.py")
    (context / "app/twin.py").hardlink_to(context / "app/main.py")
    (context / "out").symlink_to("/etc")
    report = dockerignore(str(context), Ignoring(kinds=kinds))
    (context / ".dockerignore").write_text(report.text)
    # The Dockerfile of the application, and one that only copies everything, with the same ignore file.
    copied = build(context)
    assert {"dist/app-1.0-py3-none-any.whl", "certs/server.pem"} <= copied.keys()
    assert not {
        path for path in copied if re.search(r"\.git/|\.venv/|\.env|__pycache__|node_modules|\.idea|tar\.gz", path)
    }
    again = dockerignore(str(context), Ignoring(kinds=kinds))
    assert (again.before, again.rules) == (report.after, ())
    linked = copied["app/twin.py"] if copied.get("app/main.py") else 0  # a tar archive has its bytes once
    assert report.after.apparent_bytes in (sum(copied.values()), sum(copied.values()) - linked)
    assert report.after.files == len(copied) - 1
    return copied


@pytest.mark.parametrize("kinds", [NAMES, Ignoring().kinds])
def test_docker__written_file__leaves_the_predicted_bytes(
    docker: dict[str, str], tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    copied = check_written(lambda context: by_docker(docker, context), tmp_path, kinds)
    assert ("tests/test_main.py" in copied) == (kinds != NAMES)


def test_buildah__written_file__leaves_the_predicted_bytes(buildah: list[str], tmp_path: Path) -> None:
    check_written(lambda context: by_buildah(buildah, context), tmp_path, NAMES)


def test_docker__image_of_everything__measures_the_predicted_bytes(docker: dict[str, str], tmp_path: Path) -> None:
    write_tree(tmp_path, APPLICATION | {"Dockerfile": _EVERYTHING})
    report = dockerignore(str(tmp_path))
    (tmp_path / ".dockerignore").write_text(report.text)
    run("docker", "build", "--quiet", "--tag", "context:1", ".", env=docker, cwd=tmp_path)
    archive = tmp_path / "image.tar"
    run("docker", "save", "--output", str(archive), "context:1", env=docker)
    measured = profile(str(archive))
    assert measured.totals.apparent_bytes == report.after.apparent_bytes
    assert measured.totals.files == report.after.files
