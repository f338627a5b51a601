"""A requirements file → the same with some of its requirements replaced, freed from an index, or left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from deadweight.errors import BadRequirement
from deadweight.formats.requirements import COMMENT, RequirementsFile, pep508


def swapped(file: RequirementsFile, swaps: Mapping[str, str]) -> RequirementsFile:
    """Return a file and its includes with some projects replaced by others.

    swaps: normalized name → the PEP 508 requirement that replaces it; the line keeps its marker and comment
    raises: BadRequirement if a replacement is not a PEP 508 requirement
    """
    lines, requirements = list(file.lines), dict(file.requirements)
    for number, line in enumerate(lines):
        new = swaps.get(requirements[line.number].name or "") if line.number in requirements else None
        if new is not None:
            marker = requirements[line.number].marker
            body = f"{new} ; {marker}" if marker else new
            first = line.text.splitlines()[0]
            comment = COMMENT.search(first)
            kept = first[len(first[: comment.start()].rstrip()) :] if comment else ""
            text = f"{body}{kept}\n"
            lines[number] = replace(line, text=text, body=body, kind="requirement")
            parsed = pep508(lines[number], file.path)
            if parsed is None or parsed.name is None:
                raise BadRequirement(file.path, line.number, new, "--swap requires the name of a project")
            requirements[line.number] = replace(
                parsed, groups=requirements[line.number].groups, direct=requirements[line.number].direct
            )
    included = {number: swapped(other, swaps) for number, other in file.included.items()}
    return replace(file, lines=tuple(lines), requirements=requirements, included=included)


def unpinned(file: RequirementsFile, names: Collection[str]) -> RequirementsFile:
    """Return a file in which the requirements with these names may come from any index."""
    requirements = {n: replace(w, index="") if w.name in names else w for n, w in file.requirements.items()}
    included = {number: unpinned(other, names) for number, other in file.included.items()}
    return replace(file, requirements=requirements, included=included)


def without(file: RequirementsFile, gone: Collection[tuple[str, int]]) -> RequirementsFile:
    """Return a file and its includes without some requirements.

    gone: (path of the file, line number) of each
    """
    removed = {number for number in file.requirements if (file.path, number) in gone}
    return replace(
        file,
        lines=tuple(line for line in file.lines if line.number not in removed),
        requirements={n: each for n, each in file.requirements.items() if n not in removed},
        included={number: without(other, gone) for number, other in file.included.items()},
    )
