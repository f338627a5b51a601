from __future__ import annotations

import pytest

from deadweight.dockerfiles import quoting
from deadweight.errors import BadInput


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a b", 'X="a b"'),
        ("$HOME", 'X="\\$HOME"'),
        ('say "hi"', 'X="say \\"hi\\""'),
        ("a\\", 'X="a\\\\"'),
        ("`id`", 'X="`id`"'),
    ],
)
def test_environment__special_characters__are_escaped(value: str, expected: str) -> None:
    assert quoting.environment("X", value) == expected


@pytest.mark.parametrize(("name", "value"), [("X Y", "a"), ("X", "a\nRUN id"), ("X", "\u2028"), ("", "a"), ("A=B", "")])
def test_environment__line_break_or_bad_name__is_refused(name: str, value: str) -> None:
    with pytest.raises(BadInput, match="cannot be written to a Dockerfile as a variable"):
        quoting.environment(name, value)


def test_copied__spaces_and_options__are_no_words_and_flags() -> None:
    assert quoting.copied("wheels", "/links/") == "wheels /links/"
    assert quoting.copied("my wheels", "/links/") == '["my wheels", "/links/"]'
    assert quoting.copied("--from=evil", "/links/") == "./--from=evil /links/"


@pytest.mark.parametrize("path", ["$HOME", "a*", "a[b]", "a?", "'a'", '"a"', "a\\b", "a\nb", "<<EOF", "", "`a`", "{a}"])
def test_copied__pattern_variable_or_quote__is_refused(path: str) -> None:
    with pytest.raises(BadInput, match="as a path of COPY"):
        quoting.copied(path, "/x")


@pytest.mark.parametrize("name", ["a b", "$X", "-a", "a\nRUN id", "", "a`b"])
def test_image__other_characters__are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is not the name of an image"):
        quoting.image(name)


def test_image__names__stay() -> None:
    for name in ("python:3.12-slim", "ghcr.io:443/team/app_1@sha256:" + "a" * 64):
        assert quoting.image(name) == name


def test_shell_word__special_characters__are_quoted() -> None:
    assert quoting.shell_word("a;id") == "'a;id'"
    assert quoting.shell_word("it's") == "'it'\"'\"'s'"
    for text in ("", "a\nb", "<<EOF", "\x00"):
        with pytest.raises(BadInput):
            quoting.shell_word(text)


def test_exec_form__words__are_json() -> None:
    assert quoting.exec_form(("sh", "-c", 'echo "$PORT" \\')) == '["sh", "-c", "echo \\"$PORT\\" \\\\"]'
    with pytest.raises(BadInput):
        quoting.exec_form(("a\nb",))


def test_comment__line_breaks__are_replaced() -> None:
    assert quoting.comment("a\nFROM evil\u2028x") == "a?FROM evil?x"


def test_scalar__variables__are_escaped() -> None:
    assert quoting.scalar('a: "$X"') == '"a: \\"$$X\\""'


def test_port__not_a_port__is_refused() -> None:
    assert quoting.port("8000-8002/tcp") == "8000-8002/tcp"
    with pytest.raises(BadInput):
        quoting.port("80 81")


@pytest.mark.parametrize("path", ["app", "/a b", "/a$b", "/a\n"])
def test_directory__unusual__is_refused(path: str) -> None:
    with pytest.raises(BadInput):
        quoting.directory(path)
