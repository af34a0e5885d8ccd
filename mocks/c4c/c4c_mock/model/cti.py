"""The CTI widget of the agent's desktop: its payload is what creates an activity in C4C.

Payload members and the rules for ExternalReferenceID: SAP sample c4c.cti.integration and SAP KBA 3481409
(documented). That the reference becomes a BTDReference row is inferred from lengths and field names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from c4c_mock.model.access.users import User
from c4c_mock.model.edm import EntitySet, entity_set
from c4c_mock.model.payloads import Draft
from c4c_mock.model.rows import Row
from c4c_mock.model.values import Value
from c4c_mock.model.writes import create
from c4c_mock.tenant import C4CTenant

DESKTOP = User(name="AGENT_DESKTOP", kind="business")
"""The business user behind the widget."""

ACTIONS = ("NOTIFY", "ACCEPT", "DECLINE", "END")
_REFERENCE = re.compile(r"[A-Za-z0-9]{1,35}")
_DIRECTIONS = {"INBOUND": "2", "OUTBOUND": "1"}
IN_PROCESS, COMPLETED = "2", "3"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How one channel's activity is written: field names differ between the entities."""

    activity_set: str
    reference_set: str
    status: str
    subject: str
    constants: Mapping[str, Value]
    system_field: str = ""
    email: str = ""
    started: str = ""
    ended: tuple[str, ...] = ()


CHAT = Shape(
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
CALL = Shape(
    activity_set="PhoneCallCollection",
    reference_set="PhoneCallBTDReferenceCollection",
    status="Status",
    subject="Subject",
    constants={},
    system_field="PhoneCallBusinessSystemID",
    started="StartDateTime",
    ended=("EndDateTime",),
)
SOCIAL = Shape(
    activity_set="SocialMediaActivityCollection",
    reference_set="",
    status="",
    subject="Text",
    constants={"CategoryCode": "003"},
    started="SocialMediaMessageCreationDateTime",
)


def problems(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is wrong with a payload, as ``errors`` of a problem document; empty when nothing is."""
    found: list[dict[str, Any]] = []

    def expect(name: str, choices: tuple[str, ...]) -> None:
        if payload.get(name) not in choices:
            found.append({"field": name, "value": payload.get(name), "expected": f"one of {', '.join(choices)}"})

    expect("Type", ("CHAT", "CALL", "MESSAGE"))
    expect("Action", ACTIONS)
    if payload.get("EventType") not in {None, *_DIRECTIONS}:
        expect("EventType", tuple(_DIRECTIONS))
    for name in ("Email", "Subject", "Text"):
        if not _is_text(payload.get(name, "")):
            found.append({"field": name, "value": repr(payload[name])[:60], "expected": "a string"})
    reference = payload.get("ExternalReferenceID", "")
    if reference and not (isinstance(reference, str) and _REFERENCE.fullmatch(reference)):
        expected = "1 to 35 letters and digits, no dashes"
        remedy = "send the contact's guid without dashes"
        found.append({"field": "ExternalReferenceID", "value": reference, "expected": expected, "remedy": remedy})
    return found


def _is_text(value: object) -> bool:
    """True for a string that can be written as UTF-8 (a JSON escape can name half a character)."""
    return isinstance(value, str) and value.encode("utf-8", "replace").decode() == value


def receive(tenant: C4CTenant, payload: Mapping[str, Any]) -> Row | None:
    """Act on a payload that has no ``problems``: ACCEPT creates the activity, END completes it.

    Returns the activity; None when there is none (NOTIFY, DECLINE, END of an unknown contact).
    """
    shape = _shape(tenant, str(payload["Type"]))
    reference = str(payload.get("ExternalReferenceID") or "")
    known = _find(tenant, shape, reference)
    if payload["Action"] == "ACCEPT":
        return known or _accept(tenant, shape, payload, reference)
    if payload["Action"] == "END" and known is not None:
        _complete(tenant, shape, known)
        return known
    return None


def _shape(tenant: C4CTenant, kind: str) -> Shape:
    if kind == "MESSAGE":
        return SOCIAL if tenant.switches["message_channel_target"] == "social" else CHAT
    return CHAT if kind == "CHAT" else CALL


def _find(tenant: C4CTenant, shape: Shape, reference: str) -> Row | None:
    """The activity of a contact, whether its commit is through or not."""
    if not reference:
        return None
    for child in tenant.rows.stored(shape.reference_set):
        if child.values.get("ID") == reference:
            return tenant.rows.parent(child)
    for row in tenant.rows.stored(shape.activity_set):
        if reference in {row.contact, row.values.get("SocialMediaMessageID"), row.values.get("GroupwareItemID")}:
            return row
    return None


def _accept(tenant: C4CTenant, shape: Shape, payload: Mapping[str, Any], reference: str) -> Row:
    eset = entity_set(shape.activity_set)
    draft = Draft(eset=eset, values=_activity_values(tenant, shape, payload))
    system = next(iter(tenant.access.systems), "")
    stored = bool(reference and system)
    if stored and shape.reference_set and tenant.switches["reference_kept_in"] == "GroupwareItemID":
        draft.values["GroupwareItemID"] = reference
    elif stored and shape.reference_set:
        child = entity_set(shape.reference_set)
        values: dict[str, Value] = {"ID": reference, shape.system_field: system}
        draft.children[child.parent_navigation] = [Draft(eset=child, values=values)]
    elif stored:
        draft.values["SocialMediaMessageID"] = reference
    draft.contact = "" if stored else reference
    return create(tenant, draft, None, DESKTOP)


def _activity_values(tenant: C4CTenant, shape: Shape, payload: Mapping[str, Any]) -> dict[str, Value]:
    email = str(payload.get("Email") or "")
    subject = str(payload.get("Subject") or payload.get("Text") or f"Chat From:{email}")
    values: dict[str, Value] = {**shape.constants, shape.subject: subject[:765]}
    values["InitiatorCode"] = _DIRECTIONS[str(payload.get("EventType") or "INBOUND")]
    values[shape.started] = tenant.clock.now()
    if shape.status:
        values[shape.status] = IN_PROCESS
    if shape.email and email:
        values[shape.email] = email[:254]
    return {n: v for n, v in values.items() if _settable(entity_set(shape.activity_set), n)}


def _settable(eset: EntitySet, name: str) -> bool:
    return name in eset.properties and eset.properties[name].creatable


def _complete(tenant: C4CTenant, shape: Shape, row: Row) -> None:
    now = tenant.clock.now()
    status: dict[str, Value] = {shape.status: COMPLETED} if shape.status else {}
    values = {**row.values, **status, **dict.fromkeys(shape.ended, now)}
    tenant.rows.change(row, values, at=now, by=DESKTOP.name)


def stored_reference(tenant: C4CTenant, row: Row) -> str:
    """The external reference that C4C keeps for an activity; empty when it keeps none."""
    shape = next((s for s in (CHAT, CALL, SOCIAL) if s.activity_set == row.eset.name), None)
    if shape is None:
        return ""
    if not shape.reference_set:
        return str(row.values.get("SocialMediaMessageID", ""))
    references = tenant.rows.owned(row.object_id, shape.reference_set)
    return str(references[0].values.get("ID", "") if references else row.values.get("GroupwareItemID", ""))
