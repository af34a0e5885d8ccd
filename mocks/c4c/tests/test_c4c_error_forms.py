"""The same refusal as JSON, as XML, in the details only, or as a web page."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from c4c_caller import MakeTenant, TenantClient
from werkzeug.test import TestResponse

META = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TEXT = "Datensatz ist durch Benutzer MARY gesperrt"

IRREGULAR = pytest.mark.off_contract(reason="errors in a form that the schemas do not know, on purpose")


def refusal(tenant: TenantClient, headers: dict[str, str] | None = None) -> TestResponse:
    """An upload to a chat that MARY has locked, refused in German."""
    tenant.dialect(user_language="de")
    chat = tenant.chat()
    tenant.control("locks", {"user": "MARY"})
    return tenant.attach(chat, headers=headers)


@IRREGULAR
@pytest.mark.parametrize(
    ("form", "accept", "kind"),
    [
        ("asked", "application/json", "application/json"),
        ("asked", "application/atom+xml", "application/xml"),
        ("json", "application/atom+xml", "application/json"),
        ("xml", "application/json", "application/xml"),
        ("details", "application/json", "application/json"),
        ("details", "application/atom+xml", "application/xml"),
        ("html", "application/json", "text/html"),
    ],
)
def test_the_form_of_an_error_is_the_dialects(make_tenant: MakeTenant, form: str, accept: str, kind: str) -> None:
    tenant = make_tenant(error_form=form)
    answer = refusal(tenant, {"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (400, kind)
    assert TEXT in answer.text
    assert tenant.stored() == []


@IRREGULAR
def test_an_error_in_xml_names_its_language(make_tenant: MakeTenant) -> None:
    root = ET.fromstring(refusal(make_tenant(error_form="xml")).data)
    assert [child.tag for child in root] == [f"{META}code", f"{META}message"]
    message = root.find(f"{META}message")
    assert message is not None
    assert (root.findtext(f"{META}code"), message.text, message.get(LANG)) == ("", TEXT, "de")


def test_the_details_alone_have_the_text_and_the_outer_message_is_generic(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(error_form="details")
    error = refusal(tenant).get_json()["error"]
    assert error["message"] == {"lang": "de", "value": "Ein Fehler ist aufgetreten"}
    assert [detail["message"] for detail in error["innererror"]["errordetails"]] == [TEXT]
    xml = ET.fromstring(refusal(tenant, {"Accept": "application/atom+xml"}).data)
    assert xml.findtext(f"{META}message") == "Ein Fehler ist aufgetreten"
    assert xml.findtext(f"{META}innererror/{META}errordetails/{META}errordetail/{META}message") == TEXT


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_stable_code_stands_beside_the_text_only_where_the_dialect_says_so(
    make_tenant: MakeTenant, language: str
) -> None:
    tenant = make_tenant(error_form="details")
    assert refusal(tenant).get_json()["error"]["code"] == ""
    tenant.dialect(error_codes=True)
    error = refusal(tenant, {"Accept-Language": language}).get_json()["error"]
    assert (error["code"], error["innererror"]["errordetails"][0]["code"]) == ("LOCKED", "LOCKED")
    tenant.dialect(error_form="xml")
    root = ET.fromstring(tenant.get("/chatactivity/NothingCollection", {"Accept": "application/atom+xml"}).data)
    assert root.findtext(f"{META}code") == "NOT_FOUND"
