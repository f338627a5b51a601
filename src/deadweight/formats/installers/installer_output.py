"""What uv and pip print → progress, and the reason of a failure in a few lines."""

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
# uv asks its cache for METADATA beside a wheel, or for the wheel itself, and writes the URL into its log.
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
_TAIL = 20_000  # characters of the output that hold the reason
_LONGEST = 6  # lines of a reason that are shown without --debug


def uv_progress() -> Callable[[str], Progress | None]:
    """Return a reader of uv's lines; it adds up the downloads that uv names (those over 1 MiB)."""
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
            return Progress("resolving", f"{name} distributions found")
        else:
            return None
        return Progress("downloading", name, sum(sizes.get(n, 0) for n in done), sum(sizes.values()))

    return read


def pip_progress() -> Callable[[str], Progress | None]:
    """Return a reader of pip's lines; it adds up the files that pip names, one after the other."""
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
    """Reads uv's log (``--verbose``) line by line for the URLs of the wheels that it selects."""

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
    """Reads uv's log (``--verbose``) line by line for the projects of which it passed over versions.

    The log names each range that uv looks for a version in, and what it selects; a range that no selection follows held
    nothing that it could take, which is how versions without a wheel show.
    """

    def __init__(self) -> None:
        self._searched: dict[str, str] = {}
        self._doubts: dict[str, str] = {}

    def read(self, line: str) -> tuple[str, str] | None:
        """Return the project and the range that this line is the first to raise a doubt about, None for most lines."""
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
        """Project → the versions of it that were looked for in vain, or whose newest was passed over."""
        return self._searched | self._doubts


def pip_doubts(output: str) -> dict[str, str]:
    """Return project → the versions of it that pip found nothing of."""
    return {normalize(match["name"]): match["range"] for match in _PIP_VAIN.finditer(output)}


def explain(output: str, *, build_hint: str = "") -> tuple[str, str]:
    """Return (cause, hint) of an installer's failure: its own reason, without the noise around it.

    build_hint: what to do if only a build would help; the installer's own advice names options that it was given by us
    """
    lines = [_plain(line) for line in output.splitlines()]
    hints = [line.removeprefix("hint:").strip() for line in lines if line.startswith("hint:")]
    hint = hints[-1] if hints else ""
    if _NO_SPACE.search(output):
        return "no space left on the disk", "set TMPDIR or UV_CACHE_DIR to a folder with more room"
    if _NO_NETWORK.search(output):
        hint = "check the network, the index's address (--index-url; --index NAME=URL for one project), and the proxy"
    elif other := _other_python(output):
        hint = f"give --python {other}, with --no-install if no such Python is installed"
    elif _NEEDS_BUILD.search(output):
        hint = build_hint
    return _reason(lines) or "it failed and gave no reason", hint


def _other_python(output: str) -> str:
    """Return the version of Python that all that was refused for this one admits; "" where there is none."""
    ranges = {match["range"].strip(" ,") for match in _OTHER_PYTHON.finditer(output[-_TAIL:])}
    running = _RUNNING.search(output[-_TAIL:])
    try:
        found = (
            nearest_python((",".join(sorted(ranges)),), (running[1] or running[2]) if running else "3.11.0")
            if ranges
            else None
        )
    except Malformed:
        return ""
    return found or ""


def _plain(line: str) -> str:
    """Strip the frames that uv draws around its reasons."""
    return re.sub(r"^[\s×│├╰─▶]+", "", line).strip()


def _reason(lines: list[str]) -> str:
    starts = [n for n, line in enumerate(lines) if re.match(r"(error|ERROR)\b:?|No solution found|Failed to", line)]
    if not starts:
        return "\n".join([line for line in lines if line][-_LONGEST:])
    kept: list[str] = []
    # pip repeats itself; the first error is the reason, and what follows up to a blank line explains it.
    for line in lines[starts[0] :]:
        if line.startswith("hint:") or (not line and len(kept) >= 4):
            break
        line = re.sub(r"^(error|ERROR|cause)(?: in cmd)?:\s*", "", line)
        if line and line not in kept and not line.startswith(("WARNING:", "[notice]")):
            kept.append(line)
    return "\n".join(kept[:_LONGEST]) + ("\n…" if len(kept) > _LONGEST else "")
