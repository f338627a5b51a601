"""A build context → what Dockerfiles, its ignore file, packaging and code need of it. Files are read, never run."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deadweight.buildcontext.candidates import Candidate
from deadweight.buildcontext.context import BuildContext, Directory
from deadweight.buildcontext.packaging import packaging_part, paths_in_project, takes_version_from_history, words_of
from deadweight.buildcontext.references import Reference, References, parents
from deadweight.codescan.dockerfiles.copying import Copies, paths_in, read_copies
from deadweight.codescan.files import is_read
from deadweight.codescan.named_paths import NamedPath, named_in_python, named_in_text, parts_of
from deadweight.codescan.roles import role_of
from deadweight.errors import BadInput
from deadweight.formats.tables import toml_or_nothing
from deadweight.sources.buildcontext.naming import Named
from deadweight.sources.buildcontext.reading import ContextReader, text_at

_REQUIREMENTS = re.compile(r"(?:.*requirements.*|.*constraints.*)\.(?:txt|in)\Z|MANIFEST\.in\Z|setup\.cfg\Z", re.DOTALL)
_NOT_PRODUCTION = frozenset(("tests", "docs", "notebooks", "build"))
_NOT_STARTED = frozenset("benchmark benchmarks example examples sample samples demo demos".split())  # directories
_TOOLS = frozenset(("sonar-project.properties", "CODEOWNERS", "codecov.yml", "MANIFEST.in", "setup.cfg"))
_LARGEST = 1 << 20  # bytes; longer files are data
_NODE = frozenset("node npm npx yarn pnpm bun".split())


class Needs(NamedTuple):
    """What is needed, and what could not be told."""

    references: References
    copies: Mapping[str, Copies]
    warnings: tuple[str, ...]


def needs_of(
    context: BuildContext, candidates: Sequence[Candidate], named: Named, arguments: Mapping[str, str]
) -> Needs:
    """Return what is needed of a context.

    arguments: values of ARG in Dockerfiles
    """
    search = _Search(context, candidates)
    copies: dict[str, Copies] = {}
    for path in named.dockerfiles:
        file = os.path.relpath(path, context.location)
        try:
            copies[path] = read_copies(text_at(path) or "", arguments)
        except BadInput as error:
            search.warnings.append(f"{error}, so what it copies is unknown")
        else:
            search.copies(file, copies[path])
    search.exceptions(named)
    search.packaging(history=any(copies.values()))
    search.code()
    search.existing()
    references = References(search.references, search.names)
    return Needs(references, copies, tuple(search.warnings))


class _Search:
    def __init__(self, context: BuildContext, candidates: Sequence[Candidate]) -> None:
        self._context, self._reader = context, ContextReader(context.location)
        self._paths = {each.path: each for each in candidates}
        self._wanted = {name for each in candidates for name in _names(each)}
        self.references: list[Reference] = []
        self.names: dict[str, str] = {}
        self.warnings: list[str] = []

    def copies(self, file: str, copies: Copies) -> None:
        """Add what a Dockerfile copies, and the names in its commands."""
        self.references += (Reference(each.path, "copies", f"{file}:{each.line}") for each in copies.copied)
        for name, line in paths_in(copies.words):
            self._name(name, f"{file}:{line}")
        if copies.history:
            self.references.append(Reference(".git", "needs", f"{file}:{copies.history}"))
        uses = next((line for word, line in copies.words.items() if word in _NODE), 0)
        if uses and not copies.javascript:
            self.references.append(Reference("**/node_modules", "needs", f"{file}:{uses}"))
        for line, word in copies.unknown:
            self.warnings.append(
                f"{file}:{line} copies {word}, whose value is unknown; it counts as the whole context (use --build-arg)"
            )

    def exceptions(self, named: Named) -> None:
        """Add what the ignore file restores."""
        name = os.path.basename(named.ignore_file)
        for pattern in named.patterns:
            if pattern.negative:
                path = re.sub(r"(?:/\*{1,2})+\Z", "", pattern.text)
                self.references.append(Reference(path, "keeps", f"{name}:{pattern.line}"))

    def packaging(self, *, history: bool) -> None:
        """Add what installing the projects of the context needs.

        history: whether a version that git tells is needed
        """
        for directory, name, _ in self._files():
            file = directory.path_of(name)
            if name == "pyproject.toml":
                text = self._reader.text(file)
                self._version(file, text, history=history)
                for path in paths_in_project(toml_or_nothing(text)):
                    self._needed(path, directory.path, file)
            elif name == "setup.py":
                self._version(file, self._reader.text(file), history=history)
            elif _REQUIREMENTS.match(name):
                text = self._reader.text(file)
                for word, line in words_of(packaging_part(text) if name == "setup.cfg" else text):
                    for base in {directory.path, ""}:
                        self._needed(word, base, f"{file}:{line}")

    def _version(self, file: str, text: str, *, history: bool) -> None:
        if history and takes_version_from_history(text):
            self.references.append(Reference(posixpath.join(posixpath.dirname(file), ".git"), "needs", file))
            self.references.append(Reference(".git", "needs", file))

    def _needed(self, path: str, base: str, where: str) -> None:
        """Add a path or a pattern that may be meant relative to a directory."""
        clean = posixpath.normpath(posixpath.join(base, path))
        if clean.startswith(("..", "/")) or clean == "." or len(clean) > _LARGEST:
            return
        related = clean in self._paths or any(parent in self._paths for parent in parents(clean))
        if (related and self._reader.exists(clean)) or "*" in clean:
            self.references.append(Reference(clean, "needs", where))

    def code(self) -> None:
        """Add what the code names and opens."""
        if not self._wanted:
            return
        wanted = re.compile(b"|".join(re.escape(os.fsencode(name)) for name in sorted(self._wanted)))
        packages = {each.path for each in self._context.directories if "/__init__.py/" in f"/{each.names}/"}
        for directory, name, size in self._files():
            path = directory.path_of(name)
            if path in self._paths or size > _LARGEST or not is_read(name):
                continue
            role = role_of(path, packages)
            if not _NOT_STARTED.isdisjoint(path.split("/")) or (role in _NOT_PRODUCTION and name != "setup.py"):
                continue
            if not name.endswith(".py") and (name in _TOOLS or path.startswith(".") or "/." in path):
                continue
            data = self._reader.head(path, _LARGEST)
            if wanted.search(data):
                self._read(path, named_in_python(data) if name.endswith(".py") else named_in_text(data))

    def _read(self, file: str, named: Iterable[NamedPath]) -> None:
        for text, line, opened in named:
            where = f"{file}:{line}"
            for part in parts_of(text):
                self._name(part, where)
            for base in {"", posixpath.dirname(file)}:
                path = posixpath.normpath(posixpath.join(base, text))
                if self._is_needed(path, opened=opened) and self._reader.is_file(path):
                    self.references.append(Reference(path, "opens", where))

    def existing(self) -> None:
        """Add the files in candidates that patterns with wildcards in directories match."""
        inside = (path for path, _ in self._context.paths() if any(parent in self._paths for parent in parents(path)))
        self.references += References(self.references).matches_in(inside)

    def _is_needed(self, path: str, *, opened: bool) -> bool:
        """Return whether code that names a path needs it. What no image needs, it must open: tools name such paths."""
        above = next((self._paths[parent] for parent in parents(path) if parent in self._paths), None)
        if opened:
            return above is not None or path in self._paths
        return above is not None and above.kind.certainty != "certain"

    def _name(self, name: str, where: str) -> None:
        if name in self._wanted:
            self.names.setdefault(name, where)

    def _files(self) -> Iterator[tuple[Directory, str, int]]:
        """Yield (directory, name, bytes) of the files outside of candidates."""
        excluded: set[int] = set()
        for number, directory in enumerate(self._context.directories):
            if directory.above in excluded or directory.path in self._paths:
                excluded.add(number)
                continue
            for name, size in directory.files():
                yield directory, name, size


def _names(candidate: Candidate) -> Iterator[str]:
    """Yield the names by which code may refer to a candidate."""
    *_, parent, name = ("", *candidate.path.split("/"))
    yield name
    if candidate.kind.by_name and not candidate.is_directory:
        yield from filter(None, (parent, candidate.glob, candidate.glob.lstrip("*")))
