"""Shell text → the programs that it starts, and what their arguments name. Tolerant: what is odd is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deadweight.formats import programs

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
          | \$\{[^}\n]*+\}
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


def named_in(text: str, line: int = 1, deep: int = 0) -> Iterator[programs.Named]:
    """Yield what the commands of ``text`` name.

    line: that of the text's beginning
    deep: how many shells this one was started by
    """
    text = _TEST.sub(":", _without_heredocs(text))
    own = {match[1] or match[2] for match in _FUNCTION.finditer(text)}
    for words, at in _simple_commands(text):
        for named in programs.named_by(words, line + at):
            if named.kind != "shell":
                if named.name not in own:
                    yield named
            elif deep < _DEEPEST:
                yield from named_in(named.name, named.line, deep + 1)


def named_by_words(words: list[str], line: int) -> Iterator[programs.Named]:
    """Yield what one command names whose words are told apart already: an exec form, an argument list."""
    for named in programs.named_by(words, line):
        if named.kind != "shell":
            yield named
        else:
            yield from named_in(named.name, named.line, 1)


def _simple_commands(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield (words, line breaks before them) of each simple command; substitutions come as commands of their own."""
    words: list[str] = []
    outer: list[tuple[str, list[str], int]] = []  # what opened it, the words before, their line
    piped: list[tuple[list[str], int]] = []  # what was before a bar; it may turn out the pattern of a case
    lines = start = 0
    target = False  # the next word is a redirection's
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token[0]
        if kind == "word":
            if not target:
                start = start if words else lines
                words.append(_unquoted(value))
            target = False
        elif kind == "redirect":
            target = True
        elif kind == "open" or (kind == "tick" and not (outer and outer[-1][0] == "`")):
            outer.append((value, words, start))
            words, target = [], False
        elif kind in ("close", "tick") and outer:
            opened, before, at = outer.pop()
            if opened != "$((" and not _is_array(opened, before):
                yield words, start
            # A substitution is a word, or part of one; a subshell ends what was before it.
            before.append("$_")
            words, start = ([] if opened == "(" else before), at
        elif kind == "close":
            words, piped = [], []
        elif kind == "end":
            piped.append((words, start))
            words, target = [], False
            if value != "|":
                yield from piped
                piped = []
        lines += value.count("\n")
    yield from piped
    yield words, start
    yield from ((before, at) for _, before, at in outer)


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
    """Return ``text`` with the lines of here-documents emptied."""
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
