"""The OpenAPI 3.1 document: every route of the API, and nothing else. A test compares both."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from attachment_transfer import __version__
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.openapi_schemas import (
    INSTANT,
    LIMIT,
    REASON_CODE,
    TEXT,
    Schema,
    contact_id,
    ref,
    schemas,
    secret_headers,
)
from attachment_transfer.ingress.operator_page import SCRIPTS

_OPEN: dict[str, Any] = {"security": []}
_ONE: list[dict[str, Any]] = [{"name": "transfer_id", "in": "path", "required": True, "schema": TEXT}]


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Attachment transfer",
            "version": __version__,
            "description": "Carries the files of an ended Contact Pro chat to its activity in SAP Service Cloud (C4C).",
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": schemas(),
        },
        "security": [{"bearer": []}],
        "paths": {**_for_contact_pro(), **_reading(), **_changing(), **_for_machines(), **_page()},
    }


def _for_contact_pro() -> dict[str, Any]:
    headers = [{"name": name, "in": "header", "required": True, "schema": ref("secret")} for name in secret_headers()]
    location = {"Location": {"description": "The transfer", "schema": TEXT}}
    accepted = {"headers": location, **_json("Recorded durably; the files travel afterwards", ref("Accepted"))}
    ended = {"headers": location, **_json("Only in the synchronous mode: the end came in time", ref("Transfer"))}
    return {
        "/prod/chat-attachments": {
            "post": {
                "operationId": "acceptChat",
                "summary": "Carry the files of an ended chat to its activity in C4C",
                "parameters": [*headers, *_trace()],
                "requestBody": _body("ChatAttachmentsRequest"),
                "responses": {
                    "200": ended,
                    "202": accepted,
                    **_problems("400", "401", "403", "408", "413", "415", "429", "503"),
                },
            }
        }
    }


def _reading() -> dict[str, Any]:
    return {
        "/transfers": {
            "get": {
                "operationId": "listTransfers",
                "summary": "The caller's transfers, newest first; with the operator's scope those of all callers",
                "parameters": [
                    _query("state", {"enum": [str(state) for state in TransferState]}),
                    _query("contact_id", contact_id()),
                    _query("reason_code", REASON_CODE),
                    _query("created_from", INSTANT),
                    _query("created_before", INSTANT),
                    _query("limit", LIMIT),
                    _query("cursor", TEXT),
                ],
                "responses": {
                    "200": _json("One page", ref("TransferPage")),
                    **_problems("400", "401", "403", "429", "503"),
                },
            }
        },
        "/transfers/{transfer_id}": {
            "get": _operation("getTransfer", "The transfer with its attachments", "200", "Transfer", _ONE, "404")
        },
        "/transfers/{transfer_id}/audit": {
            "get": _operation(
                "getAudit",
                "Who did what to the transfer, oldest first",
                "200",
                "AuditPage",
                [*_ONE, _query("limit", LIMIT), _query("cursor", {"type": "string", "pattern": "^[0-9]{1,15}$"})],
                "400",
                "404",
            )
        },
    }


def _changing() -> dict[str, Any]:
    return {
        "/transfers/{transfer_id}/retry": {
            "post": _operation("retryTransfer", "Run it again now", "202", "Transfer", _ONE, "404", "409")
        },
        "/transfers/{transfer_id}/cancel": {
            "post": _operation("cancelTransfer", "End it and shred its secrets", "200", "Transfer", _ONE, "404", "409")
        },
        "/transfers/retry": {
            "post": {
                **_operation(
                    "retryTransfers", "Run many again, by filter or by ids", "200", "Redriven", [], "400", "413", "415"
                ),
                "requestBody": _body("RedriveRequest"),
            }
        },
    }


def _for_machines() -> dict[str, Any]:
    ready = {"200": _json("The database answers and has our schema", ref("Health")), **_problems("503")}
    return {
        "/healthz": {
            "get": {
                **_OPEN,
                "operationId": "healthz",
                "summary": "The process answers",
                "responses": {"200": _json("It answers", ref("Health"))},
            }
        },
        "/readyz": {"get": {**_OPEN, "operationId": "readyz", "summary": "It can accept requests", "responses": ready}},
        "/metrics": {"get": _file("metrics", "Prometheus metrics", "text/plain")},
        "/openapi.json": {"get": _file("openapi", "This document", "application/json", {"type": "object"})},
    }


def _page() -> dict[str, Any]:
    return {
        "/operator": {"get": _file("operatorPage", "A page for people; it calls this API", "text/html")},
        **{
            f"/operator/{name}": {
                "get": _file(f"operator{Path(name).stem.title()}Script", "A script of the page", "text/javascript")
            }
            for name in SCRIPTS
        },
        "/operator/operator.css": {"get": _file("operatorStyle", "The page's style", "text/css")},
    }


def _operation(
    name: str, summary: str, status: str, schema: str, parameters: list[dict[str, Any]], *problems: str
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            status: _json(summary, ref(schema)),
            **_problems(*sorted({"401", "403", "429", "503", *problems})),
        },
    }


def _query(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _trace() -> list[dict[str, Any]]:
    """W3C trace context. Any value is accepted: a malformed one is replaced by a trace of our own."""
    return [{"name": name, "in": "header", "schema": TEXT} for name in ("traceparent", "tracestate")]


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": ref(schema)}}}


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _file(name: str, summary: str, media_type: str, schema: Schema | None = None) -> dict[str, Any]:
    content = {media_type: {"schema": schema or TEXT}}
    return {
        **_OPEN,
        "operationId": name,
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}},
    }


def _problems(*statuses: str) -> dict[str, Any]:
    return {
        status: {
            "description": "RFC 9457 problem",
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
        for status in statuses
    }
