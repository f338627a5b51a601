"""TOML, INI and environment files, line by line → what their commands, entry points and settings name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deadweight.codescan.programs import Named, value_named
from deadweight.codescan.shell import named_in
from deadweight.codescan.words import LISTS, bare_name

_TABLE = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:[#;].*)?")
_PAIR = re.compile(r"""\s*(?:export\s+)?([\w.:-]+|"[^"]*"|'[^']*')\s*([=:])\s*(.*)""")
# What is not closed ends with its line, so that no quote is looked at twice.
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?$)|\'([^\']*+)(?:\'|$)')
_TOOL = re.compile(r"tool[.:]([\w-]+)")

# Tables and keys that name distributions, or modules that nobody thereby uses.
_REQUIREMENTS = re.compile(
    r"(?:.*[.:])?(?:.*dependencies|dependency-groups|build-system|requires|optional-dependencies|extras_require|sources?"
    r"|package_data|package-data|packages(?:\.find)?|metadata|overrides|constraints)(?:\..*)?"
)
_NO_MODULES = frozenset(
    "dependencies requires install_requires setup_requires tests_require deps extras packages py_modules package module"
    " modules name include exclude keywords classifiers authors url version host hostname known-first-party omit source"
    " known_first_party known-third-party known_third_party constraint-dependencies override-dependencies known_local"
    " dev-dependencies ignore_missing_imports allowlist_externals passenv depends namespace-packages".split()
)
# Keys and tables that name folders of the import path: of setuptools, pytest, mypy, pyright, isort and ruff.
_ROOTS = frozenset("pythonpath python_paths mypy_path where extraPaths src_paths src PYTHONPATH".split())
_ROOT_TABLES = re.compile(r"tool\.(?:setuptools\.package-dir|pdm\.build\.package-dir)")
# Poetry: ``packages = [{ include = "x", from = "lib" }]``; Hatch: ``packages = ["lib/x"]``.
_FROM = re.compile(r"""\bfrom\s*=\s*["']([^"'\n]+)["']""")
_FOLDER_OF_PACKAGE = re.compile(r"""["']([\w./-]+)/\w+["']""")
# Keys whose value is a command, and tables whose every value is one.
_COMMANDS = frozenset("command commands commands_pre commands_post cmd shell release_command startCommand".split())
_TASKS = re.compile(r"tool\.(?!poetry\b).*\b(?:tasks|scripts)(?:\..*)?|processes")
# Sections that configure a tool under its own name.
_OWN_SECTIONS = frozenset(
    "coverage flake8 mypy isort pylint pydocstyle pycodestyle bandit yapf doc8 bumpversion".split()
)


def toml_settings(text: str) -> Iterator[Named]:
    """Yield what a TOML file names: tools that it configures, entry points, tasks, and dotted paths in its values."""
    table = key = ""
    told: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        header = _TABLE.fullmatch(line) if line.lstrip().startswith("[") else None
        # A line of an array may look like a header: ["a"], but never holds an equals sign in front of it.
        if header and not header[1].lstrip().startswith(('"', "'")):
            table, key = header[1].strip().replace('"', ""), ""
            yield from _tool(table, number, told)
            continue
        pair = _PAIR.match(line)
        if pair and pair[2] == "=":
            key, line = pair[1].strip("\"'"), pair[3]
        if line.lstrip().startswith("#"):
            continue
        if key in _ROOTS or _ROOT_TABLES.fullmatch(table):
            yield from (Named("root", match[1] or match[2] or ".", number) for match in _TEXT.finditer(line))
            continue
        yield from _poetry_roots(key, line, number)
        if key in _NO_MODULES or _REQUIREMENTS.fullmatch(table):
            continue
        for match in _TEXT.finditer(line):
            value = match[1] if match[1] is not None else match[2]
            yield from _value(key, value, number, command=key in _COMMANDS or bool(_TASKS.fullmatch(table)))


def ini_settings(text: str) -> Iterator[Named]:
    """Yield what an INI or environment file names: tools, entry points, commands, and dotted paths in its values."""
    section = key = ""
    told: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        header = _TABLE.fullmatch(line)
        if header and not line[0].isspace():
            section, key = header[1].strip(), ""
            yield from _tool(section, number, told)
            continue
        goes_on = line[0].isspace() and bool(key)
        pair = _PAIR.match(line)
        if not goes_on:
            key = pair[1] if pair else ""
        value = line.strip() if goes_on else pair[3] if pair else ""
        if key in _ROOTS or (section == "options" and key == "package_dir"):
            yield from (Named("root", word.rpartition("=")[2], number) for word in value.split())
            continue
        if key in _NO_MODULES or _REQUIREMENTS.fullmatch(section):
            continue
        if goes_on and key not in _COMMANDS:
            # An entry point, ``name = module:attr``; the lists of other keys are not modules for sure.
            value = pair[3] if pair and pair[2] == "=" else value if LISTS.fullmatch(key) else ""
        yield from _value(key, value.strip("\"'"), number, command=key in _COMMANDS)


def _value(key: str, value: str, number: int, *, command: bool) -> Iterator[Named]:
    if command:
        yield from named_in(value.removeprefix("-"), number)
        return
    # ``path [extra]`` is an entry point with its extras.
    yield from value_named(value.partition(" [")[0].strip(), number)
    if LISTS.fullmatch(key) and bare_name(value):
        yield Named("string", value, number)


def _poetry_roots(key: str, line: str, number: int) -> Iterator[Named]:
    if key == "packages":
        yield from (Named("root", match[1], number) for match in _FROM.finditer(line))
        yield from (Named("root", match[1], number) for match in _FOLDER_OF_PACKAGE.finditer(line))


def _tool(table: str, number: int, told: set[str]) -> Iterator[Named]:
    """Yield the tool that a table or section configures, once."""
    match = _TOOL.match(table)
    name = match[1] if match else table.partition(":")[0].partition("-")[0]
    if (match or name in _OWN_SECTIONS) and name not in told:
        told.add(name)
        yield Named("string", f"tool.{name}", number)
