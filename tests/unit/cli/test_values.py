"""Values of options that are invalid whatever the target is, and choices that are misspelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from deadweight.cli import _run, values
from deadweight.cli.values import Checked, Choice, names_in, share_of
from deadweight.errors import BadInput


@pytest.mark.parametrize(
    ("kind", "valid", "invalid", "message"),
    [
        (values.SIZE, "1.5GiB", "5XB", "'5XB' is not a size; write a positive number and a unit"),
        (values.GROWTH, "5%", "-5%", "'-5%' is not a percentage"),
        (values.PATTERN, "nvidia-*", "a b", "'a b' is not the name of a project"),
        (values.MINIMAL_GROUPS, "core, data", "core,fun", "unknown group 'fun'; available: core"),
        (values.PLATFORM, "musllinux_1_2_x86_64", "windows", "unknown platform 'windows'"),
        (values.PLATFORM, "linux/arm/v7", "linux/", "unknown platform 'linux/'"),
        (values.SWAP, "a=b>1", "a", "a: expected OLD=NEW"),
        (values.INDEX, "a=https://host", "=x", "=x: expected NAME=URL"),
        (values.TORCH, "cu128", "../x", "../x: unknown PyTorch build; use a build such as cpu"),
        (values.SHARE, "80%", "101%", "'101%' is not a percentage above 0"),
        (values.KINDS, "tests, docs", "tests,x", "unknown kind 'x' (choose from tests"),
        (values.IMAGE, "python:3.12-slim", "a b", "'a b' is not the name of an image"),
        (values.COMMAND, "app --help", "'", "no closing quotation: '"),
        (values.COMMAND, "", " ", "the command is empty"),
        (values.SINCE, "7d", "a week", "a week: expected the number of a run, or an age"),
    ],
)
def test_checked__valid_and_invalid_texts(kind: Checked, valid: str, invalid: str, message: str) -> None:
    assert kind.convert(valid, None, None) == valid
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(invalid, None, None)
    assert message in caught.value.message
    assert caught.value.exit_code == 2


def test_checked__message_that_names_the_option__does_not_repeat_it() -> None:
    with pytest.raises(click.BadParameter) as caught:
        values.SWAP.convert("a", click.Option(["--swap"]), None)
    assert caught.value.message == "a: expected OLD=NEW"


def test_choice__misspelled__names_the_nearest() -> None:
    levels = Choice(["production", "lighter", "alpine"])
    assert levels.convert("alpine", None, None) == "alpine"
    with pytest.raises(click.BadParameter, match=r"'lightr' is not one of .* Did you mean 'lighter'\?"):
        levels.convert("lightr", None, None)
    with pytest.raises(click.BadParameter) as caught:
        levels.convert("x", None, None)
    assert "Did you mean" not in caught.value.message


@pytest.mark.parametrize(
    ("kind", "valid", "invalid", "message"),
    [
        (values.Count(min=1), "3", "x", "'x' is not a valid whole number."),
        (values.Count(min=1), "1", "0", "0 is not in the range x>=1."),
        (values.Count(min=0), "0", "1.5", "'1.5' is not a valid whole number."),
        (values.Positive(), "0.5", "x", "'x' is not a valid number."),
        (values.Positive(), "1e3", "0", "0.0 is not in the range x>0."),
        *(
            (values.Positive(), "60", text, f"'{text}' is not a number from 0.000001 to 1,000,000,000.")
            for text in ("nan", "inf", "1e-320", "1e300")
        ),
    ],
)
def test_numbers__valid_and_invalid_texts(kind: Any, valid: str, invalid: str, message: str) -> None:
    assert kind.convert(valid, None, None) == float(valid)
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(invalid, None, None)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "command",
    [
        "imports env --runs 0", "imports env --timeout nan", "imports env --format csv2", "imports env --top -1",
        "trim env --kinds x", "trim env --timeout 0", "trim env --apply --undo", "trim env --undo --discard",
        "plan r.txt --target-size 0", "plan r.txt --base-size x", "plan r.txt --apply x", "plan r.txt --swap x",
        "plan r.txt --torch x", "plan r.txt --platform x", "plan r.txt --minimal-groups x",
    ],
)  # fmt: skip
def test_commands__invalid_value__exits_with_2_before_the_target_is_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # where neither env nor r.txt exists
    assert _run(command.split(), debug=False) == 2
    assert "Error: " in capsys.readouterr().err


def test_share_of__percentage__is_a_share() -> None:
    assert (share_of("100%"), share_of(" 12.5 % ")) == (1.0, 0.125)
    with pytest.raises(BadInput):
        share_of("0%")


def test_names_in__list__without_blanks() -> None:
    assert names_in(" a,, b ,") == ["a", "b"]
