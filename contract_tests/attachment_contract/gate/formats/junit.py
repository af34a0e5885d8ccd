"""JUnit XML: one test case per file, its errors as failures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from attachment_contract.gate.report import GateFinding, GateReport, Severity

#: What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Sequence[GateReport]) -> str:
    """One suite. A file with errors is a failed case; warnings stand in its system-out."""
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
        inside += f"<failure message={_attribute(kinds)}>{_text(report, errors)}</failure>"
    if others:
        inside += f"<system-out>{_text(report, others)}</system-out>"
    return f'<testcase classname="configuration" name={_attribute(report.source.name)}>{inside}</testcase>\n'


def _text(report: GateReport, findings: list[GateFinding]) -> str:
    lines = (
        f"{report.source.name}:{finding.line}:{finding.column}: {finding.severity} {finding.rule} {finding.message} "
        f"Expected: {finding.expected}. {finding.remedy} ({finding.link})"
        for finding in findings
    )
    return escape(_NO_XML.sub("\ufffd", "\n".join(lines)))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))
