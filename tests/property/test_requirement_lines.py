"""Requirement lines of metadata against packaging, which they are only a faster way to."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deadweight.graph.lines import Markers, Offer, parse_line

BLANK = st.sampled_from(("", " ", "  ", "\t"))
NAME = st.sampled_from(("a", "B_c", "d.e-f", "0g", "h-", "_i", "j k"))
EXTRA = st.sampled_from(("x", "Y_z", "all.it", "x-", "-"))
CLAUSE = st.sampled_from(
    (
        ">=1",
        "==1.*",
        ">=1.*",
        "~=1.2",
        "~=1",
        "!=1.0rc1",
        "<2,>1",
        "===foo",
        "== 1.0+cpu",
        "<",
        ">=1,",
        ",",
        "1.0",
        "=>1",
    )
)
MARKER = st.sampled_from(
    (
        "extra == 'x'", 'extra=="Y_z"', "extra == 'x\"", "'x' == extra", "extra != 'x'", "extra in 'x y-z'",
        "python_version >= '3' and extra == 'x'", "python_version < '3' or extra == 'y-z'", "os_name == 'nt'",
        "sys_platform != 'win32'", "extra == ''", "", "nonsense", "(extra == 'x')", "extra == 'x' and extra == 'y-z'",
    )
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> str:
    extras = draw(st.one_of(st.just(""), st.lists(EXTRA, max_size=2).map(lambda names: f"[{','.join(names)}]")))
    marker = draw(st.one_of(st.just(""), MARKER.map(lambda text: f";{text}")))
    parts = [draw(NAME), extras, draw(st.one_of(st.just(""), CLAUSE, CLAUSE.map(lambda c: f"({c})"))), marker]
    return "".join(draw(BLANK) + part for part in parts)


@given(lines())
@example("a @ https://host/a.whl ; extra == 'x'")
@example("a[x]>=1;extra=='x'")
def test_parse_line__any_line__is_what_packaging_parses(line: str) -> None:
    try:
        expected = Requirement(line)
    except InvalidRequirement:
        expected = None
    try:
        found = parse_line(line)
    except InvalidRequirement:
        found = None
    assert (found is None) == (expected is None)
    if found and expected:
        assert found.name == canonicalize_name(expected.name)
        assert found.extras == tuple(sorted(canonicalize_name(extra) for extra in expected.extras))
        assert Requirement(f"a{found.specifier}").specifier == expected.specifier
        values = {name: value for name, value in default_environment().items() if isinstance(value, str)}
        for extra in ("", "x", "y-z"):
            holds = expected.marker is None or expected.marker.evaluate({**values, "extra": extra})
            assert Markers(lambda: values).hold(found.marker, extra) == holds


@given(st.lists(lines(), max_size=5), st.sampled_from(("x", "y-z")))
def test_offer__lines_for_an_extra__leave_none_out_that_waits_for_it(texts: list[str], extra: str) -> None:
    """What holds for an extra, and not without one, is among the lines for it."""
    values = {name: value for name, value in default_environment().items() if isinstance(value, str)}
    markers = Markers(lambda: values)
    offered = [*Offer(texts).lines(extra)]
    for text in texts:
        try:
            marker = parse_line(text).marker
        except InvalidRequirement:
            continue
        waits = "!=" not in marker and markers.hold(marker, extra) and not markers.hold(marker)
        assert not waits or text in offered
