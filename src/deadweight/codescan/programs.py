"""The words of one command → the program that it finally starts, and the names in its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from deadweight.codescan.words import bare_name, dotted_path, object_reference, url_scheme
from deadweight.model import Role


class Named(NamedTuple):
    """One name in a command. For the kind ``shell``, the name is a script for another shell.

    condition: the condition of the ``if`` or ``case`` around it; "" without one
    role:      the role of this part of the file, "" if it is that of the file
    """

    kind: Literal["import", "command", "string", "url", "root", "file", "shell"]
    name: str
    line: int
    condition: str = ""
    role: Role | Literal[""] = ""


_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_OPTION = re.compile(r"--?[\w-]+=")
_PROGRAM = re.compile(r"[A-Za-z_][\w.+-]{0,99}")
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)?)?t?|py|ipython3?")
_PROGRAM_DIRECTORY = re.compile(r"(?:^|[/_{$])(?:s?bin|Scripts|S?BIN)\}?$")
_PREFIX_VARIABLE = re.compile(r"\A\$\{\w+\}(?=[A-Za-z])")
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh"))
_IMPORT = re.compile(r"(?:^|[;\n])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))")

_KEYWORDS = frozenset("! { if then elif else do while until time coproc".split())
_NO_PROGRAMS = frozenset(
    "for select case esac in function fi done cd echo printf set unset export local declare readonly typeset let source"
    " eval exit return test true false shift read trap wait umask ulimit type alias getopts pushd popd shopt break"
    " continue kill jobs fg bg hash history logout".split()
)
# Programs that start the command after them → (operands before that command, options that take a value).
_PREFIXES: dict[str, tuple[int, str]] = {
    **dict.fromkeys(("nohup", "setsid", "command", "builtin", "catatonit", "doas", "fakeroot", "sem"), (0, "")),
    "exec": (0, "-a"),
    "env": (0, "-u -C"),
    "sudo": (0, "-u -g -h -p -C -D"),
    "time": (0, "-o -f"),
    "nice": (0, "-n"),
    "ionice": (0, "-c -n -p"),
    "stdbuf": (0, "-o -i -e"),
    "timeout": (1, "-s -k"),
    "gosu": (1, ""),
    "su-exec": (1, ""),
    "chroot": (1, ""),
    "tini": (0, "-p -e"),
    "dumb-init": (0, "-r"),
    "xvfb-run": (0, "-n -s -e -f -p"),
    "xargs": (0, "-n -P -I -L -d -a -s"),
    "opentelemetry-instrument": (0, ""),
    "ddtrace-run": (0, ""),
}
_NEEDED_WRAPPERS = frozenset("opentelemetry-instrument ddtrace-run newrelic-admin coverage dotenv watchmedo".split())
# Programs that start the command after this subcommand.
_RUNNERS = {
    **dict.fromkeys(("poetry", "uv", "pipenv", "pdm", "hatch", "rye", "pixi", "conda", "mamba", "micromamba"), "run"),
    "newrelic-admin": "run-program",
    "dotenv": "run",
}
_RUNNER_OPTIONS = frozenset(
    "--with --with-editable --with-requirements --python -p --extra --group --only-group --env-file --package"
    " --directory --project --index --index-url --config -C -P -n --name --prefix -e --environment -f --file"
    " --cwd".split()
)
# Programs that start the command after "--".
_AFTER_DASHES = frozenset(
    "doppler op infisical chamber aws-vault wait-for-it wait-for-it.sh wait-for dockerize watchmedo".split()
)
# Programs that run ``-m module`` themselves.
_RUN_MODULES = frozenset("coverage debugpy memray pyinstrument viztracer scalene kernprof pdb cProfile trace".split())

# Programs whose arguments name modules → the options whose value may be a module name without a dot.
_LOADERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        "daphne granian uwsgi waitress-serve faust dramatiq rq rqworker arq huey_consumer huey_consumer.py taskiq flask"
        " alembic django-admin manage.py scrapy streamlit fastapi sanic aerich dagster prefect litestar quart"
        " procrastinate".split(),
        frozenset(),
    ),
    "gunicorn": frozenset(("-k", "--worker-class")),
    "hypercorn": frozenset(("-k", "--worker-class")),
    "celery": frozenset(("-P", "--pool")),
    "uvicorn": frozenset(("--loop", "--http", "--ws")),
    "pytest": frozenset(("-p",)),
    "py.test": frozenset(("-p",)),
}
_PIP = re.compile(r"pip(?:x|\d(?:\.\d+)?)?")
_PROJECT = re.compile(r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[\w.,-]*\])?(?:(?:[=<>~!]=?|===).*)?")
_PIP_VALUES = frozenset(
    "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -t --target"
    " --prefix --root --python --platform --only-binary --no-binary --timeout --retries --proxy --trusted-host"
    " --cache-dir --cert --src --group --with --from".split()
)
_MOST_WORDS = 2000  # of one command; the rest is ignored
_BUILT_IN = frozenset("auto none sync gthread asyncio trio prefork solo threads processes no".split())


def named_by(words: list[str], line: int) -> Iterator[Named]:
    """Yield the program that a command starts, past wrappers such as exec and env, and the names in its words."""
    words = words[:_MOST_WORDS]
    for word in words:
        yield from value_named(word, line, dotted=bool(_ASSIGNMENT.match(word)))
        if word.endswith((".py", ".sh")) and not word.endswith("manage.py"):
            yield Named("file", word, line)
    at = 0
    while at < len(words):
        name = _base_name(words[at])
        if words[at] in _KEYWORDS or _ASSIGNMENT.match(words[at]):
            at += 1
            continue
        if name in _NEEDED_WRAPPERS:
            yield Named("command", name, line)
        following = _command_after(name, words, at + 1)
        if following is None:
            break
        at = following
        if words[at - 1] in ("-m", "--module"):
            yield from _module(words, at, line)
            return
    if at < len(words):
        yield from _program(_base_name(words[at]), words, at + 1, line)


def started_words(words: list[str]) -> list[str]:
    """Return the words of the program that a command finally starts, without wrappers such as exec and tini."""
    *_, last = programs_of(words)
    return last


def programs_of(words: list[str]) -> Iterator[list[str]]:
    """Yield the words of each program that a command starts, from first to last: exec, uv run, gunicorn.

    The last one is empty if the command only sets variables.
    """
    words, at = words[:_MOST_WORDS], 0
    while at < len(words):
        if words[at] in _KEYWORDS or _ASSIGNMENT.match(words[at]):
            at += 1
            continue
        yield words[at:]
        # Images also have programs in the root: "/tini".
        name = _base_name(words[at]) or words[at].rpartition("/")[2]
        following = _command_after(name, words, at + 1)
        if following is None or words[following - 1 : following] == ["-m"]:
            return
        at = following
    yield []


def value_named(word: str, line: int, *, dotted: bool = True) -> Iterator[Named]:
    """Yield the names in a word, or in the value of ``--option=value`` or ``NAME=value``.

    dotted: whether dotted paths count; in the arguments of most programs, they are files or hosts
    """
    if word.startswith("PYTHONPATH="):
        yield Named("root", word.partition("=")[2], line)
        return
    option = _OPTION.match(word) or _ASSIGNMENT.match(word)
    value = word[option.end() :] if option else word
    scheme = url_scheme(value)
    if scheme:
        yield Named("url", scheme, line)
    path = dotted_path(value) if dotted else None
    if path:
        yield Named("string", path, line)


def _base_name(word: str) -> str:
    """Return the name of a program without its directory, "" if it is not a program; ``$PYTHON`` counts as python."""
    directory, slash, name = _PREFIX_VARIABLE.sub("", word).rpartition("/")
    if name.startswith("$"):
        name = name.strip("${}()").lower()
        return name if not slash and (_PYTHON.fullmatch(name) or name in _RUNNERS) else ""
    if slash and not _PROGRAM_DIRECTORY.search(directory) and name != "manage.py":
        return ""
    return name if _PROGRAM.fullmatch(name) else ""


def _command_after(name: str, words: list[str], at: int) -> int | None:
    """Return the index of the command that ``name`` starts; None if it does not start another command."""
    if name in _PREFIXES:
        operands, options = _PREFIXES[name]
        return _skip_options(words, at, frozenset(options.split()), operands)
    if name in _RUNNERS and at < len(words) and words[at] == _RUNNERS[name]:
        return _skip_options(words, at + 1, _RUNNER_OPTIONS, 0)
    if name in _AFTER_DASHES and "--" in words[at:]:
        return words.index("--", at) + 1
    if name in _RUN_MODULES and "-m" in words[at:]:
        return words.index("-m", at) + 1
    return None


def _skip_options(words: list[str], at: int, valued: frozenset[str], operands: int) -> int:
    while at < len(words):
        word = words[at]
        if word in ("-m", "--module"):
            return at + 1
        if word == "--":
            return at + 1 + operands
        if word.startswith("-"):
            at += 2 if word in valued else 1
        elif _ASSIGNMENT.match(word):
            at += 1
        elif operands:
            at, operands = at + 1, operands - 1
        else:
            break
    return at


def _program(name: str, words: list[str], at: int, line: int) -> Iterator[Named]:
    if _PYTHON.fullmatch(name):
        if name.startswith("ipython"):
            yield Named("command", name, line)
        yield from _python(words, at, line)
    elif name in _SHELLS:
        yield from _shell(words, at, line)
    elif name == "manage.py":
        yield from _managed(words, at, line)
    elif name and name not in _NO_PROGRAMS and not name.endswith((".sh", ".py")):
        yield Named("command", name, line)
        yield from _arguments(name, words, at, line)
        yield from _installed(name, words, at, line)


def _installed(name: str, words: list[str], at: int, line: int) -> Iterator[Named]:
    """Yield ``pip install NAME`` for each project that a command installs by name."""
    verbs = words[at : at + 2]
    start = at + 1 if _PIP.fullmatch(name) and verbs[:1] == ["install"] else 0
    start = at + 2 if name == "uv" and verbs in (["pip", "install"], ["tool", "install"]) else start
    before = ""
    for word in words[start:] if start else ():
        match = _PROJECT.fullmatch(word)
        if match and before not in _PIP_VALUES:
            yield Named("command", f"pip install {match[1]}", line)
        before = word


def _python(words: list[str], at: int, line: int) -> Iterator[Named]:
    while at < len(words):
        word = words[at]
        if re.fullmatch(r"-[a-zA-Z]*m", word):
            yield from _module(words, at + 1, line)
            return
        if re.fullmatch(r"-[a-zA-Z]*c", word):
            yield from _code(words[at + 1 : at + 2], line)
            return
        if not word.startswith("-"):
            name = _base_name(word)
            if name and ("/" in word or name == "manage.py"):
                yield from _program(name, words, at + 1, line)
            return
        at += 2 if word in ("-W", "-X") else 1


def _module(words: list[str], at: int, line: int) -> Iterator[Named]:
    """Yield the names in ``-m NAME …``, including a module that NAME itself runs with ``-m``."""
    while at < len(words) and all(part.isidentifier() for part in words[at].split(".")) and len(words[at]) < 256:
        name = words[at]
        yield Named("command", f"python -m {name}", line)
        yield from _arguments(name, words, at + 1, line)
        yield from _installed(name, words, at + 1, line)
        if name not in _RUN_MODULES or "-m" not in words[at:]:
            return
        at = words.index("-m", at) + 1


def _code(code: list[str], line: int) -> Iterator[Named]:
    for match in _IMPORT.finditer("".join(code)):
        for name in (match[1] or match[2]).split(","):
            module = name.split(" as ")[0].strip()
            if module and not module.startswith(".") and all(part.isidentifier() for part in module.split(".")):
                yield Named("import", module, line)


def _shell(words: list[str], at: int, line: int) -> Iterator[Named]:
    while at < len(words) and words[at].startswith("-"):
        if words[at].endswith("c"):
            if at + 1 < len(words):
                yield Named("shell", words[at + 1], line)
            return
        at += 1


def _managed(words: list[str], at: int, line: int) -> Iterator[Named]:
    name = next((word for word in words[at:] if not word.startswith("-")), "")
    if _PROGRAM.fullmatch(name):
        yield Named("command", f"manage.py {name}", line)
    yield from _arguments("manage.py", words, at, line)


def _arguments(name: str, words: list[str], at: int, line: int) -> Iterator[Named]:
    """Yield the modules in the arguments of a server, a worker or a test runner."""
    if name not in _LOADERS:
        return
    bare = _LOADERS[name]
    for before, word in zip(words[at - 1 :], words[at:], strict=False):
        option, _, value = word.rpartition("=") if word.startswith("-") else (before, "", word)
        module = dotted_path(value) or object_reference(value)
        if module is None and option in bare and value not in _BUILT_IN:
            module = bare_name(value)
        if module:
            yield Named("string", module, line)
