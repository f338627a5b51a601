"""The start command of a system and its files → the commands that it runs, including those in shell scripts.

Nothing is executed. A script is read from start to end; conditions are ignored, and loops and functions count once.
source: POSIX.1-2017, "Shell Command Language"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from posixpath import basename

from deadweight.codescan.programs import programs_of
from deadweight.codescan.shell import commands_in
from deadweight.inventory.directories import parent
from deadweight.inventory.systems.located import absolute, below_root, located, through_links
from deadweight.model import FileTree, Start

CONDA = frozenset(("conda", "mamba", "micromamba"))
RUNNERS = frozenset(("uv", "poetry", "pdm", "pipenv", "hatch"))
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh"))
_SHELL_LINE = re.compile(r"#![ \t]*\S{0,200}/(?:env[ \t]+(?:-\S+[ \t]+)?)?(?:sh|bash|dash|ash|zsh|ksh)\b")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?[-=]([^{}]*))?\})")
_RELEVANT = ("PATH", "PYTHONPATH", "LAMBDA_TASK_ROOT", "UV_PROJECT_ENVIRONMENT")
_ALL_ARGUMENTS = frozenset(("$@", "$*", "${@}", "${*}"))
_LARGEST = 1 << 15  # bytes of a script; the rest is ignored
_LONGEST = 1 << 12  # characters of a variable's value, which could double on every line
_MOST_WORDS = 1000
_MOST_VARIABLES = 1000
_MOST_COMMANDS = 2000  # of all scripts together
_MOST_SCRIPTS = 32
_DEEPEST = 8  # scripts that start scripts


def commands_of(tree: FileTree) -> list[Start]:
    """Return the commands that a system starts, in order."""
    reading = _Reading(tree)
    reading.follow(list(tree.start.command), _Shell(tree.start, []), 0)
    return reading.commands


class _Shell:
    """The state of a shell between its commands."""

    def __init__(self, start: Start, arguments: list[str], activated: tuple[str, ...] = ()) -> None:
        self.directory, self.home = start.directory or "/", start.home
        self.variables = {name: value[:_LONGEST] for name, value in islice(start.variables.items(), _MOST_VARIABLES)}
        self.arguments = arguments
        self.activated = activated  # the words that run a command in the environment of "conda activate"

    def start(self, words: Iterable[str], assigned: dict[str, str]) -> Start:
        """Return the Start of a command in this shell."""
        return Start((*self.activated, *words), self.directory, {**self.variables, **assigned}, self.home)

    def expanded(self, words: Iterable[str]) -> list[str]:
        """Return words with variables expanded; unknown variables are left unchanged."""
        result: list[str] = []
        for word in words:
            if word in _ALL_ARGUMENTS:
                result += self.arguments
            elif _VARIABLE.fullmatch(word):
                result += self._value(word).split()[:_MOST_WORDS]  # "exec $COMMAND"
            else:
                result.append(self._value(word))
        return result[:_MOST_WORDS]

    def assign(self, words: Iterable[str]) -> dict[str, str]:
        """Return the variables that assignments among the words set."""
        pairs = (match for word in words if (match := _ASSIGNMENT.fullmatch(word)))
        return {match[1]: self._value(match[2]) for match in pairs}

    def _value(self, word: str) -> str:
        return _VARIABLE.sub(self._of, word)[:_LONGEST] if "$" in word else word

    def _of(self, match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name.isdigit() and 0 < int(name[:4]) <= len(self.arguments):
            return self.arguments[int(name[:4]) - 1][:_LONGEST]
        return self.variables.get(name) or (match[0] if match[3] is None else match[3])


class _Reading:
    """Collects commands, and follows them into the scripts that they start."""

    def __init__(self, tree: FileTree) -> None:
        self.commands: list[Start] = []
        self._tree = tree
        self._commands_left, self._scripts_left = _MOST_COMMANDS, _MOST_SCRIPTS

    def follow(self, words: list[str], shell: _Shell, depth: int) -> None:
        """Add a command, or the commands of the script that it starts."""
        programs = list(programs_of(words))
        runs = next((each for each in programs if each and basename(each[0]) in RUNNERS | CONDA), programs[-1])
        if not runs:
            return
        assigned = shell.assign(words[: len(words) - len(runs)])
        start = shell.start(runs, assigned)
        name, inner = basename(runs[0]), _Shell(start, [], shell.activated)
        if name in _SHELLS:
            self._follow_shell(runs[1:], inner, depth)
        elif name not in RUNNERS | CONDA and (text := self._script(runs[0], start)):
            inner.arguments = runs[1:]
            self._read(text, inner, depth + 1)
        else:
            relevant = {name: start.variables[name] for name in _RELEVANT if name in start.variables}
            self.commands.append(start._replace(variables=relevant))

    def _follow_shell(self, words: list[str], shell: _Shell, depth: int) -> None:
        """Follow the arguments of ``sh``: options, then a command string or a script."""
        while words and words[0].startswith(("-", "+")):
            option = words.pop(0)
            if option.startswith("-") and option.endswith("c") and not option.startswith("--") and words:
                shell.arguments = words[2:]
                self._read(words[0], shell, depth + 1)
                return
        if words:
            shell.arguments = words[1:]
            self._read(self._text(self._file(words[0], shell)), shell, depth + 1)

    def _read(self, text: str, shell: _Shell, depth: int) -> None:
        self._scripts_left -= 1
        if depth > _DEEPEST or self._scripts_left < 0:
            return
        for words in commands_in(text[:_LARGEST]):
            self._commands_left -= 1
            if self._commands_left < 0:
                return
            self._run(words, shell, depth)

    def _run(self, words: list[str], shell: _Shell, depth: int) -> None:
        """Apply a builtin to the state of the shell, or follow any other command."""
        words = shell.expanded(words)
        program = list(programs_of(words))[-1]
        name = basename(program[0]) if program else ""
        if not program:
            shell.variables |= shell.assign(words)
        elif name in ("export", "declare", "local", "readonly", "typeset"):
            shell.variables |= shell.assign(program[1:])
        elif name == "cd":
            shell.directory = absolute(shell.directory, program[1]) if len(program) > 1 else shell.home
        elif name == "set" and program[1:2] == ["--"]:
            # Entrypoint scripts run ``set -- server "$@"`` only if the arguments are options, not a command.
            if not shell.arguments or shell.arguments[0].startswith("-"):
                shell.arguments = program[2:]
        elif name in CONDA and program[1:2] == ["activate"]:
            shell.activated = _activated(name, program[2:])
        elif name in (".", "source"):
            self._source(program[1:], shell, depth)
        else:
            self.follow(words, shell, depth)

    def _source(self, words: list[str], shell: _Shell, depth: int) -> None:
        """Read a script in this shell; ``activate`` of a venv is handled without reading it."""
        path = self._file(words[0], shell) if words else None
        if words and basename(words[0]) == "activate" and len(words) > 1:
            shell.activated = _activated("conda", words[1:])
        elif path is not None and basename(path) == "activate":
            shell.variables["PATH"] = f"/{parent(path)}:{shell.variables.get('PATH', '')}"[:_LONGEST]
        else:
            self._read(self._text(path), shell, depth + 1)

    def _file(self, word: str, shell: _Shell) -> str | None:
        """Return the path of a file that a shell reads, from the working directory or PATH."""
        path = through_links(below_root(absolute(shell.directory, word)), self._tree)
        return path if path in self._tree.entries else located(word, shell.start((), {}), self._tree)

    def _script(self, program: str, start: Start) -> str:
        """Return the text of a program that is a shell script, "" for any other program."""
        path = located(program, start, self._tree)
        text = self._text(path)
        is_shell = _SHELL_LINE.match(text) if text.startswith("#!") else program.endswith(".sh")
        return text if is_shell else ""

    def _text(self, path: str | None) -> str:
        for _ in range(_DEEPEST):
            entry = self._tree.entries.get(path) if path is not None else None
            if path is None or entry is None:
                return ""
            if entry.kind == "file":
                try:
                    return self._tree.reader.read(path, _LARGEST).decode("utf-8", "replace")
                except OSError:
                    return ""
            target = self._tree.reader.target(path)
            path = None if target is None else below_root(absolute(f"/{path}/..", target))
        return ""


def _activated(program: str, words: list[str]) -> tuple[str, ...]:
    named = next((word for word in words if not word.startswith("-")), "base")
    if named == "base":
        return ()
    return (program, "run", "-p" if "/" in named else "-n", named)
