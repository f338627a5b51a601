from __future__ import annotations

import pytest

from deadweight.dockerfiles.starting.configuration import of_dockerfile, of_image
from deadweight.dockerfiles.starting.start import start_of
from deadweight.model import Start

VARIABLES = {
    "PATH": "/opt/venv/bin:/bin",
    "GPG_KEY": "A0",
    "PYTHON_VERSION": "3.12.1",
    "LANG": "C.UTF-8",
    "MODE": "a b",
}


def image(*command: str, entrypoint: tuple[str, ...] = (), user: str = "") -> Start:
    return Start(command=(*entrypoint, *command), entrypoint=entrypoint, directory="/srv", user=user)


def test_of_image__configuration__is_kept() -> None:
    start = of_image(
        Start(
            command=("/usr/bin/tini", "--", "/opt/venv/bin/gunicorn", "shop:app"),
            entrypoint=("/usr/bin/tini", "--"),
            directory="/srv/shop",
            variables={**VARIABLES, "API_TOKEN": "x", "BROKEN": "a\nb"},
            user="1000:1000",
            ports=("8000/tcp", "53/udp", "x"),
        )
    )
    assert (start.entrypoint, start.command) == ((), ("gunicorn", "shop:app"))
    assert start.environment == (("LANG", "C.UTF-8"), ("MODE", "a b"))
    assert (start.directory, start.user, start.ports) == ("/srv/shop", "1000:1000", ("8000", "53/udp"))
    assert start.origin == "configuration of the image"
    assert start.notes == (
        "configuration of the image: API_TOKEN was left out, since it may be a secret",
        "configuration of the image: the variable BROKEN was left out",
    )


@pytest.mark.parametrize(
    ("configured", "entrypoint", "command"),
    [
        (image("worker", entrypoint=("python", "-m")), ("python", "-m"), ("worker",)),
        (image("/bin/sh", "-c", "uv run gunicorn a:b"), (), ("gunicorn", "a:b")),
        (image("/bin/sh", "-c", "cd a && python b.py"), (), ("/bin/sh", "-c", "cd a && python b.py")),
        (image("x", entrypoint=("/bin/sh", "-c", "python a.py")), (), ("python", "a.py")),
        (image("gunicorn", "a:b", entrypoint=("/entrypoint.sh",)), (), ("gunicorn", "a:b")),
    ],
)
def test_of_image__command__starts_in_the_written_image(
    configured: Start, entrypoint: tuple[str, ...], command: tuple[str, ...]
) -> None:
    start = of_image(configured)
    assert (start.entrypoint, start.command) == (entrypoint, command)


@pytest.mark.parametrize("words", [("python3",), ("/bin/bash",), ("sh",), ()])
def test_start_of__image_without_a_program_of_its_own__takes_that_of_the_code(words: tuple[str, ...]) -> None:
    assert start_of({"Procfile": "web: gunicorn a:b"}, (), image(*words)).origin == "Procfile:1"


def test_start_of__image__counts_before_the_files() -> None:
    start = start_of({"Procfile": "web: gunicorn a:b"}, {"src/a.py"}, image("python", "main.py"))
    assert start.command == ("python", "main.py")
    assert start.environment == (("PYTHONPATH", "/srv/src"),)


@pytest.mark.parametrize(
    ("user", "kept"),
    [("1000", "1000"), ("1000:0", "1000:0"), ("0", ""), ("00:5", ""), ("root", ""), ("app", "")],
)
def test_user__is_kept_if_it_is_a_number_other_than_that_of_root(user: str, kept: str) -> None:
    assert of_image(image("a", user=user)).user == kept
    assert of_dockerfile(f"FROM a\nUSER {user}\nCMD a\n").user == kept
