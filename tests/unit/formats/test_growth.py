"""Parsers on input that is doubled three times: the time must grow linearly.

Seconds depend on the machine, so what counts is the ratio: a parser passes if it is fast or takes at most 24
times as long for eight times the input; quadratic time would be 64. Most inputs here took seconds or minutes.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterable

import pytest

from deadweight.codescan.shell import named_in
from deadweight.errors import DeadweightError
from deadweight.formats.distributions.metadata import headers, parse_metadata
from deadweight.formats.distributions.record import record_paths
from deadweight.formats.requirements import annotated_as_direct, logical_lines, pep508, pinned
from deadweight.formats.tables import Malformed, parse_toml
from deadweight.inventory import take_inventory
from tests.builders import SITE, bare, bare_inventory, make_tree, metadata, profile_of

SMALL = 16_000  # characters
TIMES = 8
FAST = 0.1  # seconds; what takes less for eight times as many is not judged: at that rate a megabyte takes a second
MOST = 24.0


def seconds(parse: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()  # as the program does
    began = time.process_time()
    with contextlib.suppress(DeadweightError, Malformed, ValueError, RecursionError):  # to refuse it is as good
        parse()
    taken = time.process_time() - began
    gc.enable()
    return taken


def grows_evenly(parse: Callable[[int], Callable[[], object]], size: int) -> bool:
    """Return whether eight times the input takes at most 24 times the time; retried, as other processes disturb."""
    small, large = parse(size), parse(TIMES * size)
    for _ in range(3):
        taken = seconds(large)
        if taken < FAST or taken < MOST * seconds(small):
            return True
    return False


def requirements(text: str) -> None:
    lines = logical_lines(text, "requirements.txt")
    annotated_as_direct(lines)
    for line in lines:
        if line.kind == "requirement":
            pinned(line, "1.0")
            pep508(line, "requirements.txt")


@pytest.mark.parametrize(
    ("start", "unit", "end"),
    [
        ("a", " ", "b"), ("", " ", ""), ("--index-url", " ", "x"), ("a==1\n    # via ", ",", ""),
        ("a==1\n    # via", " ", "("), ("a==1\n    # ", "x ", ""), ("a==1", " --hash=sha256:", ""), ("a", "\\", ""),
        ("", "a==1 \\\n", ""), ("a[", "x,", "x]"), ("a;", "(", ""), ("a @ ", "x", ""), ("", "a.", "whl"),
    ],
)  # fmt: skip
def test_requirements__more_text__take_no_more_than_their_share(start: str, unit: str, end: str) -> None:
    def parse(size: int) -> Callable[[], object]:
        text = start + unit * (size // len(unit)) + end
        return lambda: requirements(text)

    assert grows_evenly(parse, SMALL)


@pytest.mark.parametrize(
    ("start", "unit", "end"),
    [
        ("a", ".a", " = 1"), ("[a", ".a", "]"), ("''", ".''", " = 1"), ("x = {a", ".a", " = 1}"), ("a = ", "[", ""),
        ("a", " ", " = 1"), ("a = '", "a.", "'"), ("", "a", ""), ("a = 1", "_1", ""), ('a = """', '""x', '"""'),
    ],
)  # fmt: skip
def test_toml__more_text__takes_no_more_than_its_share(start: str, unit: str, end: str) -> None:
    def parse(size: int) -> Callable[[], object]:
        data = (start + unit * (size // len(unit)) + end).encode()
        return lambda: parse_toml(data)

    assert grows_evenly(parse, SMALL)


@pytest.mark.parametrize("unit", ["${", "$(", "`", "<<", "'a", '"a', "\\\n", "((", "$((", "[[ ", "a() ", "<<a\n"])
def test_shell__more_text__takes_no_more_than_its_share(unit: str) -> None:
    def parse(size: int) -> Callable[[], object]:
        text = unit * (size // len(unit))
        return lambda: list(named_in(text))

    assert grows_evenly(parse, SMALL)


@pytest.mark.parametrize("unit", ["Name: a\n", "Name", " ", "Summary: a\n ", "\r", "\n b", ":"])
def test_metadata__more_text__takes_no_more_than_its_share(unit: str) -> None:
    def parse(size: int) -> Callable[[], object]:
        data = b"Name: a\nVersion: 1\n" + (unit * (size // len(unit))).encode()
        return lambda: (headers(data), parse_metadata(data, "a-1.dist-info"), record_paths(data))

    assert grows_evenly(parse, SMALL)


def extras(size: int) -> Iterable[str]:
    return (f'b; extra == "e{number}"' for number in range(size // 37))


def extras_of_many(size: int) -> Iterable[str]:
    return (f'b{number}; python_version > "3" and extra == "e{number}"' for number in range(size // 70))


def one_marker(size: int) -> Iterable[str]:
    return ["b; " + " or ".join(f'extra == "e{number}"' for number in range(size // 20))]


def deep_marker(size: int) -> Iterable[str]:
    return ["b; " + "(" * (size // 2) + 'extra == "x"' + ")" * (size // 2)]


def long_line(size: int) -> Iterable[str]:
    return ["b" + " " * (size // 4) + "c", "b[" + "x," * (size // 8) + "]", "b" + ">=1," * (size // 16) + "!"]


@pytest.mark.parametrize("lines", [extras, extras_of_many, one_marker, deep_marker, long_line])
@pytest.mark.parametrize("asked", [True, False])
def test_requires_dist__more_lines__take_no_more_than_their_share(
    lines: Callable[[int], Iterable[str]], asked: bool
) -> None:
    """Test with as many extras as lines, all of which could be requested."""

    def parse(size: int) -> Callable[[], object]:
        distribution = bare("a", requires=list(lines(size)), requested=asked)
        return lambda: profile_of(bare_inventory(distribution, bare("b"), bare("b0"), bare("b1")))

    assert grows_evenly(parse, SMALL)


def copies(count: int) -> dict[str, str]:
    """Return this many copies of one name with different versions."""
    return {f"{SITE}/a-{n}.dist-info/METADATA": metadata("a", str(n)) for n in range(count)}


def same(count: int) -> dict[str, str]:
    return {f"{SITE}/a-{n}.dist-info/METADATA": metadata("a") for n in range(count)}


def conda(count: int) -> dict[str, str]:
    return {f"{n}/conda-meta/a.json": f'{{"name": "a{n}", "files": ["b"]}}' for n in range(count)}


def in_one_directory(count: int) -> dict[str, str]:
    """Return distributions that share a namespace."""
    files = {f"{SITE}/a{n}-1.dist-info/METADATA": metadata(f"a{n}") for n in range(count)}
    records = {f"{SITE}/a{n}-1.dist-info/RECORD": f"space/m{n}.py,,\nspace/all.py,,\n" for n in range(count)}
    return {**files, **records, f"{SITE}/space/all.py": "", f"{SITE}/space/other.py": ""}


@pytest.mark.parametrize("files", [copies, same, conda, in_one_directory])
def test_inventory__more_distributions__take_no_more_than_their_share(files: Callable[[int], dict[str, str]]) -> None:
    def measure(count: int) -> Callable[[], object]:
        tree = make_tree(files(count))
        return lambda: profile_of(take_inventory(tree))

    assert grows_evenly(measure, 250)
