"""setup.py and setup.cfg → the requirements that they state outright; their code is read, never run."""

from __future__ import annotations

import ast
import warnings


def stated_requirements(setup_py: bytes, setup_cfg: bytes) -> tuple[str, ...] | None:
    """Return ``install_requires`` where it is a literal; None where only running the code could tell."""
    return _of_cfg(setup_cfg) or _of_py(setup_py)


def _of_cfg(data: bytes) -> tuple[str, ...] | None:
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(data.decode("utf-8", "replace"))
        text = parser.get("options", "install_requires", fallback="")
    except (configparser.Error, ValueError):
        return None
    lines = [line.strip() for line in text.splitlines()]
    return tuple(line for line in lines if line and not line.startswith("#")) or None


def _of_py(data: bytes) -> tuple[str, ...] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a SyntaxWarning of theirs is nobody's here
            tree = ast.parse(data)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            stated = next((keyword.value for keyword in node.keywords if keyword.arg == "install_requires"), None)
            if stated is None:
                return None if any(keyword.arg is None for keyword in node.keywords) else ()
            return _literal(stated, tree)
    return None


def _literal(node: ast.expr, tree: ast.Module) -> tuple[str, ...] | None:
    """Return a list of texts, also where a name at the top of the file stands for it."""
    if isinstance(node, ast.Name):
        given = [
            each.value
            for each in tree.body
            if isinstance(each, ast.Assign) and any(getattr(t, "id", "") == node.id for t in each.targets)
        ]
        if len(given) != 1 or isinstance(given[0], ast.Name):
            return None
        node = given[0]
    try:
        found = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(found, str):
        found = [line.strip() for line in found.splitlines() if line.strip()]
    if isinstance(found, list | tuple | set) and all(isinstance(line, str) for line in found):
        return tuple(found)
    return None
