"""Checks one text: reads it, runs every rule, adds catalogue entry and position, removes ignored rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from attachment_contract.gate.catalogue import GateRule, catalogue
from attachment_contract.gate.configuration import Envelope, read_envelope
from attachment_contract.gate.context import RawFinding, RuleContext
from attachment_contract.gate.encodings import decode
from attachment_contract.gate.json_nodes import dotted
from attachment_contract.gate.json_reader import JsonIssue, JsonReader, UnreadableSource
from attachment_contract.gate.report import Edit, GateFinding, GateReport
from attachment_contract.gate.rules import (
    addresses,
    authentication,
    condition,
    envelope,
    form,
    headers,
    json_text,
    placeholders,
    siblings,
    structure,
    values,
)
from attachment_contract.gate.rules.schema import schema
from attachment_contract.gate.settings import GateSettings
from attachment_contract.gate.source import SourceText, TextSpan
from attachment_contract.gate.wording import secrets_by_name

RuleCheck = Callable[[RuleContext], Iterator[RawFinding]]
#: Every function that checks rules, in the order of the request; ``schema`` (AC100) comes after them.
RULES: tuple[RuleCheck, ...] = (
    json_text.shape,
    envelope.members,
    envelope.secrets,
    structure.members,
    structure.sending,
    authentication.authentication,
    headers.names,
    headers.secrets,
    placeholders.placeholders,
    placeholders.contact_id,
    addresses.addresses,
    values.users,
    values.secrets_elsewhere,
    values.samples,
    values.left_overs,
    condition.condition,
    form.fields,
    form.endpoint,
    form.choices,
    form.events,
    form.queues,
)
#: What is checked of a sibling's configuration: what holds for every workflow of the orchestration layer.
GENERAL_RULES: tuple[RuleCheck, ...] = (
    json_text.shape,
    envelope.members,
    envelope.secrets,
    siblings.recognised,
    structure.sending,
    authentication.authentication,
    headers.secrets,
    placeholders.placeholders,
    addresses.cmi,
    values.users,
    values.secrets_elsewhere,
    values.samples,
    values.left_overs,
    form.fields,
    form.endpoint,
)


def check(text: str, *, name: str = "<text>", settings: GateSettings | None = None) -> GateReport:
    """Check one configuration: the JSON of the form's field, or an envelope with form and secret names.

    Never raises, whatever the text contains: every error in it is a finding.
    """
    return check_source(SourceText(text, name), settings or GateSettings())


def check_bytes(raw: bytes, *, name: str, settings: GateSettings | None = None) -> GateReport:
    """As ``check``, for the content of a file, which may be in another encoding than UTF-8: that is a finding."""
    return examine_bytes(raw, name=name, settings=settings or GateSettings()).report


def check_source(source: SourceText, settings: GateSettings) -> GateReport:
    """The report on one source."""
    return examine(source, settings).report


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A checked text.

    Attributes:
        context: what was read; None if the text cannot be read.
        nested: where the configuration is text in a string; None otherwise.
    """

    report: GateReport
    context: RuleContext | None
    nested: TextSpan | None
    settings: GateSettings

    def with_findings(self, raw_findings: Iterable[RawFinding]) -> Examined:
        """The same with more findings, such as those that compare several files."""
        source = self.report.source
        more = _findings(raw_findings, source, self.settings, nested=self.nested)
        return replace(self, report=replace(self.report, findings=_in_order([*self.report.findings, *more])))


def examine_bytes(raw: bytes, *, name: str, settings: GateSettings) -> Examined:
    """Check the content of a file and keep what was read."""
    decoded = decode(raw)
    return examine(SourceText(decoded.text, name), settings, extra=decoded.findings)


def examine(source: SourceText, settings: GateSettings, *, extra: Iterable[RawFinding] = ()) -> Examined:
    """Check one source and keep what was read; ``extra``: findings made before the text was decoded."""
    by_name = secrets_by_name(source.text)
    raw_findings, context, nested = _raw_findings(source.text, by_name, settings)
    secrets = (*(context.secrets if context else ()), *by_name)
    findings = _in_order(_findings((*extra, *raw_findings), source, settings, nested=nested))
    report = GateReport(source=source, findings=findings, secrets=tuple(secrets))
    return Examined(report=report, context=context, nested=nested, settings=settings)


def _findings(
    raw_findings: Iterable[RawFinding], source: SourceText, settings: GateSettings, *, nested: TextSpan | None
) -> list[GateFinding]:
    return [
        _finding(raw, source, settings, nested=nested)
        for raw in raw_findings
        if not settings.ignores(raw.rule, source.name)
    ]


def _in_order(findings: Iterable[GateFinding]) -> tuple[GateFinding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.column, finding.rule)))


def _raw_findings(
    text: str, secrets: list[TextSpan], settings: GateSettings
) -> tuple[list[RawFinding], RuleContext | None, TextSpan | None]:
    reader = JsonReader(text)
    try:
        top = reader.read()
    except UnreadableSource as stopped:
        return [*_issues(reader.issues), json_text.unreadable(stopped, secrets)], None, None
    read = read_envelope(top, settings.own_hosts)
    context = read.context
    found = [*_issues(reader.issues), *_nested_issues(read, secrets)]
    if context.recognised.workflow.is_sibling:
        for rule_check in GENERAL_RULES:
            found.extend(rule_check(context))
        return found, context, read.nested
    for rule_check in RULES:
        found.extend(rule_check(context))
    found.extend(schema(context, found))
    return found, context, read.nested


def _issues(issues: Iterable[JsonIssue]) -> list[RawFinding]:
    return [json_text.issue(found) for found in issues]


def _nested_issues(read: Envelope, secrets: list[TextSpan]) -> list[RawFinding]:
    stopped = [json_text.unreadable(read.stopped, secrets)] if read.stopped else []
    return [*_issues(read.issues), *stopped]


def _finding(raw: RawFinding, source: SourceText, settings: GateSettings, *, nested: TextSpan | None) -> GateFinding:
    rule: GateRule = catalogue()[raw.rule]
    line, column = source.place(raw.span.start)
    end_line, end_column = source.place(raw.span.end)
    return GateFinding(
        rule=rule.id,
        severity=settings.severity_of(rule),
        title=rule.title,
        path=dotted(raw.path),
        message=raw.message,
        expected=raw.expected,
        found=raw.found,
        remedy=raw.remedy or rule.remedy,
        link=settings.link_to(rule),
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        span=raw.span,
        edits=_edits(raw, nested=nested),
    )


def _edits(raw: RawFinding, *, nested: TextSpan | None) -> tuple[Edit, ...]:
    if raw.fix is None:
        return ()
    span = raw.fix_span or raw.span
    inside = nested is not None and nested.start < span.start and span.end < nested.end
    text = json.dumps(raw.fix, ensure_ascii=False)[1:-1] if inside else raw.fix
    return (Edit(span=span, text=text),)
