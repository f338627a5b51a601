"""Dockerfiles → what they install and where it comes from in the build context."""

from __future__ import annotations

import pytest

from deadweight.codescan.dockerfiles.stages import read_instructions


def found(*lines: str) -> list[tuple[str, str, tuple[str, ...]]]:
    read = read_instructions("\n".join(("FROM python:3.12", *lines, "")))
    return [(each.kind, each.value, each.paths) for each in read.installed]


def unread(*lines: str) -> list[str]:
    return [reason for _, reason in read_instructions("\n".join(("FROM python:3.12", *lines, ""))).unread]


@pytest.mark.parametrize(
    "command",
    [
        "pip install -r r.txt", "pip3 install --no-cache-dir -rr.txt", "python -m pip install --requirement=r.txt",
        "uv pip install --system -r r.txt", "uv pip sync r.txt", "PIP_NO_CACHE_DIR=1 pip install -r 'r.txt'",
        "apt-get update && sudo pip install --target /x -r r.txt", "pip wheel -w /wheels -r r.txt",
        "if true; then pip install -r r.txt; fi", "pip install --upgrade pip && pip install -r r.txt",
        "cd /tmp && cd /app && /venv/bin/pip install -r r.txt",
    ],
)  # fmt: skip
def test_read_instructions__command__installs_the_file(command: str) -> None:
    assert found("WORKDIR /app", "COPY r.txt .", f"RUN {command}")[0][:2] == ("file", "r.txt")
    assert "r.txt" in found("WORKDIR /app", "COPY r.txt .", f"RUN {command}")[0][2]


@pytest.mark.parametrize(
    ("copies", "path", "expected"),
    [
        (("COPY . .",), "r.txt", "r.txt"),
        (("COPY . /srv",), "/srv/a/r.txt", "a/r.txt"),
        (("COPY reqs/ /tmp/",), "/tmp/r.txt", "reqs/r.txt"),
        (("COPY reqs/prod.txt /tmp/r.txt",), "/tmp/r.txt", "reqs/prod.txt"),
        (("COPY reqs/r.txt reqs/s.txt /tmp/",), "/tmp/r.txt", "reqs/r.txt"),
        (("COPY reqs/*.txt /tmp/",), "/tmp/r.txt", "reqs/r.txt"),
        (('COPY ["a b/r.txt", "/tmp/"]',), "/tmp/r.txt", "a b/r.txt"),
        (("COPY --chown=1:1 r.txt ./",), "r.txt", "r.txt"),
        (("ARG D=/x", "COPY r.txt ${D}/r.txt"), "$D/r.txt", "r.txt"),
        (("ENV D /x", "COPY r.txt ${D}/r.txt"), "$D/r.txt", "r.txt"),
        (("ENV\tD\t/x", "COPY\tr.txt\t$D/r.txt"), "$D/r.txt", "r.txt"),
        (("ENV D /x/a=b", "COPY r.txt $D/r.txt"), "/x/a=b/r.txt", "r.txt"),
    ],
)
def test_read_instructions__copied_path__is_found_in_the_context(
    copies: tuple[str, ...], path: str, expected: str
) -> None:
    ((_, _, paths),) = found("WORKDIR /app", *copies, f"RUN pip install -r {path}")
    assert expected in paths


def test_read_instructions__bind_mount__is_like_a_copy() -> None:
    mount = "--mount=type=bind,source=svc/r.txt,target=r.txt"
    assert found(f"RUN --mount=type=cache,target=/root {mount} \\\n  uv pip install -r r.txt")[0][2] == ("svc/r.txt",)


def test_read_instructions__exec_form_and_heredoc__are_read() -> None:
    assert found("COPY . .", 'RUN ["pip", "install", "-r", "r.txt"]')[0][2] == ("r.txt",)
    assert found("COPY . .", "RUN <<EOF", "pip install -r r.txt", "EOF")[0][2] == ("r.txt",)


def test_read_instructions__names_projects_and_options__are_kept_apart() -> None:
    lines = (
        "WORKDIR /app",
        "COPY . .",
        "RUN pip install -i https://i/simple -c c.txt 'web[x]>=1' gunicorn setuptools . -t /x",
    )
    assert found(*lines) == [
        ("option", "--index-url https://i/simple", ()), ("constraint", "c.txt", ("c.txt",)), ("name", "web[x]>=1", ()),
        ("name", "gunicorn", ()), ("project", ".", ("pyproject.toml",)),
    ]  # fmt: skip
    assert found("COPY . /app", "WORKDIR /app", "RUN uv sync --frozen") == [("project", ".", ("pyproject.toml",))]


def test_read_instructions__stages__only_those_of_the_image() -> None:
    text = (
        "FROM python AS base\nCOPY . .\nRUN pip install -r base.txt\nFROM base AS builder\nRUN pip install -r b.txt\n"
        "FROM base AS test\nRUN pip install -r t.txt\nFROM scratch\nCOPY --from=builder /venv /venv\n"
    )
    assert [each.value for each in read_instructions(text).installed] == ["base.txt", "b.txt"]
    assert [each.line for each in read_instructions(text).installed] == [3, 5]


def test_read_instructions__what_is_not_understood__is_said() -> None:
    assert unread("RUN pip install -r $WHICH") == ["$WHICH contains a variable that the Dockerfile does not set"]
    assert unread("RUN pip install -r https://a/r.txt") == ["https://a/r.txt is on a server and is not read"]
    assert unread("RUN conda install numpy") == ["what conda install installs is not read"]
    assert unread("RUN pip install /wheels/*.whl") == ["/wheels/*.whl is not read"]
    assert unread("RUN apt-get install -y gcc", "CMD python -m app") == []


@pytest.mark.parametrize(
    "text", ["", "FROM", "RUN pip install -r", "COPY", "FROM a\nCOPY\nRUN pip install -r\nRUN", "\\"]
)
def test_read_instructions__broken__installs_nothing(text: str) -> None:
    assert read_instructions(text).installed == ()
