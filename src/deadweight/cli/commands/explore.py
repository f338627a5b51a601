"""explore: measures, then opens the screen. textual is imported only here, and only when the screen opens."""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.help import GroupedCommand
from deadweight.cli.options import output_dir_option
from deadweight.cli.output import may_write_below, write_files
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import settings_of, splitting
from deadweight.cli.targets import BESIDE, directory_of, files, target_of
from deadweight.errors import BadInput
from deadweight.report.units import human

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deadweight.explore.app import Written
    from deadweight.model.report import Report
    from deadweight.operations.explore import Explored

_MOST_GAPS = 10
_OBJECTS = 100_000  # that are created between collections


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", nargs=-1, shell_complete=files)
@output_dir_option("the splits", BESIDE)
@splitting
def explore(target: tuple[str, ...], output_dir: str | None, **options: Any) -> None:
    """Browse groups, distributions and files of TARGET in the terminal, and try out what to drop.

    Mark distributions to see what dropping all of them frees, then write the splits without them. Press ? for the
    keys.

    \b
    The screen needs textual:
      pip install "deadweight[explore]"
    """
    from deadweight.operations.explore import explored

    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    check_terminal()
    if output_dir is not None:
        may_write_below(output_dir, force=True)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        found = explored(given, settings, observe=observe)
    _browse(found, Splits(found, directory_of(given) if output_dir is None else output_dir))
    finish(found.report)


def check_terminal() -> None:
    """Check, before minutes of measuring, that the screen can be opened; raises BadInput."""
    if find_spec("textual") is None:
        raise BadInput("explore needs textual, which is not installed", hint='pip install "deadweight[explore]"')
    for name, stream in (("stdin", sys.stdin), ("stdout", sys.stdout)):
        if not stream.isatty():
            raise BadInput(
                f"explore needs a terminal, but {name} is not one", hint="use deadweight profile for a report as text"
            )
    if os.environ.get("TERM") == "dumb":
        raise BadInput("explore needs a terminal that can move the cursor, and TERM is dumb")


def _browse(found: Explored, splits: Splits) -> None:
    """Open the screen until the user leaves it. After a signal, the terminal is restored too."""
    from deadweight.explore.app import Explorer
    from deadweight.explore.nodes import tree_of

    app = Explorer(tree_of(found.report, found.inventory), splits)
    quiet_collector()
    app.run()
    if app.return_code:
        raise RuntimeError("the screen ended with an error")


def quiet_collector() -> None:
    """Let the collection of cycles, which is off by default, look only at what the screen creates, and seldom."""
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    gc.enable()


class Splits:
    """The splits of a target, without what is marked: see ``Writing``."""

    def __init__(self, found: Explored, directory: str) -> None:
        self._found, self._directory = found, directory

    def prepare(self, keys: Iterable[str]) -> Written:
        from deadweight.explore.app import Written

        report, texts = self._splits(keys)
        return Written(
            directory=os.path.abspath(self._directory),
            texts=texts,
            notes=tuple(_notes(report)),
            existing=tuple(path for path in texts if os.path.lexists(path)),
        )

    def write(self, written: Written) -> None:
        os.makedirs(self._directory or ".", exist_ok=True)
        # What has appeared since the question was asked is not overwritten.
        fresh = {path: text for path, text in written.texts.items() if path not in written.existing}
        write_files(fresh, force=False)
        write_files({path: written.texts[path] for path in written.existing}, force=True)

    def _splits(self, keys: Iterable[str]) -> tuple[Report, dict[str, str]]:
        """Return the report without some distributions, and path → text of its splits."""
        from deadweight.analysis.reporting import report_of
        from deadweight.report.splits import saved_split_files, split_files

        profile = self._found.without(keys)
        if profile is None:
            report = self._found.saved_without(keys)
            return report, saved_split_files(report, self._directory, pin=False)
        return report_of(profile), split_files(profile, self._directory, pin=False)


def _notes(report: Report) -> Iterator[str]:
    """Yield what each split leaves out and saves, and what the code uses and production would lack."""
    for name, split in report.splits.items():
        dropped = [each.name for each in split.dropped]
        yield f"{name} leaves out {', '.join(dropped) or 'nothing'} and saves {human(split.saved_bytes)}"
    proof = report.splits["production"].proof
    lost = proof.lost if proof else ()
    for gap in lost[:_MOST_GAPS]:
        where = f" ({gap.locations[0].file}:{gap.locations[0].line})" if gap.locations else ""
        yield f"your code needs what production leaves out: {gap.what}{where}"
    if len(lost) > _MOST_GAPS:
        yield f"and {len(lost) - _MOST_GAPS} more places that need something"
