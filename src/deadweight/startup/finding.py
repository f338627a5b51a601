"""The files and commands of an application → the modules that may start it, each with where it was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight.codescan.commands import dockerfile, procfile, systemd_unit
from deadweight.codescan.local_modules import LocalModules
from deadweight.codescan.programs import Named
from deadweight.codescan.roles import role_of
from deadweight.formats.tables import toml_or_nothing
from deadweight.startup.values import Entry

# Files that applications usually start from, by preference; those of one line are equally likely.
_USUAL = (("wsgi",), ("asgi",), ("main", "app"), ("application", "server", "run", "cli"), ("manage",))
_SERVERS = frozenset(
    "gunicorn uvicorn hypercorn daphne granian uwsgi waitress-serve celery dramatiq rq arq taskiq flask fastapi sanic"
    " litestar faust streamlit".split()
)
_PYTHON_MODULE = "python -m "
_DEEPEST = 3  # directories above a file that is found by its name


class Code(Struct, frozen=True, kw_only=True):
    """What the start of an application may be found in.

    python:  paths of its Python files, relative to its directory
    texts:   path → text of its files with commands, and of its ``pyproject.toml``
    scripts: paths of the Python files that do something only if they are run
    """

    python: frozenset[str]
    texts: Mapping[str, str] = {}
    scripts: frozenset[str] = frozenset()


def in_commands(code: Code) -> Iterator[Entry]:
    """Yield what the commands of production start."""
    for path, text in sorted(code.texts.items()):
        read = _reader(path.rpartition("/")[2])
        for line, module in _started(read(text)) if read else ():
            entry = _of_path(module, code) if module.endswith(".py") else _of_name(module, code)
            if entry and not entry.file.endswith(("manage.py", "__init__.py")):
                yield replace(entry, because=f"{path}:{line}")


def _reader(name: str) -> Callable[[str], Iterator[Named]] | None:
    if name.startswith("Procfile"):
        return procfile
    if re.search(r"(?i)(docker|container)file", name):
        return dockerfile
    return systemd_unit if name.endswith(".service") else None


def _started(names: Iterator[Named]) -> Iterator[tuple[int, str]]:
    """Yield (line, module or file) of each command that starts one."""
    server, files = "", dict[int, str]()
    for named in names:
        if named.role:
            continue  # in a stage that is not shipped
        if named.kind == "command":
            module = named.name.removeprefix(_PYTHON_MODULE)
            server = module if module in _SERVERS else ""
            if server and server not in ("streamlit", "fastapi"):
                files.pop(named.line, None)  # its configuration
            if module != named.name and not server:
                yield named.line, module
        # Before the program come the variables that are set for it, after it its arguments.
        elif named.kind == "string" and server:
            yield named.line, named.name
        elif named.kind == "file" and named.name.endswith(".py"):
            server = ""
            files.setdefault(named.line, named.name)
    yield from files.items()


def in_project(code: Code) -> Iterator[Entry]:
    """Yield the modules of the programs that the project installs."""
    data = toml_or_nothing(code.texts.get("pyproject.toml", ""))
    for table in (("project",), ("tool", "poetry")):
        scripts: object = data
        for key in (*table, "scripts"):
            scripts = scripts.get(key) if isinstance(scripts, dict) else None
        for name, value in scripts.items() if isinstance(scripts, dict) else ():
            entry = of_module(value.partition(":")[0].strip(), code) if isinstance(value, str) else None
            if entry:
                yield replace(entry, because=f"{name} in pyproject.toml")


def usual(code: Code) -> Iterator[Entry]:
    """Yield the files with the likeliest name, those in the fewest directories."""
    packages = LocalModules(code.python).packages
    for names in _USUAL:
        named = [path for path in code.python if path.rpartition("/")[2].removesuffix(".py") in names]
        paths = [path for path in named if role_of(path, packages) == "application"]
        depth = min((path.count("/") for path in paths), default=_DEEPEST)
        if depth < _DEEPEST:
            yield from (of_file(path, code) for path in sorted(paths) if path.count("/") == depth)
            return


def others(code: Code) -> Iterator[Entry]:
    """Yield files of production and scripts: those that people run first, then those in the fewest directories."""
    packages = LocalModules(code.python).packages
    roles = {path: role_of(path, packages) for path in code.python}

    def order(path: str) -> tuple[bool, bool, int, str]:
        is_run = path in code.scripts or path.endswith("__main__.py")
        return not is_run, roles[path] != "application", path.count("/"), path

    files = (path for path in code.python if roles[path] in ("application", "scripts"))
    yield from (of_file(path, code) for path in sorted(files, key=order) if not path.endswith("__init__.py"))


def _of_path(path: str, code: Code) -> Entry | None:
    """Return the entry for a path in a command; "/app/main.py" in a container matches "main.py"."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    suffixes = ("/".join(parts[at:]) for at in range(len(parts)))
    file = next((suffix for suffix in suffixes if suffix in code.python), None)
    return of_file(file, code) if file else None


def _of_name(name: str, code: Code) -> Entry | None:
    """Return the entry for a module, or for an object in a module."""
    return of_module(name, code) or of_module(name.rpartition(".")[0], code)


def of_module(name: str, code: Code) -> Entry | None:
    """Return the entry for a module of the application: in its directory, in ``src``, or where only one file fits."""
    inner = name.replace(".", "/")
    for suffix in (f"{inner}.py", f"{inner}/__init__.py"):
        for directory in ("", "src/"):
            if f"{directory}{suffix}" in code.python:
                return Entry(module=name, directory=directory.rstrip("/"), file=f"{directory}{suffix}")
        fitting = [path for path in code.python if path.endswith(f"/{suffix}")]
        if len(fitting) == 1:
            return Entry(module=name, directory=fitting[0].removesuffix(f"/{suffix}"), file=fitting[0])
    return None


def of_file(path: str, code: Code) -> Entry:
    """Return the entry for a file: a module of its package, else a script, whose directory is on the import path."""
    directory, _, name = path.rpartition("/")
    parts = [] if name == "__init__.py" else [name.removesuffix(".py")]
    while directory and f"{directory}/__init__.py" in code.python:
        directory, _, package = directory.rpartition("/")
        parts.insert(0, package)
    return Entry(module=".".join(parts), directory=directory, file=path, because=path)
