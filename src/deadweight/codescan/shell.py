"""Shell text → the programs that it starts and the names in their arguments. Invalid syntax is skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from deadweight.codescan import programs

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t\r\f\v]|\\\r?\n)+)
      | (?P<comment>\#[^\n]*)
      | (?P<redirect>\d*(?:<<<|<<-?|<>|>>|>\||[<>]&?|&>>?)(?!\())
      | (?P<open>\$\(\(?|[<>]?\()
      | (?P<close>\))
      | (?P<tick>`)
      | (?P<end>\n|;|&&?|\|\|?)
      | (?P<word>(?:
            [^\s;&|()<>"'`\\$]++
          | "(?:[^"\\]|\\.)*+"
          | '[^']*+'
          | \\.
          | \$\{[^}\n]{0,400}+\}
          | \$(?!\()
          | ["'\\]
        )+)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"""\$?"((?:[^"\\]|\\.)*+)"|\$?'([^']*+)'|\\(.)""", re.DOTALL)
_TEST = re.compile(r"\[\[ [^\[\n]{0,500}? \]\]")
_FUNCTION = re.compile(r"^[ \t]*(?:function[ \t]+([\w.-]{1,100})|([\w.-]{1,100})[ \t]*\(\))", re.MULTILINE)
_HEREDOC = re.compile(r"(?<!<)<<-?[ \t]*(['\"]?)([A-Za-z_]\w*)\1")
_DEEPEST = 4  # shells within shells
_LONGEST_CONDITION = 80  # characters of a condition in a report
_IN_BLOCKS = frozenset(("then", "do", "{", "(", "!"))
_LONGEST_WORD = 4096  # characters of a word that is joined from parts


def named_in(text: str, line: int = 1, deep: int = 0) -> Iterator[programs.Named]:
    """Yield the names in the commands of ``text``.

    line: the number of its first line
    deep: how many shells are around this one
    """
    text = _TEST.sub(":", _without_heredocs(text))
    own = {match[1] or match[2] for match in _FUNCTION.finditer(text)}
    blocks: list[str] = []  # the conditions of the open blocks
    tested = ""  # the condition directly before the command, as in ``[ "$DEBUG" ] && …``
    for words, at, ended_by in _simple_commands(text):
        _open_and_close(blocks, words)
        condition = tested or (blocks[-1] if blocks else "")
        tested = _tested(words, ended_by)
        for named in programs.named_by(words, line + at):
            if named.kind != "shell":
                if named.name not in own:
                    yield named._replace(condition=condition)
            elif deep < _DEEPEST:
                inner = named_in(named.name, named.line, deep + 1)
                yield from (each._replace(condition=condition or each.condition) for each in inner)


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the words of each simple command in order; a substitution comes before the command around it."""
    for words, _, _ in _simple_commands(_TEST.sub(":", _without_heredocs(text))):
        if words:
            yield words


def _open_and_close(blocks: list[str], words: list[str]) -> None:
    """Track ``if`` and ``case`` blocks; loops run their commands without a condition."""
    first = next((word for word in words if word not in _IN_BLOCKS), "")
    text = " ".join(words)[:_LONGEST_CONDITION]
    if first in ("if", "case"):
        blocks.append(text.removeprefix("if "))
    elif words[:1] == ["elif"] and blocks:
        blocks[-1] = text.removeprefix("elif ")
    elif words[:1] == ["else"] and blocks:
        blocks[-1] = f"not ({blocks[-1]})"
    elif first in ("fi", "esac") and blocks:
        blocks.pop()


def _tested(words: list[str], ended_by: str) -> str:
    """Return the condition that a test followed by && or || sets for the next command; "" for none."""
    if words[:1] not in (["["], ["test"], [":"]) or ended_by not in ("&&", "||"):
        return ""
    text = "[[ … ]]" if words == [":"] else " ".join(words)[:_LONGEST_CONDITION]
    return text if ended_by == "&&" else f"not ({text})"


def named_by_words(words: list[str], line: int) -> Iterator[programs.Named]:
    """Yield the names in one command that is already split into words: an exec form, an argument list."""
    for named in programs.named_by(words, line):
        if named.kind != "shell":
            yield named
        else:
            yield from named_in(named.name, named.line, 1)


def _simple_commands(text: str) -> Iterator[tuple[list[str], int, str]]:
    """Yield (words, line breaks before them, operator after them) of each simple command.

    Substitutions are separate commands.
    """
    words: list[str] = []
    outer: list[_Outer] = []
    piped: list[tuple[list[str], int, str]] = []  # commands before a bar, which may be patterns of a case
    lines = start = 0
    target = False  # whether the next word is the target of a redirection
    glued = False  # whether the next token continues the last word
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token[0]
        if kind == "word":
            if glued:
                _glue(words, _unquoted(value))
            elif not target:
                start = start if words else lines
                words.append(_unquoted(value))
            glued, target = not target, False
        elif kind == "redirect":
            glued, target = False, True
        elif kind == "open" or (kind == "tick" and not (outer and outer[-1].opened == "`")):
            outer.append(_Outer(value, words, start if words else lines, glued))
            words, glued, target = [], False, False
        elif kind in ("close", "tick") and outer:
            opened, before, at, was_glued = outer.pop()
            if opened != "$((" and not _is_array(opened, before):
                yield words, start, ""
            # A substitution is a word or part of one. A subshell ends the command before it.
            glued = opened != "("
            words, start = (_with_unknown(before, was_glued) if glued else []), at
        elif kind == "close":
            words, piped, glued = [], [], False
        elif kind == "end":
            piped.append((words, start, value))
            words, glued, target = [], False, False
            if value != "|":
                yield from piped
                piped = []
        else:
            glued = False
        lines += value.count("\n")
    yield from piped
    yield words, start, ""
    yield from ((each.words, each.start, "") for each in outer)


class _Outer(NamedTuple):
    """A command that is interrupted by a substitution or a subshell."""

    opened: str
    words: list[str]
    start: int
    glued: bool


def _with_unknown(words: list[str], glued: bool) -> list[str]:
    """Add the output of a substitution as a variable."""
    if glued:
        _glue(words, "$_")
    else:
        words.append("$_")
    return words


def _glue(words: list[str], text: str) -> None:
    if len(words[-1]) < _LONGEST_WORD:
        words[-1] += text


def _is_array(opened: str, before: list[str]) -> bool:
    return opened == "(" and bool(before) and before[-1].endswith("=")


def _unquoted(word: str) -> str:
    if '"' not in word and "'" not in word and "\\" not in word:
        return word
    return _QUOTED.sub(_content, word)


def _content(quoted: re.Match[str]) -> str:
    if quoted[1] is not None:
        return re.sub(r'\\(["\\$`\n])', lambda m: "" if m[1] == "\n" else m[1], quoted[1])
    return quoted[2] if quoted[2] is not None else quoted[3].strip("\n")


def _without_heredocs(text: str) -> str:
    """Return ``text`` with empty lines in place of here-documents."""
    if "<<" not in text:
        return text
    kept: list[str] = []
    until: str | None = None
    for line in text.split("\n"):
        if until is not None:
            kept.append("")
            until = None if line.strip() == until else until
            continue
        kept.append(line)
        match = _HEREDOC.search(line)
        until = match[2] if match else None
    return "\n".join(kept)
