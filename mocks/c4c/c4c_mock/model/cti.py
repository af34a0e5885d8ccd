"""The CTI widget of the agent's desktop: its payload is what creates an activity in C4C.

Payload members: SAP sample c4c.cti.integration; rules for ExternalReferenceID: SAP KBA 3481409, which documents them
for phone calls (for chats: inferred). SAP's example wraps the members in ``payload`` (KBA 3705829). That the reference
becomes a BTDReference row is inferred from lengths and field names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.edm import EntitySet, entity_set
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value
from c4c_mock.model.writes import COMPLETED, EntityWriter
from mock_kit.http.problem import FieldError

DESKTOP = C4CUser(name="AGENT_DESKTOP", kind="business")
"""The business user behind the widget."""

ACTIONS = ("NOTIFY", "ACCEPT", "DECLINE", "END")
_REFERENCE = re.compile(r"[A-Za-z0-9]{1,35}")
_DIRECTIONS = {"INBOUND": "2", "OUTBOUND": "1"}
IN_PROCESS = "2"
"""LifeCycleStatusCode / Status of an activity that is open. Source: recorded payloads."""


@dataclass(frozen=True, kw_only=True)
class ChannelFields:
    """Where one channel's activity has its fields: names differ between the entities."""

    activity_set: str
    reference_set: str
    status: str
    subject: str
    constants: Mapping[str, Value]
    system_field: str = ""
    email: str = ""
    started: str = ""
    ended: tuple[str, ...] = ()


CHAT = ChannelFields(
    activity_set="ChatActivityCollection",
    reference_set="ChatActivityBTDReferenceCollection",
    status="LifeCycleStatusCode",
    subject="SubjectName",
    constants={
        "TypeCode": "1976",
        "ProcessingTypeCode": "0007",
        "PriorityCode": "3",
        "DataOriginTypeCode": "1",
        "StatusSchemaName": "ACTIVITY_INTERACTION_STANDARD",
    },
    system_field="ChatBusinessSystemID",
    email="ChatMainEmailURI",
    started="ActualStartDateTime",
    ended=("ActualEndDateTime", "CompletionDateTime"),
)
CALL = ChannelFields(
    activity_set="PhoneCallCollection",
    reference_set="PhoneCallBTDReferenceCollection",
    status="Status",
    subject="Subject",
    constants={},
    system_field="PhoneCallBusinessSystemID",
    started="StartDateTime",
    ended=("EndDateTime",),
)
SOCIAL = ChannelFields(
    activity_set="SocialMediaActivityCollection",
    reference_set="",
    status="",
    subject="Text",
    constants={"CategoryCode": "003"},
    started="SocialMediaMessageCreationDateTime",
)


def unwrapped(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload of a body that holds nothing else, or the body itself."""
    inner = body.get("payload")
    return inner if isinstance(inner, Mapping) and len(body) == 1 else body


def problems(payload: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a payload; empty when it is valid."""
    found: list[FieldError] = []

    def expect(name: str, choices: tuple[str, ...]) -> None:
        if payload.get(name) not in choices:
            found.append(FieldError(name, f"one of {', '.join(choices)}", "Correct it.", payload.get(name)))

    expect("Type", ("CHAT", "CALL", "MESSAGE"))
    expect("Action", ACTIONS)
    if payload.get("EventType") not in {None, *_DIRECTIONS}:
        expect("EventType", tuple(_DIRECTIONS))
    for name in ("Email", "Subject", "Text"):
        if not _is_text(payload.get(name, "")):
            found.append(FieldError(name, "a string", "Correct it.", repr(payload[name])[:60]))
    reference = payload.get("ExternalReferenceID", "")
    if reference and not (isinstance(reference, str) and _REFERENCE.fullmatch(reference)):
        expected, remedy = "1 to 35 letters and digits, no dashes", "Send the contact's guid without dashes."
        found.append(FieldError("ExternalReferenceID", expected, remedy, reference))
    return found


def _is_text(value: object) -> bool:
    """True for a string that can be written as UTF-8 (a JSON escape can name half a character)."""
    return isinstance(value, str) and value.encode("utf-8", "replace").decode() == value


def receive(writer: EntityWriter, systems: Iterable[str], payload: Mapping[str, Any]) -> EntityRow | None:
    """Act on a payload that has no ``problems``: ACCEPT creates the activity, END completes it.

    ``systems``: ids of the communication systems; without one no reference is stored.
    Returns the activity; None when there is none (NOTIFY, DECLINE, END of an unknown contact).
    """
    fields = _fields_of(str(payload["Type"]), writer.switches)
    reference = str(payload.get("ExternalReferenceID") or "")
    known = _find(writer.rows, fields, reference)
    if payload["Action"] == "ACCEPT":
        return known or _accept(writer, fields, payload, reference, next(iter(systems), ""))
    if payload["Action"] == "END" and known is not None:
        _complete(writer, fields, known)
        return known
    return None


def _fields_of(kind: str, switches: Mapping[str, Any]) -> ChannelFields:
    if kind == "MESSAGE":
        return SOCIAL if switches["message_channel_target"] == "social" else CHAT
    return CHAT if kind == "CHAT" else CALL


def _find(table: EntityTable, fields: ChannelFields, reference: str) -> EntityRow | None:
    """The activity of a contact, committed or not."""
    if not reference:
        return None
    for child in table.stored(fields.reference_set):
        if child.values.get("ID") == reference:
            return table.parent(child)
    for row in table.stored(fields.activity_set):
        if reference in {row.contact, row.values.get("SocialMediaMessageID"), row.values.get("GroupwareItemID")}:
            return row
    return None


def _accept(
    writer: EntityWriter, fields: ChannelFields, payload: Mapping[str, Any], reference: str, system: str
) -> EntityRow:
    activity = EntityPayload(
        eset=entity_set(fields.activity_set), values=_activity_values(fields, payload, writer.clock.now())
    )
    outbound = payload.get("EventType") == "OUTBOUND"
    stored = bool(reference and system) and not (outbound and writer.switches["outbound_reference"] == "none")
    if stored and fields.reference_set and writer.switches["reference_kept_in"] == "GroupwareItemID":
        activity.values["GroupwareItemID"] = reference
    elif stored and fields.reference_set:
        child = entity_set(fields.reference_set)
        values: dict[str, Value] = {"ID": reference, fields.system_field: system}
        activity.children[child.parent_navigation] = [EntityPayload(eset=child, values=values)]
    elif stored:
        activity.values["SocialMediaMessageID"] = reference
    activity.contact = "" if stored else reference
    return writer.create(activity, None, DESKTOP)


def _activity_values(fields: ChannelFields, payload: Mapping[str, Any], now: datetime) -> dict[str, Value]:
    email = str(payload.get("Email") or "")
    subject = str(payload.get("Subject") or payload.get("Text") or f"Chat From:{email}")
    values: dict[str, Value] = {**fields.constants, fields.subject: subject[:765]}
    values["InitiatorCode"] = _DIRECTIONS[str(payload.get("EventType") or "INBOUND")]
    values[fields.started] = now
    if fields.status:
        values[fields.status] = IN_PROCESS
    if fields.email and email:
        values[fields.email] = email[:254]
    return {n: v for n, v in values.items() if _settable(entity_set(fields.activity_set), n)}


def _settable(eset: EntitySet, name: str) -> bool:
    return name in eset.properties and eset.properties[name].creatable


def _complete(writer: EntityWriter, fields: ChannelFields, row: EntityRow) -> None:
    now = writer.clock.now()
    status: dict[str, Value] = {fields.status: COMPLETED} if fields.status else {}
    values = {**row.values, **status, **dict.fromkeys(fields.ended, now)}
    writer.rows.change(row, values, at=now, by=DESKTOP.name)


def stored_reference(table: EntityTable, row: EntityRow) -> str:
    """The external reference that C4C stores for an activity; empty when it stores none."""
    fields = next((f for f in (CHAT, CALL, SOCIAL) if f.activity_set == row.eset.name), None)
    if fields is None:
        return ""
    if not fields.reference_set:
        return str(row.values.get("SocialMediaMessageID", ""))
    references = table.owned(row.object_id, fields.reference_set)
    return str(references[0].values.get("ID", "") if references else row.values.get("GroupwareItemID", ""))


def activities(table: EntityTable) -> list[dict[str, str]]:
    """Every activity of a contact with its external reference, committed for readers or not; oldest first."""
    rows = [row for fields in (CHAT, CALL, SOCIAL) for row in table.stored(fields.activity_set)]
    return [
        {"object_id": row.object_id, "set": row.eset.name, "external_reference_id": stored_reference(table, row)}
        for row in sorted(rows, key=lambda each: each.created_at)
    ]
