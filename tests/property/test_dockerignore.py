"""Whatever a context and its Dockerfile contain: what is copied by name stays, and every byte is accounted for."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deadweight.buildcontext.kinds import DEFAULT, NAMES
from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import read_patterns
from deadweight.model.report.builds.dockerignore import DockerignoreReport
from deadweight.operations.dockerignore import Ignoring, dockerignore
from tests.contexts import write_tree

DIRECTORIES = (
    ".git",
    "__pycache__",
    "dist",
    "build",
    "tests",
    "data",
    "src",
    "node_modules",
    "a b",
    ".idea",
    "x.log",
    "é",
)
FILES = (
    "a.py",
    ".env",
    "x.log",
    "a.whl",
    "b.csv",
    "server.pem",
    "pyproject.toml",
    "pyvenv.cfg",
    "a+b",
    "[x]",
    "n\nl",
    "~",
)
paths = st.builds(
    lambda directories, name: "/".join((*directories, name)),
    st.lists(st.sampled_from(DIRECTORIES), max_size=3),
    st.sampled_from(FILES),
)
sources = st.one_of(
    paths,
    paths.map(lambda path: path.rpartition("/")[0] or "."),
    paths.map(lambda path: f"{path.rpartition('/')[0] or '.'}/*.{path.rpartition('.')[2]}"),
    st.just("."),
)
copies = st.lists(sources.filter(lambda path: not {"\n", "[", " "} & set(path)), max_size=4)
lines = st.one_of(
    paths.filter(lambda path: not {"\n", "["} & set(path)),
    st.sampled_from(
        ("*.log", "**/*.whl", "!**/.env", "!dist/a.whl", "*", "!src", "dist", "# x", "**/__pycache__", "build/*")
    ),
)
ignore_lines = st.lists(lines, max_size=4)


def write(root: Path, tree: dict[str, int], copied: list[str], ignore: list[str]) -> list[str]:
    """Write a context; return the paths that could be written, since a name may be a directory already."""
    written = []
    for path, size in tree.items():
        try:
            write_tree(root, {path: b"-" * size})
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue
        written.append(path)
    (root / "Dockerfile").write_text("FROM scratch\n" + "".join(f"COPY {path} /x/\n" for path in copied))
    if ignore:
        (root / ".dockerignore").write_text("\n".join(ignore))
    return [*written, "Dockerfile", *[".dockerignore"] * bool(ignore)]


def left(written: list[str], text: str) -> set[str]:
    patterns = read_patterns(text, "x")
    return {path for path in written if not ignored(path, patterns)}


def named_by(source: str, path: str) -> bool:
    """Return whether COPY names a file itself, not a directory above it."""
    if "*" in source:
        directory, _, suffix = source.removeprefix("./").rpartition("*")
        name = path.removeprefix(directory)
        return path.startswith(directory) and "/" not in name and name.endswith(suffix)
    return source == path


@given(
    tree=st.dictionaries(paths, st.integers(0, 3), min_size=1, max_size=12),
    copied=copies,
    ignore=ignore_lines,
    kinds=st.sampled_from((DEFAULT, NAMES)),
)
def test_dockerignore__any_context__keeps_what_is_copied_and_adds_up(
    tree: dict[str, int], copied: list[str], ignore: list[str], kinds: tuple[str, ...]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        written = write(root, tree, copied, ignore)
        report = dockerignore(directory, Ignoring(kinds=kinds))
        sizes = {path: (root / path).lstat().st_size for path in written}
        before = left(written, "\n".join(ignore))
        check(report, before, left(written, report.text), sizes)
        assert not {
            path for path in before - left(written, report.text) if any(named_by(each, path) for each in copied)
        }
        if report.rules:
            (root / ".dockerignore").write_text(report.text)
        again = dockerignore(directory, Ignoring(kinds=kinds))
        assert not again.rules
        assert again.text == (report.text if report.rules or ignore else "")
        assert again.before == again.after == report.after


def check(report: DockerignoreReport, before: set[str], after: set[str], sizes: dict[str, int]) -> None:
    """Check the sums of a report against the files themselves."""
    assert after <= before
    assert report.directory.apparent_bytes == sum(sizes.values())
    assert (report.before.files, report.before.apparent_bytes) == (len(before), sum(map(sizes.__getitem__, before)))
    gone = before - after
    assert sum(rule.files for rule in report.rules) == len(gone)
    assert sum(rule.apparent_bytes for rule in report.rules) == sum(map(sizes.__getitem__, gone))
    if ".dockerignore" not in after:
        assert report.after.files == len(after)
        assert report.after.apparent_bytes == sum(map(sizes.__getitem__, after))
