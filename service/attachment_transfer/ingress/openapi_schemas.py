"""The schemas of the OpenAPI document. Those of the request come from the contract's own file, not from a copy."""

from __future__ import annotations

from typing import Any

from attachment_contract import load_schema
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ingress.queries import MOST_PER_PAGE, MOST_REDRIVEN, PER_PAGE, REASON_PATTERN
from attachment_transfer.ledger.upkeep.redrive import REDRIVABLE

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TRANSFER_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
REASON_CODE: Schema = {"type": "string", "pattern": f"^{REASON_PATTERN}$"}
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": PER_PAGE}
REDRIVE_LIMIT: Schema = {**LIMIT, "maximum": MOST_REDRIVEN}


def schemas() -> dict[str, Schema]:
    """Everything under ``components/schemas``."""
    contract = load_schema("chat_attachments_request.v1")
    return {
        "ChatAttachmentsRequest": _in_components(contract["properties"]["body"]),
        **{name: _in_components(schema) for name, schema in contract["$defs"].items()},
        "Accepted": an_object({"status": {"const": "accepted"}, "transfer_id": TRANSFER_ID}),
        "Problem": _problem(),
        "Reason": an_object({"code": TEXT, "message": TEXT, "remedy": TEXT}),
        "Transfer": _transfer(),
        "Attachment": _attachment(),
        "TransferPage": an_object({"transfers": a_list("Transfer"), "next_cursor": or_null(TEXT)}),
        "AuditLine": an_object(
            {"at": INSTANT, "actor": TEXT, "action": TEXT, "attachment_id": or_null(TEXT), "detail": TEXT}
        ),
        "AuditPage": an_object({"audit": a_list("AuditLine"), "next_cursor": or_null(TEXT)}),
        "RedriveRequest": {"oneOf": [_redrive_filter(), _redrive_ids()]},
        "Redriven": _redriven(),
        "Health": {"type": "object", "required": ["status"], "properties": {"status": TEXT}},
    }


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def contact_id() -> Schema:
    """How a contact may be spelt: as in the request."""
    pattern = load_schema("chat_attachments_request.v1")["properties"]["body"]["properties"]["contact_id"]["pattern"]
    return {"type": "string", "pattern": pattern}


def secret_headers() -> list[str]:
    """Names of the headers that carry secrets."""
    return list(load_schema("chat_attachments_request.v1")["properties"]["headers"]["properties"])


def an_object(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object of ours: it has these members and no others."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


def a_list(name: str) -> Schema:
    """A list of one kind of thing."""
    return {"type": "array", "items": ref(name)}


def or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def _in_components(schema: Any) -> Any:
    """The contract's references, as they are spelt in this document."""
    if isinstance(schema, dict):
        return {
            name: value.replace("#/$defs/", "#/components/schemas/") if name == "$ref" else _in_components(value)
            for name, value in schema.items()
        }
    return [_in_components(item) for item in schema] if isinstance(schema, list) else schema


def _transfer() -> Schema:
    activity = an_object({"service": TEXT, "set": TEXT, "object_id": TEXT})
    return an_object(
        {
            "id": TRANSFER_ID,
            "state": {"enum": [str(state) for state in TransferState]},
            "outcome": {"enum": [*(str(outcome) for outcome in Outcome), None]},
            "terminal": {"type": "boolean"},
            "contact_id": {"type": "string", "pattern": "^[0-9A-F]{32}$"},
            "rounds": {"type": "integer", "minimum": 1},
            "created_at": INSTANT,
            "updated_at": INSTANT,
            "next_round_at": or_null(INSTANT),
            "reason": or_null(ref("Reason")),
            "activity": or_null(activity),
            "attachments": {**a_list("Attachment"), "description": "Absent in lists"},
        },
        optional=("attachments",),
    )


def _attachment() -> Schema:
    return an_object(
        {
            "id": TEXT,
            "cmi_attachment_id": TEXT,
            "name": TEXT,
            "stored_name": TEXT,
            "content_type": TEXT,
            "size_bytes": or_null(COUNT),
            "sha256": or_null({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
            "state": {"enum": [str(state) for state in AttachmentState]},
            "reason": or_null(ref("Reason")),
            "c4c_object_id": or_null(TEXT),
            "attempts": COUNT,
            "retry_at": or_null(INSTANT),
        }
    )


def _redrive_filter() -> Schema:
    return {
        "title": "By filter: all conditions together",
        **an_object(
            {
                "state": {"enum": [str(state) for state in REDRIVABLE]},
                "reason_code": REASON_CODE,
                "contact_id": contact_id(),
                "created_before": INSTANT,
                "limit": REDRIVE_LIMIT,
            },
            optional=("reason_code", "contact_id", "created_before", "limit"),
        ),
        "examples": [{"state": "parked", "reason_code": "credential-refused", "limit": 100}],
    }


def _redrive_ids() -> Schema:
    ids = {"type": "array", "items": TRANSFER_ID, "minItems": 1, "maxItems": MOST_REDRIVEN}
    return {"title": "By ids", **an_object({"ids": ids})}


def _redriven() -> Schema:
    skipped = an_object({"id": TRANSFER_ID, "code": TEXT, "message": TEXT})
    return an_object(
        {
            "redriven": {**COUNT, "description": "How many run again"},
            "transfers": {"type": "array", "items": TRANSFER_ID},
            "skipped": {"type": "array", "items": skipped},
            "more": {"type": "boolean", "description": "The filter fits further transfers, beyond the limit"},
        }
    )


def _problem() -> Schema:
    error = an_object(dict.fromkeys(("field", "message", "expected", "remedy", "found"), TEXT), optional=("found",))
    return an_object(
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": TEXT,
            "errors": {"type": "array", "items": error},
        },
        optional=("code", "errors"),
    )
