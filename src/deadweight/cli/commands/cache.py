"""cache: its location and size, and how to clear it."""

from __future__ import annotations

import click

from deadweight.cli.help import GroupedCommand
from deadweight.cli.options import (
    format_option,
)
from deadweight.cli.output import emit


@click.group(name="cache")
def cache() -> None:
    """Show or clear the cache: file lists of wheels, layers of images, index pages and resolutions."""


@cache.command(cls=GroupedCommand)
@format_option()
def info(form: str) -> None:
    """Show the location of the cache, its number of entries and its size."""
    from deadweight.report.results.cache import usage_json, usage_text
    from deadweight.sources.fleet.cache import whole_usage

    usage = whole_usage()
    emit(usage_json(usage) if form == "json" else usage_text(usage), None, force=False)


@cache.command(cls=GroupedCommand)
def clear() -> None:
    """Remove all entries from the cache."""
    from deadweight.report.results.cache import cleared_text
    from deadweight.sources.fleet.cache import clear_all

    emit(cleared_text(clear_all()), None, force=False)
