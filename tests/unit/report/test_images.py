"""The phrases about images that every format shares."""

from __future__ import annotations

import pytest

from deadweight.model.report import HidingLayer, ImageReport, LayerFacts
from deadweight.report.images import base_text, command_text, efficiency_text, hiding


def layer(*hidden_by: int) -> LayerFacts:
    return LayerFacts(
        digest="", command="", files=0, apparent_bytes=9, wasted_bytes=9, hides_bytes=0,
        hidden_by=tuple(HidingLayer(layer=number, wasted_bytes=1) for number in hidden_by),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "text"), [((), ""), ((3,), "layer 3"), ((3, 5), "layers 3 and 5"), ((3, 5, 6), "layers 3, 5 and 6")]
)
def test_hiding__any_layers__are_named(numbers: tuple[int, ...], text: str) -> None:
    assert hiding(layer(*numbers)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""), (0, ""), (1, "layer 0 is the base image"), (2, "layers 0 and 1 are the base image"),
        (4, "layers 0 to 3 are the base image"),
    ],
)  # fmt: skip
def test_base_text__any_number_of_layers(count: int | None, text: str) -> None:
    assert base_text(count) == text


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("RUN /bin/sh -c make install # buildkit", "RUN make install"),
        ("COPY . . # buildkit", "COPY . ."),
        ("RUN make", "RUN make"),
        ("make", "make"),
        ("", ""),
    ],
)
def test_command_text__what_buildkit_adds__is_left_out(command: str, text: str) -> None:
    assert command_text(command) == text


@pytest.mark.parametrize(
    ("efficiency", "text"), [(1.0, "100.0%"), (0.99999, ">99.9%"), (0.9994, "99.9%"), (0.5, "50.0%"), (None, "")]
)
def test_efficiency_text__little_waste__is_not_none(efficiency: float | None, text: str) -> None:
    image = ImageReport(
        layers=(), shipped_bytes=0, wasted_bytes=0, efficiency=efficiency, wasted=(), wasted_paths=()
    )  # fmt: skip
    assert efficiency_text(image) == text
