"""A sign-in page where a document was asked for: what a tenant with single sign-on may send to a technical user."""

from __future__ import annotations

from flask import Request

from c4c_mock.routes.call import Reply, text_reply
from c4c_mock.tenant import C4CTenant
from mock_kit.context import note

_READS = frozenset({"GET", "HEAD"})
_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign In</title></head><body><h1>Sign In</h1>"
    '<form method="post" action="/saml2/idp/sso"><input name="j_username"><input name="j_password" type="password">'
    "<button>Continue</button></form></body></html>"
)
_HTML = "text/html;charset=utf-8"


def sign_in_reply(tenant: C4CTenant, req: Request) -> Reply | None:
    """The page (200) or the way to it (302) by dialect ``sign_in``; None where the request is served as usual."""
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
