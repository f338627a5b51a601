"""Expressions → the features of a heavy build that the code uses: a GPU, or windows on a screen."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

GPU, WINDOWS = "gpu", "windows"

# Hints for outline.py: a module without them uses no feature.
HINTS = (rb"cuda", rb"CUDA", rb"[gG][pP][uU]", rb"cv2")

_ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(("cuda", "StandardGpuResources", "index_cpu_to_gpu", "index_cpu_to_all_gpus"), GPU),
    # of OpenCV's highgui
    **dict.fromkeys(
        (
            "imshow", "namedWindow", "waitKey", "waitKeyEx", "pollKey", "destroyAllWindows", "destroyWindow",
            "createTrackbar", "setMouseCallback", "selectROI", "selectROIs",
        ),
        WINDOWS,
    ),
}  # fmt: skip
# Questions about a GPU, and calls that do nothing without one
_HARMLESS = frozenset(
    (
        "is_available", "device_count", "empty_cache", "manual_seed", "manual_seed_all", "is_initialized", "amp",
        "OutOfMemoryError", "synchronize", "is_bf16_supported", "memory_allocated",
    )
)  # fmt: skip
_DEVICE = re.compile(r"(?:/?(?:device:)?(?:cuda|gpu)(?::\d+)?|gpu_hist|cudaexecutionprovider)\Z", re.IGNORECASE)
_FALLBACK = "CPUExecutionProvider"


def feature_of(node: ast.AST) -> str:
    """Return the feature that an expression uses by itself; "" for none."""
    if isinstance(node, ast.Constant):
        return GPU if isinstance(node.value, str) and len(node.value) < 40 and _DEVICE.match(node.value) else ""
    if not isinstance(node, ast.Attribute):
        return ""
    feature = _ATTRIBUTES.get(node.attr, "")
    if feature == WINDOWS:
        return feature if isinstance(node.value, ast.Name) and node.value.id == "cv2" else ""
    return feature


def is_harmless(node: ast.AST) -> bool:
    """Return whether an expression works the same without the feature, so that nothing in it counts."""
    if isinstance(node, ast.Attribute):
        return node.attr in _HARMLESS and isinstance(node.value, ast.Attribute) and node.value.attr == "cuda"
    if isinstance(node, ast.List | ast.Tuple):
        # A list of execution providers is tried in order.
        return any(isinstance(each, ast.Constant) and each.value == _FALLBACK for each in node.elts)
    return False
