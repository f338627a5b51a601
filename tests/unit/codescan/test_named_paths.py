"""The names of files in code, and what it opens."""

from __future__ import annotations

from deadweight.codescan.named_paths import NamedPath, named_in_python, named_in_text, parts_of


def test_named_in_python__strings_and_imports__are_named() -> None:
    code = b'"""docs"""\nfrom tests.data import x\nimport a.b\nD = ROOT / "data" / "in.csv"\nf(f"models/{n}.pt")\n'
    assert set(named_in_python(code)) == {
        NamedPath("tests/data/x", 2),
        NamedPath("a/b", 3),
        NamedPath("data", 4),
        NamedPath("in.csv", 4),
        NamedPath("models/", 5),
        NamedPath(".pt", 5),
    }


def test_named_in_python__opened__is_marked() -> None:
    code = b'open("a")\nPath("b").read_text()\nload_dotenv(".env")\nopen(BASE / "c")\n'
    assert {each.text: each.opened for each in named_in_python(code)} == {
        "a": True, "b": True, ".env": False, "c": True,
    }  # fmt: skip


def test_named_in_python__arguments_that_leave_out__name_nothing() -> None:
    code = b'setup(packages=find_packages(exclude=["tests", "docs"]), data="x")\n'
    assert [each.text for each in named_in_python(code)] == ["x"]


def test_named_in_python__syntax_error__counts_every_word() -> None:
    assert NamedPath("data/x.csv", 1) in set(named_in_python(b'print "data/x.csv"\n'))


def test_named_in_text__comments_and_binaries__are_skipped() -> None:
    assert [each.text for each in named_in_text(b"path: data/x.csv\n# tests\n")] == ["path", "data/x.csv"]
    assert not list(named_in_text(b"data\0"))


def test_parts_of__path_and_dotted_name__have_parts() -> None:
    assert {"app", "data", "in.csv"} <= set(parts_of("app/data/in.csv"))
    assert {"app", "data"} <= set(parts_of("app.data"))
    assert set(parts_of(".env")) == {".env"}


def test_parts_of__route_of_a_web_server__has_none() -> None:
    assert not list(parts_of("/docs"))
    assert "docs" in parts_of("/app/docs")
