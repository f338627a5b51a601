"""YAML, line by line → the names in its commands and settings. This is not a full parser; it skips invalid syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from deadweight.codescan.programs import Named, value_named
from deadweight.codescan.roles import environment_role
from deadweight.codescan.shell import named_by_words, named_in
from deadweight.codescan.words import LISTS, bare_name
from deadweight.model import Role

_LINE = re.compile(r"""( *)((?:- +)*)(?:((?:[\w.$/-]+|"[^"]*"|'[^']*')) *:(?= |$))? *(.*)""")
_BLOCK = re.compile(r"([|>])[+\-\d]*(?:\s+#.*)?")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_ITEM = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^']|'')*+)'|([^,\[\]]+))""")
_ESCAPE = re.compile(r"\\(.)")
_LONGEST_FLOW = 100  # lines of one list in brackets

# Keys whose value is one command, as text or a list of words, and keys whose items are shell commands.
_ONE = frozenset(("command", "entrypoint", "args", "cmd", "test"))
_SCRIPT = frozenset(
    "run script before_script after_script commands pre_build post_build install before_install after_success entry"
    " startCommand buildCommand preDeployCommand postCreateCommand cmds shell".split()
)
# Keys whose values are never modules.
_NO_MODULES = frozenset(
    "host hostname hosts domain domains image name namespace label labels registry file path version key title id"
    " description uses url".split()
)


_SERVICES = re.compile(r"services:(?:\s+#.*)?")
_SERVICE = re.compile(r"( +)([\w.-]+):(?:\s+(?:#|&).*)?")
_PROFILES = re.compile(r"\s+profiles:\s*\[([^\]]*)\](?:\s+#.*)?")


class _Value(NamedTuple):
    """A key with its value: plain text, the text of a block, or the items of a list with their line numbers."""

    key: str
    text: str | None
    items: tuple[tuple[str, int], ...]
    line: int


def yaml_settings(text: str) -> Iterator[Named]:
    """Yield the names in the commands and values of a YAML file.

    Names in a compose service have the role of that service.
    """
    lines = text.split("\n")
    roles = _service_roles(lines)
    for named in _named(lines):
        yield named._replace(role=roles[named.line]) if named.line in roles else named


def _named(lines: list[str]) -> Iterator[Named]:
    for value in _values(lines):
        if value.key in _ONE or value.key in _SCRIPT:
            yield from _command(value)
        for word, line in value.items or ((value.text or "", value.line),):
            if value.key == "PYTHONPATH":
                yield Named("root", word, line)
            elif value.key not in _NO_MODULES:
                yield from value_named(word, line)
                if LISTS.fullmatch(value.key) and value.items and bare_name(word):
                    yield Named("string", word, line)


def _service_roles(lines: list[str]) -> dict[int, Role]:
    """Return line → role for the lines of compose services for development, by their names and profiles."""
    start = next((at for at, line in enumerate(lines) if _SERVICES.fullmatch(line.rstrip())), None)
    if start is None:
        return {}
    roles: dict[int, Role] = {}
    indent, service, role = 0, start, ""
    for at in range(start + 1, len(lines) + 1):
        line = lines[at] if at < len(lines) else "end"
        match = _SERVICE.fullmatch(line.rstrip())
        indent = indent or (len(match[1]) if match else 0)
        begins, ends = bool(match and len(match[1]) == indent), bool(line.strip()) and not line[0].isspace()
        if (begins or ends) and line.lstrip()[:1] != "#":
            roles |= dict.fromkeys(range(service + 1, at + 1), role) if role else {}  # type: ignore[arg-type]
            service, role = at, environment_role(match[2]) if match else ""
            if ends:
                break
        elif profiles := _PROFILES.fullmatch(line.rstrip()):
            words = [word.strip(" '\"") for word in profiles[1].split(",")]
            role = role or next((each for word in words if (each := environment_role(word))), "")
    return roles


def _command(value: _Value) -> Iterator[Named]:
    words = [word for word, _ in value.items]
    if value.key == "test":  # of a healthcheck, or of something else
        if words[:1] == ["CMD-SHELL"]:
            yield from named_in(" ".join(words[1:]), value.line)
        elif words[:1] == ["CMD"]:
            yield from named_by_words(words[1:], value.line)
    elif value.text is not None:
        yield from named_in(value.text, value.line)
    elif value.key in _ONE and words and " " not in words[0]:
        yield from named_by_words(words, value.line)
    else:
        for word, line in value.items:
            yield from named_in(word, line)


def _values(lines: list[str]) -> Iterator[_Value]:
    """Yield the values of keys and the items of lists; a list directly below a key is one value."""
    at = 0
    while at < len(lines):
        match = _LINE.fullmatch(lines[at].rstrip())
        at += 1
        if not match or (match[4].startswith("#") and not match[3]):
            continue
        key = (match[3] or "").strip("\"'")
        column = len(match[1]) + len(match[2])
        value = re.sub(r"^(?:[&!]\S+\s*)+", "", match[4])
        block = _BLOCK.fullmatch(value)
        if block:
            parent = column if key else len(match[1])
            text, end = _block(lines, at, parent, folded=block[1] == ">")
            yield _Value(key, text, (), at + 1)
            at = end
        elif value.startswith("["):
            items, end = _flow(lines, at - 1, value)
            yield _Value(key, None, tuple(items), at)
            at = end
        elif key and not _COMMENT.sub("", value):
            items, end = _list(lines, at, column)
            if items:
                yield _Value(key, None, tuple(items), at)
                at = end
        elif value:
            yield _Value(key, _scalar(value), (), at)


def _block(lines: list[str], at: int, indent: int, *, folded: bool) -> tuple[str, int]:
    """Return (text, index of the next line) of a block scalar; folded lines are joined as in a shell."""
    start = at
    while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip(" ")) > indent):
        at += 1
    return ("\\\n" if folded else "\n").join(line.strip() for line in lines[start:at]), at


def _list(lines: list[str], at: int, indent: int) -> tuple[list[tuple[str, int]], int]:
    """Return (scalars, index of the next line) of a block list, up to the first item that is not a scalar."""
    items: list[tuple[str, int]] = []
    while at < len(lines):
        match = _LINE.fullmatch(lines[at].rstrip())
        at += 1
        if match and not match[2] and (not match[3] and (not match[4] or match[4].startswith("#"))):
            continue
        if not match or len(match[1]) < indent or match[2].count("-") != 1 or match[3] or not match[4]:
            return items, at - 1
        if _BLOCK.fullmatch(match[4]):
            start = at + 1
            text, at = _block(lines, at, len(match[1]), folded=match[4].startswith(">"))
            items.append((text, start))
        else:
            items.append((_scalar(match[4]), at))
    return items, at


def _flow(lines: list[str], at: int, value: str) -> tuple[list[tuple[str, int]], int]:
    """Return (scalars with their line numbers, index of the next line) of a list in brackets."""
    items: list[tuple[str, int]] = []
    for number in range(at, min(at + _LONGEST_FLOW, len(lines))):
        text = value if number == at else lines[number]
        for item in _ITEM.finditer(text.lstrip("[ ").partition(" #")[0]):
            word = _ESCAPE.sub(r"\1", item[1]) if item[1] is not None else item[2] or (item[3] or "").strip()
            if word:
                items.append((word, number + 1))
        if "]" in text:
            break
    return items, number + 1


def _scalar(value: str) -> str:
    for quote in "\"'":
        if value.startswith(quote):
            end = value.find(quote, 1)
            while quote == '"' and end > 0 and value[end - 1] == "\\":
                end = value.find(quote, end + 1)
            inner = value[1:end] if end > 0 else value[1:]
            return _ESCAPE.sub(r"\1", inner) if quote == '"' else inner
    return _COMMENT.sub("", value).strip()
