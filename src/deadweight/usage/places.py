"""Where a mention stands → what that says of what it names: is it needed to start, later, or by developers alone."""

from __future__ import annotations

from collections.abc import Sequence

from deadweight.model import Mention, Use

DEVELOPMENT = frozenset({"development", "tests", "docs", "build"})


def is_for_production(mention: Mention) -> bool:
    """Say whether the application itself names it, and not only for type checkers or with something else in its place.

    An import under ``try``/``except ImportError`` has something else in its place.
    """
    return mention.role == "application" and mention.how not in ("types", "optional")


def only_later(uses: Sequence[Use]) -> bool:
    """Say whether a project is imported, and nowhere when the application starts: in functions, scripts, notebooks."""
    mentions = [use.mention for use in uses if use.mention.role not in DEVELOPMENT and use.mention.how != "types"]
    return bool(mentions) and all(
        mention.kind == "import" and (mention.role != "application" or mention.how != "start") for mention in mentions
    )


def changing(uses: Sequence[Use]) -> tuple[Mention, ...]:
    """Return the places that would have to change were the project left out."""
    return tuple(use.mention for use in uses if use.mention.role not in DEVELOPMENT and use.mention.how != "types")
