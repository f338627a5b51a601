"""The history of an image → its base image."""

from __future__ import annotations

import pytest

from deadweight.formats.images.documents import HistoryStep
from deadweight.formats.images.history import base_layers, layer_commands, possible_bases


def layer(command: str, comment: str = "") -> HistoryStep:
    return HistoryStep(created_by=command, comment=comment)


def setting(command: str, comment: str = "") -> HistoryStep:
    return HistoryStep(created_by=command, empty_layer=True, comment=comment)


DEBIAN = [layer("# debian.sh --arch 'amd64' out/ 'bookworm'"), setting('CMD ["bash"]')]
PYTHON = [
    *DEBIAN, layer("RUN /bin/sh -c apt-get install ca-certificates # buildkit"), setting("ENV PYTHON_VERSION=3.12"),
    layer("RUN make install"), layer("RUN ln -s python3 python"), setting("CMD [\"python3\"]"),
]  # fmt: skip
OWN = [setting("WORKDIR /app"), layer("RUN pip install -r requirements.txt"), layer("COPY . ."), setting("CMD app")]


def base_of(history: list[HistoryStep], library: int | None) -> int | None:
    return base_layers(possible_bases(history, len(layer_commands(history))), library)


@pytest.mark.parametrize(
    ("history", "library", "expected"),
    [
        pytest.param([*PYTHON, *OWN], 2, 4, id="an image with Python"),
        pytest.param([*PYTHON, setting('ENTRYPOINT ["x"]'), *OWN], 2, 4, id="its own ENTRYPOINT first"),
        pytest.param([*PYTHON, *OWN[:2], setting('ENTRYPOINT ["x"]'), *OWN[2:]], 2, 4, id="its own in the middle"),
        pytest.param([*PYTHON, *OWN, *OWN], 2, 4, id="an image in between, whose layers are its own"),
        pytest.param([*DEBIAN, layer("RUN apt-get install python3"), *OWN], 1, 1, id="Python on top"),
        pytest.param([*DEBIAN, *OWN], None, 1, id="no Python"),
        pytest.param([DEBIAN[0], layer("RUN apt-get install python3"), *OWN], 1, 1, id="Debian without a CMD"),
        pytest.param([DEBIAN[0], *PYTHON[2:], *OWN], 2, 4, id="Debian without a CMD, and an image with Python"),
        pytest.param([layer("bazel build ...")] * 3 + OWN, 1, 3, id="distroless"),
        pytest.param([layer("apko"), *OWN], 0, 1, id="apko"),
        pytest.param([layer("", "Imported from -"), *OWN], 0, 1, id="docker import"),
        pytest.param([*OWN, layer("apko"), *OWN], 0, 2, id="a tool in the middle"),
        pytest.param(PYTHON, 2, 1, id="Python's own image"),
        pytest.param([layer("ADD . /"), setting("CMD app")], 0, None, id="one layer"),
        pytest.param([layer("bazel build"), layer("bazel build")], 0, None, id="no instruction tells"),
        pytest.param([layer("ADD . /", "FROM docker.io/library/python:3.12")], 0, None, id="from nothing"),
        pytest.param([], 0, None, id="none"),
    ],
)
def test_base__by_the_instructions(history: list[HistoryStep], library: int | None, expected: int | None) -> None:
    assert base_of(history, library) == expected


@pytest.mark.parametrize("first", ["docker.io/library/python:3.12", "localhost/ours"])
def test_base__by_what_buildah_notes(first: str) -> None:
    own = [
        layer("/bin/sh -c pip install app", f"FROM {first}"),
        layer("/bin/sh -c #(nop) COPY dir:1 in .", "FROM 4f5e0e1e7e0b"),
        setting("/bin/sh -c #(nop) CMD app"),
    ]
    middle = [*PYTHON[:-1], layer("RUN more"), *own]  # of an image without a CMD of its own
    assert base_of(middle, 2) == 5


def test_base__history_of_another_length__is_ignored() -> None:
    assert possible_bases([*PYTHON, *OWN], 5) == ()
