"""The options that become settings, and the settings: the command line takes precedence over ``[tool.deadweight]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from deadweight.cli.help import HOW, JUDGE, WHAT, option
from deadweight.cli.options import Command, messages, shared, with_options, without
from deadweight.cli.values import INDEX, MINIMAL_GROUPS, PLATFORM, SWAP, TORCH, Choice, Count, names_in
from deadweight.settings import Settings, find_config, read_config
from deadweight.targets.options import applicable, check_options
from deadweight.targets.types import Target

_WHAT = (
    shared(
        "--python",
        WHAT,
        metavar="VERSION|PATH",
        help="Python version or interpreter to measure for (default: the one that runs deadweight).",
    ),
    shared(
        "--platform",
        WHAT,
        metavar="TAG",
        type=PLATFORM,
        help="Wheel platform tag, such as musllinux_1_2_x86_64, or for an image OS/ARCH, such as linux/arm64.",
    ),
    shared(
        "--extra",
        WHAT,
        metavar="NAME",
        multiple=True,
        help="Include an extra of the project or lock file (repeatable).",
    ),
    shared(
        "--group",
        WHAT,
        metavar="NAME",
        multiple=True,
        help="Dependency group to add to a project, or to select in a lock file (repeatable; default: none of a"
        " project, all of a lock file).",
    ),
    shared("--all-groups", WHAT, is_flag=True, default=None, help="Include all dependency groups."),
    shared(
        "--no-dev",
        WHAT,
        is_flag=True,
        default=None,
        help="Exclude all dependency groups of a lock file, except those given with --group.",
    ),
    shared(
        "--package",
        WHAT,
        metavar="NAME",
        multiple=True,
        help="Measure this member of the uv workspace instead of the root (repeatable).",
    ),
    shared(
        "--swap",
        WHAT,
        metavar="OLD=NEW",
        type=SWAP,
        multiple=True,
        help="Measure with requirement OLD replaced by NEW (repeatable).",
    ),
    shared(
        "--index",
        WHAT,
        metavar="NAME=URL",
        type=INDEX,
        multiple=True,
        help="Take the project NAME from the index at URL (repeatable).",
    ),
    shared("--torch", WHAT, metavar="BUILD", type=TORCH, help="PyTorch build: cpu, cu128, ..."),
    shared(
        "--requirements",
        "-r",
        WHAT,
        metavar="FILE",
        type=click.Path(),
        help="Requirements file that the image or environment was installed from.",
    ),
    shared(
        "--dockerfile",
        WHAT,
        metavar="FILE",
        type=click.Path(),
        help="Dockerfile that the image was built from, to name its lines in findings.",
    ),
    shared(
        "--environment",
        WHAT,
        metavar="PREFIX",
        help="For an image with several environments, the one that splits are for, such as /opt/venv.",
    ),
)
_HOW = (
    shared(
        "--install/--no-install",
        "install",
        HOW,
        default=None,
        help="Always install into a temporary environment, or never (default: only if something must be built). With"
        " --no-install, the size of what must be built is estimated.",
    ),
    shared(
        "--installer",
        HOW,
        type=Choice(["uv", "pip"]),
        help="Program that resolves and installs (default: uv if available, else pip).",
    ),
    shared("--index-url", "-i", HOW, metavar="URL", help="Package index to use."),
    shared("--extra-index-url", HOW, metavar="URL", multiple=True, help="Additional package index (repeatable)."),
    shared(
        "--find-links",
        "-f",
        HOW,
        metavar="PATH|URL",
        multiple=True,
        help="Directory of archives, or page that links to them (repeatable).",
    ),
    shared(
        "--no-build",
        HOW,
        is_flag=True,
        default=None,
        help="Use wheels only; fail if a distribution must be built. No package code runs.",
    ),
    shared("--keep-env", HOW, metavar="DIR", type=click.Path(), help="Install into DIR and keep the environment."),
    shared(
        "--bytecode",
        HOW,
        type=Choice(["compiled", "none"]),
        help="Whether to compile .pyc files when installing (default: compiled). Without installing, the total never"
        " includes them, and 'compiled' shows their estimated size.",
    ),
    shared(
        "--jobs",
        HOW,
        type=Count(min=1),
        metavar="N",
        help="Use at most N processes (default: one per available processor).",
    ),
    shared("--no-cache", HOW, is_flag=True, default=None, help="Neither read nor write the cache."),
    shared(
        "--tls-verify",
        HOW,
        type=bool,
        metavar="BOOL",
        help="Require a valid certificate from an image registry (default: true).",
    ),
)
_LIGHTER = (
    option(
        "--no-lighter",
        group=HOW,
        is_flag=True,
        default=None,
        help="Do not measure smaller builds, such as CPU-only variants.",
    ),
)
_CODE = (
    shared(
        "--source",
        JUDGE,
        metavar="DIR",
        type=click.Path(),
        help="Directory of your code (default: the directory of TARGET, if it contains Python code).",
    ),
)
_CODES = (
    option(
        "--source",
        group=JUDGE,
        metavar="[NAME=]DIR",
        multiple=True,
        help="Directory of the code of the service NAME, or of all services (repeatable; default: the directory of each"
        " FILE, if it contains Python code).",
    ),
)
_NO_CODE = (shared("--no-source", JUDGE, is_flag=True, default=None, help="Do not read your code."),)
_SPLITS = (
    shared(
        "--minimal-groups",
        JUDGE,
        metavar="LIST",
        type=MINIMAL_GROUPS,
        help="Groups in requirements-minimal.txt (default: core,data; core,data,ml if no code is read).",
    ),
    shared("--keep", JUDGE, metavar="NAME", multiple=True, help="Keep NAME in every split (repeatable)."),
    shared(
        "--drop",
        JUDGE,
        metavar="NAME",
        multiple=True,
        help="Remove NAME from every split (repeatable). `split` fails if your code uses it, unless --unproven is set.",
    ),
)
_METADATA = (
    option(
        "--no-measure",
        group=HOW,
        is_flag=True,
        default=None,
        help="Do not install or resolve; classify by names, your code and index metadata.",
    ),
    option("--offline", group=HOW, is_flag=True, default=None, help="Like --no-measure, but do not query the index."),
)
# Options of targets that are installed, or that are no requirements
_OF_OTHERS = ("no_dev", "requirements", "dockerfile", "environment", "keep_env", "bytecode", "tls_verify")
# Options of one target, or of what is installed
_OF_ONE = ("package", "requirements", "environment", "install", "keep_env")

measuring = with_options(_WHAT, _HOW, _CODE, _NO_CODE, messages)
profiling = with_options(_WHAT, _HOW, _LIGHTER, _CODE, _NO_CODE, _SPLITS, messages)
splitting = with_options(_WHAT, _HOW, _CODE, _NO_CODE, _SPLITS, messages)
grouping = with_options(_WHAT, _METADATA, _HOW, _CODE, _NO_CODE, messages)
verifying = with_options(_WHAT, _HOW, _CODE, messages)  # verify always reads the code


def sharing(command: Command) -> Command:
    """Decorate a command with the options for services: those for requirements that are not installed."""
    return without(_OF_OTHERS, with_options(_WHAT, _HOW, _CODES, _NO_CODE, messages))(command)


def containing(command: Command) -> Command:
    """Decorate a command with the options for an image: nothing is installed now, and bytecode is its own option."""
    return without(("install", "keep_env", "bytecode"), with_options(_WHAT, _HOW, _CODE, _NO_CODE, _SPLITS, messages))(
        command
    )


def fleet_measuring(command: Command) -> Command:
    """Decorate a command with the options for many targets of all types, none of which is installed."""
    return without(_OF_ONE, with_options(_WHAT, _HOW, _LIGHTER, _NO_CODE, _SPLITS, messages))(command)


# Options that replace the value of [tool.deadweight], and options that add to it.
_SINGLE = (
    "python", "platform", "installer", "index_url", "no_build", "keep_env", "bytecode", "all_groups", "no_dev", "torch",
    "jobs", "no_cache", "no_lighter", "requirements", "dockerfile", "environment", "tls_verify", "source", "no_source",
    "no_measure", "offline",
)  # fmt: skip
_REPEATABLE = ("extra_index_url", "find_links", "extra", "group", "package", "swap", "index")


def settings_of(options: Mapping[str, Any], *targets: Target) -> Settings:
    """Return the settings: defaults, what of ``[tool.deadweight]`` applies to a target, and the command's options.

    raises: BadConfig; BadInput for an option that applies to none of the targets
    """
    from deadweight.formats.distributions.metadata import normalize

    path = find_config(os.curdir)
    configured = read_config(path) if path else {}
    values: dict[str, Any] = {}
    for target in targets:
        values |= applicable(configured, target)
    for name in _SINGLE:
        if options.get(name) is not None:
            values[name] = options[name]
    if options["install"] is not None:
        values["no_install"] = not options["install"]
    for name in _REPEATABLE:
        values[name] = (*values.get(name, ()), *options[name])
    if options.get("minimal_groups") is not None:
        values["minimal_groups"] = tuple(names_in(options["minimal_groups"]))
    for name in ("keep", "drop"):
        values[name] = tuple(normalize(n) for n in (*values.get(name, ()), *options.get(name, ())))
    settings = Settings.of(**values)
    check_options(settings, *targets)
    return settings
