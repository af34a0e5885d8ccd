"""Base64 whose last character carries bits that belong to no byte (RFC 4648, section 3.5)."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant, TenantClient
from werkzeug.test import TestResponse


def atom(binary: str) -> str:
    """An attachment as an Atom entry."""
    data = "http://schemas.microsoft.com/ado/2007/08/dataservices"
    return (
        f'<entry xmlns="http://www.w3.org/2005/Atom" xmlns:d="{data}" xmlns:m="{data}/metadata">'
        '<content type="application/xml"><m:properties><d:Name>a</d:Name>'
        "<d:TypeCode>10001</d:TypeCode><d:CategoryCode>2</d:CategoryCode>"
        f"<d:Binary>{binary}</d:Binary></m:properties></content></entry>"
    )


def upload(tenant: TenantClient, chat: str, form: str, binary: str) -> TestResponse:
    """The answer to an attachment with this Base64 in JSON or Atom."""
    if form == "json":
        return tenant.attach(chat, Binary=binary)
    headers = {"Content-Type": "application/atom+xml"}
    return tenant.call("POST", f"{tenant.path(chat)}/ChatActivityAttachment", headers, data=atom(binary))


@pytest.mark.parametrize("form", ["json", "atom"])
@pytest.mark.parametrize(("good", "bad"), [("QQ==", "QR=="), ("QUI=", "QUJ="), ("QUJDQUI=", "QUJDQUJ=")])
def test_bits_after_the_last_byte_are_refused_only_where_the_dialect_says_so(
    make_tenant: MakeTenant, form: str, good: str, bad: str
) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    assert [upload(tenant, chat, form, text).status_code for text in (good, bad)] == [201, 201]
    assert len({a["sha256"] for a in tenant.stored()}) == 1
    tenant.dialect(base64_canonical_only=True)
    assert upload(tenant, chat, form, good).status_code == 201
    refused = upload(tenant, chat, form, bad)
    assert refused.status_code == 400
    assert "RFC 4648" in refused.text
    assert len(tenant.stored()) == 3
