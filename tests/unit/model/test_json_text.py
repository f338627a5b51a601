"""Values as indented JSON: the same text as the standard library's, made faster."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.model.json_text import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_text__any_value__is_what_the_standard_library_writes(value: object) -> None:
    assert json_text(value) == json.dumps(value, indent=1)


@pytest.mark.parametrize("value", [{"a": {1}}, b"a", object()])
def test_json_text__value_that_json_has_not__is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        json_text(value)
