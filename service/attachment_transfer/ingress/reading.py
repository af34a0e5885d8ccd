"""From an HTTP request to a checked :class:`TransferRequest`, or a problem that names every field that is wrong."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import structlog
from flask import Flask, Request, request
from jsonschema.exceptions import ValidationError

from attachment_contract import validator
from attachment_transfer.core.answers import json_text
from attachment_transfer.core.hosts import canonical_url
from attachment_transfer.core.model import Secrets, TransferRequest
from attachment_transfer.core.request_values import normalise_contact_id, offending_characters
from attachment_transfer.ingress.problems import ApiFieldError, ApiProblem
from attachment_transfer.ingress.serving import REPEATED_HEADERS

SECRET_HEADERS = ("x-cmi-api-key", "x-cmi-password", "x-sap-v1-password")
#: Two Content-Length lines that differ are refused by the HTTP server itself, equal ones are one (RFC 9110, 8.6).
#: Headers that may come only once: of two copies neither is known to be meant, and joined they are a third value.
_ONCE = frozenset({*SECRET_HEADERS, "authorization", "content-type", "host"})
_KNOWN_MEMBERS = frozenset({"cmi_url", "cmi_user", "sap_v1", "contact_id"})
_SHOWN_CHARACTERS = 120
_EMPTY_OR_NOT_ASCII = "has a character outside ASCII, or is empty: the server passes neither on"
_DEEPEST = 32
_log = structlog.get_logger(__name__)

_REMEDIES = {
    "body.contact_id": 'Keep "contact_id": "{contact.guid}" as in the documentation\'s example.',
    "body.cmi_url": "Write the https address of your Contact Management Interface, as Sinch gave it to you.",
    "body.sap_v1.url": "Write the https address of your C4C tenant, e.g. https://my1234567.de1.crm.cloud.sap.",
    "body.sap_v1": 'Write "sap_v1": {"url": …, "user": …}.',
    "body.cmi_user": "Write the logon name of the CMI user, a text without a colon.",
    "body.sap_v1.user": "Write the user ID of the technical user, a text without a colon.",
    "header": 'Set the header to "{secrets.NAME}" in the integration\'s JSON and create that secret.',
}


def read_request(request: Request, *, max_bytes: int) -> TransferRequest:
    """Check content type, size, JSON, schema and alphabet, in this order. Raises :class:`ApiProblem`."""
    document = {
        "headers": {name: request.headers[name] for name in SECRET_HEADERS if name in request.headers},
        "body": _parsed(_body(request, max_bytes)),
    }
    errors = _field_errors(document) or _unusable_texts(document["body"])
    if errors:
        named = ", ".join(error.field for error in errors)
        raise ApiProblem(400, "The request does not fit the contract", f"Wrong or missing: {named}.", errors)
    _note_unknown_members(document["body"])
    return _as_transfer_request(document)


def _body(request: Request, max_bytes: int) -> bytes:
    if request.mimetype != "application/json":
        raise ApiProblem(
            415,
            "The content type must be application/json",
            f"The request came as {request.mimetype or 'nothing'!r}.",
            [
                ApiFieldError(
                    field="header.content-type",
                    message="not JSON",
                    expected="application/json",
                    remedy="Send Content-Type: application/json.",
                    found=request.mimetype or None,
                )
            ],
        )
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    body = request.stream.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    if len(body) < (request.content_length or 0):
        # The server passes on a body that broke off as if it had ended; the rest is not known.
        raise ApiProblem(400, "The body was cut off", f"{len(body)} of {request.content_length} bytes came.")
    return body


def _too_large(max_bytes: int) -> ApiProblem:
    return ApiProblem(
        413,
        "The request is too large",
        f"At most {max_bytes} bytes; files are not sent in this request, only the contact's id is.",
        [
            ApiFieldError(
                field="body",
                message="too large",
                expected=f"at most {max_bytes} bytes",
                remedy="Send the JSON of the documentation's example, and nothing else.",
            )
        ],
    )


def _parsed(body: bytes) -> Any:
    try:
        return json_text.parse(body, deepest=_DEEPEST, takes_mark=False)
    except json_text.RepeatedMembers as exc:
        errors = [
            ApiFieldError(
                field=f"body.{place}",
                message="the member is repeated",
                expected="each member once",
                remedy="Keep the one that is meant and remove the others.",
            )
            for place in exc.places
        ]
        named = ", ".join(error.field for error in errors)
        raise ApiProblem(400, "A member is repeated", f"More than once: {named}.", errors) from exc
    except json_text.UnreadableJson as exc:
        raise ApiProblem(
            400,
            "The body is not JSON",
            f"{str(exc)[:1].upper()}{str(exc)[1:]}.",
            [
                ApiFieldError(
                    field="body",
                    message=str(exc),
                    expected="a JSON object",
                    remedy="Correct the JSON at that place.",
                )
            ],
        ) from exc


def _field_errors(document: dict[str, Any]) -> list[ApiFieldError]:
    """Everything that is wrong, one error per field, in the order of the fields' names."""
    found: dict[str, ApiFieldError] = {}
    for error in validator("chat_attachments_request.v1").iter_errors(document):
        path = [str(part) for part in error.absolute_path]
        if error.validator == "required":
            # jsonschema raises one error for each, and says which one in its text only.
            missing = [name for name in error.validator_value if name not in error.instance]
            errors = [_field_error(error, [*path, name], missing=name) for name in missing]
        else:
            errors = [_field_error(error, path)]
        for item in errors:
            found.setdefault(item.field, item)
    return [found[field] for field in sorted(found)]


def _unusable_texts(body: dict[str, Any]) -> list[ApiFieldError]:
    """Control characters and half surrogate pairs, which no address and no database row can carry.

    The schema's ``$`` lets a final line feed pass, because Python's does.
    """
    target = body["sap_v1"]
    texts = {
        "body.cmi_url": body["cmi_url"],
        "body.cmi_user": body["cmi_user"],
        "body.sap_v1.url": target["url"],
        "body.sap_v1.user": target["user"],
    }
    return [
        ApiFieldError(
            field=field,
            message="contains a control character or half a character",
            expected="printable characters",
            remedy=_REMEDIES[field],
            found=_shown(text),
        )
        for field, text in texts.items()
        if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)
    ]


def _field_error(error: ValidationError, path: list[str], *, missing: str | None = None) -> ApiFieldError:
    """One schema error with a message of our own. jsonschema's message quotes the value, which may be a secret."""
    if missing is not None:
        message, expected = "missing", _expected_of(error.schema.get("properties", {}).get(missing, {}))
    else:
        message, expected = _complaint(error)
    is_header = path[0] == "headers"
    field = ".".join(["header" if is_header else "body", *path[1:]])
    found = None if is_header or message == "missing" else _shown(error.instance)
    if is_header and isinstance(error.instance, str) and (wrong := offending_characters(error.instance)):
        positions = ", ".join(f"{position} ({why})" for position, why in wrong[:5])
        message = f"contains characters that a password may not have, at position {positions}"
    if is_header and error.instance == "":
        # granian passes a header value with a byte outside ASCII on as an empty text (its issue 335, "wontfix"), so the
        # the two cannot be distinguished here, nor can the byte's position be known.
        message = _EMPTY_OR_NOT_ASCII
    remedy = _REMEDIES.get(field) or _REMEDIES["header" if is_header else "body.sap_v1"]
    if is_header and message != "missing":
        # The forbidden signs are named, not shown: no character of a refused password is in an answer.
        remedy = (
            "Set a password of printable ASCII characters in both systems: no umlauts, no sign for currency, pound, "
            "euro, one half or section."
        )
    return ApiFieldError(field=field, message=message, expected=expected, remedy=remedy, found=found)


def _complaint(error: ValidationError) -> tuple[str, str]:
    match error.validator:
        case "type":
            return f"has the type {_json_type(error.instance)}", f"a JSON {error.validator_value}"
        case "pattern":
            return "does not have the right form", _expected_of(error.schema)
        case "minLength":
            return "is empty", _expected_of(error.schema)
        case "maxLength":
            return "is too long", f"at most {error.validator_value} characters"
    return f"breaks the rule {error.validator!r}", _expected_of(error.schema)


def _expected_of(schema: dict[str, Any]) -> str:
    if description := schema.get("description"):
        return str(description)
    reference = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    pattern = str(schema.get("pattern", ""))
    if reference == "secret" or "u007E" in pattern or "\x7e" in pattern.lower():
        return "printable ASCII characters"
    if reference == "httpsUrl" or pattern.startswith("^https"):
        return "an https:// address without credentials, query or fragment"
    return "a text of the documented form"


def _json_type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _note_unknown_members(body: dict[str, Any]) -> None:
    """Other members and a later ``sap_v2`` may come: they are ignored and logged. Names only, values may be secrets."""
    unknown = sorted(str(name)[:64] for name in body if name not in _KNOWN_MEMBERS)
    if unknown:
        _log.warning("unknown members in the request are ignored", members=unknown)


def _as_transfer_request(document: dict[str, Any]) -> TransferRequest:
    headers, body = document["headers"], document["body"]
    contact_id = normalise_contact_id(body["contact_id"])
    if contact_id is None:  # the schema accepted it, so this is a defect of ours
        raise AssertionError("schema and normalise_contact_id disagree")
    return TransferRequest(
        contact_id=contact_id,
        cmi_url=canonical_url(body["cmi_url"]),
        cmi_user=body["cmi_user"],
        c4c_url=canonical_url(body["sap_v1"]["url"]),
        c4c_user=body["sap_v1"]["user"],
        secrets=Secrets(
            cmi_api_key=headers["x-cmi-api-key"],
            cmi_password=headers["x-cmi-password"],
            c4c_password=headers["x-sap-v1-password"],
        ),
    )


def refuse_repeated_headers(app: Flask) -> None:
    """Answer 400 to every request with two copies of a header that may come once, also if they are equal."""

    @app.before_request
    def judge() -> None:
        names = sorted(_ONCE & request.environ.get(REPEATED_HEADERS, frozenset()))
        if names:
            errors = [
                ApiFieldError(
                    field=f"header.{name}",
                    message="the header is repeated",
                    expected="the header once",
                    remedy="Remove all copies but one: in the integration's JSON, or where a proxy adds it.",
                )
                for name in names
            ]
            raise ApiProblem(400, "A header is repeated", f"More than once: {', '.join(names)}.", errors)
