"""The result of a check: findings and their report."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from attachment_contract.gate.source import SourceText, TextSpan


class Severity(StrEnum):
    """How severe a finding is. Only an error fails the check (a warning too, if the check is strict)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Replace ``span`` by ``text``. Mechanical: it needs no decision."""

    span: TextSpan
    text: str


@dataclass(frozen=True, kw_only=True)
class GateFinding:
    """One error in the text.

    Attributes:
        rule: e.g. ``AC402``.
        path: of the value, e.g. ``request.body.contact_id``; empty for the text as a whole.
        line, column: of the first character of the offending token, from 1, columns in characters.
        end_line, end_column: just after its last character.
        found: what the text has there, shortened, never a secret; None if something is missing.
        link: the rule's page.
    """

    rule: str
    severity: Severity
    title: str
    path: str
    message: str
    expected: str
    found: str | None
    remedy: str
    link: str
    line: int
    column: int
    end_line: int
    end_column: int
    span: TextSpan
    edits: tuple[Edit, ...] = ()

    @property
    def fixable(self) -> bool:
        """Whether ``--fix`` can correct it."""
        return bool(self.edits)

    def as_json(self) -> dict[str, Any]:
        """For the JSON output."""
        names = ("rule", "severity", "title", "path", "line", "column", "end_line", "end_column")
        more = ("message", "expected", "found", "remedy", "link", "fixable")
        return {name: getattr(self, name) for name in (*names, *more)}


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """The findings of one text, in the order of the text.

    Attributes:
        secrets: spans of secrets in clear; they are masked wherever the text is shown.
    """

    source: SourceText
    findings: tuple[GateFinding, ...]
    secrets: tuple[TextSpan, ...] = field(default=(), repr=False)

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not self.count(Severity.ERROR)

    def as_json(self) -> dict[str, Any]:
        """For the JSON output. The text itself is not in it."""
        return {
            "file": self.source.name,
            "ok": self.ok,
            "errors": self.count(Severity.ERROR),
            "warnings": self.count(Severity.WARNING),
            "notes": self.count(Severity.NOTE),
            "findings": [finding.as_json() for finding in self.findings],
        }
