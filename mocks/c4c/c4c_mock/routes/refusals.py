"""Errors in C4C's own forms: OData in JSON or XML, a web page for logins, plain text for CSRF."""

from __future__ import annotations

from xml.sax.saxutils import escape

from c4c_mock.evidence import seen
from c4c_mock.model.errors import C4CError, CsrfRequired, NotAllowed, NotAuthenticated, RangeNotThere
from c4c_mock.model.world import C4CWorld
from c4c_mock.wire import atom, json_out
from mock_kit.context import note

from .call import JSON, Reply, text_reply


def error_reply(world: C4CWorld, exc: C4CError, *, as_json: bool) -> Reply:
    """An error in C4C's own form; the hint goes to the journal and into a header of the mock's own."""
    note("info", "refused", f"{exc.status}: {exc.message}" + (f" ({exc.hint})" if exc.hint else ""))
    headers: dict[str, str] = {}
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
        return text_reply(exc.status, exc.message, "text/plain;charset=utf-8", headers)
    if exc.html:
        page = f"<html><head><title>{exc.status}</title></head><body><h1>{escape(exc.message)}</h1></body></html>"
        return text_reply(exc.status, page, "text/html;charset=utf-8", headers)
    seen("empty-error-code")
    if as_json:
        body = json_out.Body(json_out.error_document(exc.message, inner=bool(world.switches["error_innererror"])))
        return text_reply(exc.status, b"".join(body).decode(), JSON, headers)
    return text_reply(exc.status, atom.error(exc.message), "application/xml;charset=utf-8", headers)
