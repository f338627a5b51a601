"""Mentions → whether what they name is needed at start, later, or only in development."""

from __future__ import annotations

from collections.abc import Sequence

from deadweight.model import Mention, Use

DEVELOPMENT = frozenset({"development", "tests", "docs", "build"})


def is_for_production(mention: Mention) -> bool:
    """Return whether the application itself needs what a mention names: not for type checkers, and not optionally.

    An import under ``try``/``except ImportError`` is optional.
    """
    return mention.role == "application" and mention.how not in ("types", "optional")


def only_later(uses: Sequence[Use]) -> bool:
    """Return whether a project is imported, but never at start: only in functions, scripts and notebooks."""
    mentions = [use.mention for use in uses if use.mention.role not in DEVELOPMENT and use.mention.how != "types"]
    return bool(mentions) and all(
        mention.kind == "import" and (mention.role != "application" or mention.how != "start") for mention in mentions
    )


def changing(uses: Sequence[Use]) -> tuple[Mention, ...]:
    """Return the mentions that would have to change if the project were removed."""
    return tuple(use.mention for use in uses if use.mention.role not in DEVELOPMENT and use.mention.how != "types")
