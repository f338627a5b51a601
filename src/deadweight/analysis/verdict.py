"""Profile and application → whether the measured set provides what the application needs, and what provides the rest.

Pure, in two steps, for the two depths: ``judge`` by the files alone, ``with_trials`` by what came of trying it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight.analysis.profile import Profile
from deadweight.formats.requirements import RequirementsFile, without_options
from deadweight.model import Application, Distribution, Environment, Mention, Smoke, Trial
from deadweight.platforms.markers import marker_values
from deadweight.proof import Candidates, Gap, Proof, is_foreign, prove, unmeasured_names
from deadweight.proof.bringing import Providers
from deadweight.usage import Usage, provided, usage_of
from deadweight.usage.locations import is_for_production


class Original(Struct, frozen=True, kw_only=True):
    """The requirements that a split was created from.

    path:      of their file; "" if unknown
    lines:     project → its requirement line, including lines of extras and groups
    projects:  those that production requires in the measured environment
    elsewhere: those that are required only on other platforms
    """

    path: str = ""
    lines: Mapping[str, str] = {}
    projects: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


class Failure(Struct, frozen=True, kw_only=True):
    """A module of the application's imports that cannot be imported.

    name: the project that provides the missing module; "" if the import failed for another reason
    """

    trial: Trial
    locations: tuple[Mention, ...]
    name: str = ""


class Run(Struct, frozen=True, kw_only=True):
    """The results of running the code in a temporary environment.

    seconds: the time limit of each import and of the command
    tried:   the number of modules to import
    unclear: failures of modules that first need settings, which only the application has
    printed: the last lines of the output
    """

    seconds: float
    tried: int
    failures: tuple[Failure, ...] = ()
    unclear: tuple[Failure, ...] = ()
    smoke: Smoke | None = None
    printed: str = ""

    @property
    def holds(self) -> bool:
        return not self.failures and (self.smoke is None or self.smoke.status == 0)


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether the measured set provides what the application needs.

    notes: gaps that need not be provided: optional imports, and what only tests, docs and scripts use
    """

    profile: Profile
    usage: Usage
    original: Original
    proof: Proof
    notes: tuple[Gap, ...] = ()
    run: Run | None = None

    @property
    def application(self) -> Application:
        return self.usage.application

    @property
    def holds(self) -> bool:
        return self.proof.holds and (self.run is None or self.run.holds)

    def line(self, name: str) -> str:
        """Return the requirement that provides a project: the original line, else the name."""
        return self.original.lines.get(name, name)


def original_of(file: RequirementsFile, environment: Environment) -> Original:
    """Return the requirements of a file, including its includes, or of a project, by markers for the environment."""
    from packaging.markers import Marker

    values = {**marker_values(environment), "extra": ""}
    lines: dict[str, str] = {}
    holding: dict[str, set[bool]] = {}
    projects: set[str] = set()
    for each in file.with_included():
        spelled = {line.number: without_options(line) for line in each.lines}
        for number, requirement in each.requirements.items():
            if requirement.name is None:
                continue
            lines.setdefault(requirement.name, spelled[number])
            holds = not requirement.marker or Marker(requirement.marker).evaluate(values)
            holding.setdefault(requirement.name, set()).add(holds)
            if holds and (not requirement.groups or "" in requirement.groups):
                projects.add(requirement.name)
    elsewhere = frozenset(name for name, holds in holding.items() if True not in holds)
    return Original(path=file.path, lines=lines, projects=frozenset(projects), elsewhere=elsewhere)


def judge(profile: Profile, application: Application, original: Original) -> Verdict:
    """Return the verdict by the measured files, without running code.

    Of projects for modules that nothing provides, it knows the original requirements alone; see ``with_providers``.
    """
    own = _distributions(profile)
    projects = _candidates(profile).projects | original.projects | unmeasured_names(profile.skipped)
    usage = usage_of(application, provided(own, profile.inventory.environment), projects)
    return _judged(Verdict(profile=profile, usage=usage, original=original, proof=Proof(checked=0)))


def with_providers(verdict: Verdict, providers: Providers) -> Verdict:
    """Return the verdict with the names of the projects that provide missing modules."""
    return _judged(verdict, providers)


def _judged(verdict: Verdict, providers: Providers | None = None) -> Verdict:
    original, usage = verdict.original, verdict.usage
    candidates = _candidates(verdict.profile)
    candidates = replace(candidates, providers=providers or Providers(original.lines.keys()))
    proof = prove(usage, replace(candidates, projects=candidates.projects | original.projects))
    gaps = tuple(
        replace(gap, excuse="elsewhere") if gap.name in original.elsewhere and not gap.excused else gap
        for gap in proof.gaps
    )
    outside = prove(usage, candidates, counts=_is_outside_production)
    notes = tuple(replace(gap, excuse="not-production") for gap in outside.gaps)
    return replace(verdict, proof=replace(proof, gaps=gaps), notes=notes)


def _distributions(profile: Profile) -> list[Distribution]:
    """Return the distributions of the first environment."""
    inventory = profile.inventory
    return [d for d in inventory.distributions if d.prefix == inventory.environment.prefix]


def _candidates(profile: Profile) -> Candidates:
    names = frozenset(d.name for d in _distributions(profile))
    return Candidates(projects=names, present=names, unmeasured=unmeasured_names(profile.skipped))


def unclaimed(verdict: Verdict) -> tuple[str, ...]:
    """Return the modules that the application needs and no measured file or requirement provides."""
    return tuple(sorted({gap.what for gap in verdict.proof.gaps if not gap.name}))


def _is_outside_production(mention: Mention) -> bool:
    return mention.kind == "import" and mention.how != "types" and not is_for_production(mention)


def to_import(verdict: Verdict) -> tuple[str, ...]:
    """Return the dotted names of third-party modules that the application imports, each once."""
    return tuple(sorted(_imported(verdict)))


def _imported(verdict: Verdict) -> dict[str, list[Mention]]:
    excused = {location for gap in verdict.proof.gaps if gap.excused for location in gap.locations}
    imports: dict[str, list[Mention]] = {}
    for mention, matches in verdict.usage.matches:
        if mention.kind != "import" or not is_for_production(mention) or mention in excused:
            continue
        if (matches or is_foreign(mention, verdict.usage)) and all(map(str.isidentifier, mention.name.split("."))):
            imports.setdefault(mention.name, []).append(mention)
    return imports


def with_trials(
    verdict: Verdict, trials: Iterable[Trial], smoke: Smoke | None, *, seconds: float, printed: str = ""
) -> Verdict:
    """Return the verdict with the results of running the code, which take precedence over the files."""
    providers = Providers(verdict.original.lines.keys())
    locations = _imported(verdict)
    tried = tuple(trials)
    failed = [
        Failure(trial=t, locations=tuple(locations[t.module]), name=providers.project(t.missing) if t.missing else "")
        for t in tried
        if t.reason
    ]
    run = Run(
        seconds=seconds,
        tried=len(tried),
        failures=tuple(failure for failure in failed if not failure.trial.unclear),
        unclear=tuple(failure for failure in failed if failure.trial.unclear),
        smoke=smoke,
        printed=printed,
    )
    imported = {trial.module for trial in tried if not trial.reason}
    gaps = tuple(_without(verdict.proof.gaps, imported))
    return replace(verdict, proof=replace(verdict.proof, gaps=gaps), run=run)


def _without(gaps: Iterable[Gap], imported: Collection[str]) -> Iterator[Gap]:
    """Yield the gaps without imports that succeeded, because modules may also be created at run time."""
    for gap in gaps:
        locations = tuple(
            location for location in gap.locations if location.kind != "import" or location.name not in imported
        )
        if locations:
            yield replace(gap, locations=locations)
