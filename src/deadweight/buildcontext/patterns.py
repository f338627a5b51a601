"""The text of a ``.dockerignore`` → patterns, by Docker's own rules.

They are neither git's nor those of ``fnmatch``: a pattern without a slash matches only at the top, the last pattern
that matches decides, and some characters have the meaning that they have in Go's regular expressions. pathspec, which
implements git's rules only, is therefore not used.

source: ignorefile.ReadAll and patternmatcher.New of github.com/moby/patternmatcher; filepath.Clean and filepath.Match
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from deadweight.errors import BadInput

# Go's unicode.IsSpace, which is not Python's str.isspace.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LONGEST = 1 << 16  # bytes; bufio.Scanner fails on longer lines
_MOST_STARS, _MOST_GLOBSTARS = 40, 4  # of one pattern; no real file has more
# Docker passes an escaped letter on to Go's regular expressions, where it is a class or an assertion.
_GO_ESCAPES = {
    "d": r"\d", "D": r"\D", "s": r"[\t\n\f\r ]", "S": r"[^\t\n\f\r ]", "w": r"\w", "W": r"\W", "a": r"\a", "f": r"\f",
    "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v", "A": r"\A", "z": r"\Z", "b": r"\b", "B": r"\B",
}  # fmt: skip
_REPEAT = re.compile(r"\{\d+(?:,\d*)?\}")
_UNDECODED = "[\udc80-\udcff\ufffd]"  # Go reads any byte that is not UTF-8 as U+FFFD


class BadPattern(Exception):
    """A pattern that Docker rejects, or that is too unusual to be read here."""


class Pattern(NamedTuple):
    """One pattern.

    text:     clean, without the ``!`` of an exception
    negative: whether it is an exception
    form:     "exact", "prefix" and "suffix", which Docker compares as strings; else "regex"
    regex:    its source; "" for the other forms
    line:     of the file
    """

    text: str
    negative: bool
    form: str
    regex: str
    line: int

    def matcher(self) -> Callable[[str], object]:
        """Return a function that is true for the paths that the pattern matches by itself, without their parents."""
        if self.form == "exact":
            return self.text.__eq__
        if self.form == "prefix":
            start = self.text[:-2]
            return lambda path: path.startswith(start)
        if self.form == "suffix":
            end = self.text[2:]
            return lambda path: path.endswith(end) or (end[0] == "/" and path == end[1:])
        return re.compile(self.regex, re.ASCII).match


def read_patterns(text: str, path: str) -> tuple[Pattern, ...]:
    """Return the patterns of a file, in order.

    text:   decoded with surrogateescape
    raises: BadInput for a pattern with which Docker fails
    """
    patterns = []
    for number, line in lines_of(text):
        if len(line.encode("utf-8", "surrogateescape")) >= _LONGEST:
            raise BadInput(f"{path}, line {number}: Docker reads no line longer than 64 KiB", hint="shorten the line")
        try:
            pattern = pattern_of(line, number)
        except BadPattern as error:
            raise BadInput(f"{path}, line {number}: {error}: {line}", hint="correct or remove the line") from error
        if pattern is not None:
            patterns.append(pattern)
    return tuple(patterns)


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number, line) of a file, as Go's bufio.Scanner does, without the byte order mark."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        yield number, line.removesuffix("\r")


def pattern_of(line: str, number: int = 0) -> Pattern | None:
    """Return the pattern of a line, None for a comment or an empty line; raises BadPattern."""
    text = "" if line.startswith("#") else line.strip(_SPACE)
    if not text:
        return None
    negative = text.startswith("!")
    text = text[1:].strip(_SPACE) if negative else text
    if text:
        text = clean(text)
        text = text[1:] if len(text) > 1 and text.startswith("/") else text
    text = clean("!" + text if negative else text.strip(_SPACE))
    if text == "!":
        raise BadPattern("an exception without a pattern")
    # An escaped space at the end of the line is stripped above, and an exclamation mark may be what is left.
    negative = text.startswith("!")
    text = text.removeprefix("!") if negative else text
    _check(text)
    form, regex = _translated(text)
    return Pattern(text, negative, form, regex, number)


def clean(path: str) -> str:
    """Return Go's filepath.Clean of a path. POSIX keeps two slashes at the start, Go does not."""
    normal = posixpath.normpath(path)
    return f"/{normal.lstrip('/')}" if normal.startswith("//") else normal


def _check(pattern: str) -> None:
    """Raise BadPattern for what Go's filepath.Match rejects."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            if at > len(pattern):
                raise BadPattern("a backslash at the end")
        elif pattern[at] == "[":
            at = _end_of_class(pattern, at)
        else:
            at += 1


def _end_of_class(pattern: str, start: int) -> int:
    """Return the position after a class such as ``[^a-z]``, which needs a character before its end."""
    at = start + 1 + pattern.startswith("^", start + 1)
    ranges = 0
    while ranges == 0 or not pattern.startswith("]", at):
        at = _end_of_character(pattern, at)
        if pattern.startswith("-", at):
            at = _end_of_character(pattern, at + 1)
        ranges += 1
    return at + 1


def _end_of_character(pattern: str, at: int) -> int:
    escaped = pattern.startswith("\\", at)
    end = at + 1 + escaped
    # The last character cannot end the pattern, since the bracket must follow.
    if end >= len(pattern) or pattern[at] in "-]" or "\udc80" <= pattern[end - 1] <= "\udcff":
        raise BadPattern("invalid brackets")
    return end


def _translated(pattern: str) -> tuple[str, str]:
    """Return the form of a pattern, and the regular expression that Docker makes of it, in Python's syntax."""
    translation = _Translation()
    at = 0
    while at < len(pattern):
        at = translation.take(pattern, at)
    if translation.form != "regex":
        return translation.form, ""
    regex = translation.regex()
    try:
        re.compile(regex, re.ASCII)
    except re.error as error:
        raise BadPattern(f"invalid brackets ({error.msg})") from error
    return "regex", regex


class _Translation:
    """A pattern, while it is translated. Docker looks at no brackets here, so that a star in them ends the class."""

    def __init__(self) -> None:
        self.form = "exact"
        self._tokens: list[tuple[str, str]] = []  # ("star", "globstar", "class" or "one", regex)
        self._in_class = False
        self._repeats = False

    def take(self, pattern: str, at: int) -> int:
        """Take one token; return where the next one is."""
        char = pattern[at]
        if pattern.startswith("**", at):
            return self._globstar(pattern, at)
        if char == "\\":
            self._add("class", _escaped(pattern[at + 1], in_class=self._in_class))
            return at + 2
        if char in "*?":
            star = "[^/]*" if char == "*" else "[^/]"
            self._add("class" if self._in_class else "star" if char == "*" else "one", "\\" * self._in_class + star)
            self._in_class = False
        elif char in "[]":
            special = self._in_class == (char == "]")
            self._add("class", char if special else f"\\{char}")
            self._in_class = char == "["
        elif self._in_class and char in "^-":
            self._add("class", char)
        elif char == "{" and not self._in_class and _REPEAT.match(pattern, at):
            self._repeats = True
            self._tokens.append(("one", ""))
        elif char == "|" and not self._in_class:
            self._tokens.append(("or", ""))
        else:
            form = self.form  # which no other character changes
            self._add("class" if self._in_class else "one", _literal(char, in_class=self._in_class))
            self.form = "regex" if self._in_class else form
        return at + 1

    def _add(self, kind: str, regex: str) -> None:
        self._tokens.append((kind, regex))
        self.form = "regex"

    def _globstar(self, pattern: str, at: int) -> int:
        after = at + 2 + pattern.startswith("/", at + 2)
        if self._in_class:
            self._add("class", "(.*/)?")
        elif after == len(pattern):
            form = "prefix" if self.form == "exact" else "regex"
            self._add("globstar", ".*")
            self.form = form
        else:
            self._add("globstar", "(?:.*/)?")
        if at == 0:
            self.form = "suffix"
        return after

    def regex(self) -> str:
        """Return the regular expression, for a match at the start of a path.

        Docker means to escape ``|`` and ``{``, but does not. The text between bars may then be anywhere in a path.
        """
        if self._repeats:
            raise BadPattern("a pattern with a number in braces is not read")
        parts: list[list[tuple[str, str]]] = [[]]
        for token in self._tokens:
            if token[0] == "or":
                parts.append([])
            else:
                parts[-1].append(token)
        alternatives = ["".join(_joined(part)) for part in parts]
        return "|(?s:.*)".join(alternatives) + r"\Z"


def _joined(tokens: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a regular expression in parts, without the steps back that could take exponential time.

    Between two stars, the first place where the text between them matches is as good as any other.
    """
    kinds = [kind for kind, _ in tokens]
    if kinds.count("star") > _MOST_STARS or kinds.count("globstar") > _MOST_GLOBSTARS:
        raise BadPattern("a pattern with so many stars is not read")
    at = 0
    while at < len(kinds):
        kind, regex = tokens[at]
        end = next((n for n in range(at + 1, len(kinds)) if kinds[n] != "one"), len(kinds))
        if kind == "star" and kinds[end : end + 1] == ["star"]:
            yield f"(?>[^/]*?{''.join(one for _, one in tokens[at + 1 : end])})"
            at = end
        else:
            yield regex
            at += 1


def _literal(char: str, *, in_class: bool) -> str:
    if "\udc80" <= char <= "\udcff":
        return _UNDECODED[1:-1] if in_class else _UNDECODED
    # Docker leaves this one as it is: the start of the path.
    return char if char == "^" else re.escape(char)


def _escaped(char: str, *, in_class: bool) -> str:
    if char.isascii() and char.isalnum():
        if in_class or char not in _GO_ESCAPES:
            raise BadPattern("an escaped letter or digit")
        return _GO_ESCAPES[char]
    if not char.isascii():
        raise BadPattern("an escaped character that is not ASCII")
    return re.escape(char)
