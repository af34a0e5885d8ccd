"""Text in, report out: reads, lets every topic look, adds catalogue and places, takes out what was silenced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from attachment_contract.gate.backstop import schema
from attachment_contract.gate.catalogue import Rule, catalogue
from attachment_contract.gate.configuration import Envelope, look_at
from attachment_contract.gate.jsontext import Issue, Reader, Unreadable
from attachment_contract.gate.look import Draft, Look
from attachment_contract.gate.nodes import Span, dotted
from attachment_contract.gate.report import Edit, Finding, Report
from attachment_contract.gate.secrecy import secrets_by_name
from attachment_contract.gate.settings import Settings
from attachment_contract.gate.source import Source
from attachment_contract.gate.topics import (
    addresses,
    authentication,
    condition,
    form,
    headers,
    placeholders,
    reading,
    structure,
    values,
)

Topic = Callable[[Look], Iterator[Draft]]
TOPICS: tuple[Topic, ...] = (
    reading.shape,
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


def check(text: str, *, name: str = "<text>", settings: Settings | None = None) -> Report:
    """Judge one configuration: the JSON of the form's field, or an envelope with form and secret names.

    Never raises for what the text holds: everything that is wrong with it is a finding.
    """
    return judge(Source(text, name), settings or Settings())


def check_bytes(raw: bytes, *, name: str, settings: Settings | None = None) -> Report:
    """As ``check``, for what a file holds. Bytes that are not UTF-8 are a finding, and read as Windows-1252."""
    try:
        return check(raw.decode("utf-8"), name=name, settings=settings)
    except UnicodeDecodeError as exc:
        offset = len(raw[: exc.start].decode("utf-8"))
        text = raw.decode("cp1252", errors="replace")
        # Before the first byte that is not UTF-8 a character may have had several bytes: count anew.
        before = raw[: exc.start].decode("cp1252", errors="replace")
        offset = len(before) if before else offset
        return judge(Source(text, name), settings or Settings(), extra=[reading.not_utf8(offset)])


def judge(source: Source, settings: Settings, *, extra: Iterable[Draft] = ()) -> Report:
    """The report on one source."""
    by_name = secrets_by_name(source.text)
    drafts, look, nested = _drafts(source.text, by_name)
    secrets = (*(look.secrets if look else ()), *by_name)
    findings = [
        _finding(draft, source, settings, nested=nested)
        for draft in (*extra, *drafts)
        if not settings.silences(draft.rule, source.name)
    ]
    findings.sort(key=lambda finding: (finding.line, finding.column, finding.rule))
    return Report(source=source, findings=tuple(findings), secrets=tuple(secrets))


def _drafts(text: str, secrets: list[Span]) -> tuple[list[Draft], Look | None, bool]:
    reader = Reader(text)
    try:
        top = reader.read()
    except Unreadable as stopped:
        return [*_issues(reader.issues), reading.unreadable(stopped, secrets)], None, False
    envelope = look_at(top)
    look = envelope.look
    drafts = [*_issues(reader.issues), *_nested_issues(envelope, secrets)]
    for topic in TOPICS:
        drafts.extend(topic(look))
    drafts.extend(schema(look, drafts))
    return drafts, look, envelope.nested


def _issues(issues: Iterable[Issue]) -> list[Draft]:
    return [reading.issue(found) for found in issues]


def _nested_issues(envelope: Envelope, secrets: list[Span]) -> list[Draft]:
    stopped = [reading.unreadable(envelope.stopped, secrets)] if envelope.stopped else []
    return [*_issues(envelope.issues), *stopped]


def _finding(draft: Draft, source: Source, settings: Settings, *, nested: bool) -> Finding:
    rule: Rule = catalogue()[draft.rule]
    line, column = source.place(draft.span.start)
    end_line, end_column = source.place(draft.span.end)
    return Finding(
        rule=rule.id,
        severity=settings.severity_of(rule),
        title=rule.title,
        path=dotted(draft.path),
        message=draft.message,
        expected=draft.expected,
        found=draft.found,
        remedy=draft.remedy or rule.remedy,
        link=settings.link_to(rule),
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        span=draft.span,
        edits=_edits(draft, nested=nested),
    )


def _edits(draft: Draft, *, nested: bool) -> tuple[Edit, ...]:
    if draft.fix is None:
        return ()
    text = json.dumps(draft.fix, ensure_ascii=False)[1:-1] if nested and draft.path[:1] != ("form",) else draft.fix
    return (Edit(span=draft.fix_span or draft.span, text=text),)
