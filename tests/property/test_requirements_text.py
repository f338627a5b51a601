"""The logical lines of any text, joined, are the text again; and a pin is a pin, however its line is spelled."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given, reject
from hypothesis import strategies as st

from deadweight.errors import BadRequirement
from deadweight.formats.requirements import logical_lines, pep508, pinned

ENDS = st.sampled_from(["\n", "\r\n", "\r", " \\\n", "\\\r\n", "\x0b", "\u2028", ""])
PIECES = st.sampled_from(
    [
        "", "  ", "a", "b==1", "c[x]>=1,<2", "d ; os_name == 'nt'", "# text", "    # via -r x.in", "e  # why",
        "e # why \\",
        "-r x.txt", "-e ./x", "--index-url https://host", "--pre", "    --hash=sha256:aa", "\\", "'", '"', "é", "\t",
    ]
)  # fmt: skip
texts = st.lists(st.tuples(PIECES, ENDS)).map(lambda pairs: "".join(piece + end for piece, end in pairs))
plain = st.text(st.characters(exclude_characters="-", codec="utf-8"))


@given(texts | plain)
def test_logical_lines__any_text__joined_is_the_text(text: str) -> None:
    try:
        lines = logical_lines(text, "r.txt")
    except BadRequirement:
        reject()  # pieces run together may make an option that no file may hold
    assert "".join(line.text for line in lines) == text
    lengths = [len(line.text.splitlines()) for line in lines]
    assert [line.number for line in lines] == list(accumulate(lengths, initial=1))[:-1]
    assert all(bool(line.body) != (line.kind in ("blank", "comment")) for line in lines)


NAMES = st.sampled_from(["a", "A.b_C", "zope.interface"])
EXTRAS = st.sampled_from(["", "[x]", "[x, Y_z]", " [x]"])
SPECIFIERS = st.sampled_from(["", "==1", ">=1", " >= 1, <2", "~=1.0", "!=1.5,>1", "===1", " (>=1)", ">=1  "])
MARKERS = st.sampled_from(["", ";os_name=='nt'", " ; python_version < '4' and extra == 'x'", "; os_name == 'a@b'"])
TAILS = st.sampled_from(
    ["", "  # why >=3", " --hash=sha256:aa", " \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb", " "]
)
LINE_ENDS = st.sampled_from(["", "\n", "\r\n", "\n    # via b\n"])


@given(NAMES, EXTRAS, SPECIFIERS, MARKERS, TAILS, LINE_ENDS)
def test_pinned__any_spelling__changes_the_version_alone(
    name: str, extras: str, specifier: str, marker: str, tail: str, end: str
) -> None:
    line = logical_lines(name + extras + specifier + marker + tail + end, "r.txt")[0]
    (after,) = logical_lines(pinned(line, "7.0"), "r.txt")
    before, now = pep508(line, "r.txt"), pep508(after, "r.txt")
    assert before is not None
    assert now is not None
    assert (now.name, now.extras, now.marker) == (before.name, before.extras, before.marker)
    assert now.specifier == "==7.0"
    assert after.text.endswith(line.text[len(name + extras + specifier) :].lstrip(" "))
