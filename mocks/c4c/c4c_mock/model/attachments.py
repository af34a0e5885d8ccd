"""What a tenant requires of an attachment, and which accepted ones look wrong."""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from c4c_mock.model.errors import AttachmentRejected, BadRequest
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.shown import shown
from mock_kit.http.sniff import sniff
from mock_kit.journal.context import Note
from mock_kit.tenants.spool import Blob, read_blob

DOCUMENT = "2"
LINK = "3"
STANDARD_TYPE = "10001"
"""TypeCode of a standard attachment. Source: developer guide; documented."""

_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_ROUND_LIMITS = {n * unit for unit in (1024, 1000, 1024**2, 1000**2) for n in (1, 2, 4, 5, 8, 10, 16, 32, 64, 100)}
"""Sizes at which files are cut by buffers and gateways: a file of exactly such a length is suspicious."""


def check(payload: EntityPayload, dialect: Mapping[str, Any]) -> None:
    """Raise BadRequest or AttachmentRejected if the tenant refuses the attachment; set a TypeCode that may be left out.

    Sources: real $metadata of an attachment folder (CategoryCode not null); developer guide (codes, TypeCode required).
    """
    _check_codes(payload, dialect)
    category = payload.values.get("CategoryCode", DOCUMENT if payload.blob else LINK)
    if category == LINK:
        _check_link(payload)
    elif payload.blob is None and not dialect["document_without_binary"]:
        raise BadRequest("Property Binary is missing: CategoryCode 2 (document) needs the content in Base64")
    if payload.blob is not None:
        _check_content(payload, payload.blob, dialect)


def _check_codes(payload: EntityPayload, dialect: Mapping[str, Any]) -> None:
    category = payload.values.get("CategoryCode")
    if not category and dialect["attachment_category_mandatory"]:
        raise BadRequest("Property CategoryCode is mandatory; expected 2 (document) or 3 (link)")
    if category and category not in {DOCUMENT, LINK}:
        raise BadRequest(f"Property CategoryCode: expected 2 (document) or 3 (link), found {category}")
    allowed = dialect["attachment_type_codes"]
    code = payload.values.get("TypeCode")
    if not code and dialect["attachment_type_code_required"]:
        raise BadRequest("Property TypeCode is required; expected a code of the tenant's list, such as 10001")
    code = payload.values["TypeCode"] = code or STANDARD_TYPE
    if allowed and code not in allowed:
        raise BadRequest(f"Property TypeCode: expected one of {', '.join(allowed)}, found {shown(code)}")
    if "Title" in payload.values and not dialect["attachment_title_creatable"]:
        raise BadRequest("Property Title is not creatable", hint="dialect attachment_title_creatable")


def _check_link(payload: EntityPayload) -> None:
    if payload.blob is not None:
        raise BadRequest("CategoryCode 3 (link) has no Binary; send LinkWebURI")
    if not payload.values.get("LinkWebURI"):
        raise BadRequest("Property LinkWebURI is missing: CategoryCode 3 (link) needs it")


def _check_content(payload: EntityPayload, blob: Blob, dialect: Mapping[str, Any]) -> None:
    check_size(blob.size_bytes, dialect)
    if blob.size_bytes == 0 and not dialect["empty_binary"]:
        raise AttachmentRejected("The attachment is empty", status=400, hint="dialect empty_binary")
    mime = str(payload.values.get("MimeType") or "").split(";")[0].strip().lower()
    allow, deny = dialect["mime_allow_list"], dialect["mime_deny_list"]
    if (allow and mime not in allow) or mime in deny:
        raise AttachmentRejected(
            f"MIME type {mime or '(none)'} is not allowed",
            status=dialect["mime_refused_status"],
            hint="dialect mime_allow_list, mime_deny_list",
            key="mime_type",
            words={"mime": mime or "?"},
        )
    if dialect["reject_eicar"] and _is_eicar(blob):
        message = "Virus scan: the file is infected (EICAR test file)"
        raise AttachmentRejected(message, status=400, hint="dialect reject_eicar", key="virus")


def check_size(size_bytes: int, dialect: Mapping[str, Any]) -> None:
    """Raise AttachmentRejected for a file above the tenant's limit; called while the file is being received."""
    limit = int(dialect["max_attachment_bytes"])
    if limit and size_bytes > limit:
        status = int(dialect["too_large_status"])
        raise AttachmentRejected(
            f"The attachment is too large: at most {limit} bytes are allowed",
            status=status,
            html=status == 413,
            hint="dialect max_attachment_bytes",
            key="too_large",
            words={"limit": str(limit)},
        )


def _is_eicar(blob: Blob) -> bool:
    """By its own definition the test string stands at the very start of a short file."""
    return blob.head.startswith(_EICAR)


def warnings(payload: EntityPayload) -> Iterator[Note]:
    """Notes for the journal: the file was accepted, but something upstream may have gone wrong."""
    blob = payload.blob
    if blob is None:
        return
    name = payload.values.get("Name", "")
    if _holds_base64(blob):
        yield Note("warning", "double-base64", f"{name}: the content is itself Base64 of a file")
    if blob.sniffed_type == "text/html" and not _mentions(payload, "html"):
        yield Note("warning", "html-content", f"{name}: the content is a web page; an error page was stored?")
    elif _holds_json(blob) and not _mentions(payload, "json"):
        yield Note("warning", "json-content", f"{name}: the content is a JSON document; an error was stored?")
    elif _contradicts(payload, blob):
        message = f"{name}: MimeType says {payload.values.get('MimeType')}, the bytes look like {blob.sniffed_type}"
        yield Note("warning", "mime-mismatch", message)
    if blob.size_bytes in _ROUND_LIMITS:
        message = f"{name}: exactly {blob.size_bytes} bytes, a length at which buffers and gateways cut"
        yield Note("warning", "round-length", message)


def _mentions(payload: EntityPayload, kind: str) -> bool:
    described = f"{payload.values.get('MimeType', '')} {payload.values.get('Name', '')}".lower()
    return kind in described


def _holds_base64(blob: Blob) -> bool:
    text = blob.head.strip().replace(b"\r\n", b"").replace(b"\n", b"")
    if len(text) < 16:
        return False
    try:
        inner = binascii.a2b_base64(text[: len(text) // 4 * 4], strict_mode=True)
    except binascii.Error:
        return False
    return sniff(inner) not in {"text/plain", "application/octet-stream"}


def _holds_json(blob: Blob) -> bool:
    if blob.sniffed_type != "application/json":
        return False
    if blob.size_bytes > 1_000_000:
        return True
    try:
        json.loads(b"".join(read_blob(blob)))
    except ValueError:
        return False
    return True


def _contradicts(payload: EntityPayload, blob: Blob) -> bool:
    """True when the bytes show one type and the declared type is another."""
    declared = str(payload.values.get("MimeType") or "").split(";")[0].strip().lower()
    sniffed = blob.sniffed_type
    vague = {"", "application/octet-stream", "binary/octet-stream"}
    if declared in vague or sniffed in vague or sniffed.startswith("text/") or blob.size_bytes == 0:
        return False
    if sniffed == "application/zip" or "xml" in sniffed:
        return not (
            "officedocument" in declared
            or "zip" in declared
            or "xml" in declared
            or "svg" in declared
            or "opendocument" in declared
        )
    if "application/pdf" in {declared, sniffed} or (declared.startswith("image/") and sniffed.startswith("image/")):
        return declared != sniffed
    return _family(declared) != _family(sniffed)


def _family(mime: str) -> str:
    """The main type; sound and film share containers, so they count as one."""
    main = mime.split("/", maxsplit=1)[0]
    return "media" if main in {"audio", "video"} else main
