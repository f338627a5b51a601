"""The output of uv and pip → progress, and a short reason for a failure."""

from __future__ import annotations

import re
from collections.abc import Callable

from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.tables import Malformed
from deadweight.formats.versions import nearest_python
from deadweight.progress import Progress

_UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_UV = re.compile(
    r"\s*(?P<what>Resolved|Downloading|Downloaded|Building|Built|Prepared|Installed|Bytecode compiled)\s+(?P<name>\S+)"
    r"(?:.*?\((?P<size>\d+(?:\.\d+)?)\s*(?P<unit>[kKMG]?i?B)\))?"
)
_PIP = re.compile(
    r"\s*(?P<what>Collecting|Downloading|Processing|Building wheel for|Installing collected packages:|Progress)\s+"
    r"(?P<name>\S+)(?:.*?\((?P<size>\d+(?:\.\d+)?)\s*(?P<unit>[kMG]?B)\))?(?: of (?P<total>\d+))?"
)
_NO_SPACE = re.compile(r"no space left on device|os error 28|disk quota exceeded", re.I)
_NO_NETWORK = re.compile(
    r"error sending request|NewConnectionError|Failed to establish a new connection|name resolution|Connection refused|"
    r"ConnectTimeout|dns error|Network is unreachable|ConnectionResetError|Max retries exceeded",
    re.I,
)
_NEEDS_BUILD = re.compile(r"no usable wheels|building (?:from )?source(?: distributions)? is disabled", re.I)
_UV_LOG = re.compile(
    r"^DEBUG (?:Searching for a compatible version of (?P<name>[\w.-]+)(?:[\[{][^\n]*)? \((?P<range>[^()\n]*)\)$"
    r"|Selecting: (?P<selected>[\w.-]+))"
)
# uv logs the URL when it looks up a wheel, or the METADATA file next to it, in its cache.
_UV_WHEEL = re.compile(
    r"DEBUG (?:Selecting: [^\s=]+==\S+ \[[^\]]*\] \((?P<selected>[^()\s]+\.whl)\)"
    r"|(?:No cache entry|Found (?:fresh|stale|modified) response) for: "
    r"(?P<url>https?://[^\s*@]*/(?P<filename>[^\s/*@]+\.whl))(?:\.metadata)?)\Z"
)
_PIP_VAIN = re.compile(r"satisfies the requirement (?P<name>[\w.-]+)(?:\[[^\]\n]*\])?(?P<range>[^\s;(]*)")
# uv: "the current Python version (3.11.7) does not satisfy Python>=3.12"; pip: "requires a different Python: 3.11.7 not
# in '>=3.12'"
_OTHER_PYTHON = re.compile(
    r"(?:does\s+not\s+satisfy\s+Python|requires a different Python: [\d.]+ not in ')"
    r"(?P<range>(?:[<>=!~]=?[\d.*]+,?\s*)+)"
)
_RUNNING = re.compile(r"Python version \((3\.\d+(?:\.\d+)?)|a different Python: (3[\d.]+)")
_TAIL = 20_000  # characters at the end of the output that are searched for the reason
_LONGEST = 6  # lines of a reason that are shown


def uv_progress() -> Callable[[str], Progress | None]:
    """Return a function that reads uv's output line by line; it sums the downloads that uv reports (over 1 MiB)."""
    sizes: dict[str, int] = {}
    done: set[str] = set()

    def read(line: str) -> Progress | None:
        match = _UV.match(line)
        if match is None:
            return None
        what, name = match.group("what", "name")
        if what == "Downloading" and match.group("size"):
            sizes[name] = _bytes(match)
        elif what == "Downloaded":
            done.add(name)
        elif what in ("Building", "Built"):
            return Progress("building", name)
        elif what == "Prepared":
            return Progress("installing")
        elif what == "Installed":
            return Progress("compiling", "bytecode")
        elif what == "Resolved":
            return Progress("resolving", f"{name} distributions")
        else:
            return None
        return Progress("downloading", name, sum(sizes.get(n, 0) for n in done), sum(sizes.values()))

    return read


def pip_progress() -> Callable[[str], Progress | None]:
    """Return a function that reads pip's output line by line; it sums the files that pip downloads."""
    before = current = 0
    name = ""

    def read(line: str) -> Progress | None:
        nonlocal before, current, name
        match = _PIP.match(line)
        if match is None:
            return None
        what = match.group("what")
        if what == "Progress":
            if not (match.group("name").isdecimal() and match.group("total")):
                return None
            return Progress("downloading", name, before + int(match.group("name")), before + current)
        if what == "Downloading" and match.group("size"):
            before, current, name = before + current, _bytes(match), match.group("name").split("-")[0]
            return Progress("downloading", name, before, before + current)
        if what.startswith("Installing"):
            return Progress("installing", f"{line.count(',') + 1} distributions")
        return Progress("building" if what.startswith("Building") else "resolving", match.group("name"))

    return read


def _bytes(match: re.Match[str]) -> int:
    return int(float(match.group("size")) * _UNITS[match.group("unit")])


class UvChoices:
    """Reads uv's log (``--verbose``) line by line and collects the URLs of the wheels that uv selects."""

    def __init__(self) -> None:
        self._selected: set[str] = set()
        self._urls: dict[str, str] = {}

    def read(self, line: str) -> tuple[str, str] | None:
        """Return (file name, URL) of a wheel when both its URL and its selection were logged, None for most lines."""
        match = _UV_WHEEL.match(line)
        if match is None:
            return None
        if match["selected"]:
            self._selected.add(match["selected"])
        else:
            self._urls.setdefault(match["filename"], match["url"])
        filename = match["selected"] or match["filename"]
        if filename not in self._selected or filename not in self._urls:
            return None
        self._selected.remove(filename)
        return filename, self._urls[filename]


class UvDoubts:
    """Reads uv's log (``--verbose``) line by line and collects projects for which uv skipped versions.

    The log names each range that uv searches and each version that it selects. A search without a selection means that
    the range has no usable version. Versions without a wheel show up in this way.
    """

    def __init__(self) -> None:
        self._searched: dict[str, str] = {}
        self._doubts: dict[str, str] = {}

    def read(self, line: str) -> tuple[str, str] | None:
        """Return (project, range) if this line is the first to show that uv skipped versions of the project."""
        match = _UV_LOG.match(line)
        if match is None:
            return None
        name = normalize(match["name"] or match["selected"])
        if match["range"] is None:
            self._searched.pop(name, None)
        elif name not in self._searched:
            self._searched[name] = match["range"]
        elif name not in self._doubts:
            self._doubts[name] = self._searched[name]
            return name, self._doubts[name]
        return None

    @property
    def ranges(self) -> dict[str, str]:
        """Project → the range in which uv selected no version, or skipped the newest one."""
        return self._searched | self._doubts


def pip_doubts(output: str) -> dict[str, str]:
    """Return project → the range in which pip found no usable version."""
    return {normalize(match["name"]): match["range"] for match in _PIP_VAIN.finditer(output)}


def explain(output: str, *, build_hint: str = "") -> tuple[str, str]:
    """Return (cause, hint) for an installer's failure: its own reason, shortened.

    build_hint: what to do if a build is needed; the installer's own hint would name options that deadweight gave it
    """
    lines = [_plain(line) for line in output.splitlines()]
    hints = [line.removeprefix("hint:").strip() for line in lines if line.startswith("hint:")]
    hint = hints[-1] if hints else ""
    if _NO_SPACE.search(output):
        return "no space left on the disk", "set TMPDIR or UV_CACHE_DIR to a directory with more space"
    if _NO_NETWORK.search(output):
        hint = "check the network, the proxy and the index URL (--index-url; --index NAME=URL for one project)"
    elif other := _other_python(output):
        hint = f"use --python {other}, and --no-install if that Python is not installed"
    elif _NEEDS_BUILD.search(output):
        hint = build_hint
    return _reason(lines) or "the installer failed without an error message", hint


def _other_python(output: str) -> str:
    """Return a version of Python that everything rejected for this one supports; "" if no version fits all."""
    ranges = {match["range"].strip(" ,") for match in _OTHER_PYTHON.finditer(output[-_TAIL:])}
    if not ranges:
        return ""
    match = _RUNNING.search(output[-_TAIL:])
    running = (match[1] or match[2]) if match else "3.11.0"
    try:
        return nearest_python((",".join(sorted(ranges)),), running) or ""
    except Malformed:
        return ""


def _plain(line: str) -> str:
    """Strip the box-drawing characters that uv prints around its reasons."""
    return re.sub(r"^[\s×│├╰─▶]+", "", line).strip()


def _reason(lines: list[str]) -> str:
    starts = [n for n, line in enumerate(lines) if re.match(r"(error|ERROR)\b:?|No solution found|Failed to", line)]
    if not starts:
        return "\n".join([line for line in lines if line][-_LONGEST:])
    kept: list[str] = []
    # pip repeats its errors. The first one is the reason; the lines up to the next blank line explain it.
    for line in lines[starts[0] :]:
        if line.startswith("hint:") or (not line and len(kept) >= 4):
            break
        line = re.sub(r"^(error|ERROR|cause)(?: in cmd)?:\s*", "", line)
        if line and line not in kept and not line.startswith(("WARNING:", "[notice]")):
            kept.append(line)
    return "\n".join(kept[:_LONGEST]) + ("\n…" if len(kept) > _LONGEST else "")
