"""The lines of a Dockerfile that made the layers of an image."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from deadweight.advice.lines import Lines, command_of, lines_of
from deadweight.codescan.dockerfiles.stages import Instruction
from deadweight.model import Step

DOCKERFILE = """\
ARG PYTHON=3.12
FROM python:$PYTHON AS build
RUN pip wheel -w /wheels .

FROM python:$PYTHON
ENV APP=/app \\
    LANG=C.UTF-8
RUN --mount=type=cache,target=/root/.cache \\
    apt-get update \\
    # a compiler
    && apt-get install -y gcc
WORKDIR $APP
COPY --from=build /wheels /wheels
COPY --chown=app . $APP/
RUN ["pip", "install", "/wheels/app.whl"]
RUN <<EOF
echo 1
echo 2
EOF
CMD python -m app
"""
LINES = [8, 12, 13, 14, 15, 16]  # of RUN, WORKDIR, COPY, COPY, RUN, RUN

BUILDKIT = [
    "ENV APP=/app LANG=C.UTF-8",
    "RUN /bin/sh -c apt-get update     && apt-get install -y gcc # buildkit",
    "WORKDIR /app",
    "COPY /wheels /wheels # buildkit",
    "COPY --chown=app . /app/ # buildkit",
    "RUN pip install /wheels/app.whl # buildkit",
    "RUN /bin/sh -c echo 1\necho 2\n # buildkit",
    'CMD ["/bin/sh" "-c" "python -m app"]',
]
CLASSIC = [
    "/bin/sh -c #(nop)  ENV APP=/app LANG=C.UTF-8",
    "|1 A=b c /bin/sh -c apt-get update     && apt-get install -y gcc",
    "/bin/sh -c #(nop) WORKDIR /app",
    "/bin/sh -c #(nop) COPY dir:ab01 in /wheels ",
    "/bin/sh -c #(nop) COPY --chown=app:appdir:ff02 in /app/ ",
    "pip install /wheels/app.whl",
    "/bin/sh -c echo 1\necho 2",
    '/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "python -m app"]',
]
BASE = [
    "/bin/sh -c #(nop) ADD file:aa01 in / ",
    'CMD ["bash"]',
    "RUN /bin/sh -c make install # buildkit",
    'CMD ["python3"]',
]


def steps(commands: Sequence[str]) -> list[Step]:
    found: list[Step] = []
    layer = 0
    for command in commands:
        empty = any(word in command for word in ("ENV ", "CMD "))
        found.append(Step(command=command, layer=None if empty else layer))
        layer += not empty
    return found


def numbers(lines: Lines) -> dict[int, int]:
    return {layer: instruction.line for layer, instruction in sorted(lines.of.items())}


@pytest.mark.parametrize("history", [BUILDKIT, CLASSIC])
def test_lines__any_builder__each_layer_has_its_instruction(history: list[str]) -> None:
    lines = lines_of(DOCKERFILE, steps([*BASE, *history]))
    assert numbers(lines) == dict(enumerate(LINES, start=2))
    assert (lines.fits, lines.matched, lines.total, lines.base) == (True, 5, 5, 2)
    assert [lines.of[n].origin for n in (4, 5)] == ["build", ""]


def test_lines__edited_dockerfile__other_lines_stay() -> None:
    lines = lines_of(DOCKERFILE.replace("echo 2", "echo 3"), steps([*BASE, *BUILDKIT]))
    assert numbers(lines) == dict(enumerate(LINES[:-1], start=2))
    assert (lines.fits, lines.matched, lines.total, lines.base) == (True, 4, 5, None)


@pytest.mark.parametrize(
    "text",
    ["", "FROM a", "FROM a\nCMD b", "FROM a\nRUN make\nRUN make install", "\0\x1b[31m", "FROM\nRUN", "RUN a\nFROM"],
)
def test_lines__other_dockerfile__does_not_fit(text: str) -> None:
    lines = lines_of(text, steps([*BASE, *BUILDKIT]))
    assert not lines.fits


def test_lines__target_of_an_earlier_stage__is_recognized() -> None:
    text = "FROM a AS base\nRUN one\nFROM base AS tests\nRUN two\nFROM base\nRUN three\n"
    assert numbers(lines_of(text, steps(["ADD x /", "RUN one", "RUN two"]))) == {1: 2, 2: 4}
    assert numbers(lines_of(text, steps(["ADD x /", "RUN one", "RUN three"]))) == {1: 2, 2: 6}


def test_lines__same_command_twice__in_order() -> None:
    text = "FROM a\nRUN pip install -r r.txt\nCOPY . .\nRUN pip install -r r.txt\n"
    history = ["RUN pip install -r r.txt", "RUN pip install -r r.txt", "COPY dir:ab in .", "RUN pip install -r r.txt"]
    assert numbers(lines_of(text, steps(history))) == {1: 2, 2: 3, 3: 4}


def test_lines__build_argument_with_another_value__matches() -> None:
    text = "FROM a\nARG NAME\nCOPY $NAME.txt /app/\n"
    assert numbers(lines_of(text, steps(["COPY service.txt /app/ # buildkit"]))) == {0: 3}


def test_lines__no_layers_in_the_history__are_none() -> None:
    assert lines_of(DOCKERFILE, []) == Lines({}, 0, 5)


def test_lines__many_stages_and_steps__end() -> None:
    text = "".join(f"FROM s{n - 1} AS s{n}\nRUN {n}\n" for n in range(400))
    lines = lines_of(text, steps([f"RUN {n}" for n in range(400)]))
    assert numbers(lines)[399] == 800


@pytest.mark.parametrize(
    "command",
    [
        "head -c 9 /dev/zero > /a",  # moby's classic builder
        '|2 A=1 B=x y /bin/sh -c ["/bin/sh", "-c", "head -c 9 /dev/zero > /a"]',  # podman
        "RUN /bin/sh -c head -c 9 /dev/zero > /a # buildkit",
    ],
)
def test_lines__shell_as_exec_form__matches_in_any_history(command: str) -> None:
    text = 'FROM a\nRUN ["/bin/sh", "-c", "head -c 9 /dev/zero > /a"]\n'
    assert numbers(lines_of(text, steps([command]))) == {0: 2}


def test_lines__all_instructions_in_one_layer__have_no_line() -> None:
    history = [Step(command="RUN make"), Step(command="COPY dir:ab01 in /app"), Step(command='CMD ["a"]', layer=0)]
    lines = lines_of("FROM a\nRUN make\nCOPY . /app\nCMD a\n", history)
    assert (lines.of, lines.matched, lines.total, lines.base) == ({}, 2, 2, None)


@pytest.mark.parametrize(
    ("command", "instruction", "expected"),
    [
        ("COPY dir:0a1b in /app", Instruction("COPY", "src /app", 3), "COPY src /app"),
        ("COPY file:0a1b in /opt", Instruction("COPY", "/v\n/opt", 3, "build"), "COPY --from=build /v /opt"),
        ("COPY src /app # buildkit", Instruction("COPY", "src /app", 3), "COPY src /app # buildkit"),
        ("RUN echo file:0a1b in /app", Instruction("RUN", "echo", 3), "RUN echo file:0a1b in /app"),
    ],
)
def test_command_of__digest_in_the_history__is_that_of_the_dockerfile(
    command: str, instruction: Instruction, expected: str
) -> None:
    assert command_of(command, instruction) == expected
