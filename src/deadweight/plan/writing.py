"""A split and the user's file → the text of the smaller file, each kept line spelled as it was."""

from __future__ import annotations

import posixpath
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping

from deadweight.errors import BadInput
from deadweight.formats.requirements import Line, RequirementsFile, is_annotation, pinned
from deadweight.formats.tables import outline
from deadweight.model import Wanted
from deadweight.plan.lines import requirement_text
from deadweight.plan.splits import Split


class Writer:
    """Writes one split of one file.

    folder:   where the result will lie, as seen from where ``file.path`` counts from
    versions: requirement → version to pin; empty to leave specifiers as they are
    """

    def __init__(self, split: Split, folder: str, versions: Mapping[Wanted, str]) -> None:
        self._split, self._folder, self._versions = split, folder, versions
        self._kept: Collection[Wanted] = set(split.kept)

    def text(self, file: RequirementsFile) -> str:
        """Return the whole text: a heading, the lines that stay, then what the file itself does not ask for."""
        body = "".join(self._lines(file)).strip("\r\n")
        text = f"{self._heading(file)}\n{body}\n" if body else f"{self._heading(file)}\n"
        own = set(file.all_wanted())
        added = [requirement_text(wanted) for wanted in self._split.kept if wanted not in own]
        return "".join([text, "\n# kept by name\n" * bool(added), *(f"{line}\n" for line in added)])

    def _heading(self, file: RequirementsFile) -> str:
        left_out = sorted({dropped.name for dropped in self._split.dropped})
        lines = [f"# {self._split.name}: made by deadweight from {_one_line(posixpath.basename(file.path))}"]
        if left_out:
            lines += textwrap.wrap(f"left out: {', '.join(map(_one_line, left_out))}", 98, break_on_hyphens=False)
        return "\n".join([lines[0], *(f"# {line}" for line in lines[1:])])

    def _lines(self, file: RequirementsFile) -> Iterator[str]:
        """Yield the lines that stay. A comment above lines that all go, goes with them."""
        last_blank = True
        for section in _sections(file.lines):
            items = [line for line in section if line.kind not in ("comment", "blank")]
            if items and not any(self._stays(line, file) for line in items):
                continue
            following = True  # whether the line that an annotation belongs to stays
            for line in section:
                if line.kind == "blank":
                    if not last_blank:
                        yield line.text
                    last_blank = True
                    continue
                if not (is_annotation(line) and items):
                    following = self._stays(line, file)
                if following:
                    yield from self._spelled(line, file)
                    last_blank = False

    def _stays(self, line: Line, file: RequirementsFile) -> bool:
        if line.number in file.wanted:
            return file.wanted[line.number] in self._kept
        if line.number in file.included:
            return any(self._stays(inner, file.included[line.number]) for inner in file.included[line.number].lines)
        return True

    def _spelled(self, line: Line, file: RequirementsFile) -> Iterator[str]:
        text = line.text if line.text.endswith("\n") else f"{line.text}\n"
        wanted = file.wanted.get(line.number)
        if wanted is not None and wanted in self._versions:
            yield pinned(line, self._versions[wanted]).rstrip("\r\n") + "\n"
        elif line.number in file.included and not self._is_whole(file.included[line.number]):
            # Something in it goes: what stays is written in its place.
            yield from self._lines(file.included[line.number])
        elif line.kind in ("include", "constraint") or (line.kind == "links" and "://" not in line.value):
            yield text.replace(line.value, _checked(self._from_folder(file.path, line.value)), 1)
        else:
            yield text

    def _is_whole(self, file: RequirementsFile) -> bool:
        return (
            not self._versions
            and all(self._stays(line, file) for line in file.lines)
            and all(self._is_whole(inner) for inner in file.included.values())
        )

    def _from_folder(self, including: str, path: str) -> str:
        """Return a path that counts from the including file's folder, as it counts from the new file's."""
        if posixpath.isabs(path):
            return path
        return posixpath.relpath(posixpath.join(posixpath.dirname(including), path), self._folder)


def _sections(lines: tuple[Line, ...]) -> Iterator[list[Line]]:
    """Cut a file before each blank line, and before each comment that stands above other lines."""
    section: list[Line] = []
    filled = False
    for line in lines:
        begins = line.kind == "blank" or (line.kind == "comment" and not is_annotation(line) and filled)
        if begins and section:
            yield section
            section, filled = [], False
        section.append(line)
        filled = filled or line.kind not in ("comment", "blank")
    if section:
        yield section


def written(lines: Iterable[str]) -> str:
    """Return lines, some of them empty, as a file's text; raises BadInput for one that pip would read as several."""
    return "".join(f"{_checked(line)}\n" for line in lines)


def _checked(line: str) -> str:
    # Names, URLs and paths come from anybody, and pip ends a line at each of the characters that splitlines() knows.
    if line and len(line.splitlines()) != 1:
        raise BadInput(f"a requirements file cannot hold this on one line: {outline(line, 200)}")
    return line


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
