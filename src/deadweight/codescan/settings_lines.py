"""TOML, INI and environment files, line by line → the names in their commands, entry points and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deadweight.codescan.programs import Named, value_named
from deadweight.codescan.shell import named_in
from deadweight.codescan.words import LISTS, bare_name

_TABLE = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:[#;].*)?")
_PAIR = re.compile(r"""\s*(?:export\s+)?([\w.:-]+|"[^"]*"|'[^']*')\s*([=:])\s*(.*)""")
# An unclosed string ends with its line, so that no quote is read twice.
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?$)|\'([^\']*+)(?:\'|$)')
_TOOL = re.compile(r"tool[.:]([\w-]+)")

# Tables and keys that name distributions, or modules without using them.
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
# Keys and tables that name directories of the import path, of setuptools, pytest, mypy, pyright, isort and ruff.
_ROOTS = frozenset("pythonpath python_paths mypy_path where extraPaths src_paths src PYTHONPATH".split())
_ROOT_TABLES = re.compile(r"tool\.(?:setuptools\.package-dir|pdm\.build\.package-dir)")
# Poetry: ``packages = [{ include = "x", from = "lib" }]``; Hatch: ``packages = ["lib/x"]``.
_FROM = re.compile(r"""\bfrom\s*=\s*["']([^"'\n]+)["']""")
_DIRECTORY_OF_PACKAGE = re.compile(r"""["']([\w./-]+)/\w+["']""")
# Keys whose value is a command, and tables whose values are all commands.
_COMMANDS = frozenset("command commands commands_pre commands_post cmd shell release_command startCommand".split())
_TASKS = re.compile(r"tool\.(?!poetry\b).*\b(?:tasks|scripts)(?:\..*)?|processes")
# Sections that are named after the tool that they configure.
_OWN_SECTIONS = frozenset(
    "coverage flake8 mypy isort pylint pydocstyle pycodestyle bandit yapf doc8 bumpversion".split()
)


def toml_settings(text: str) -> Iterator[Named]:
    """Yield the names in a TOML file: configured tools, entry points, tasks, and dotted paths in its values."""
    table = key = ""
    configured: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        header = _TABLE.fullmatch(line) if line.lstrip().startswith("[") else None
        # A line of an array may look like a header: ["a"].
        if header and not header[1].lstrip().startswith(('"', "'")):
            table, key = header[1].strip().replace('"', ""), ""
            yield from _tool(table, number, configured)
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
    """Yield the names in an INI or environment file: tools, entry points, commands, and dotted paths in its values."""
    section = key = ""
    configured: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        header = _TABLE.fullmatch(line)
        if header and not line[0].isspace():
            section, key = header[1].strip(), ""
            yield from _tool(section, number, configured)
            continue
        continues = line[0].isspace() and bool(key)
        pair = _PAIR.match(line)
        if continues:
            value = line.strip()
        else:
            key, value = (pair[1], pair[3]) if pair else ("", "")
        if key in _ROOTS or (section == "options" and key == "package_dir"):
            yield from (Named("root", word.rpartition("=")[2], number) for word in value.split())
            continue
        if key in _NO_MODULES or _REQUIREMENTS.fullmatch(section):
            continue
        if continues and key not in _COMMANDS:
            # Only an entry point, ``name = module:attr``, or an item of a list of modules counts.
            if pair and pair[2] == "=":
                value = pair[3]
            elif not LISTS.fullmatch(key):
                value = ""
        yield from _value(key, value.strip("\"'"), number, command=key in _COMMANDS)


def _value(key: str, value: str, number: int, *, command: bool) -> Iterator[Named]:
    if command:
        yield from named_in(value.removeprefix("-"), number)
        return
    # ``path [extra]`` is an entry point with extras.
    yield from value_named(value.partition(" [")[0].strip(), number)
    if LISTS.fullmatch(key) and bare_name(value):
        yield Named("string", value, number)


def _poetry_roots(key: str, line: str, number: int) -> Iterator[Named]:
    if key == "packages":
        yield from (Named("root", match[1], number) for match in _FROM.finditer(line))
        yield from (Named("root", match[1], number) for match in _DIRECTORY_OF_PACKAGE.finditer(line))


def _tool(table: str, number: int, configured: set[str]) -> Iterator[Named]:
    """Yield the tool that a table or section configures, unless it is in ``configured``."""
    match = _TOOL.match(table)
    name = match[1] if match else table.partition(":")[0].partition("-")[0]
    if (match or name in _OWN_SECTIONS) and name not in configured:
        configured.add(name)
        yield Named("string", f"tool.{name}", number)
