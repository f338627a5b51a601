"""What Dockerfiles, packaging and code name of a build context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from deadweight.buildcontext.patterns import BadPattern, Pattern, pattern_of

_LITERAL = re.compile(r"\[[^\]]*\]|\\.|[!#^$+(){}|]")
_SPECIAL = re.compile(r"[*?\[\\]")


class Reference(NamedTuple):
    """A path or a pattern of paths that somebody needs, relative to the context.

    path: in the syntax of COPY, which is that of Go's filepath.Match; a directory means everything in it
    by:   what the file does with it: copies (a Dockerfile), keeps (an exception of a .dockerignore), needs or opens it
    where: the file, and the line in it
    """

    path: str
    by: Literal["copies", "keeps", "needs", "opens"]
    where: str

    @property
    def is_everything(self) -> bool:
        """Whether it means the whole context, as in ``COPY . .``."""
        return not self.path.strip("./*")

    @property
    def sample(self) -> str:
        """A path that it may match."""
        return re.sub(r"\\(.)", r"\1", re.sub(r"\[\^?(.)[^\]]*\]", r"\1", re.sub(r"(?<!\\)[*?]+", "x", self.path)))

    @property
    def stem(self) -> str:
        """What is before the first wildcard."""
        match = _SPECIAL.search(self.path)
        return self.path[: match.start()] if match else self.path

    @property
    def is_plain(self) -> bool:
        """Whether it is a path rather than a pattern."""
        return not _SPECIAL.search(self.path)

    def pattern(self) -> Pattern | None:
        """Return it as a pattern of a .dockerignore, None if Docker cannot read it."""
        try:
            return pattern_of(_LITERAL.sub(_as_literal, self.path))
        except BadPattern:
            return None


def _as_literal(match: re.Match[str]) -> str:
    """Return what COPY takes literally, as a .dockerignore has it; both know classes such as ``[a-z]``."""
    text = match[0]
    if text.startswith("["):
        return text
    return text[-1] if text[-1].isalnum() or not text[-1].isascii() else f"\\{text[-1]}"


class References:
    """All references, and the names in code.

    names: a name of a file or directory → the file and line that contains it
    """

    def __init__(self, references: Iterable[Reference], names: Mapping[str, str] | None = None) -> None:
        self.each = tuple(dict.fromkeys(each for each in references if not each.is_everything))
        self.names = names or {}
        self._plain: dict[str, Reference] = {}
        self._above: dict[str, list[Reference]] = {}
        self._patterns: list[tuple[Reference, Callable[[str], object]]] = []
        for each in self.each:
            if each.is_plain:
                self._plain.setdefault(each.path, each)
                for parent in parents(each.path):
                    self._above.setdefault(parent, []).append(each)
            elif (pattern := each.pattern()) is not None:
                self._patterns.append((each, pattern.matcher()))

    def at(self, path: str) -> Reference | None:
        """Return a reference to a path itself."""
        found = self._plain.get(path)
        return found or next((each for each, matches in self._patterns if matches(path)), None)

    def inside(self, directory: str) -> list[Reference]:
        """Return the references to what is in a directory, whether it exists or not.

        A pattern with a wildcard above the directory is not among them; ``matches_in`` is for what exists.
        """
        start = f"{directory}/"
        return [*self._above.get(directory, ()), *(each for each, _ in self._patterns if each.stem.startswith(start))]

    def matches_in(self, paths: Iterable[str]) -> Iterator[Reference]:
        """Yield a reference for each path that a pattern with a wildcard in a directory matches, or is a parent of."""
        wide = [(each, matches) for each, matches in self._patterns if _SPECIAL.search(each.path.rpartition("/")[0])]
        for path in paths if wide else ():
            for each, matches in wide:
                if matches(path) or any(map(matches, parents(path))):
                    yield each._replace(path=path)

    def above(self, path: str) -> Reference | None:
        """Return a Dockerfile's reference to a directory that contains a path, or an exception for one."""
        found = (self.at(parent) for parent in parents(path))
        return next((each for each in found if each is not None and each.by in ("copies", "keeps")), None)


def parents(path: str) -> Iterator[str]:
    """Yield the directories above a path, from the top."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
