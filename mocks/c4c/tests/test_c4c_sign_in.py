"""A sign-in page instead of a document."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant

pytestmark = pytest.mark.off_contract(reason="a page comes where the schemas know a document, on purpose")


@pytest.mark.parametrize("how", ["redirect", "page"])
def test_a_sign_in_page_comes_instead_of_the_work(make_tenant: MakeTenant, how: str) -> None:
    tenant = make_tenant(sign_in=how)
    chat = tenant.chat()
    for answer in (tenant.get(tenant.path(chat)), tenant.attach(chat), tenant.call("DELETE", tenant.path(chat))):
        assert (answer.status_code, answer.mimetype) == (302 if how == "redirect" else 200, "text/html")
        assert ("Sign In" in answer.text) is (how == "page")
    assert tenant.stored() == []
    tenant.dialect(sign_in="off")
    assert tenant.attach(chat).status_code == 201


@pytest.mark.parametrize(("kind", "statuses"), [("all", [302, 302]), ("reads", [302, 201]), ("writes", [200, 302])])
def test_a_sign_in_page_can_be_for_reads_or_for_writes_only(
    make_tenant: MakeTenant, kind: str, statuses: list[int]
) -> None:
    tenant = make_tenant(sign_in="redirect", sign_in_for=kind)
    chat = tenant.chat()
    assert [tenant.get(tenant.path(chat)).status_code, tenant.attach(chat).status_code] == statuses


def test_the_redirect_leads_where_the_dialect_says(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(sign_in="redirect")
    assert tenant.get("/chatactivity/").headers["Location"] == "https://sign-in.example.com/saml2/idp/sso"
    tenant.dialect(sign_in_url="https://other.crm.cloud.sap/login")
    assert tenant.get("/chatactivity/").headers["Location"] == "https://other.crm.cloud.sap/login"


def test_an_inspection_gets_no_sign_in_page(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(sign_in="page")
    assert tenant.inspect("/chatactivity/ChatActivityCollection").mimetype == "application/json"
