from __future__ import annotations

import pytest

from deadweight.dockerfiles.pins import listings_of, pin_text
from deadweight.dockerfiles.values import Layer, Piece, Pin, Sources
from deadweight.errors import BadInput

A, B = "a" * 64, "b" * 64


def layer(*pins: Pin) -> Layer:
    pieces = tuple(Piece(pin=pin, apparent_bytes=1) for pin in pins)
    return Layer(name="production", is_heavy=False, pieces=pieces, variants=("production",))


def texts(*pins: Pin, options: tuple[str, ...] = ()) -> list[tuple[str, list[str]]]:
    return [
        (each.name, list(each.lines[1:]))
        for each in listings_of(layer(*pins), Sources(options=options), "requirements.txt")
    ]


def test_listings_of__pins_with_hashes__one_list_by_name() -> None:
    pins = Pin(name="flask", version="3.0.3", hashes=(B, A)), Pin(name="click", version="8", hashes=(A,))
    assert texts(*pins, options=("--extra-index-url https://a/simple",)) == [
        (
            "production.txt",
            [
                "--extra-index-url https://a/simple",
                f"click==8 \\\n    --hash=sha256:{A}",
                f"flask==3.0.3 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}",
            ],
        )
    ]


def test_listings_of__pins_without_hashes__another_list() -> None:
    pins = Pin(name="a", version="1", hashes=(A,)), Pin(name="b", url="https://host/b.whl"), Pin(name="c", version="2")
    assert texts(*pins) == [
        ("production.txt", ["b @ https://host/b.whl", "c==2"]),
        ("production-2.txt", [f"a==1 \\\n    --hash=sha256:{A}"]),
    ]


def test_listings_of__pin_of_one_index__a_list_with_that_index_alone() -> None:
    pins = Pin(name="a", version="1"), Pin(name="torch", version="2.5.1", index="https://pytorch/cpu")
    assert texts(*pins, options=("--index-url https://a/simple",)) == [
        ("production.txt", ["--index-url https://a/simple", "a==1"]),
        ("production-2.txt", ["--index-url https://pytorch/cpu", "torch==2.5.1"]),
    ]


def test_pin_text__directory__is_below_that_of_the_build() -> None:
    assert pin_text(Pin(name="common", directory="libs/common")) == "/build/libs/common"


@pytest.mark.parametrize(
    "pin",
    [
        Pin(name="a b", version="1"),
        Pin(name="-r", version="1"),
        Pin(name="a", version=""),
        Pin(name="a", version="1 --index-url https://evil"),
        Pin(name="a", version="1\nevil"),
        Pin(name="a", url="https://host/a.whl\n--index-url https://evil"),
        Pin(name="a", url="https://host/${TOKEN}/a.whl"),
        Pin(name="a", url="https://host/a.whl --no-deps"),
        Pin(name="a", url="--index-url=https"),
        Pin(name="a", version="1", index="https://host/`id`"),
        Pin(name="a", url="https://me:secret@host/a.whl"),
        Pin(name="a", url="git+https://me:sec/ret@host/a.git"),
        Pin(name="a", url="https://host/a.whl?token=secret"),
        Pin(name="a", version="1", index="https://host/simple?token=secret"),
    ],
)
def test_listings_of__hostile_pin__is_refused(pin: Pin) -> None:
    with pytest.raises(BadInput):
        texts(pin)
