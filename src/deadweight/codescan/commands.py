"""Dockerfiles, Procfiles, systemd units, makefiles, justfiles and shell scripts → the names in their commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from deadweight.codescan.programs import Named, value_named
from deadweight.codescan.roles import environment_role
from deadweight.codescan.shell import named_by_words, named_in
from deadweight.model import Role

_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_INSTRUCTION = re.compile(r"\s*(?:ONBUILD\s+)?([A-Za-z]+)\s+(.*)", re.DOTALL)
_FLAGS = re.compile(r"(?:--[\w-]+(?:=\S*)?\s+)*")
_BODY = re.compile(r"<<-?[ \t]*([\"']?)(\w+)\1[ \t]*(?=\n)")
_HEREDOC = re.compile(r"(?<!<)<<-?\s*[\"']?([A-Za-z_]\w*)")
_PROCESS = re.compile(r"[\w.-]+:\s*(.*)")
_UNIT = re.compile(r"\s*(?:Exec\w+)\s*=\s*[-@:+!|]*(.*)")
_UNIT_ENVIRONMENT = re.compile(r"\s*Environment\s*=(.*)")
_TARGET = re.compile(r"@?([\w.-]+)(?:[ \t][^:=\n]*)?:(?!=)")
_RUNS = re.compile(
    r"(?:^|[._-])(?:run|start|serve|server|up|web|worker|prod|production|deploy|migrate|release)(?:[._-]|$)"
)
_RECIPE = re.compile(r"[ \t]*[@+-]*[ \t]*")
_MAKE_VARIABLE = re.compile(r"(?<!\$)\$\(([\w.]+)\)")
_JUST_VARIABLE = re.compile(r"\{\{[^{}\n]*\}\}")
_WORDS = re.compile(r"""[^\s"']+(?:"[^"]*"|'[^']*'|[^\s"'])*|"[^"]*"|'[^']*'""")


def shell_script(text: str) -> Iterator[Named]:
    """Yield the names in a shell script."""
    return named_in(text)


def dockerfile(text: str) -> Iterator[Named]:
    """Yield the names in the commands and the environment of a Dockerfile, each with the role of its stage.

    Only the last stage and the stages that it is based on are in the image. Their last CMD and ENTRYPOINT count.
    """
    every = list(instructions(text))
    roles = list(_stage_roles(every))
    last = {name: at for at, (name, _, _) in enumerate(every) if not roles[at]}
    entrypoint: list[str] = []
    for at, (name, value, line) in enumerate(every):
        role = roles[at]
        if name in ("CMD", "ENTRYPOINT") and not role and last[name] != at:
            role = "build"
        if name == "FROM":
            entrypoint = []
        elif name in ("ENV", "ARG", "LABEL"):
            for word in _WORDS.findall(value) if name != "LABEL" else ():
                yield from _with_role(value_named(_assigned(word), line), role)
        elif name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            value = _FLAGS.sub("", value, count=1)
            value = re.sub(r"\ACMD\s+", "", value) if name == "HEALTHCHECK" else value
            words = exec_form(value)
            if words is None:
                yield from _with_role(named_in(run_body(value), line), role)
                continue
            if name == "CMD" and _extends(entrypoint, words):
                words = entrypoint + words
            yield from _with_role(named_by_words(words, line), role)
            if len(words) > 1 and re.fullmatch(r"[a-z][\w-]*", words[1]):
                # The first word may be a script of the application that starts the command after it.
                yield from _with_role(named_by_words(words[1:], line), role)
            entrypoint = words if name == "ENTRYPOINT" else entrypoint


def _with_role(names: Iterable[Named], role: Role | Literal[""]) -> Iterator[Named]:
    return (named._replace(role=role) for named in names) if role else iter(names)


def _stage_roles(instructions: Sequence[tuple[str, str, int]]) -> Iterator[Role | Literal[""]]:
    """Yield the role of each instruction: "" for an instruction of the image itself, else "build" or "tests"."""
    stages: list[tuple[str, str]] = []  # (name, base)
    stage_of: list[int] = []
    for name, value, _ in instructions:
        if name == "FROM":
            match = _FROM.match(value)
            stages.append((match[2] or "", match[1]) if match else ("", ""))
        stage_of.append(len(stages) - 1)
    shipped = _shipped(stages)
    for stage in stage_of:
        if stage in shipped or stage < 0:
            yield ""
        else:
            yield environment_role(stages[stage][0]) or "build"


def _shipped(stages: Sequence[tuple[str, str]]) -> set[int]:
    """Return the numbers of the stages in the image: the last one that is not for development, and its bases."""
    candidates = [at for at, (name, _) in enumerate(stages) if not environment_role(name)] or list(range(len(stages)))
    shipped: set[int] = set()
    at: int | None = candidates[-1] if candidates else None
    while at is not None:
        shipped.add(at)
        base = stages[at][1].lower()
        at = next((n for n in range(at - 1, -1, -1) if stages[n][0].lower() == base), None) if base else None
    return shipped


def instructions(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (name, arguments, line) of each instruction, including continuation lines and here-documents."""
    lines = text.split("\n")
    escape = "`" if re.match(r"\s*#\s*escape\s*=\s*`", text) else "\\"
    at = 0
    while at < len(lines):
        first, kept = at, [lines[at].rstrip()]
        at += 1
        if kept[0].lstrip().startswith("#"):
            continue
        while kept[-1].endswith(escape) and at < len(lines):
            kept[-1] = kept[-1][:-1] + "\\"
            line = lines[at].rstrip()
            # Comments and empty lines do not end an instruction.
            kept.append(escape if not line or line.lstrip().startswith("#") else line)
            at += 1
        until = _HEREDOC.search("\n".join(kept)) if re.match(r"\s*(?:RUN|COPY|ADD)\b", kept[0], re.IGNORECASE) else None
        if until:
            while at < len(lines):
                at += 1
                if lines[at - 1].strip() == until[1]:
                    break
                kept.append(lines[at - 1])
        match = _INSTRUCTION.fullmatch("\n".join(kept))
        if match:
            yield match[1].upper(), match[2], first + 1


def run_body(value: str) -> str:
    """Return the command of a RUN, or its here-document."""
    match = _BODY.match(value)
    return value[match.end() :] if match else value


def exec_form(value: str) -> list[str] | None:
    """Return the words of an exec form, None for a shell form."""
    if not value.startswith("["):
        return None
    try:
        words = json.loads(value.replace("\\\n", " "))
    except (ValueError, RecursionError):
        return None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _extends(entrypoint: list[str], words: list[str]) -> bool:
    """Return whether CMD is arguments for ENTRYPOINT; otherwise ENTRYPOINT is a script that starts CMD."""
    options = bool(words) and words[0].startswith("-")
    return bool(entrypoint) and (options or "python" in entrypoint[0] or entrypoint[-1] in ("-m", "-c", "run", "--"))


def _assigned(word: str) -> str:
    """Return a word without the quotes around it or its value."""
    name, equals, value = word.partition("=")
    value = value.strip("\"'")
    return f"{name}={value}" if equals else word.strip("\"'")


def procfile(text: str) -> Iterator[Named]:
    """Yield the names in the processes of a Procfile."""
    for number, line in enumerate(text.split("\n"), 1):
        match = _PROCESS.match(line)
        if match:
            yield from named_in(match[1], number)


def systemd_unit(text: str) -> Iterator[Named]:
    """Yield the names in the commands and the environment of a systemd unit."""
    for number, line in _joined(text):
        command, environment = _UNIT.match(line), _UNIT_ENVIRONMENT.match(line)
        if command:
            yield from named_in(line[command.start(1) :], number)
        elif environment:
            for word in _WORDS.findall(environment[1]):
                yield from value_named(_assigned(word.strip("\"'")), number)


def makefile(text: str) -> Iterator[Named]:
    """Yield the names in the recipes of a makefile; targets that run the application have the role "scripts"."""
    role: Role | Literal[""] = ""
    for number, line in _joined(text):
        if line.startswith("\t"):
            # A single dollar sign belongs to make, a double one to the shell.
            recipe = _MAKE_VARIABLE.sub(r"${\1}", line[_end_of_prefix(line) :]).replace("$$", "$")
            yield from _with_role(named_in(recipe, number), role)
        elif target := _TARGET.match(line):
            role = _target_role(target[1])


def justfile(text: str) -> Iterator[Named]:
    """Yield the names in the recipes of a justfile; see ``makefile``."""
    role: Role | Literal[""] = ""
    for number, line in _joined(text):
        if line[:1] in (" ", "\t"):
            yield from _with_role(named_in(_JUST_VARIABLE.sub("$_", line[_end_of_prefix(line) :]), number), role)
        elif target := _TARGET.match(line):
            role = _target_role(target[1])


def _target_role(name: str) -> Role | Literal[""]:
    return "scripts" if _RUNS.search(name) and not environment_role(name) else ""


def _end_of_prefix(line: str) -> int:
    match = _RECIPE.match(line)
    return match.end() if match else 0


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number of the first line, text) of each line with its continuation lines."""
    kept: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        kept.append(line)
        if not line.endswith("\\"):
            yield number - len(kept) + 1, "\n".join(kept)
            kept = []
    if kept:
        yield text.count("\n") + 2 - len(kept), "\n".join(kept)
