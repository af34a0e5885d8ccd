"""Basic credentials, the only login that is mocked; and the sign-in page that may replace an answer."""

from __future__ import annotations

from flask import Request

from c4c_mock.evidence import seen
from c4c_mock.model.access.users import LOGIN_FAILED, C4CUser
from c4c_mock.model.errors import NotAuthenticated
from c4c_mock.routes.call import ODataReply, text_reply
from c4c_mock.tenant import C4CTenant
from mock_kit.http.headers import basic_credentials
from mock_kit.journal.context import note

_READS = frozenset({"GET", "HEAD"})
_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign In</title></head><body><h1>Sign In</h1>"
    '<form method="post" action="/saml2/idp/sso"><input name="j_username"><input name="j_password" type="password">'
    "<button>Continue</button></form></body></html>"
)
_HTML = "text/html;charset=utf-8"


def log_in(tenant: C4CTenant, authorization: str) -> C4CUser:
    """The user behind an Authorization header. Raises NotAuthenticated."""
    seen("basic-auth")
    raw = basic_credentials(authorization)
    if raw is None:
        raise NotAuthenticated(LOGIN_FAILED)
    name, _, password = _text(raw).partition(":")
    return tenant.access.log_in(name, password)


def _text(raw: bytes) -> str:
    """Header bytes as text: UTF-8, or Latin-1 when they are not UTF-8; which one C4C expects is not known."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def sign_in_reply(tenant: C4CTenant, req: Request) -> ODataReply | None:
    """A sign-in page (200) or a redirect to it (302) by dialect ``sign_in``; None where the request is served as usual.

    A tenant with single sign-on may send this to a technical user.
    """
    how = str(tenant.switches["sign_in"])
    if how == "off":
        return None
    kind = "reads" if req.method in _READS else "writes"
    if tenant.switches["sign_in_for"] not in {"all", kind}:
        return None
    note("info", "sign_in", f"dialect sign_in is {how!r}: nothing was read, nothing stored")
    if how == "page":
        return text_reply(200, _PAGE, _HTML)
    return text_reply(302, "", _HTML, {"Location": str(tenant.switches["sign_in_url"])})
