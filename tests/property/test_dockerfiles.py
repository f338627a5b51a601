"""Whatever the names, paths and values are: a Dockerfile with them reads back as what was meant, or is refused."""

from __future__ import annotations

import re
import shlex

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from deadweight.codescan.commands import exec_form, instructions
from deadweight.codescan.shell import commands_in
from deadweight.dockerfiles.compose import compose_text
from deadweight.dockerfiles.layering import layers_of, of_variant
from deadweight.dockerfiles.pins import listings_of
from deadweight.dockerfiles.starting.start import start_of
from deadweight.dockerfiles.values import Piece, Pin, Recipe, Sources, Start, Style, Sync, Variant
from deadweight.dockerfiles.writing import dockerfile_text
from deadweight.errors import BadInput
from deadweight.formats.requirements import logical_lines

SYNTAX = ("$HOME", "${X}", "`id`", "\\", "\n", "\r", '"', "'", "<<EOF", "EOF", "#", " ", "&&", ";", "|",
          "--from=x", "*", "[", "escape=`", "\nRUN id\n", "\u2028", "\x00", "\x1b[2J",
          "a", "b", "/", "..", "=", "é", "\\\n")  # fmt: skip
hostile = st.one_of(st.lists(st.sampled_from(SYNTAX), max_size=6).map("".join), st.text(max_size=12))
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


def recipe_with(
    *, origin: str = "r.txt", base: str = "base:1", start: Start | None = None, links: str = "w", words: str = "x",
    buildkit: bool = True,
) -> Recipe:  # fmt: skip
    """Return a recipe with two layers, of which uv installs one from its lock, with given values in it."""
    pieces = tuple(Piece(pin=Pin(name=name, version="1"), apparent_bytes=1) for name in ("flask", "numpy"))
    variants = (Variant(name="production", purpose=origin, pieces=pieces),)
    layers, sources = layers_of(variants, [("numpy",)]), Sources(directories=(links,))
    return Recipe(
        origin=origin,
        path="Dockerfile",
        lists="docker",
        style=Style(base_image=base, uv="0.9.0", buildkit=buildkit),
        variants=variants,
        layers=layers,
        sources=sources,
        start=start or Start(command=("python",)),
        listings={"numpy": listings_of(layers[0], sources, "r.txt")},
        syncs={"production": Sync(options=("--extra", words), files=("uv.lock",))},
    )


def structure(text: str) -> list[str]:
    return [name for name, _, _ in instructions(text)]


def value(text: str, name: str, containing: str) -> str:
    return next(value for each, value, _ in instructions(text) if each == name and containing in value)


@given(hostile, st.booleans())
def test_dockerfile__origin__is_a_comment(origin: str, buildkit: bool) -> None:
    text = dockerfile_text(recipe_with(origin=origin, buildkit=buildkit))
    assert structure(text) == structure(dockerfile_text(recipe_with(buildkit=buildkit)))
    assert not [line for line in text.splitlines()[:4] if re.match(r"#\s*\w+\s*=", line)]


@given(hostile)
def test_dockerfile__base_image__is_one_word_or_refused(base: str) -> None:
    try:
        text = dockerfile_text(recipe_with(base=base))
    except BadInput:
        return
    assert value(text, "FROM", " AS base").split() == [base, "AS", "base"]
    assert structure(text) == structure(dockerfile_text(recipe_with()))


@given(
    st.dictionaries(names, hostile, max_size=3),
    st.lists(hostile, min_size=1, max_size=4),
    st.lists(hostile, max_size=2),
)
def test_dockerfile__start__reads_back(environment: dict[str, str], command: list[str], entrypoint: list[str]) -> None:
    start = Start(environment=tuple(environment.items()), command=tuple(command), entrypoint=tuple(entrypoint))
    try:
        text = dockerfile_text(recipe_with(start=start))
    except BadInput:
        return
    commands = {name: exec_form(value) for name, value, _ in instructions(text) if name in ("CMD", "ENTRYPOINT")}
    assert commands == {"CMD": command, **({"ENTRYPOINT": entrypoint} if entrypoint else {})}
    assert structure(text) == structure(
        dockerfile_text(
            recipe_with(start=replace(start, environment=(), command=("a",), entrypoint=("b",) * bool(entrypoint)))
        )
    )
    read = dict(start_of({"Dockerfile": text}, ()).environment)
    assert {name: read[name] for name in environment if name in read} == {
        n: v for n, v in environment.items() if n in read
    }
    assert all(name in read for name in environment if len(name) < 3)


@given(hostile)
def test_dockerfile__directory_of_archives__is_one_path_or_refused(links: str) -> None:
    try:
        text = dockerfile_text(recipe_with(links=links))
    except BadInput:
        return
    operands = next(value for name, value, _ in instructions(text) if name == "COPY")
    words = exec_form(operands) or operands.split()
    assert [word.removeprefix("./") for word in words] == [links.removeprefix("./"), f"/build/{links}/"]
    assert not set(links) & set("$`\\\"'*?[")
    assert structure(text) == structure(dockerfile_text(recipe_with()))


@given(hostile)
def test_dockerfile__word_of_a_command__is_one_word_or_refused(word: str) -> None:
    try:
        text = dockerfile_text(recipe_with(words=word))
    except BadInput:
        return
    run = value(text, "RUN", "uv sync")
    command = re.sub(r"\A(?:\s*--mount=\S+\s*(?:\\\n)?)*", "", run)
    expected = ["/opt/tools/bin/uv", "sync", "--locked", "--no-install-project", "--extra", word]
    assert shlex.split(command)[:6] == expected
    assert next(iter(commands_in(command)))[:6] == expected
    assert structure(text) == structure(dockerfile_text(recipe_with()))


@given(hostile, hostile, hostile)
def test_listing__pins__stay_lines_of_their_own(name: str, version: str, url: str) -> None:
    for pin in (
        Pin(name=name, version="1"),
        Pin(name="a", version=version),
        Pin(name="a", url=url),
        Pin(name="a", version="1", index=url),
    ):
        layers = layers_of([Variant(name="production", purpose="", pieces=(Piece(pin=pin, apparent_bytes=1),))], [])
        try:
            (listing,) = listings_of(layers[0], Sources(), name)
        except BadInput:
            continue
        lines = logical_lines("".join(f"{line}\n" for line in listing.lines), "list.txt")
        kinds = [line.kind for line in lines]
        assert kinds == ["comment", *(["option"] if pin.index else []), "requirement"]


@given(hostile, st.sampled_from(("8000", "53/udp")))
def test_compose__any_path__is_a_string_of_its_own(path: str, port: str) -> None:
    start = Start(command=("python",), ports=(port,))
    try:
        text = compose_text(recipe_with(start=start), path, "Dockerfile")
    except BadInput:
        return
    lines = text.splitlines()
    assert len(lines) == 9
    (context,) = (line for line in lines if line.startswith("      context: "))
    import json

    assert json.loads(context.partition(": ")[2]).replace("$$", "$") == path


@given(
    st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=8), min_size=1, max_size=4),
    st.lists(st.sampled_from("abcdefgh"), unique=True),
)
def test_layers__any_variants__have_each_distribution_once(contents: list[set[str]], heavy: list[str]) -> None:
    variants = [
        Variant(
            name=f"v{n}", purpose="", pieces=tuple(Piece(pin=Pin(name=name), apparent_bytes=1) for name in sorted(each))
        )
        for n, each in enumerate(contents)
    ]
    assume(any(contents))
    layers = layers_of(variants, [tuple(heavy[:2]), tuple(heavy[2:])])
    assert len({layer.name for layer in layers}) == len(layers)
    for variant in variants:
        pieces = [piece for layer in of_variant(layers, variant.name) for piece in layer.pieces]
        assert sorted(piece.name for piece in pieces) == sorted(piece.name for piece in variant.pieces)
