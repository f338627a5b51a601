"""poetry's version constraints, with its own operators → PEP 440 specifiers and PEP 508 markers."""

from __future__ import annotations

import re

from deadweight.formats.tables import Malformed, outline
from deadweight.formats.versions import admits

_OWN = re.compile(r"(\^|~(?!=))\s*v?(\d+(?:\.\d+)*)")
_BARE = re.compile(r"v?\d[\w.!+*-]*\Z")
_MOST_ALTERNATIVES = 100
_LONGEST = 2000  # characters
_BELOW = re.compile(r"(?P<rest>(?:[^,]+,)*?[^,<]+),<(?P<end>\d{1,9}(?:\.\d{1,9}){0,9})\Z")
_FROM = re.compile(r">=(?P<start>\d{1,9}(?:\.\d{1,9}){0,9})(?P<rest>(?:,.+)?)\Z")
_PYTHON_CLAUSE = re.compile(r"(?P<operator>[<>]=?|[!=~]=)\s*(?P<version>\d{1,4}(?:\.\d{1,4}){0,3}(?:\.\*)?)\Z")


def poetry_admits(constraint: str, version: str) -> bool:
    """Return whether ``constraint`` ("^1.2", "~1.2", "1.*", ">=1,<2 || >3") admits a version; raises Malformed."""
    return any(admits(specifier, version) for specifier in as_specifiers(constraint))


def as_specifiers(constraint: str) -> tuple[str, ...]:
    """Return a constraint as alternative PEP 440 specifiers; raises Malformed."""
    alternatives = constraint.replace("||", "|").split("|")
    if len(alternatives) > _MOST_ALTERNATIVES or len(constraint) > _LONGEST:
        raise Malformed(f"invalid version constraint: {outline(constraint)}")
    return tuple(map(_as_specifier, alternatives))


def as_specifier(constraint: str) -> str:
    """Return a constraint as one PEP 440 specifier, "" for any version.

    raises: Malformed if one specifier cannot express the alternatives
    """
    alternatives = as_specifiers(constraint)
    for alternative in alternatives:
        admits(alternative, "0")  # refuses an invalid specifier, which could be read as part of the name
    if "" in alternatives:
        return ""
    specifier = alternatives[0]
    for following in alternatives[1:]:
        specifier = _joined(specifier, following)
        if not specifier:
            raise Malformed(
                f"a requirement cannot express {outline(constraint)}", hint="keep only one of the alternatives"
            )
    return specifier


def _joined(lower: str, upper: str) -> str:
    """Return one specifier for two ranges, the lower one first; "" if it does not exist."""
    starts, ends = _BELOW.match(lower), _FROM.match(upper)
    if not starts or not ends:
        return ""
    end, start = starts["end"], ends["start"]
    if _padded(end) == _padded(start):
        return f"{starts['rest']}{ends['rest']}"
    if _padded(_next(end, caret=False, at=end.count("."))) == _padded(start):
        return f"{starts['rest']},!={end}.*{ends['rest']}"  # the gap is all versions with one prefix
    return ""


def _padded(numbers: str) -> tuple[int, ...]:
    parts = [int(part) for part in numbers.split(".")]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def as_marker(constraint: str) -> str:
    """Return a constraint on the Python version as a PEP 508 marker; raises Malformed."""
    alternatives = [
        " and ".join(_python_marker(clause) for clause in specifier.split(",") if clause) or 'python_version >= "0"'
        for specifier in as_specifiers(constraint)
    ]
    return " or ".join(alternatives)


def _python_marker(clause: str) -> str:
    match = _PYTHON_CLAUSE.match(clause)
    if not match:
        raise Malformed(f"invalid Python version: {outline(clause)}")
    operator, version = match["operator"], match["version"]
    full = version.count(".") > 1 and not version.endswith(".*")
    if "." not in version:
        version += ".0"
    return f'{"python_full_version" if full else "python_version"} {operator} "{version}"'


def _as_specifier(constraint: str) -> str:
    # poetry accepts a space instead of a comma
    parts = re.split(r"[\s,]+", re.sub(r"([<>=!~^])\s+", r"\1", constraint.strip()))
    return ",".join(filter(None, map(_clause, parts)))


def _clause(part: str) -> str:
    if part in ("", "*"):
        return ""
    own = _OWN.match(part)
    if own:
        return f">={part[own.start(2) :]},<{_next(own[2], caret=own[1] == '^')}"
    return f"=={part}" if _BARE.match(part) else part


def _next(numbers: str, *, caret: bool, at: int | None = None) -> str:
    """Return the first version that "^" (leftmost part that is not 0) or "~" (minor part) excludes.

    at: the part to increment instead
    """
    parts = numbers.split(".")
    leading = next((at for at, part in enumerate(parts) if part.strip("0")), len(parts) - 1)
    if at is None:
        at = leading if caret else min(1, len(parts) - 1)
    if len(parts[at]) > 20:
        raise Malformed(f"invalid version: {outline(numbers)}")
    return ".".join([*parts[:at], str(int(parts[at]) + 1)])
