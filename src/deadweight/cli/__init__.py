"""Options → settings → operation → report → exit code. Only this directory uses click and the terminal.

__init__.py   the root command: ``deadweight TARGET``, errors and signals
options.py    the options that commands share, and the settings from them
progress.py   progress on stderr
targets.py    the TARGET argument
output.py     stdout, and files that are written atomically
browser.py    HTML reports in the browser
commands/     a module for each command
reporting.py  measuring the target, and the end of a command
views.py      the options for how to show a report
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from deadweight import __version__, interrupts
from deadweight.cli.output import open_streams, say
from deadweight.errors import DeadweightError
from deadweight.targets.directories import project_files

# Command → its line in the help. Each is a module of the same name in commands/, which is imported when it is needed.
_COMMANDS = {
    "profile": "Show what each distribution takes on disk and what you could remove.",
    "split": "Write requirements-production.txt and requirements-minimal.txt.",
    "plan": "Show how much smaller a target can become, level by level.",
    "verify": "Check that a split provides everything your code uses.",
    "check": "Check sizes and contents against a budget.",
    "why": "Show which requirements lead to a distribution.",
    "groups": "Show the group of each distribution and the evidence for it.",
    "imports": "Show what your application's imports cost at start.",
    "explore": "Browse sizes in the terminal, and try out what to remove.",
    "diff": "Show what changed between two targets or saved reports.",
    "trim": "Remove tests, bytecode and other files that an environment can do without.",
    "dockerfile": "Write a Dockerfile with a stage for each variant, and show the sizes to expect.",
    "dockerignore": "Propose a .dockerignore that leaves out what an image does not need.",
    "services": "Show what several services share, and propose shared requirements files.",
    "fleet": "Keep the results of many targets in one file, and report on all of them.",
    "cache": "Show or clear the cache.",
    "schema": "Print the JSON Schema of the JSON report, or of the configuration.",
    "completion": "Print the script for completion in bash, zsh or fish.",
}
INTERRUPTED = 130

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Root(click.Group):
    """Passes an argument that is not a command to ``profile`` as TARGET, and imports commands lazily."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"deadweight.cli.commands.{cmd_name}"), cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, and files, since ``deadweight TARGET`` is short for ``deadweight profile TARGET``."""
        from click.shell_completion import CompletionItem

        from deadweight.cli.targets import files

        commands = [CompletionItem(name, help=text) for name, text in _COMMANDS.items() if name.startswith(incomplete)]
        # Files first: click's script for bash forgets what comes before them.
        return [*files(ctx, self.params[0], incomplete), *commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing and project_files("."):
            args = ["profile"]
        if args and args[0] not in _COMMANDS and args[0] not in ("--help", "-h", "--version"):
            if not args[0].startswith("-") and not ctx.resilient_parsing:
                from deadweight.cli.targets import check_command

                check_command(args[0], _COMMANDS)
            args = ["profile", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="deadweight", message="%(prog)s %(version)s")
def root() -> None:
    """Measure what Python dependencies take on disk, find out why they are installed, and remove what you do not need.

    \b
    deadweight                                        measure the project in the working directory
    deadweight requirements.txt                       measure a requirements file
    deadweight .venv                                  measure an environment
    deadweight docker:app:1.2                         measure an image
    deadweight why NAME requirements.txt              show why NAME is installed
    deadweight split requirements.txt                 write smaller requirements files
    deadweight verify requirements-production.txt     check a split against your code
    deadweight check requirements.txt --max 500MB     check a budget

    `deadweight TARGET` is short for `deadweight profile TARGET`.
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    0 done, 1 a bug, 2 usage, 3 not proven or over budget, 4 bad input, 5 the installer failed, 130 interrupted.
    """
    # A short run creates many objects but little garbage; collecting cycles would take a third of the time.
    gc.disable()
    interrupts.install()
    open_streams()
    arguments = sys.argv[1:] if args is None else args
    try:
        status = _run(arguments, debug="--debug" in arguments)
        with contextlib.suppress(OSError):
            sys.stdout.flush()
    except KeyboardInterrupt:  # while an error was printed
        status = INTERRUPTED
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    # Only memory is left to release, and the operating system does that faster.
    os._exit(status)


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        # If not standalone, click returns the exit code of a command, and None if the command returns.
        return root.main(arguments, prog_name="deadweight", standalone_mode=False) or 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except SystemExit as done:  # how click ends after it answered a shell
        return int(done.code or 0)
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as interrupt:
        message = str(interrupt.__cause__ or interrupt)  # click raises Abort from the interrupt
        say(f"interrupted; {message or 'no files were left behind'}")
        return INTERRUPTED
    except (DeadweightError, OSError) as error:
        if debug:
            _traceback()
        return _explain(error, debug=debug)
    except Exception as error:  # noqa: BLE001  the last resort: report a bug without a traceback
        if debug:
            _traceback()
        say(f"error: this is a bug in deadweight: {type(error).__name__}: {error}")
        say("hint: run the command again with --debug and report the output")
        return 1


def _explain(error: DeadweightError | OSError, *, debug: bool) -> int:
    if isinstance(error, OSError):
        from deadweight.sources.system.failures import explained

        error = explained(error)
    say(f"error: {error.cause}")
    if error.hint:
        say(f"hint: {error.hint}")
    if error.detail:
        say(error.detail if debug else "hint: use --debug to show the full output")
    return error.exit_code


def _traceback() -> None:
    import traceback

    say(traceback.format_exc())
