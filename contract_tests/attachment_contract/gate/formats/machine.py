"""Formats for machines: JSON, SARIF, JUnit XML and GitHub annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from attachment_contract.gate.catalogue import GateRule, catalogue, page
from attachment_contract.gate.report import GateFinding, GateReport, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
#: Characters that XML 1.0 does not allow, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def json_document(reports: Sequence[GateReport]) -> str:
    """One document: the totals, and each file with its findings."""
    document = {
        "ok": all(report.ok for report in reports),
        "files": len(reports),
        "errors": sum(report.count(Severity.ERROR) for report in reports),
        "warnings": sum(report.count(Severity.WARNING) for report in reports),
        "notes": sum(report.count(Severity.NOTE) for report in reports),
        "reports": [report.as_json() for report in reports],
    }
    return _dumped(document)


def sarif(reports: Sequence[GateReport]) -> str:
    """SARIF 2.1.0 for code hosts: one run, rules with their pages, columns in code points."""
    used = sorted({finding.rule for report in reports for finding in report.findings})
    run = {
        "tool": {"driver": {"name": "attachment-contract", "rules": [_rule(catalogue()[name]) for name in used]}},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": _uri(report.source.name)}} for report in reports],
        "results": [
            _result(finding, report, used.index(finding.rule)) for report in reports for finding in report.findings
        ],
    }
    return _dumped({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: GateRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.remedy}\n\nSource: {rule.source}", "markdown": page(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: GateFinding, report: GateReport, index: int) -> dict[str, Any]:
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} Expected: {finding.expected}. {finding.remedy}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(report.source.name)}, "region": region}}],
        "properties": {"path": finding.path, "link": finding.link},
    }


def _uri(name: str) -> str:
    """A relative reference, percent-encoded."""
    return quote(name.replace("\\", "/"))


def _dumped(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def junit(reports: Sequence[GateReport]) -> str:
    """JUnit XML: one suite, one case per file. A file with errors is a failed case; warnings are in its system-out."""
    failed = sum(not report.ok for report in reports)
    cases = "".join(_case(report) for report in reports)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites><testsuite name="attachment-contract" tests="{len(reports)}" failures="{failed}" errors="0">\n'
        f"{cases}</testsuite></testsuites>\n"
    )


def _case(report: GateReport) -> str:
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    others = [finding for finding in report.findings if finding.severity is not Severity.ERROR]
    inside = ""
    if errors:
        kinds = ", ".join(dict.fromkeys(finding.rule for finding in errors))
        inside += f"<failure message={_attribute(kinds)}>{_failure_text(report, errors)}</failure>"
    if others:
        inside += f"<system-out>{_failure_text(report, others)}</system-out>"
    return f'<testcase classname="configuration" name={_attribute(report.source.name)}>{inside}</testcase>\n'


def _failure_text(report: GateReport, findings: list[GateFinding]) -> str:
    lines = (
        f"{report.source.name}:{finding.line}:{finding.column}: {finding.severity} {finding.rule} {finding.message} "
        f"Expected: {finding.expected}. {finding.remedy} ({finding.link})"
        for finding in findings
    )
    return escape(_NO_XML.sub("\ufffd", "\n".join(lines)))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))


def github(reports: Sequence[GateReport]) -> str:
    """GitHub annotations beside the lines of a pull request: one ``::error file=…::message`` per finding."""
    lines = [_command(report, finding) for report in reports for finding in report.findings]
    return "".join(f"{line}\n" for line in lines)


def _command(report: GateReport, finding: GateFinding) -> str:
    properties = {
        "file": report.source.name,
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "endColumn": finding.end_column,
        "title": f"{finding.rule} {finding.title}",
    }
    written = ",".join(f"{name}={_escaped_property(str(value))}" for name, value in properties.items())
    message = f"{finding.message} Expected: {finding.expected}. {finding.remedy} ({finding.link})"
    return f"::{_COMMANDS[finding.severity]} {written}::{_escaped_data(message)}"


def _escaped_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped_data(text).replace(":", "%3A").replace(",", "%2C")


#: The formats for machines, by name.
WRITERS: dict[str, Callable[[Sequence[GateReport]], str]] = {
    "json": json_document,
    "junit": junit,
    "github": github,
    "sarif": sarif,
}
