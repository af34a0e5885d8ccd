"""The format for people: each finding with its line of the text, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from attachment_contract.gate.report import GateFinding, GateReport, Severity
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.wording import MASK

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}
#: Characters of a line shown on either side of the finding: the documentation's example is one line of 500.
_AROUND = 46


def print_reports(reports: Sequence[GateReport], console: Console) -> None:
    """All findings, then one line with their number."""
    for report in reports:
        for finding in report.findings:
            _print_finding(finding, report, console)
    console.print(_summary(reports), soft_wrap=True)


def _print_finding(finding: GateFinding, report: GateReport, console: Console) -> None:
    head = Text.assemble(
        (f"{report.source.name}:{finding.line}:{finding.column}", "bold"),
        " ",
        (str(finding.severity), _STYLES[finding.severity]),
        f" {finding.rule} ",
        (finding.title, "bold"),
    )
    console.print(head, soft_wrap=True)
    line, marks = source_line(finding, report)
    if line.strip():
        console.print(Text(f"    {line}", style="dim"), soft_wrap=True)
        console.print(Text(f"    {marks}", style=_STYLES[finding.severity]), soft_wrap=True)
    rows = [("", finding.message), ("expected", finding.expected), ("found", finding.found), ("do", finding.remedy)]
    for name, value in rows:
        if value:
            console.print(
                Text.assemble((f"    {name}: " if name else "    ", "dim"), _printable(value)), soft_wrap=True
            )
    more = "  (--fix does it)" if finding.fixable else ""
    console.print(Text.assemble(("    see: ", "dim"), finding.link, (more, "dim")), soft_wrap=True)
    console.print()


def source_line(finding: GateFinding, report: GateReport) -> tuple[str, str]:
    """The line of a finding, cut to the part around it, secrets masked; and the marks below the wrong token."""
    start, end = report.source.line_span(finding.line)
    first, last = finding.span.start, max(min(finding.span.end, end), finding.span.start + 1)
    cells = _cells(report.source.text, start, end, report.secrets)
    before = "".join(shown for at, shown in cells if at < first)
    token = "".join(shown for at, shown in cells if first <= at < last)
    after = "".join(shown for at, shown in cells if at >= last)
    if len(before) > _AROUND:
        before = "…" + before[-_AROUND:]
    if len(after) > _AROUND:
        after = after[:_AROUND] + "…"
    if len(token) > 2 * _AROUND:
        token = token[: 2 * _AROUND] + "…"
    return f"{before}{token}{after}", " " * len(before) + "^" * max(len(token), 1)


def _cells(text: str, start: int, end: int, secrets: Iterable[TextSpan]) -> list[tuple[int, str]]:
    """Each character of the line as it is shown; a secret becomes one mask, whatever its length."""
    hidden: dict[int, bool] = {}
    for span in secrets:
        quoted = text[span.start : span.start + 1] == '"' and text[span.end - 1 : span.end] == '"'
        inner = range(span.start + 1, span.end - 1) if quoted else range(span.start, span.end)
        hidden.update({at: at == inner.start and not hidden.get(at - 1, False) for at in inner})
    cells = []
    for at in range(start, end):
        if at in hidden:
            cells.append((at, MASK if hidden[at] or at == start else ""))
        else:
            cells.append((at, _printable(text[at])))
    return cells


def _printable(text: str) -> str:
    """Characters that move the cursor or change the writing direction are shown as a box."""
    return "".join(char if char.isprintable() else " " if char in "\t\u00a0" else "\N{WHITE SQUARE}" for char in text)


def _summary(reports: Sequence[GateReport]) -> Text:
    errors, warnings = (sum(r.count(level) for r in reports) for level in (Severity.ERROR, Severity.WARNING))
    files = f"{len(reports)} file{'' if len(reports) == 1 else 's'}"
    if not errors and not warnings:
        notes = sum(report.count(Severity.NOTE) for report in reports)
        found = f"{notes} note{'' if notes == 1 else 's'}" if notes else "no findings"
        return Text(f"{files}: {found}.", style="green")
    counts = f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}"
    return Text(f"{files}: {counts}.", style="red" if errors else "yellow")
