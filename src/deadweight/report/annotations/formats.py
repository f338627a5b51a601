"""Annotations → SARIF 2.1.0, and workflow commands of GitHub Actions. ``report.check`` has the details of both."""

from __future__ import annotations

from collections.abc import Sequence

from deadweight.model.report import Report
from deadweight.report.annotations import Annotation, annotations_of
from deadweight.report.check.github import command
from deadweight.report.check.sarif import Json, document, line_of, location_of, message
from deadweight.report.units import counted, target_text
from deadweight.report.view import View
from deadweight.untrusted import plain

_LEVELS = {"warning": "warning", "note": "notice"}


def as_sarif(report: Report, view: View) -> str:
    """Return one run with a result for each annotation, whatever the view."""
    every = list(annotations_of(report))
    by_rule = {each.rule: each for each in every}
    numbers = {rule: number for number, rule in enumerate(by_rule)}
    run = {
        "tool": {
            "driver": {
                "name": "deadweight",
                "version": report.version,
                "rules": [_rule(each) for each in by_rule.values()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.exit_code,
                "exitCode": report.exit_code,
                "toolExecutionNotifications": [
                    {"level": "error" if each.exit_code else "note", "message": message(f"{each.name}: {each.reason}")}
                    for each in report.skipped
                ],
            }
        ],
        "results": [_result(each, numbers[each.rule], report) for each in every],
        "columnKind": "unicodeCodePoints",
    }
    return document(run)


def _rule(annotation: Annotation) -> Json:
    return {
        "id": plain(annotation.rule),
        "name": "".join(word.capitalize() for word in plain(annotation.name).split("-")),
        "shortDescription": message(annotation.title),
    }


def _result(annotation: Annotation, number: int, report: Report) -> Json:
    file = annotation.file
    return {
        "ruleId": plain(annotation.rule),
        "ruleIndex": number,
        "level": annotation.level,
        "message": message(annotation.text),
        "locations": [line_of(file, annotation.line) if file else location_of(report.target)],
        "partialFingerprints": {"deadweight/v1": f"{plain(annotation.rule)}:{plain(annotation.identity)}"},
    }


def as_github(report: Report, view: View) -> str:
    """Return a command for each annotation, and a notice with their number. Every line is a command."""
    every = list(annotations_of(report))
    found = f"{target_text(report.target.location)}: {counted(len(every), 'finding')}"
    return "\n".join([*_commands(every), command("notice", {"title": "deadweight"}, found)]) + "\n"


def _commands(every: Sequence[Annotation]) -> list[str]:
    return [
        command(
            _LEVELS[each.level],
            {
                "file": plain(each.file),
                "line": str(each.line or ""),
                "title": f"deadweight: {plain(each.name)} ({plain(each.rule)})",
            },
            "\n".join(map(plain, each.text.splitlines())),
        )
        for each in every
    ]
