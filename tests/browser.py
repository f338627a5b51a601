"""A real browser for tests and benchmarks: Debian's Chromium."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAM = "chromium"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium without a network; its sandbox does not work as superuser, as which containers run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        browser = playwright.chromium.launch(executable_path=shutil.which(PROGRAM), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def opened(page: Page, path: Path, text: str) -> Page:
    """Write an HTML report to ``path`` and open it from there; return when it is interactive."""
    path.write_text(text, "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    return page
