"""Options in groups: each option names its group, and ``--help`` shows one section for each group.

This subclass of click is small; rich-click would be a dependency to import at every start.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import click
from click.core import ParameterSource

WHAT, HOW, JUDGE, OUTPUT = (
    "Target options", "Installation and resolution options", "Code and group options", "Output options",
)  # fmt: skip
GROUPS = (WHAT, HOW, JUDGE, OUTPUT)
_FULL_HELP = "deadweight profile --help"
_WIDTH = 47


class GroupedOption(click.Option):
    """An option of a group. ``shared``: several commands take it, and only ``profile --help`` describes it."""

    def __init__(self, *arguments: Any, group: str, shared: bool = False, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.group, self.shared = group, shared


def option(*names: str, group: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command with an option of a group."""
    return click.option(*names, cls=GroupedOption, group=group, **attributes)


class GroupedCommand(click.Command):
    """Shows its options in groups. With ``brief``, shared options are listed by name alone."""

    def __init__(self, *arguments: Any, brief: bool = False, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.brief = brief

    def options(self, ctx: click.Context, group: str) -> list[click.Parameter]:
        """Return the options of a group, in the order of their declaration."""
        return [each for each in self.get_params(ctx) if each.param_type_name == "option" and group_of(each) == group]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shared: list[tuple[str, str]] = []
        for group in GROUPS:
            options = self.options(ctx, group)
            brief = [each for each in options if self.brief and getattr(each, "shared", False)]
            rows = [row for each in options if each not in brief and (row := each.get_help_record(ctx))]
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)
            if brief:
                shared.append((group.removesuffix(" options"), _listed(brief)))
        if shared:
            with formatter.section(f"Options shared with 'deadweight profile' (see '{_FULL_HELP}')"):
                formatter.write_dl(shared)


def group_of(option: click.Parameter) -> str:
    """Return the group of an option; click adds ``--help`` itself."""
    return option.group if isinstance(option, GroupedOption) else OUTPUT


def records_by_group(command: click.Command, context: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield (group, (names, help text) of each option) for our own options, which do not include ``--help``."""
    options = [each for each in command.get_params(context) if isinstance(each, GroupedOption)]
    for group in GROUPS:
        records = (each.get_help_record(context) for each in options if each.group == group)
        shown = [record for record in records if record]
        if shown:
            yield group, shown


def paragraphs_of(command: click.Command) -> Iterator[tuple[str, bool]]:
    """Yield the paragraphs of a command's help, and whether the lines of each are kept; click's mark is removed."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        kept = paragraph.removeprefix("\b\n")
        yield kept, kept != paragraph


def given_arguments(ctx: click.Context, names: Collection[str | None]) -> Iterator[str]:
    """Yield the options among ``names`` that the command line contains, with their values."""
    for each in ctx.command.params:
        is_given = ctx.get_parameter_source(each.name or "") is ParameterSource.COMMANDLINE
        if not isinstance(each, click.Option) or each.name not in names or not is_given:
            continue
        value, long = ctx.params[each.name or ""], max(each.opts, key=len)
        if each.is_flag:
            yield long if value else max(each.secondary_opts, key=len)
        else:
            for one in value if each.multiple else (value,):
                yield from (long, str(one))


def _listed(options: Sequence[click.Parameter]) -> str:
    """Return the long names of options, wrapped here since click breaks lines at hyphens."""
    names = ["/".join(max(each, key=len) for each in (one.opts, one.secondary_opts) if each) for one in options]
    return "\b\n" + textwrap.fill(" ".join(names), _WIDTH, break_on_hyphens=False)
