"""split: a target → two smaller requirements files."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.help import JUDGE, OUTPUT, GroupedCommand, option
from deadweight.cli.options import force_option, output_dir_option
from deadweight.cli.output import emit, may_write_below, write_files
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import settings_of, splitting
from deadweight.cli.targets import BESIDE, directory_of, files, one_target
from deadweight.cli.views import terminal_width, use_color
from deadweight.errors import NotProven
from deadweight.targets.types import SavedReport

if TYPE_CHECKING:
    from deadweight.model.report import Report
    from deadweight.settings import Settings
    from deadweight.targets.types import Target


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", required=False, default="", shell_complete=files)
@output_dir_option("the files", BESIDE)
@force_option
@option("--pin", group=OUTPUT, is_flag=True, help="Pin each requirement to the measured version.")
@option("--unproven", group=JUDGE, is_flag=True, help="Write the files even if they lack something your code uses.")
@splitting
def split(target: str, output_dir: str | None, force: bool, pin: bool, unproven: bool, **options: Any) -> None:
    """Write requirements-production.txt and requirements-minimal.txt.

    requirements-production.txt is TARGET without dev. requirements-minimal.txt is also without ml and without what your
    application never imports at start. It works only after the code changes that the output lists.

    A requirement is removed only if no remaining requirement depends on it. Remaining lines are copied unchanged.

    If the directory of TARGET contains Python code, deadweight checks that requirements-production.txt provides
    everything that the code uses. If something is missing, deadweight writes no files and exits with status 3. It does
    not check requirements-minimal.txt.
    """
    from deadweight.report.splits import split_text

    given = one_target(target, quiet=options["quiet"])
    directory = directory_of(given) if output_dir is None else output_dir
    names = ("requirements-production.txt", "requirements-minimal.txt")
    may_write_below(directory, *names, force=force)
    settings = settings_of(options, given)
    report, texts = _split(given, settings, directory, options, pin=pin)
    if not unproven:
        _check_proof(report, settings.policy.drop, options["drop"])
    os.makedirs(directory or ".", exist_ok=True)
    write_files(texts, force=force)
    emit(
        split_text(
            report, [os.path.join(directory, name) for name in names], width=terminal_width(), color=use_color(None)
        ),
        None,
        force=False,
    )
    finish(report)


def _check_proof(report: Report, drop: Collection[str], given: Sequence[str]) -> None:
    """Raise NotProven if the production split does not provide what the application uses.

    drop:  the projects that the user drops
    given: those of them that the command line drops, as it spells them
    """
    proof = report.splits["production"].proof
    if proof is None or proof.holds:
        return
    from deadweight.report.text.application import gap_lines

    lines = "\n".join(gap_lines(proof.lost))
    names = dict.fromkeys(gap.name for gap in proof.lost if gap.name)
    raise NotProven(
        f"requirements-production.txt would lack requirements that your code uses; no files were written\n{lines}",
        hint=", ".join([*_to_keep(names, drop, given), "or use --unproven to write the files anyway"]),
    )


def _to_keep(names: Iterable[str], drop: Collection[str], given: Sequence[str]) -> Iterator[str]:
    """Yield how to keep projects in the production split: without what drops them, else with --keep."""
    from deadweight.formats.distributions.metadata import normalize

    spelled = {normalize(name): name for name in given}
    if kept := [name for name in names if name not in drop]:
        yield f"use {' '.join(f'--keep {name}' for name in kept)}"
    if dropped := [spelled[name] for name in names if name in spelled]:
        yield f"remove {' '.join(f'--drop {name}' for name in dropped)}"
    if configured := [name for name in names if name in drop and name not in spelled]:
        yield f"remove {', '.join(configured)} from drop in [tool.deadweight]"


def _split(
    target: Target, settings: Settings, directory: str, options: dict[str, Any], *, pin: bool
) -> tuple[Report, dict[str, str]]:
    """Return the report of a target, and path → text of its split files."""
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.measure import profile as measure
    from deadweight.operations.profile import read_report
    from deadweight.report.splits import saved_split_files, split_files

    if isinstance(target, SavedReport):
        saved = read_report(target.location)
        return saved, saved_split_files(saved, directory, pin=pin)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        measured = measure(target, settings, observe=observe, lighter=False)
    return report_of(measured), split_files(measured, directory, pin=pin)
