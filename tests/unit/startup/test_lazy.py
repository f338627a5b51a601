"""The imports of files that a start loads → the heavy ones that could happen later."""

from __future__ import annotations

import pytest

from deadweight.codescan.local_modules import LocalModules
from deadweight.startup.attribution import APPLICATION, STANDARD, Owner
from deadweight.startup.costs import Tree
from deadweight.startup.importtime import tree
from deadweight.startup.lazy import Candidate, absolute, grouped, heavy_imports, is_exposed
from deadweight.startup.scopes import Source, read_source
from deadweight.startup.values import Imported

NAMES = {"shop/__init__.py": "shop", "shop/app.py": "shop.app", "shop/report.py": "shop.report"}
HEAVY = "import pandas as pd\ndef f():\n    pd\n"


def times(*imports: tuple[str, int, int]) -> Tree:
    return tree(Imported(*each) for each in imports)


START = times(
    ("shop", 0, 10), ("numpy", 3, 100_000), ("pandas", 2, 300_000), ("shop.report", 1, 300_100),
    ("shop.app", 0, 300_200),
)  # fmt: skip


def found(file: str, code: str, *runs: Tree, start_us: int = 10_000_000) -> list[tuple[tuple[str, ...], int]]:
    candidates = heavy_imports({file: read_source(code.encode())}, NAMES, runs or (START,), start_us)
    assert all(candidate.file == file for candidate in candidates)
    return [(candidate.modules, candidate.cost_us) for candidate in candidates]


def test_heavy_imports__heavy_statement__has_the_cost_of_its_modules() -> None:
    assert found("shop/report.py", HEAVY) == [(("pandas",), 300_000)]


@pytest.mark.parametrize(
    ("code", "modules", "cost"),
    [
        ("import numpy, pandas\ndef f():\n    numpy, pandas\n", ("numpy", "pandas"), 300_000),
        ("from pandas import DataFrame\ndef f():\n    DataFrame\n", ("pandas",), 300_000),
        ("from . import report\ndef f():\n    report\n", ("shop.report",), 300_100),
        ("from .report import g\ndef f():\n    g\n", ("shop.report",), 300_100),
        ("from shop import report\ndef f():\n    report\n", ("shop.report",), 300_100),
    ],
)
def test_heavy_imports__any_form__is_matched_with_what_a_start_loads(
    code: str, modules: tuple[str, ...], cost: int
) -> None:
    assert found("shop/app.py", code) == [(modules, cost)]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("shop/report.py", "import gone\ndef f():\n    gone\n"),
        ("shop/report.py", "from .. import outside\ndef f():\n    outside\n"),
        ("shop/other.py", HEAVY),  # which no start loads
        # What imports it is loaded before it anyway.
        ("shop/report.py", "import shop.app\ndef f():\n    shop\n"),
        ("shop/app.py", "import shop\ndef f():\n    shop\n"),
    ],
)
def test_heavy_imports__not_loaded_or_loaded_before__is_left_out(file: str, code: str) -> None:
    assert found(file, code) == []


def test_heavy_imports__light__depends_on_the_time_and_the_share() -> None:
    light = times(("light", 1, 2_000), ("shop.app", 0, 3_000))
    code = "import light\ndef f():\n    light\n"
    assert found("shop/app.py", code, light, start_us=40_001) == []
    assert found("shop/app.py", code, light, start_us=40_000) == [(("light",), 2_000)]
    assert found("shop/app.py", code, times(("light", 1, 20_000), ("shop.app", 0, 1))) == [(("light",), 20_000)]


def test_heavy_imports__several__begin_with_the_most_expensive() -> None:
    code = "import numpy\nimport pandas\ndef f():\n    numpy\ndef g():\n    pandas\n"
    assert found("shop/app.py", code) == [(("pandas",), 300_000), (("numpy",), 100_000)]


PANDAS, STORAGE, QUERY = (Owner("distribution", key) for key in ("pandas", "gcs", "bigquery"))
OWNER = {
    "pandas": PANDAS, "pandas.io": PANDAS, "shop": APPLICATION, "shop.a": APPLICATION, "shop.b": APPLICATION,
    "json": STANDARD, "csv": STANDARD, "google": STORAGE, "google.storage": STORAGE, "google.query": QUERY,
}  # fmt: skip


@pytest.mark.parametrize(
    ("modules", "groups"),
    [
        (["pandas", "pandas"], [[0, 1]]),
        (["pandas", "json", "pandas.io"], [[0, 2], [1]]),
        (["shop shop.a", "shop shop.b", "shop.a"], [[0, 2], [1]]),
        (["json", "csv", "json"], [[0, 2], [1]]),
        (["google google.storage", "google google.query"], [[0], [1]]),
        (["json", "pandas", "json pandas.io"], [[0, 1, 2]]),
        ([], []),
    ],
)
def test_grouped__same_distribution_or_module__is_together(modules: list[str], groups: list[list[int]]) -> None:
    (single,) = read_source(HEAVY.encode()).single
    candidates = [
        Candidate(file=str(number), single=single, modules=tuple(names.split()), cost_us=10 - number)
        for number, names in enumerate(modules)
    ]
    assert [[int(each.file) for each in group] for group in grouped(candidates, OWNER)] == groups


@pytest.mark.parametrize(
    ("module", "package", "name"),
    [
        ("a.b", "p", "a.b"), (".a", "p.q", "p.q.a"), ("..a", "p.q", "p.a"), ("..", "p.q", "p"), (".", "p", "p"),
        ("...a", "p.q", ""), (".a", "", ""),
    ],
)  # fmt: skip
def test_absolute__relative__counts_from_the_package(module: str, package: str, name: str) -> None:
    assert absolute(module, package) == name


@pytest.mark.parametrize(
    ("file", "code", "exposed"),
    [
        ("shop/other.py", "from shop.app import pd\n", True),
        ("shop/other.py", "from .app import pd as x\n", True),
        ("shop/other.py", "from .app import *\n", True),
        ("shop/__init__.py", "from . import app\napp.pd\n", True),
        ("main.py", "import shop.app\nshop.app.pd\n", True),
        ("main.py", "import shop\nshop.app.pd.x\n", True),
        ("main.py", "import shop.app as a\na.pd\n", True),
        ("tests/test_app.py", "patch('shop.app.pd.read_csv')\n", True),
        ("tests/test_app.py", "patch('shop.app:pd')\n", True),
        ("shop/other.py", "from .app import f\n", False),
        ("shop/other.py", "from .report import pd\n", False),
        ("shop/other.py", "from . import report\nreport.pd\n", False),
        ("shop/other.py", "import pandas as pd\npd.x\n", False),
        ("shop/other.py", "from .app import f\n'shop.app.pdx'\n", False),
        ("shop/app.py", "from shop.app import pd\n", False),
    ],
)
def test_is_exposed__other_file__may_take_the_name_from_the_module(file: str, code: str, exposed: bool) -> None:
    (single,) = read_source(HEAVY.encode()).single
    candidate = Candidate(file="shop/app.py", single=single, modules=("pandas",), cost_us=1)
    modules = LocalModules([*NAMES, "shop/other.py", "main.py", "tests/test_app.py"])
    assert is_exposed(candidate, {file: read_source(code.encode()), "shop/empty.py": Source()}, modules) == exposed
