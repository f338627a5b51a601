"""check: a target, and a budget from options and ``[tool.deadweight.budget]`` → what each rule found."""

from __future__ import annotations

import os
from typing import Any

import click

from deadweight.budget import Budget
from deadweight.cli.help import JUDGE, GroupedCommand, option
from deadweight.cli.options import with_options, writing
from deadweight.cli.output import Destination
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish, measured
from deadweight.cli.settings import measuring, settings_of
from deadweight.cli.targets import files, target_of
from deadweight.cli.values import FINDING, FINDING_SIZE, GROWTH, PATTERN, SIZE, Choice
from deadweight.model import GROUPS
from deadweight.report.check import FORMATS, render_check
from deadweight.settings import find_config, read_budget

SINGLE = ("max", "max_package", "max_download", "max_wasted", "max_growth", "baseline")
REPEATABLE = ("deny", "deny_group", "deny_finding", "max_finding")


def _rule(name: str, metavar: str, of: Any, text: str, **attributes: Any) -> Any:
    return option(name, group=JUDGE, metavar=metavar, type=of, help=text, **attributes)


def budget_options(earlier: str = "the baseline") -> tuple[Any, ...]:
    """Return the options for rules, in the order of ``SINGLE`` and ``REPEATABLE``.

    earlier: what growth is measured from
    """
    return (
        _rule("--max", "SIZE", SIZE, "Most that all files may take, such as 500MB."),
        _rule("--max-package", "SIZE", SIZE, "Most that one distribution may take."),
        _rule("--max-download", "SIZE", SIZE, "Most that the archives to download may take."),
        _rule("--max-wasted", "SIZE", SIZE, "Most that removed files may take in an image."),
        _rule("--max-growth", "SIZE|%", GROWTH, f"Most that the size may grow since {earlier}."),
        _rule(
            "--baseline", "FILE", click.Path(),
            "JSON report to compare with, or REV:PATH, a file or project in git at a revision.",
        ),
        _rule("--deny", "NAME", PATTERN, "Project or pattern to forbid (repeatable).", multiple=True),
        _rule("--deny-group", "GROUP", Choice(GROUPS), "Group to forbid: dev (repeatable).", multiple=True),
        _rule("--deny-finding", "RULE", FINDING, "Rule that must find nothing in an image: DW503 (repeatable).",
              multiple=True),
        _rule("--max-finding", "RULE=SIZE", FINDING_SIZE, "Most that the findings of a rule may take (repeatable).",
              multiple=True),
    )  # fmt: skip


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", nargs=-1, shell_complete=files)
@with_options(budget_options())
@option("--suggest", group=JUDGE, is_flag=True, help="Print limits with headroom for TARGET, as TOML.")
@writing(FORMATS)
@measuring
def check(target: tuple[str, ...], suggest: bool, destination: Destination, **options: Any) -> None:
    """Check TARGET against a budget, for CI.

    Each rule passes, fails or is skipped. If one fails, the output names the cause and a way out, and the exit status
    is 3. TARGET is measured like that of `deadweight profile`, or is a saved JSON report. Rules also come from
    [tool.deadweight.budget]. Sizes have a unit: 500MB (10⁶) or 500MiB (2²⁰).
    """
    from deadweight.operations.check import check as judged

    if suggest:
        _suggest(target, destination, options)
        return
    budget = _budget_of(options)
    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        report = judged(given, budget, settings, observe=observe)
    destination.write(render_check(report, destination.form))
    finish(report, report.exit_code)


def _budget_of(options: dict[str, Any]) -> Budget:
    """Return the budget: an option replaces the value of ``[tool.deadweight.budget]``, a repeatable one adds to it."""
    path = find_config(os.curdir)
    values: dict[str, Any] = read_budget(path) if path else {}
    for name in SINGLE:
        if options[name] is not None:
            values[name] = options[name]
    for name in REPEATABLE:
        values[name] = (*values.get(name, ()), *options[name])
    return Budget(**values)


def _suggest(target: tuple[str, ...], destination: Destination, options: dict[str, Any]) -> None:
    from deadweight.budget.suggesting import suggestions
    from deadweight.report.check.suggestion import suggestion_toml

    given_rules = [name for name in (*SINGLE, *REPEATABLE) if options[name]]
    if given_rules or destination.form != "text":
        other = f"--{given_rules[0].replace('_', '-')}" if given_rules else "--format"
        raise click.UsageError(f"--suggest and {other} cannot be combined")
    report = measured(target, options, lighter=False)
    destination.write(suggestion_toml(suggestions(report), report))
    finish(report)
