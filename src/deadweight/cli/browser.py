"""HTML reports → files that a browser shows."""

from __future__ import annotations

import sys

import click

from deadweight.cli.output import Destination, say


def check_page(form: str, output: str | None, *, browse: bool = False) -> None:
    """Check that an HTML report has a place to go to; raises UsageError."""
    if browse and form != "html":
        raise click.UsageError("--open requires --format html")
    if form == "html" and output is None and not browse and sys.stdout.isatty():
        raise click.UsageError("--format html does not write to a terminal; use -o FILE or --open")


def open_page(text: str, destination: Destination) -> None:
    """Write a page and open it in the browser. Without a file, it is a temporary one, which stays."""
    import os
    import tempfile
    import webbrowser
    from pathlib import Path

    # A new directory, which only the user can read: the report may contain private names and paths.
    path = destination.path or os.path.join(tempfile.mkdtemp(prefix="deadweight-"), "report.html")
    destination._replace(path=path).write(text)
    opened = webbrowser.open(Path(path).absolute().as_uri())
    if destination.path is None or not opened:
        say(f"the report is in {path}" if opened else f"no browser could be opened; the report is in {path}")
