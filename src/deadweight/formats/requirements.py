"""The text of a requirements file → its logical lines, with their original text, so that a split can write them again.

source: pip's requirements file format
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os.path import abspath, dirname, join
from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadRequirement
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.projects.project_sources import Rules
from deadweight.model import Requirement

Kind = Literal["blank", "comment", "requirement", "editable", "include", "constraint", "links", "option"]

# The pattern has no spaces before the "#": in a line with many spaces and no "#", each would start a failing match.
COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_OPTION = re.compile(r"(-[A-Za-z]|--[a-z-]+)(?:\s*=\s*|\s+|(?<=^-[A-Za-z]))?(.*)$", re.DOTALL)
_KINDS: dict[str, Kind] = {
    "-r": "include", "--requirement": "include", "-c": "constraint", "--constraint": "constraint",
    "-e": "editable", "--editable": "editable", "-f": "links", "--find-links": "links",
}  # fmt: skip
_OPTIONS = frozenset(
    "-i --index-url --pypi-url --extra-index-url --no-index -f --find-links --no-binary --only-binary --prefer-binary"
    " --require-hashes --pre --trusted-host --use-feature --process-dependency-links".split()
)
_PER_REQUIREMENT = re.compile(r"\s--(?:hash|config-settings?|global-option|install-option)\b")
_ABOUT_BUILDS = ("--no-binary", "--only-binary", "--require-hashes")
_SHA256 = re.compile(r"--hash[= ]sha256:([0-9A-Fa-f]{64})\b")
# name, extras and specifier at the start of a requirement, as written
_SPELLING = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][\w.-]*)(?:[ \t]*(?P<extras>\[[^\]]*\]))?(?P<specifier>(?:\\\r?\n|[^;#@\\\r\n])*)"
)
_A_COMMENT = re.compile(r"#\s")
_PROJECT_FILES = ("(pyproject.toml)", "(setup.py)", "(setup.cfg)")
_LOOKS_LIKE_A_REFERENCE = re.compile(r"^\.|[/\\]|^(?:git|hg|svn|bzr|https?|ftp|file)[+:]")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2")
_ARCHIVE = re.compile(rf"^[^@]*(?:{'|'.join(map(re.escape, _ARCHIVES))})$")
# A name, optionally with one version, as in most lines. Parsing them with packaging takes ten times as long.
_SIMPLE = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?)((?:(?:==|>=)[0-9]{1,9}(?:\.[0-9]{1,9}){0,9})?)"
)


class Line(Struct, frozen=True, kw_only=True):
    """One logical line.

    number: of its first physical line, from 1
    text:   the original text, with line ends and continuation lines
    body:   joined, without the comment
    value:  of an option: the path of an include, the path or URL of an editable
    """

    number: int
    text: str
    body: str
    kind: Kind
    value: str = ""


class RequirementsFile(Struct, frozen=True, kw_only=True):
    """One file: its lines, their requirements, and the files that it includes.

    requirements:   line number → requirement
    included: line number → file
    written:  line number → that in the pyproject.toml that the file was generated from, as far as it is known
    rules:    the resolver configuration, if the file was generated from a project
    notes:    sentences for the report
    """

    path: str
    lines: tuple[Line, ...]
    requirements: Mapping[int, Requirement]
    included: Mapping[int, RequirementsFile]
    written: Mapping[int, int] = {}
    rules: Rules = field(default_factory=Rules)
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole file, unchanged."""
        return "".join(line.text for line in self.lines)

    def with_included(self) -> Iterator[RequirementsFile]:
        """Yield this file and all files that it includes."""
        yield self
        for file in self.included.values():
            yield from file.with_included()

    def line_of(self, number: int) -> int | None:
        """Return the line of a requirement in the user's file; None if it is unknown.

        number: of its line here. A project's requirements are lines for the resolver; its own file has other numbers.
        """
        return self.written.get(number) if self.requirements[number].groups else number

    def no_binary_lines(self) -> Iterator[tuple[str, Line]]:
        """Yield (file, line) of the options that make an installer build what has a wheel."""
        for file in self.with_included():
            for line in file.lines:
                if line.kind == "option" and line.body.startswith("--no-binary"):
                    yield file.path, line

    def located(self) -> Iterator[tuple[tuple[str, int], Requirement]]:
        """Yield ((path, line number), requirement) of this file and of all files that it includes."""
        for file in self.with_included():
            for number, requirement in file.requirements.items():
                yield (file.path, number), requirement

    def all_requirements(self) -> Iterator[Requirement]:
        """Yield the requirements of this file and of the files that it includes, in the order of the lines."""
        for line in self.lines:
            if line.number in self.requirements:
                yield self.requirements[line.number]
            elif line.number in self.included:
                yield from self.included[line.number].all_requirements()


def logical_lines(text: str, file: str) -> list[Line]:
    """Split the text of a file into logical lines; their texts concatenate to the file.

    raises: BadRequirement for an option that a requirements file must not contain
    """
    return [_line(number, raw, file) for number, raw in _joined(text)]


def _joined(text: str) -> Iterator[tuple[int, str]]:
    held, start = "", 0
    for number, physical in enumerate(text.splitlines(keepends=True), 1):
        if not held and "\\" not in physical:
            yield number, physical
            continue
        start = start if held else number
        held += physical
        # A comment ends a continuation, with or without a backslash.
        if not physical.rstrip("\r\n").endswith("\\") or _is_comment(physical):
            yield start, held
            held = ""
    if held:
        yield start, held


def _line(number: int, text: str, file: str) -> Line:
    bare = text.strip()
    if _SIMPLE.fullmatch(bare):
        return Line(number=number, text=text, body=bare, kind="requirement")
    parts = [part.rstrip("\r\n") for part in text.splitlines(keepends=True)]
    # pip inserts a space before a comment that ends a continuation, so that it remains a comment
    joined = "".join(f" {p}" if _is_comment(p) else p.removesuffix("\\") for p in parts)
    body = COMMENT.sub("", joined, count=1).strip()
    if not body:
        return Line(number=number, text=text, body="", kind="comment" if "#" in text else "blank")
    if not body.startswith("-"):
        return Line(number=number, text=text, body=body, kind="requirement")
    match = _OPTION.match(body)
    name, value = (match.group(1), match.group(2).strip()) if match else (body, "")
    kind = _KINDS.get(name, "option")
    if kind == "option" and name not in _OPTIONS:
        raise BadRequirement(file, number, body, "unknown option")
    if kind != "option" and not value:
        raise BadRequirement(file, number, body, f"{name} requires a value")
    return Line(number=number, text=text, body=body, kind=kind, value=value.strip("'\""))


def _is_comment(physical: str) -> bool:
    return physical.lstrip().startswith("#")


def pep508(line: Line, file: str) -> Requirement | None:
    """Return the PEP 508 requirement of a line; None if the line is a path, a URL or a VCS reference.

    raises: BadRequirement if it is neither
    """
    simple = _SIMPLE.fullmatch(line.body)
    if simple is not None and not line.body.endswith(_ARCHIVES):
        return Requirement(name=normalize(simple[1]), specifier=simple[2], file=file, number=line.number)
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    spelled = without_options(line)
    if _ARCHIVE.search(spelled.partition(";")[0].rstrip()):
        return None  # a valid name, but more likely the path of an archive
    try:
        parsed = Parsed(spelled)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        if _LOOKS_LIKE_A_REFERENCE.search(spelled.partition(";")[0].strip()):
            return None
        reason = str(error).splitlines()[0].strip().rstrip(":.")
        raise BadRequirement(file, line.number, line.body, reason[:1].lower() + reason[1:]) from error
    return Requirement(
        name=normalize(parsed.name),
        extras=frozenset(normalize(extra) for extra in parsed.extras),
        specifier=str(parsed.specifier),
        marker=str(parsed.marker or ""),
        url=parsed.url or "",
        file=file,
        number=line.number,
    )


def without_options(line: Line) -> str:
    """Return a requirement as written, without hashes and other per-requirement options."""
    return _PER_REQUIREMENT.split(line.body, maxsplit=1)[0].strip()


def for_resolver(file: RequirementsFile, replaced: Mapping[Requirement, str]) -> str:
    """Return the text of a file and its includes for a resolver that may only use wheels.

    Requirements that are pinned to one index are left out; see ``pinned_lines``.
    replaced: requirement → the line to write instead; "" leaves it out
    """
    return "".join(f"{line}\n" for line in _resolved_lines(file, replaced) if line)


def _resolved_lines(file: RequirementsFile, replaced: Mapping[Requirement, str]) -> Iterator[str]:
    for line in file.lines:
        if line.number in file.included:
            yield from _resolved_lines(file.included[line.number], replaced)
        elif line.number in file.requirements:
            requirement = file.requirements[line.number]
            if requirement in replaced:
                yield replaced[requirement]
            elif not requirement.index:
                yield without_options(line)
        elif line.kind == "constraint":
            yield f"--constraint {abspath(join(dirname(file.path), line.value))}"
        elif line.kind == "links" and "://" not in line.value:
            yield f"--find-links {abspath(join(dirname(file.path), line.value))}"
        elif line.kind in ("option", "links") and not line.body.startswith(_ABOUT_BUILDS):
            yield line.body


def pinned_lines(file: RequirementsFile) -> Iterator[tuple[Requirement, str]]:
    """Yield the requirements that are pinned to one index, each with its text."""
    for each in file.with_included():
        for line in each.lines:
            requirement = each.requirements.get(line.number)
            if requirement is not None and requirement.index:
                yield requirement, without_options(line)


def hashes(file: RequirementsFile) -> dict[str, frozenset[str]]:
    """Return project → the SHA-256 hashes that its line allows (pip's hash-checking mode), if it has any."""
    allowed: dict[str, frozenset[str]] = {}
    for each in file.with_included():
        for line in each.lines:
            requirement = each.requirements.get(line.number)
            sums = _SHA256.findall(line.body) if requirement is not None else []
            if requirement is not None and requirement.name and sums:
                allowed[requirement.name] = allowed.get(requirement.name, frozenset()) | frozenset(map(str.lower, sums))
    return allowed


def is_annotation(line: Line) -> bool:
    """Return whether a comment belongs to the line above it, as ``    # via`` of pip-compile and uv does."""
    return line.kind == "comment" and line.text[:1] in " \t"


def annotated_as_direct(lines: list[Line]) -> list[int]:
    """Return the line numbers of direct requirements: their annotations name a file, ``# via -r app.in``."""
    numbers, latest = [], 0
    for line in lines:
        if line.kind == "requirement":
            latest = line.number
        elif not is_annotation(line):
            latest = latest if line.kind in ("blank", "comment") else 0
            continue
        if latest and any(map(_names_a_file, _A_COMMENT.split(line.text)[1:])):
            numbers.append(latest)
    return numbers


def _names_a_file(comment: str) -> bool:
    """Return whether a comment names a file, "via -r app.in", or a project, "via app (pyproject.toml)".

    It may name others as well, and "via" may be on a line above.
    """
    first, *others = comment.split(",")
    words = first.split()
    via = words[:1] == ["via"]
    listed = [words[1:] if via else words, *(other.split() for other in others if via)]
    return any(len(item) > 1 and (item[0] == "-r" or item[1].startswith(_PROJECT_FILES)) for item in listed)


def pinned(line: Line, version: str) -> str:
    """Return the text of a line with ``==version`` as its specifier; markers, hashes and comments are kept."""
    match = _SPELLING.match(line.text)
    if match is None or "@" in line.body.partition(";")[0]:
        return line.text
    specifier = _PER_REQUIREMENT.split(match.group("specifier"), maxsplit=1)[0].rstrip(" \t\\\r\n")
    start = match.start("specifier")
    return f"{line.text[:start].rstrip()}=={version}{line.text[start + len(specifier) :]}"
