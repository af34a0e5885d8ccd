"""The OpenAPI 3.1 document. The request's schema is the contract's own file, not a copy."""

from __future__ import annotations

from functools import cache
from typing import Any

from attachment_contract import load_schema
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Attachment transfer", "version": "1"},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {"Problem": _problem(), "Transfer": _transfer()},
        },
        "security": [{"bearer": []}],
        "paths": {
            "/prod/chat-attachments": {"post": _post()},
            "/transfers": {"get": _list()},
            "/transfers/{transfer_id}": {"get": _one("The transfer with its attachments")},
            "/transfers/{transfer_id}/retry": {"post": _one("The transfer runs again", status="202")},
        },
    }


def _post() -> dict[str, Any]:
    contract = load_schema("chat_attachments_request.v1")
    definitions = contract["$defs"]
    headers = [
        {"name": name, "in": "header", "required": True, "schema": definitions["secret"]}
        for name in contract["properties"]["headers"]["properties"]
    ]
    body = {**contract["properties"]["body"], "$defs": definitions}
    return {
        "summary": "Carry the files of an ended chat to its activity in C4C",
        "parameters": headers,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "202": {
                "description": "Recorded durably; Location names the transfer",
                "headers": {"Location": {"schema": {"type": "string"}}},
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["status", "transfer_id"],
                            "properties": {
                                "status": {"const": "accepted"},
                                "transfer_id": {"type": "string"},
                            },
                        }
                    }
                },
            },
            **_problems("400", "401", "403", "413", "415", "503"),
        },
    }


def _list() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "summary": "The caller's transfers, newest first",
        "parameters": [
            {"name": "state", "in": "query", "schema": {"enum": [str(state) for state in TransferState]}},
            {"name": "contact_id", "in": "query", "schema": text},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
            {"name": "cursor", "in": "query", "schema": text},
        ],
        "responses": {
            "200": _json(
                "One page",
                {
                    "type": "object",
                    "required": ["transfers", "next_cursor"],
                    "properties": {
                        "transfers": {"type": "array", "items": {"$ref": "#/components/schemas/Transfer"}},
                        "next_cursor": {"type": ["string", "null"]},
                    },
                },
            ),
            **_problems("400", "401", "403"),
        },
    }


def _one(description: str, *, status: str = "200") -> dict[str, Any]:
    return {
        "summary": description,
        "parameters": [{"name": "transfer_id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {
            status: _json(description, {"$ref": "#/components/schemas/Transfer"}),
            **_problems("401", "403", "404", *(["409"] if status == "202" else [])),
        },
    }


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": "RFC 9457 problem",
            "content": {"application/problem+json": {"schema": reference}},
        }
        for status in statuses
    }


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "message", "expected", "remedy"],
                    "properties": {
                        name: {"type": "string"} for name in ("field", "message", "expected", "remedy", "found")
                    },
                },
            },
        },
    }


def _transfer() -> dict[str, Any]:
    maybe_text = {"type": ["string", "null"]}
    return {
        "type": "object",
        "required": [
            "id",
            "state",
            "outcome",
            "contact_id",
            "rounds",
            "created_at",
            "updated_at",
            "reason",
            "activity",
        ],
        "properties": {
            "id": {"type": "string"},
            "state": {"enum": [str(state) for state in TransferState]},
            "outcome": {"enum": [*(str(outcome) for outcome in Outcome), None]},
            "terminal": {"type": "boolean"},
            "contact_id": {"type": "string", "pattern": "^[0-9A-F]{32}$"},
            "rounds": {"type": "integer", "minimum": 1},
            "created_at": {"type": "string"},
            "updated_at": {"type": "string"},
            "next_round_at": maybe_text,
            "reason": {"type": ["object", "null"]},
            "activity": {"type": ["object", "null"]},
            "attachments": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": [
                        "id",
                        "cmi_attachment_id",
                        "name",
                        "size_bytes",
                        "sha256",
                        "state",
                        "c4c_object_id",
                    ],
                    "properties": {"state": {"enum": [str(state) for state in AttachmentState]}},
                },
            },
        },
    }
