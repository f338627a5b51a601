"""Expressions → the features of a heavy build that the code uses: a GPU, or windows on a screen."""

from __future__ import annotations

import ast
import re

GPU, WINDOWS = "gpu", "windows"

# Hints for outline.py: a module without them uses no feature.
HINTS = (rb"cuda", rb"CUDA", rb"[gG][pP][uU]", rb"imshow", rb"Window", rb"waitKey", rb"pollKey", rb"selectROI")
# Modules whose names are followed through imports and aliases
MODULES = ("cv2", "torch", "torch.cuda")

_OF_GPUS = frozenset(("cuda", "StandardGpuResources", "index_cpu_to_gpu", "index_cpu_to_all_gpus"))
_OF_WINDOWS = frozenset(  # of OpenCV's highgui
    (
        "imshow", "namedWindow", "waitKey", "waitKeyEx", "pollKey", "destroyAllWindows", "destroyWindow",
        "createTrackbar", "setMouseCallback", "selectROI", "selectROIs",
    )
)  # fmt: skip
# Questions about a GPU, and calls that do nothing without one
_HARMLESS = frozenset(
    (
        "is_available", "device_count", "empty_cache", "manual_seed", "manual_seed_all", "is_initialized", "amp",
        "OutOfMemoryError", "is_bf16_supported", "memory_allocated",
    )
)  # fmt: skip
_DEVICE = re.compile(r"(?:/?(?:device:)?(?:cuda|gpu)(?::\d*)?|gpu_hist|cudaexecutionprovider)\Z", re.IGNORECASE)
_FALLBACK = "CPUExecutionProvider"
_LONGEST = 40  # characters of the name of a device


def feature_of(node: ast.AST, name: str) -> str:
    """Return the feature that an expression uses by itself; "" for none.

    name: the dotted name of a variable or an attribute, with aliases resolved; "" for other expressions
    """
    if isinstance(node, ast.Constant):
        return GPU if _is_device(node) else ""
    if isinstance(node, ast.JoinedStr):
        return GPU if any(map(_is_device, node.values)) else ""
    module, _, last = name.rpartition(".")
    return GPU if last in _OF_GPUS and name != "torch.cuda" and module else feature_named(name)


def feature_named(name: str) -> str:
    """Return the feature that a dotted name, which may be imported, belongs to; "" for none."""
    module, _, last = name.rpartition(".")
    if last in _OF_WINDOWS and module == "cv2":
        return WINDOWS
    return GPU if module == "torch.cuda" and last not in _HARMLESS else ""


def is_harmless(node: ast.AST) -> bool:
    """Return whether an expression works the same without the feature, so that nothing in it counts."""
    # A list of execution providers is tried in order.
    return isinstance(node, ast.List | ast.Tuple) and any(
        isinstance(each, ast.Constant) and each.value == _FALLBACK for each in node.elts
    )


def _is_device(node: ast.AST) -> bool:
    """Return whether a text names a GPU: "cuda", "cuda:0", or "cuda:" before a number that is computed."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(node.value) < _LONGEST
        and bool(_DEVICE.match(node.value))
    )
