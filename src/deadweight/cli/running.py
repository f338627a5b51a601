"""What commands share that run code or other programs for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deadweight.cli.help import option
from deadweight.cli.values import Positive

Command = Callable[..., Any]


def timeout_option(group: str, of: str, default: float = 60) -> Callable[[Command], Command]:
    """Return the option that limits how long code or a resolver may run.

    of: what the limit is for
    """
    return option(
        "--timeout",
        group=group,
        metavar="SECONDS",
        type=Positive(),
        default=default,
        show_default=True,
        help=f"Time limit for {of}.",
    )


def adopt_orphans() -> None:
    """Have every process end that the code leaves behind, from now on."""
    from deadweight.sources.system import processes

    processes.adopt_orphans()
