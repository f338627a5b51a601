"""A Jupyter notebook → the modules and names in its Python cells."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deadweight.codescan.python.notebook import read_notebook
from deadweight.model import Reading


def notebook(*sources: str | list[str], language: str = "python") -> bytes:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    markdown = {"cell_type": "markdown", "source": ["import no"]}
    return json.dumps({"cells": [markdown, *cells], "metadata": {"kernelspec": {"language": language}}}).encode()


def read(data: bytes) -> Reading:
    return read_notebook(data, "n.ipynb", "notebooks")


def test_read_notebook__code_cells__have_cell_and_line() -> None:
    found = read(notebook("import a", ["x = 1\n", "import b\n", "await c()"])).mentions
    assert [(m.name, m.cell, m.line, m.role) for m in found] == [("a", 2, 1, "notebooks"), ("b", 3, 2, "notebooks")]


@pytest.mark.parametrize(
    "line", ["%matplotlib inline", "!pip install x", "y = !ls", "y = %sql select 1", "a?", "?a", "a.b??", "  %time f()"]
)
def test_read_notebook__magic__is_left_out(line: str) -> None:
    reading = read(notebook(f"{line}\nimport a\n"))
    assert [(m.name, m.line) for m in reading.mentions] == [("a", 2)]
    assert reading.skipped == ()


def test_read_notebook__percent_in_an_expression__is_not_a_magic() -> None:
    assert [m.name for m in read(notebook('x = ("%s"\n% __import__("a"))')).mentions] == ["a"]


def test_read_notebook__cell_magic__leaves_the_cell_out_unless_it_is_python() -> None:
    assert read(notebook("%%bash\nimport a")) == Reading()
    assert [m.name for m in read(notebook("%%time\nimport a")).mentions] == ["a"]


def test_read_notebook__old_format__has_its_cells_in_worksheets() -> None:
    cell = {"cell_type": "code", "input": ["import a"]}
    assert [m.name for m in read(json.dumps({"worksheets": [{"cells": [cell]}]}).encode()).mentions] == ["a"]


def test_read_notebook__other_language__names_nothing() -> None:
    assert read(notebook("import a", language="julia")) == Reading()


def test_read_notebook__cell_with_a_syntax_error__is_reported_with_its_number() -> None:
    (skipped,) = read(notebook("import a\nprint 1")).skipped
    assert skipped.reason.startswith("cell 2, line 2: cannot be parsed")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b'{"cells": 1}', b'{"cells": [1]}', b"null"]
)
def test_read_notebook__malformed__is_reported(data: bytes) -> None:
    reading = read(data)
    assert reading.mentions == ()
    assert [skipped.exit_code for skipped in reading.skipped] == [4]


KEYS = st.sampled_from(["cells", "source", "cell_type", "metadata", "kernelspec", "language", "worksheets", "input"])
JSON = st.recursive(
    st.none() | st.text(max_size=5) | st.integers() | st.just("code"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@example(b'{"worksheets":[{}]}')
@given(st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_read_notebook__anything__raises_nothing(data: bytes) -> None:
    assert isinstance(read(data), Reading)
