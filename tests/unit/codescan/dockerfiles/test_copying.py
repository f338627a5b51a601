"""What Dockerfiles copy from their build context."""

from __future__ import annotations

import pytest

from deadweight.codescan.dockerfiles.copying import Copies, paths_in, read_copies


def copied(text: str, **arguments: str) -> list[str]:
    return [each.path for each in read_copies(f"FROM scratch\n{text}", arguments).copied]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("COPY . .", ["."]),
        ("COPY ./ /app", ["."]),
        ("COPY * /app/", ["."]),
        ("COPY dist/*.whl /tmp/", ["dist/*.whl"]),
        ("COPY src/* /app/", ["src"]),
        ("ADD /a ./b ../c /x/", ["a", "b", "c"]),
        ('COPY ["a b", "c", "/x/"]', ["a b", "c"]),
        ('COPY "a" /x', ["a"]),
        ("copy --chown=1:1 --chmod=644 a /x", ["a"]),
        ("COPY --from=build /wheels /wheels", []),
        ("COPY a \\\n  # comment\n  b \\\n  /x/", ["a", "b"]),
        ("COPY <<EOF /x\nCOPY no /y\nEOF\nCOPY yes /z", ["yes"]),
        ("COPY <<A f /x/\nno\nA", ["f"]),
        ("ADD https://x.org/a git@github.com:x/y.git a /x/", ["a"]),
        ("ONBUILD COPY a /x", ["a"]),
        ("ONBUILD ADD b /x", ["b"]),
        ("RUN --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=cache,target=/c uv sync", ["uv.lock"]),
        ("RUN --mount=type=bind,target=/src make", ["."]),
        ("RUN --mount=src=a,dst=/a true", ["a"]),
        ("RUN --mount=type=bind,from=x,source=a,target=/a true", []),
        (
            "RUN --mount=type=bind,source=a,target=/a \\\n    --mount=type=bind,source=b,target=/b \\\n  true",
            ["a", "b"],
        ),
        ("FROM x AS y\nCOPY a /a\nFROM z\nCOPY --from=y /a /a\nCOPY b /b", ["a", "b"]),
        ("# escape=`\nCOPY a /x", ["a"]),
        ("COPY a\r\n", []),
    ],
)
def test_read_copies__instruction__names_what_it_copies(text: str, paths: list[str]) -> None:
    assert copied(text) == paths


@pytest.mark.parametrize(
    ("text", "arguments", "paths"),
    [
        ("ARG V=1\nCOPY app-$V.whl /x", {}, ["app-1.whl"]),
        ("ARG V=1\nCOPY app-${V}.whl /x", {"V": "2"}, ["app-2.whl"]),
        ("ARG V\nCOPY dist/${V} /x", {}, ["dist/**"]),
        ("ARG V\nCOPY dist/${V} /x", {"V": "a"}, ["dist/a"]),
        ("COPY ${V:-a} /x", {}, ["a"]),
        ("ENV D dist\nCOPY $D/a /x", {}, ["dist/a"]),
        ("ENV\tD\tdist\nCOPY $D/a /x", {}, ["dist/a"]),
        ("ENV D dist/a=b\nCOPY $D /x", {}, ["dist/a=b"]),
        ('ENV A="x" B=$A/y\nCOPY $B /x', {}, ["x/y"]),
        ("ARG TARGETARCH\nCOPY bin-$TARGETARCH /x", {}, ["bin-**"]),
    ],
)
def test_read_copies__variables__are_replaced(text: str, arguments: dict[str, str], paths: list[str]) -> None:
    assert copied(text, **arguments) == paths


def read(text: str) -> Copies:
    return read_copies(f"FROM scratch\n{text}")


def test_read_copies__argument_of_all_stages__is_known_in_each() -> None:
    text = "ARG V=1\nFROM a\nARG V\nCOPY x-$V /x\nFROM b\nCOPY y-$V /y"
    assert [each.path for each in read_copies(text).copied] == ["x-1", "y-1"]


def test_read_copies__many_quotes__take_no_exponential_time() -> None:
    assert copied(f"COPY --x={chr(34) * 5000}") == []


def test_read_copies__variable_alone__is_unknown() -> None:
    assert read("ARG SRC\nCOPY $SRC /x").unknown == ((3, "$SRC"),)
    assert not read("ARG SRC=a\nCOPY $SRC /x").unknown


@pytest.mark.parametrize(("command", "history"), [("git describe", 2), ("git clone x", 0), ("echo git", 0)])
def test_read_copies__command__reads_history(command: str, history: int) -> None:
    assert read(f"RUN {command}").history == history


@pytest.mark.parametrize(
    ("command", "installs"), [("npm ci", True), ("yarn && true", True), ("pnpm install", True), ("npm run x", False)]
)
def test_read_copies__command__installs_javascript(command: str, installs: bool) -> None:
    assert read(f"RUN {command}").javascript is installs


def test_read_copies__words_of_commands__name_paths_but_not_what_is_removed() -> None:
    copies = read('COPY . .\nRUN pip install ./dist/*.whl && rm -rf tests\nCMD ["python", "/app/docs/run.py"]')
    names = dict(paths_in(copies.words))
    assert (names["dist"], names["docs"]) == (3, 4)
    assert "tests" not in names
