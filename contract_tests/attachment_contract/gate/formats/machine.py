"""JSON and SARIF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from attachment_contract.gate.catalogue import GateRule, catalogue, page
from attachment_contract.gate.report import GateFinding, GateReport, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def json_document(reports: Sequence[GateReport]) -> str:
    """One document: the sum, and each file with its findings."""
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
    """SARIF 2.1.0, as code hosts read it: one run, rules with their pages, columns in code points."""
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
    """A relative reference; blanks and the like are percent-encoded."""
    return quote(name.replace("\\", "/"))


def _dumped(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
