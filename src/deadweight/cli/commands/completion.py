"""Completion of commands, options and files in bash, zsh and fish; click writes and answers the scripts."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from deadweight.cli.help import GroupedCommand
from deadweight.cli.output import emit
from deadweight.cli.values import Choice

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_DEADWEIGHT_COMPLETE"  # with which the scripts call deadweight


@click.command(cls=GroupedCommand)
@click.argument("shell", type=Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes deadweight's commands, options and files in SHELL.

    \b
    bash    eval "$(deadweight completion bash)" in ~/.bashrc
    zsh     eval "$(deadweight completion zsh)" in ~/.zshrc, after compinit
    fish    deadweight completion fish > ~/.config/fish/completions/deadweight.fish
    """
    from deadweight.cli import root

    script = get_completion_class(shell)
    assert script is not None
    emit(script(root, {}, "deadweight", VARIABLE).source() + "\n", None, force=False)
