"""The configuration of a container or an image → how its program starts."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.model import Start


def start_of(variables: Iterable[str], command: Iterable[str], directory: str, user: str) -> Start:
    """Return how a program starts.

    variables: as NAME=VALUE
    user:      a name or a number, optionally with a group; "" for root
    """
    values = dict(each.split("=", 1) for each in variables if "=" in each)
    name = user.partition(":")[0]
    home = values.get("HOME", _home(name))
    return Start(command=tuple(command), directory=directory, variables=values, home=home, user=user)


def _home(user: str) -> str:
    if user in ("", "root", "0"):
        return "/root"
    return "" if user.isdigit() else f"/home/{user}"  # only /etc/passwd knows the home of a number
