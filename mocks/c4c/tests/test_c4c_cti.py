"""The widget's payload: in SAP's wrapping, and of outbound contacts."""

from __future__ import annotations

from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient

REFERENCES = "/chatactivity/ChatActivityBTDReferenceCollection"


def payload(**more: Any) -> dict[str, Any]:
    """An accepted chat with a reference."""
    return {"Type": "CHAT", "EventType": "INBOUND", "Action": "ACCEPT", "ExternalReferenceID": "ABC", **more}


def test_a_wrapped_widget_payload_is_read_like_a_bare_one(tenant: TenantClient) -> None:
    wrapped = tenant.control("cti", {"payload": payload()}).get_json()
    bare = tenant.control("cti", payload()).get_json()
    assert wrapped == bare
    assert wrapped["external_reference_id"] == "ABC"
    refused = tenant.control("cti", {"payload": payload(Action="SING")})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "Action")


@pytest.mark.parametrize(("kept", "references"), [("stored", ["ABC"]), ("none", [])])
def test_an_outbound_contact_has_no_reference_where_the_dialect_says_so(
    make_tenant: MakeTenant, kept: str, references: list[str]
) -> None:
    tenant = make_tenant(outbound_reference=kept)
    answer = tenant.control("cti", payload(EventType="OUTBOUND")).get_json()
    assert answer["reference_stored"] is bool(references)
    assert [row["ID"] for row in tenant.results(REFERENCES)] == references
    ended = tenant.control("cti", payload(EventType="OUTBOUND", Action="END")).get_json()
    assert ended["activity"]["object_id"] == answer["activity"]["object_id"]
    tenant.control("cti", payload(ExternalReferenceID="IN"))
    assert [row["ID"] for row in tenant.results(REFERENCES)] == [*references, "IN"]
