"""Checks one text: reads it, runs every rule, adds catalogue entry and position, removes ignored rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from attachment_contract.gate.catalogue import GateRule, catalogue
from attachment_contract.gate.configuration import Envelope, read_envelope
from attachment_contract.gate.context import RawFinding, RuleContext
from attachment_contract.gate.json_nodes import dotted
from attachment_contract.gate.json_reader import JsonIssue, JsonReader, UnreadableJson
from attachment_contract.gate.report import Edit, GateFinding, GateReport
from attachment_contract.gate.rules import (
    addresses,
    authentication,
    condition,
    form,
    headers,
    json_text,
    placeholders,
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


def check(text: str, *, name: str = "<text>", settings: GateSettings | None = None) -> GateReport:
    """Check one configuration: the JSON of the form's field, or an envelope with form and secret names.

    Never raises, whatever the text contains: every error in it is a finding.
    """
    return check_source(SourceText(text, name), settings or GateSettings())


def check_bytes(raw: bytes, *, name: str, settings: GateSettings | None = None) -> GateReport:
    """As ``check``, for the content of a file. Bytes that are not UTF-8 are a finding and are read as Windows-1252."""
    try:
        return check(raw.decode("utf-8"), name=name, settings=settings)
    except UnicodeDecodeError as exc:
        offset = len(raw[: exc.start].decode("utf-8"))
        text = raw.decode("cp1252", errors="replace")
        # A character before the first byte that is not UTF-8 may have several bytes: count again.
        before = raw[: exc.start].decode("cp1252", errors="replace")
        offset = len(before) if before else offset
        return check_source(SourceText(text, name), settings or GateSettings(), extra=[json_text.not_utf8(offset)])


def check_source(source: SourceText, settings: GateSettings, *, extra: Iterable[RawFinding] = ()) -> GateReport:
    """The report on one source; ``extra``: findings made before the text was decoded."""
    by_name = secrets_by_name(source.text)
    raw_findings, context, nested = _raw_findings(source.text, by_name)
    secrets = (*(context.secrets if context else ()), *by_name)
    findings = [
        _finding(raw, source, settings, nested=nested)
        for raw in (*extra, *raw_findings)
        if not settings.ignores(raw.rule, source.name)
    ]
    findings.sort(key=lambda finding: (finding.line, finding.column, finding.rule))
    return GateReport(source=source, findings=tuple(findings), secrets=tuple(secrets))


def _raw_findings(text: str, secrets: list[TextSpan]) -> tuple[list[RawFinding], RuleContext | None, bool]:
    reader = JsonReader(text)
    try:
        top = reader.read()
    except UnreadableJson as stopped:
        return [*_issues(reader.issues), json_text.unreadable(stopped, secrets)], None, False
    envelope = read_envelope(top)
    context = envelope.context
    found = [*_issues(reader.issues), *_nested_issues(envelope, secrets)]
    for rule_check in RULES:
        found.extend(rule_check(context))
    found.extend(schema(context, found))
    return found, context, envelope.nested


def _issues(issues: Iterable[JsonIssue]) -> list[RawFinding]:
    return [json_text.issue(found) for found in issues]


def _nested_issues(envelope: Envelope, secrets: list[TextSpan]) -> list[RawFinding]:
    stopped = [json_text.unreadable(envelope.stopped, secrets)] if envelope.stopped else []
    return [*_issues(envelope.issues), *stopped]


def _finding(raw: RawFinding, source: SourceText, settings: GateSettings, *, nested: bool) -> GateFinding:
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


def _edits(raw: RawFinding, *, nested: bool) -> tuple[Edit, ...]:
    if raw.fix is None:
        return ()
    text = json.dumps(raw.fix, ensure_ascii=False)[1:-1] if nested and raw.path[:1] != ("form",) else raw.fix
    return (Edit(span=raw.fix_span or raw.span, text=text),)
