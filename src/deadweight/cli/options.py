"""The options that commands share, and the settings that they make: the command line over ``[tool.deadweight]``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from deadweight.errors import BadInput
from deadweight.settings import Settings, find_config, read_config
from deadweight.targets import parse_target

Command = Callable[..., Any]

_INSTALL = (
    click.option(
        "--install/--no-install",
        "install",
        default=None,
        help="Install into a throwaway environment, or measure from the wheels' own directories without downloading"
        " them (default: install only what has no wheel).",
    ),
    click.option("--python", metavar="VERSION|PATH", help="Python to measure for (default: this one)."),
    click.option(
        "--platform", metavar="TAG", help="Machine to measure for, as in wheel tags; of an image, linux/arm64."
    ),
    click.option("--installer", type=click.Choice(["uv", "pip"]), help="Default: uv where it is found."),
    click.option("--index-url", "-i", metavar="URL", help="Index to install from."),
    click.option("--extra-index-url", metavar="URL", multiple=True, help="A further index; may be repeated."),
    click.option(
        "--find-links", "-f", metavar="PLACE", multiple=True, help="Folder or page of archives; may be repeated."
    ),
    click.option("--no-build", is_flag=True, default=None, help="Wheels only: no code of what is installed is run."),
    click.option("--keep-env", metavar="DIR", type=click.Path(), help="Leave the environment in DIR."),
    click.option(
        "--bytecode",
        type=click.Choice(["compiled", "none"]),
        help="Measure with .pyc files, as pip leaves them (default), or without.",
    ),
    click.option("--no-lighter", is_flag=True, default=None, help="Do not measure what lighter builds would save."),
    click.option("--no-cache", is_flag=True, default=None, help="Keep no listings of wheels, and use none."),
)
_REQUIREMENTS = (
    click.option("--extra", metavar="NAME", multiple=True, help="An extra of the project; may be repeated."),
    click.option("--group", metavar="NAME", multiple=True, help="A dependency group of it; may be repeated."),
    click.option("--all-groups", is_flag=True, default=None, help="All dependency groups of it."),
    click.option("--no-dev", is_flag=True, default=None, help="No dependency group of a lock."),
    click.option("--package", metavar="NAME", multiple=True, help="A member of the uv workspace; may be repeated."),
    click.option("--swap", metavar="OLD=NEW", multiple=True, help="A requirement in place of another; repeatable."),
    click.option("--index", metavar="NAME=URL", multiple=True, help="Where NAME is to come from; repeatable."),
    click.option("--torch", metavar="BUILD", help="PyTorch's build: cpu, or cu128 and the like."),
)
_SYSTEM = (
    click.option(
        "--requirements", "-r", metavar="FILE", type=click.Path(), help="What an image or environment was made from."
    ),
    click.option(
        "--tls-verify", type=bool, metavar="BOOL", help="Whether a registry needs a valid certificate (default: true)."
    ),
    click.option("--environment", metavar="PREFIX", help="The environment of an image to split: /opt/venv."),
)
_SOURCE = (
    click.option(
        "--source", metavar="DIR", type=click.Path(), help="The application's source (default: where TARGET lies)."
    ),
    click.option("--no-source", is_flag=True, default=None, help="Read no source."),
)
_GROUPS = (
    click.option(
        "--minimal-groups",
        metavar="LIST",
        help="Groups of the minimal split (default: core,data; without source also ml).",
    ),
    click.option("--keep", metavar="NAME", multiple=True, help="Never leave NAME out; may be repeated."),
    click.option("--drop", metavar="NAME", multiple=True, help="Always leave NAME out; may be repeated."),
)
_SINGLE = (
    "python", "platform", "installer", "index_url", "no_build", "keep_env", "bytecode", "all_groups", "no_dev", "torch",
    "no_cache", "no_lighter", "requirements", "environment", "tls_verify", "source", "no_source", "no_measure",
    "offline",
)  # fmt: skip
_TALK = (
    click.option("--quiet", "-q", is_flag=True, help="No progress and no warnings on stderr."),
    click.option("--verbose", "-v", is_flag=True, help="Every step on a line of its own."),
    click.option("--debug", is_flag=True, help="Tracebacks, and all that the installer said."),
)


def with_options(*sets: tuple[Callable[[Command], Command], ...]) -> Callable[[Command], Command]:
    """Decorate a command with sets of options."""

    def decorate(command: Command) -> Command:
        for option in reversed([option for options in sets for option in options]):
            command = option(command)
        return command

    return decorate


measuring = with_options(_INSTALL, _REQUIREMENTS, _SYSTEM, _SOURCE, _GROUPS, _TALK)
not_measuring = with_options(
    (
        click.option(
            "--no-measure",
            is_flag=True,
            default=None,
            help="Install and resolve nothing: names, source, and the metadata that an index has of each requirement.",
        ),
        click.option("--offline", is_flag=True, default=None, help="The same without asking an index."),
    )
)


_SHOWING = ("quiet", "verbose", "debug")


def refuse_for_report(target: object, options: Mapping[str, Any]) -> bool:
    """Return whether TARGET is a saved report; raises BadInput for options that would measure or judge it anew."""
    if not isinstance(target, str) or parse_target(target).kind != "report":
        return False
    given = [name for name, value in options.items() if name not in _SHOWING and value not in (None, "", ())]
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise BadInput(f"{names}: a saved report is shown as it was measured", hint="give the target that it is of")
    return True


def settings_of(options: dict[str, Any]) -> Settings:
    """Return the settings: defaults, then ``[tool.deadweight]``, then what the command line says.

    raises: BadConfig
    """
    from deadweight.formats.metadata import normalize

    path = find_config(os.curdir)
    values: dict[str, Any] = read_config(path) if path else {}
    for name in _SINGLE:
        if options.get(name) is not None:
            values[name] = options[name]
    if options["install"] is not None:
        values["no_install"] = not options["install"]
    for name in ("extra_index_url", "find_links", "extra", "group", "package", "swap", "index"):
        values[name] = (*values.get(name, ()), *options[name])
    if options["minimal_groups"] is not None:
        values["minimal_groups"] = tuple(g.strip() for g in options["minimal_groups"].split(",") if g.strip())
    for name in ("keep", "drop"):
        values[name] = tuple(normalize(n) for n in (*values.get(name, ()), *options[name]))
    return Settings(**values)
