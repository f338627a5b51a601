"""setup.py and setup.cfg → the requirements that they state literally. Their code is parsed and never run."""

from __future__ import annotations

import ast
import warnings


def stated_requirements(setup_py: bytes, setup_cfg: bytes) -> tuple[str, ...] | None:
    """Return ``install_requires`` if it is a literal; None if it is computed."""
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
            warnings.simplefilter("ignore")  # a SyntaxWarning in the measured code is not relevant
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
    """Return a literal list of strings, or one that a module-level name is assigned to."""
    if isinstance(node, ast.Name):
        assigned = [
            each.value
            for each in tree.body
            if isinstance(each, ast.Assign) and any(getattr(t, "id", "") == node.id for t in each.targets)
        ]
        if len(assigned) != 1 or isinstance(assigned[0], ast.Name):
            return None
        node = assigned[0]
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, str):
        value = [line.strip() for line in value.splitlines() if line.strip()]
    if isinstance(value, list | tuple | set) and all(isinstance(line, str) for line in value):
        return tuple(value)
    return None
