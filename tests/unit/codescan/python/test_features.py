"""Where code uses what only a heavy build provides, and where it works without."""

from __future__ import annotations

import pytest

from deadweight.codescan.python.code import read_python
from deadweight.usage.locations import is_for_production


def features(text: str) -> list[tuple[str, int]]:
    """Return (feature, line) of the uses that production needs."""
    found = read_python(text.encode(), "main.py", "application").mentions
    return [(each.name, each.line) for each in found if each.kind == "feature" and is_for_production(each)]


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("model.cuda()", "gpu"),
        ("model.to('cuda:0')", "gpu"),
        ("xgboost.train({'tree_method': 'gpu_hist'})", "gpu"),
        ("tf.device('/GPU:0')", "gpu"),
        ("torch.cuda.set_device(0)", "gpu"),
        ("faiss.StandardGpuResources()", "gpu"),
        ("Session(path, providers=['CUDAExecutionProvider'])", "gpu"),
        ("cv2.imshow('a', frame)", "windows"),
        ("cv2.waitKey(1)", "windows"),
        ("model.to(f'cuda:{rank}')", "gpu"),
        ("model.to('cuda:' + str(rank))", "gpu"),
        ("torch.cuda.synchronize()", "gpu"),
    ],
)
def test_feature__used__has_its_line(text: str, feature: str) -> None:
    assert features(f"x = 1\n{text}\n") == [(feature, 2)]
    assert features(f"def run():\n    {text}\n") == [(feature, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'",
        "if torch.cuda.is_available():\n    model.cuda()",
        "torch.cuda.empty_cache()",
        "torch.cuda.manual_seed_all(1)",
        "Session(path, providers=['CUDAExecutionProvider', 'CPUExecutionProvider'])",
        "plt.imshow(image)",
        "screen.waitKey()",
        "print('the cuda build is larger')",
        "# model.cuda()",
    ],
)
def test_feature__works_without__is_none(text: str) -> None:
    assert features(f"{text}\n") == []


@pytest.mark.parametrize(
    ("imported", "used", "feature"),
    [
        ("import cv2 as cv", "cv.imshow('a', frame)", "windows"),
        ("from cv2 import imshow", "imshow('a', frame)", "windows"),
        ("from cv2 import imshow as show", "show('a', frame)", "windows"),
        ("from torch import cuda", "cuda.set_device(1)", "gpu"),
    ],
)
def test_feature__by_another_name__is_found(imported: str, used: str, feature: str) -> None:
    found = features(f"{imported}\ndef run(frame):\n    {used}\n")
    assert {name for name, _ in found} == {feature}
