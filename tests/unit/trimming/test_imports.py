"""Which modules in directories of tests a module imports."""

from __future__ import annotations

import pytest

from deadweight.trimming.imports import imported_tests


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "from scipy.special.tests.test_x import mp\n",
            {"scipy.special.tests.test_x", "scipy.special.tests.test_x.mp"},
        ),
        ("import a.tests.b as b, os\n", {"a.tests.b", "os"}),
        ("if x:\n    from . import tests\n", {"pkg.sub", "pkg.sub.tests"}),
        ("from .. import (\n    tests,  # why\n    util as u,\n)\n", {"pkg", "pkg.tests", "pkg.util"}),
        ("from .tests import runner\n", {"pkg.sub.tests", "pkg.sub.tests.runner"}),
        ("from ..test.client import Client\n", {"pkg.test.client", "pkg.test.client.Client"}),
        ("from ....tests import x\n", set()),
        ("import numpy.testing\nfrom attest import contests\nx = 'tests'\n", set()),
        ("# import a.tests\n", set()),
        ("from tests import (\n", {"tests"}),
        ("", set()),
    ],
)
def test_imported_tests__spelling__is_resolved(text: str, names: set[str]) -> None:
    assert imported_tests(text.encode(), "pkg.sub") == names


def test_imported_tests__not_utf8__is_read() -> None:
    assert imported_tests(b"# caf\xe9\nfrom a.tests import b\n", "") == {"a.tests", "a.tests.b"}
