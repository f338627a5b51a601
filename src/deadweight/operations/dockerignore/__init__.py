"""dockerignore(): a directory → what its build context weighs, and the ``.dockerignore`` that leaves out what it can.

needing.py   what the Dockerfiles, packaging and code need
reporting.py the result
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from deadweight.buildcontext.candidates import Candidate, candidates_in
from deadweight.buildcontext.choosing import Choice, Rule, choose
from deadweight.buildcontext.context import BuildContext
from deadweight.buildcontext.kinds import DEFAULT, NAMES
from deadweight.buildcontext.patterns import Pattern
from deadweight.buildcontext.references import References
from deadweight.buildcontext.weighing import Weighed, weigh
from deadweight.errors import BadInput
from deadweight.model.report.builds.dockerignore import DockerignoreReport
from deadweight.operations.dockerignore.needing import needs_of
from deadweight.operations.dockerignore.reporting import Result, report_of
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.buildcontext.naming import name_files, new_file
from deadweight.sources.buildcontext.reading import ContextReader
from deadweight.sources.buildcontext.scanning import scan_context


class Ignoring(Struct, frozen=True, kw_only=True):
    """What to leave out.

    kinds:      of files
    dockerfile: the Dockerfile of the build; "" for all in the directory
    arguments:  values of ARG in Dockerfiles
    """

    kinds: tuple[str, ...] = DEFAULT
    dockerfile: str = ""
    arguments: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in NAMES]
        if unknown or not self.kinds:
            raise BadInput(f"unknown kind {unknown[0] if unknown else ''!r} (choose from {', '.join(NAMES)})")


def dockerignore(directory: str, ignoring: Ignoring | None = None, *, observe: Observer = silent) -> DockerignoreReport:
    """Show what the build context of a directory weighs, and what a ``.dockerignore`` should leave out.

    Nothing is written, and nothing in the directory is run.

    raises: BadInput if the directory, a Dockerfile or the ``.dockerignore`` cannot be read
    """
    ignoring = ignoring or Ignoring()
    context = scan_context(directory, observe)
    reader = ContextReader(directory)
    candidates = candidates_in(context, reader.head)
    named = name_files(context, candidates, ignoring.dockerfile)
    candidates += new_file(named)
    observe(Progress("reading", f"{directory} (Dockerfiles, packaging and code)"))
    needs = needs_of(context, candidates, named, ignoring.arguments)
    choice, weighed, rules = _weighed(context, candidates, needs.references, named.patterns, ignoring.kinds)
    return report_of(Result(context, named, needs, choice, rules, weighed))


def _weighed(
    context: BuildContext,
    candidates: list[Candidate],
    references: References,
    patterns: tuple[Pattern, ...],
    kinds: tuple[str, ...],
) -> tuple[Choice, Weighed, tuple[list[Rule], list[Rule]]]:
    """Choose rules, and weigh what they leave out; a rule that would restore what is ignored already is dropped."""
    whole: set[str] = set()
    while True:
        choice = choose(candidates, references, whole)
        rules = (
            [rule for rule in choice.rules if rule.kind.name in kinds],
            [rule for rule in choice.rules if rule.kind.name not in kinds],
        )
        lists = [patterns, *([pattern for rule in part for pattern in rule.patterns()] for part in rules)]
        weighed = weigh(context, lists, kept=1)
        again = {
            path
            for rule in choice.rules
            for path in rule.paths
            if len(rule.lines) > 1 and any(f"{each}/".startswith(f"{path}/") for each in weighed.restored)
        }
        if not again:
            return choice, weighed, rules
        whole |= again
