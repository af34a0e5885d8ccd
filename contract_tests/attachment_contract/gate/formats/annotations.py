"""GitHub workflow commands: annotations beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from attachment_contract.gate.report import GateFinding, GateReport, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github(reports: Sequence[GateReport]) -> str:
    """One ``::error file=…,line=…::message`` per finding."""
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
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = f"{finding.message} Expected: {finding.expected}. {finding.remedy} ({finding.link})"
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
