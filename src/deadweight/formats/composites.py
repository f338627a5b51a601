"""Several requirements files → one that includes them, as the ``-r`` lines of a file do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from deadweight.formats.projects.project_sources import Rules
from deadweight.formats.requirements import Line, RequirementsFile, logical_lines, pep508


def composed(
    path: str, included: Sequence[RequirementsFile], lines: Sequence[tuple[int, str]] = ()
) -> RequirementsFile:
    """Return a file with some lines of its own, which then includes others.

    path:   what messages call it
    lines:  (number, text) of requirements and options; the number is that of the place that they come from
    raises: BadRequirement
    """
    own = logical_lines("".join(f"{text}\n" for _, text in lines), path)
    requirements = {
        line.number: replace(requirement, number=lines[line.number - 1][0])
        for line in own
        if line.kind == "requirement" and (requirement := pep508(line, path)) is not None
    }
    includes = [
        Line(
            number=number,
            text=f"-r {file.path}\n",
            body=f"-r {file.path}",
            kind="include",
            value=file.path,
        )
        for number, file in enumerate(included, len(own) + 1)
    ]
    return RequirementsFile(
        path=path,
        lines=(*own, *includes),
        requirements=requirements,
        included={line.number: file for line, file in zip(includes, included, strict=True)},
        rules=_merged(file.rules for file in included),
        notes=tuple(dict.fromkeys(note for file in included for note in file.notes)),
    )


def _merged(rules: Iterable[Rules]) -> Rules:
    """Return the settings of several projects as one, each of them once."""
    every = list(rules)
    return Rules(
        indexes=tuple(dict.fromkeys(each for one in every for each in one.indexes)),
        constraints=tuple(dict.fromkeys(each for one in every for each in one.constraints)),
        overrides=tuple(dict.fromkeys(each for one in every for each in one.overrides)),
        excludes=tuple(dict.fromkeys(each for one in every for each in one.excludes)),
        settings=tuple(dict.fromkeys(each for one in every for each in one.settings)),
        unread=tuple(dict.fromkeys(each for one in every for each in one.unread)),
    )
