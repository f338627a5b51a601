"""Measures HTML reports: seconds to render, size, and seconds until the page is interactive in Chromium.

Run it with ``python -m benchmarks.html_reports``: the reports and the browser are those of the tests.

Interactive: from the start of the navigation until the script has run and the next frame is painted. CPU: of the main
thread up to then, which other programs on the machine do not affect.
"""

from __future__ import annotations

import gzip
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.browser import chromium
from tests.html_reports import large_report

from deadweight.report.html.as_html import as_html

ROUNDS = 5
COUNTS = (20, 200, 2000)
_INTERACTIVE = """() => new Promise((done) =>
    requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000))))"""
_ZOOM = """() => new Promise((done) => {
    const start = performance.now();
    document.querySelector("#map .head").click();
    requestAnimationFrame(() => setTimeout(() => done((performance.now() - start) / 1000)));
})"""
_SORT = _ZOOM.replace("#map .head", "#table thead button")


def main() -> None:
    print("distributions  render s  size kB  gzip kB  CPU s  interactive s  zoom s  sort s")
    with chromium() as browser, tempfile.TemporaryDirectory() as directory:
        for count in COUNTS:
            report = large_report(count)
            start = time.perf_counter()
            text = as_html(report)
            rendering = time.perf_counter() - start
            path = Path(directory) / "report.html"
            path.write_text(text, "utf-8")
            processor: list[float] = []
            seconds: dict[str, list[float]] = {_INTERACTIVE: [], _ZOOM: [], _SORT: []}
            for _ in range(ROUNDS):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                session = page.context.new_cdp_session(page)
                session.send("Performance.enable", {"timeDomain": "threadTicks"})
                page.goto(path.as_uri(), wait_until="commit")
                page.wait_for_selector("html[data-ready]")
                for script, measured in seconds.items():
                    measured.append(page.evaluate(script))
                    if script == _INTERACTIVE:
                        metrics = session.send("Performance.getMetrics")["metrics"]
                        processor += (each["value"] for each in metrics if each["name"] == "TaskDuration")
                page.close()
            interactive, zoom, sort = map(median, seconds.values())
            size, packed = len(text.encode()) / 1000, len(gzip.compress(text.encode())) / 1000
            print(
                f"{count:13} {rendering:9.2f} {size:8.0f} {packed:8.0f} {median(processor):6.2f}"
                f" {interactive:14.2f} {zoom:7.2f} {sort:7.2f}"
            )


if __name__ == "__main__":
    main()
