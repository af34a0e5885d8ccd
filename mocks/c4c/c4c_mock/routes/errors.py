"""Errors in C4C's own forms: OData in JSON or XML, a web page for logins, plain text for CSRF."""

from __future__ import annotations

from datetime import timedelta
from xml.sax.saxutils import escape

from c4c_mock.evidence import seen
from c4c_mock.model.errors import (
    Busy,
    C4CError,
    CsrfRequired,
    NotAllowed,
    NotAuthenticated,
    RangeNotThere,
    TooManyThreads,
)
from c4c_mock.model.texts import text_of
from c4c_mock.routes.call import JSON, Reply, text_reply
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire import atom, json_out, retry_after
from c4c_mock.wire.error_text import ErrorText
from mock_kit.context import note

_PAGE = "text/html;charset=utf-8"
_XML = "application/xml;charset=utf-8"


def error_reply(tenant: C4CTenant, exc: C4CError, *, as_json: bool, language: str) -> Reply:
    """An error in C4C's own form; the hint goes to the journal and into a header of the mock's own.

    ``language``: one of ``texts.LANGUAGES``. The journal's note stays English.
    """
    note("info", "refused", f"{exc.status}: {exc.message}" + (f" ({exc.hint})" if exc.hint else ""))
    headers = _headers(tenant, exc)
    if isinstance(exc, CsrfRequired):
        return text_reply(exc.status, exc.message, "text/plain;charset=utf-8", headers)
    if exc.bodyless:
        return Reply(status=exc.status, headers=headers)
    text = text_of(exc.key, exc.words, language, exc.message)
    form = "html" if exc.html else str(tenant.switches["error_form"])
    if form == "html":
        page = f"<html><head><title>{exc.status}</title></head><body><h1>{escape(text)}</h1></body></html>"
        return text_reply(exc.status, page, _PAGE, headers)
    code = exc.key.upper() if tenant.switches["error_codes"] else ""
    if not code:
        seen("empty-error-code")
    told = ErrorText(code=code, text=text, language=language, details=form == "details")
    if form == "json" or (form != "xml" and as_json):
        body = json_out.Body(json_out.error_document(told, inner=bool(tenant.switches["error_innererror"])))
        return text_reply(exc.status, b"".join(body).decode(), JSON, headers)
    return text_reply(exc.status, atom.error(told), _XML, headers)


def _headers(tenant: C4CTenant, exc: C4CError) -> dict[str, str]:
    headers = _pause(tenant, exc)
    if exc.hint:
        headers["X-Mock-Hint"] = exc.hint.encode("ascii", "replace").decode()
    if isinstance(exc, NotAllowed):
        headers["Allow"] = ", ".join(exc.allow)
    if isinstance(exc, RangeNotThere):
        headers["Content-Range"] = f"bytes */{exc.size_bytes}"
    if isinstance(exc, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Basic realm="SAP NetWeaver Application Server"'
    if isinstance(exc, CsrfRequired):
        headers["x-csrf-token"] = "Required"
    return headers


def _pause(tenant: C4CTenant, exc: C4CError) -> dict[str, str]:
    """``Retry-After`` for who came when the tenant was busy, in the form that the dialect says."""
    if not isinstance(exc, Busy | TooManyThreads):
        return {}
    now = tenant.clock.now()
    usual = now + timedelta(seconds=float(tenant.switches["retry_after_s"]))
    until = (exc.until if isinstance(exc, Busy) else None) or usual
    skew_s = float(tenant.switches["clock_ahead_s"])
    return retry_after.headers(str(tenant.switches["retry_after"]), now=now, until=until, skew_s=skew_s)
