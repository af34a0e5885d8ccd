"""Errors in C4C's own forms: OData in JSON or XML, a web page for logins, plain text for CSRF."""

from __future__ import annotations

import math
from datetime import timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from c4c_mock.evidence import seen
from c4c_mock.model.errors import (
    Busy,
    C4CError,
    CsrfCheckFailed,
    MethodNotAllowed,
    NotAuthenticated,
    RangeNotSatisfiable,
    TooManyThreads,
)
from c4c_mock.model.texts import ErrorText, text_of
from c4c_mock.routes.call import ODataReply, text_reply
from c4c_mock.routes.negotiation import JSON
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire import atom, json_out
from mock_kit.journal.context import note

_PAGE = "text/html;charset=utf-8"
_XML = "application/xml;charset=utf-8"


def error_reply(tenant: C4CTenant, exc: C4CError, *, as_json: bool, language: str) -> ODataReply:
    """An error in C4C's own form; the hint is in the journal and in a header of the mock's own.

    ``language``: one of ``texts.LANGUAGES``. The journal's note is always English.
    """
    note("info", "refused", f"{exc.status}: {exc.message}" + (f" ({exc.hint})" if exc.hint else ""))
    headers = _headers(tenant, exc)
    if isinstance(exc, CsrfCheckFailed):
        return text_reply(exc.status, exc.message, "text/plain;charset=utf-8", headers)
    if exc.bodyless:
        return ODataReply(status=exc.status, headers=headers)
    text = text_of(exc.key, exc.words, language, exc.message)
    form = "html" if exc.html else str(tenant.switches["error_form"])
    if form == "html":
        page = f"<html><head><title>{exc.status}</title></head><body><h1>{escape(text)}</h1></body></html>"
        return text_reply(exc.status, page, _PAGE, headers)
    code = exc.key.upper() if tenant.switches["error_codes"] else ""
    if not code:
        seen("empty-error-code")
    error = ErrorText(code=code, text=text, language=language, details=form == "details")
    if form == "json" or (form != "xml" and as_json):
        document = json_out.error_document(error, inner=bool(tenant.switches["error_innererror"]))
        return text_reply(exc.status, b"".join(json_out.JsonDocument(document)).decode(), JSON, headers)
    return text_reply(exc.status, atom.error_document(error), _XML, headers)


def _headers(tenant: C4CTenant, exc: C4CError) -> dict[str, str]:
    headers = _retry_after(tenant, exc)
    if exc.hint:
        headers["X-Mock-Hint"] = exc.hint.encode("ascii", "replace").decode()
    if isinstance(exc, MethodNotAllowed):
        headers["Allow"] = ", ".join(exc.allow)
    if isinstance(exc, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{exc.size_bytes}"
    if isinstance(exc, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Basic realm="SAP NetWeaver Application Server"'
    if isinstance(exc, CsrfCheckFailed):
        headers["x-csrf-token"] = "Required"
    return headers


def _retry_after(tenant: C4CTenant, exc: C4CError) -> dict[str, str]:
    """``Retry-After`` of a busy tenant, by dialect ``retry_after``: none, in seconds, or as a date.

    Source: RFC 9110, section 10.2.3. A client that waits as long never returns too early. ``clock_ahead_s`` is how
    far the server's clock is ahead, in both dates.
    """
    if not isinstance(exc, Busy | TooManyThreads):
        return {}
    now = tenant.clock.now()
    usual = now + timedelta(seconds=float(tenant.switches["retry_after_s"]))
    until = (exc.until if isinstance(exc, Busy) else None) or usual
    skew = timedelta(seconds=float(tenant.switches["clock_ahead_s"]))
    form = tenant.switches["retry_after"]
    if form == "seconds":
        return {"Retry-After": str(max(0, math.ceil((until - now).total_seconds())))}
    if form == "date":
        rounded_up = until + skew + timedelta(microseconds=999_999)
        dates = {"Retry-After": rounded_up, "Date": now + skew}
        return {name: format_datetime(moment, usegmt=True) for name, moment in dates.items()}
    return {}
