"""When the body of an ``if`` runs."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from deadweight.codescan.python.code import read_python
from deadweight.model import Mention


def mentions(text: str, file: str = "app.py") -> dict[str, Mention]:
    return {m.name: m for m in read_python(text.encode(), file, "application").mentions}


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("if settings.DEBUG:\n    import a\nelse:\n    import b", {"a": "settings.DEBUG", "b": "not (settings.DEBUG)"}),
        ('if os.environ.get("X") == "1":\n    import a', {"a": 'os.environ.get("X") == "1"'}),
        ("def main():\n    if args.profile:\n        import a", {"a": "args.profile"}),
        ("if a1:\n    def f():\n        import a", {"a": "a1"}),
        ("if x:\n    import a\nelif y:\n    import b", {"a": "x", "b": "not (x) and y"}),
        ("if x:\n    if y:\n        import a", {"a": "x and y"}),
        ("match mode:\n    case 'dev':\n        import a\n    case _:\n        import b",
         {"a": "match mode: case 'dev'", "b": "match mode: case _"}),
        ("if (x and\n    y):\n    import a", {"a": "x and …"}),
        ("if ä:\n    import a", {"a": "ä"}),
    ],
)  # fmt: skip
def test_import__under_a_condition__shows_it(text: str, conditions: dict[str, str]) -> None:
    found = mentions(text)
    assert {name: m.condition for name, m in found.items()} == conditions
    assert {m.how for m in found.values()} == {"conditional"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('INSTALLED_APPS = ["web"]\nif DEBUG:\n    INSTALLED_APPS += ["toolbar"]\n', {"web": "", "toolbar": "DEBUG"}),
        ('if DEBUG:\n    MIDDLEWARE.append("toolbar.Middle")\n', {"toolbar.Middle": "DEBUG"}),
        ('INSTALLED_APPS = ["web"] + (["toolbar"] if DEBUG else [])\n', {"web": "", "toolbar": "DEBUG"}),
        ('INSTALLED_APPS = ["web", *(["toolbar"] if DEBUG else ["x"])]\n',
         {"web": "", "toolbar": "DEBUG", "x": "not (DEBUG)"}),
        ('URL = "postgresql+psycopg2://x" if PG else "y"\n', {"postgresql+psycopg2": "PG"}),
        ('DEBUG and load("toolbar.urls")\n', {"toolbar.urls": "DEBUG"}),
    ],
)  # fmt: skip
def test_setting__under_a_condition__shows_it(text: str, names: dict[str, str]) -> None:
    found = mentions(text, "settings.py")
    assert {name: m.condition for name, m in found.items()} == names
    assert all((m.how == "conditional") == bool(m.condition) for m in found.values())


@pytest.mark.parametrize(
    ("test", "holds", "fails"),
    [
        ("sys.version_info >= (3, 11)", "3.11.0", "3.10.9"),
        ("sys.version_info < (3, 8, 1)", "3.8.0", "3.8.1"),
        ("sys.version_info > (3, 7)", "3.7.0", "3.6.9"),
        ("sys.version_info <= (3, 7)", "3.6.9", "3.7.0"),
        ("(3, 9) <= sys.version_info", "3.9.0", "3.8.20"),
        ("sys.version_info[0] == 2", "2.7.18", "3.11.0"),
        ("sys.version_info[0] > 2", "3.0.0", "2.7.18"),
        ("sys.version_info.major < 3", "2.7.18", "3.0.0"),
        ("not sys.version_info < (3,)", "3.11.0", "2.7.18"),
        ("sys.version_info >= (3, 8) and sys.version_info < (3, 11)", "3.9.0", "3.11.0"),
        ("not (sys.version_info >= (3, 8) and sys.version_info < (3, 11))", "3.11.0", "3.9.0"),
    ],
)
def test_import__for_some_pythons__has_their_marker(test: str, holds: str, fails: str) -> None:
    found = mentions(f"import sys\nif {test}:\n    import a\nelse:\n    import b")
    assert {(m.how, m.condition) for m in found.values()} == {("start", "")}
    for version, expected in ((holds, True), (fails, False)):
        values = {"python_full_version": version, "python_version": version.rpartition(".")[0]}
        assert Marker(found["a"].marker).evaluate(values) == expected
        assert Marker(found["b"].marker).evaluate(values) != expected


@pytest.mark.parametrize(
    "test",
    ['sys.platform == "win32"', 'os.name == "nt"', 'platform.system() == "Windows"', 'sys.platform.startswith("win")'],
)
def test_import__for_some_systems__has_their_marker(test: str) -> None:
    found = mentions(f"if {test}:\n    import a\nelse:\n    import b")
    windows = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"}
    linux = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
    assert (Marker(found["a"].marker).evaluate(windows), Marker(found["a"].marker).evaluate(linux)) == (True, False)
    assert (Marker(found["b"].marker).evaluate(windows), Marker(found["b"].marker).evaluate(linux)) == (False, True)


@pytest.mark.parametrize(
    ("text", "hows"),
    [
        ("if HAS_NUMPY:\n    import a", {"a": "optional"}),
        ("if not HAS_NUMPY:\n    import a", {"a": "start"}),
        ('if importlib.util.find_spec("x"):\n    import a', {"x": "optional", "a": "optional"}),
        (
            'if find_spec("x") is not None:\n    import a\nelse:\n    import b',
            {"x": "optional", "a": "optional", "b": "start"},
        ),
        ("if is_torch_available:\n    import a", {"a": "optional"}),
        ('if __name__ == "__main__":\n    import a', {"a": "start", ".": "start"}),
        ("if not TYPE_CHECKING and x:\n    import a", {"a": "conditional"}),
    ],
)
def test_import__under_a_check_for_a_distribution__is_optional(text: str, hows: dict[str, str]) -> None:
    assert {name: m.how for name, m in mentions(text).items()} == hows


def test_condition__chain_of_any_depth__is_bounded() -> None:
    chain = "\n".join(f"{'el' if n else ''}if {'x' * 50}{n}:\n    import m{n}" for n in range(400))
    found = mentions(chain)
    assert len(found) == 400
    assert max(len(m.condition) for m in found.values()) <= 120
    assert found["m399"].condition.endswith(f"{'x' * 50}399")


def test_condition__nested_brackets__needs_no_stack() -> None:
    found = mentions(f"if {'(' * 90}x{')' * 90}:\n    import a")
    assert found["a"].how == "conditional"


def test_relative_import__keeps_its_dots() -> None:
    found = mentions("from . import a, B\nfrom .b import c\nfrom ..d.e import F\n")
    assert set(found) == {".a", ".", ".b.c", "..d.e"}


def test_template__syntax_error__is_skipped() -> None:
    found = read_python(b"import a\nimport {{ cookiecutter.name }}\n", "x.py", "application")
    assert (found.mentions, [each.reason for each in found.skipped]) == ((), ["a template for other files"])


def test_python_2__braces_in_strings__is_read_by_line() -> None:
    found = read_python(b"import a\nprint 'x'\ny = '{{}}'\n", "x.py", "application")
    assert [m.name for m in found.mentions] == ["a"]
