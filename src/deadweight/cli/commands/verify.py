"""verify: a split and the application's code → whether the split provides everything."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import JUDGE, GroupedCommand, option
from deadweight.cli.options import writing
from deadweight.cli.output import Destination, say
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.running import adopt_orphans, timeout_option
from deadweight.cli.settings import settings_of, verifying
from deadweight.cli.targets import files, one_target
from deadweight.cli.values import COMMAND
from deadweight.cli.views import terminal_width
from deadweight.errors import NotProven


@click.command(cls=GroupedCommand, brief=True)
@click.argument("split", shell_complete=files)
@option(
    "--run",
    group=JUDGE,
    is_flag=True,
    help="Install SPLIT into a temporary environment and import every third-party module that your code imports.",
)
@option(
    "--smoke",
    group=JUDGE,
    metavar="CMD",
    type=COMMAND,
    default="",
    help="Install SPLIT into a temporary environment and run CMD there; CMD must exit with status 0.",
)
@timeout_option(JUDGE, "each import and for CMD")
@option(
    "--against",
    group=JUDGE,
    metavar="FILE",
    type=click.Path(),
    default="",
    help="Original requirements of SPLIT (default: requirements.txt or pyproject.toml next to SPLIT, or else in the"
    " --source directory).",
)
@writing()
@verifying
def verify(
    split: str,
    destination: Destination,
    **options: Any,
) -> None:
    """Check that SPLIT provides everything your code uses: imports, commands, and dotted names in settings.

    SPLIT can be any TARGET of `deadweight profile`, except a saved report. By default, deadweight only reads files and
    runs no code. --run and --smoke install SPLIT, which must then be a requirements file or a project. --smoke runs
    CMD in the directory of your code. If something is missing, deadweight lists it with the lines of code that use it
    and the requirement that provides it, and exits with status 3.
    """
    from deadweight.operations.verify import Checks
    from deadweight.operations.verify import verify as check

    given = one_target(split, quiet=options["quiet"])
    settings = settings_of(options, given)
    checks = Checks(against=options["against"], run=options["run"], smoke=options["smoke"], seconds=options["timeout"])
    if checks.run or checks.smoke:
        adopt_orphans()
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        verdict = check(given, settings, checks, observe=observe)
    from deadweight.report.results.verdict import verdict_json, verdict_text

    if verdict.run and (options["verbose"] or options["debug"]):
        say(verdict.run.printed)
    text = verdict_json(verdict) if destination.form == "json" else verdict_text(verdict, width=terminal_width())
    destination.write(text)
    finish(verdict.profile, 0 if verdict.holds else NotProven.exit_code)
