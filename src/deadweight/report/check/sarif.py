"""CheckReport → SARIF 2.1.0, for code scanning and editors.

source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from deadweight.budget import RULES, Rule
from deadweight.model.report import TargetFacts
from deadweight.model.report.check import CheckReport, Result
from deadweight.model.tree import Skipped
from deadweight.report.check.sentences import breaches, finding_text, rule_text
from deadweight.untrusted import plain, without_credentials

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NUMBERS = {rule.code: number for number, rule in enumerate(RULES)}
Json = Mapping[str, object]


def check_sarif(report: CheckReport) -> str:
    """Return one run with a result for each failure; rules that were skipped are notifications.

    A rule that passes has no result: viewers show every result as a problem.
    """
    return sarif_log([report], report.version, report.exit_code)


def sarif_log(reports: Sequence[CheckReport], version: str, exit_code: int, unmeasured: Sequence[Skipped] = ()) -> str:
    """Return one run for several targets.

    unmeasured: what could not be measured beside what the reports name
    """
    skipped = [*unmeasured, *(each for report in reports for each in report.skipped)]
    run = {
        "tool": {"driver": {"name": "deadweight", "version": version, "rules": [_rule(rule) for rule in RULES]}},
        "invocations": [
            {
                "executionSuccessful": not any(each.exit_code for each in skipped),
                "exitCode": exit_code,
                "toolConfigurationNotifications": [
                    _skip(each) for report in reports for each in report.results if each.status == "skip"
                ],
                "toolExecutionNotifications": [
                    {"level": "error" if each.exit_code else "note", "message": message(f"{each.name}: {each.reason}")}
                    for each in skipped
                ],
            }
        ],
        "results": [
            each
            for report in reports
            for result in report.results
            if result.status == "fail"
            for each in _results(result, report, several=len(reports) > 1)
        ],
        "columnKind": "unicodeCodePoints",
    }
    return document(run)


def document(run: Json) -> str:
    """Return a document with one run."""
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.key.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": f"[tool.deadweight.budget] {rule.key}: {rule.help}"},
        "defaultConfiguration": {"level": "error"},
    }


def _results(result: Result, report: CheckReport, *, several: bool) -> Iterator[Json]:
    """Yield a result for each place to blame; ``several``: of several targets."""
    target = plain(report.target.location)
    for place, text in breaches(result):
        # Sizes and lines change with every commit; the same rule for the same requirement is the same problem.
        fingerprint = [
            result.code,
            rule_text(result),
            plain(place.identity) if place else "",
            *([target] if several else []),
        ]
        yield {
            "ruleId": result.code,
            "ruleIndex": _NUMBERS[result.code],
            "kind": "fail",
            "level": "error",
            "message": message(f"{f'{target}: ' if several else ''}{rule_text(result)}: {text}"),
            "locations": [line_of(place.file, place.line) if place else location_of(report.target)],
            "partialFingerprints": {"deadweight/v1": ":".join(fingerprint)},
        }


def _skip(result: Result) -> Json:
    return {
        "level": "warning",
        "message": message(f"{rule_text(result)}: {finding_text(result)}"),
        "associatedRule": {"id": result.code, "index": _NUMBERS[result.code]},
    }


def location_of(target: TargetFacts) -> Json:
    """Return a target as a location: its file, or its name."""
    if target.form in ("file", "project", "lock"):
        return line_of(target.location, None)
    return {"logicalLocations": [{"fullyQualifiedName": plain(target.location), "kind": "resource"}]}


def line_of(file: str, line: int | None) -> Json:
    """Return a line of a file as a location; without a line, the file."""
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(file)}}
    if line:
        physical["region"] = {"startLine": line}
    return {"physicalLocation": physical}


def _uri(path: str) -> str:
    """Return a path as a URI, which is relative if the path is (RFC 3986). A colon must not make it a scheme."""
    quoted = quote(without_credentials(path).encode("utf-8", "surrogateescape"), safe="/")
    return f"file://{quoted}" if path.startswith("/") else quoted


def message(text: str) -> Json:
    """Return a message; brackets are escaped, since viewers turn ``[text](target)`` into links (3.11.6)."""
    text = "\n".join(map(plain, text.splitlines()))
    return {"text": text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") if "](" in text else text}
