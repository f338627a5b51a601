"""Source text → the same with import statements moved into functions. All other bytes stay as they are."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.startup.scopes import Single, lines_of


def moved(data: bytes, imports: Iterable[Single]) -> bytes:
    """Return a file with each statement moved to the start of its function's body, with its comment.

    data: the file that ``read_source`` returned the statements of
    """
    lines = lines_of(data)
    inserted: dict[int, list[bytes]] = {}
    removed: set[int] = set()
    for each in sorted(imports):
        body = lines[each.before - 1]
        indent = body[: len(body) - len(body.lstrip(b" \t"))]
        ending = body[len(body.rstrip(b"\r\n")) :] or b"\n"
        first, *rest = lines[each.first - 1 : each.last]
        # Further lines are in parentheses or follow a backslash, where indentation has no meaning.
        statement = b"".join((indent, first.lstrip(b" \t\f"), *rest))
        statement = statement if statement.endswith((b"\r", b"\n")) else statement + ending
        inserted.setdefault(each.before, []).append(statement)
        removed |= {*range(each.first, each.last + 1)}
    text: list[bytes] = []
    for number, line in enumerate(lines, 1):
        text += inserted.get(number, [])
        if number not in removed:
            text.append(line)
    return b"".join(text)
