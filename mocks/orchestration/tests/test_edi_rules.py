"""The rules of the configuration page for chat attachments."""

from typing import Any

import pytest
from orchestration_caller import TenantCaller, a_request

HOOK = "https://cc-workflows-x.cc.sinch.com/hook"
GOOD = ["+358501234567@sinchsms.com", "12345@whatsapp.sinchconversation.com", "@messenger.sinchconversation.com"]
BAD = ["help@chat", "a@sinchsms.com.example", "x@sinchconversation.com", "x@a.b.sinchconversation.com", "sinchsms.com"]


def only(fired: dict[str, Any]) -> dict[str, Any]:
    (found,) = fired["configurations"]
    return dict(found)


@pytest.mark.parametrize("address", BAD)
def test_an_outbound_upload_needs_a_queue_of_the_documented_type(tenant: TenantCaller, address: str) -> None:
    form: dict[str, Any] = {"direction": "Outbound", "queues": [{"id": "A" * 32, "address": address}]}
    refused = tenant.save(**form)
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "queues")
    assert "@<subchannel>.sinchconversation.com" in refused.get_json()["errors"][0]["remedy"]
    tenant.state.dialect["chat_attachment_rules"] = "warn"
    assert f"not {address}" in " ".join(tenant.integrate(**form)["warnings"])


@pytest.mark.parametrize("address", GOOD)
def test_an_outbound_upload_with_a_queue_of_that_type_is_triggered(tenant: TenantCaller, address: str) -> None:
    saved = tenant.integrate(direction="Outbound", queues=[{"address": address}])
    assert saved["warnings"] == []
    fired = tenant.fire(direction="outbound", queue={"id": None, "address": address})
    assert only(fired)["matched"]


def test_the_queue_type_of_incoming_chats_and_of_other_endpoints_is_free(tenant: TenantCaller) -> None:
    tenant.integrate(direction="Inbound", queues=[{"address": "help@chat"}])
    tenant.integrate(direction="Outbound", queues=[{"address": "help@chat"}], endpoint_url=HOOK)
    queue = {"id": None, "address": "help@chat"}
    for direction in ("inbound", "outbound"):
        fired = tenant.fire(direction=direction, queue=queue)
        assert sum(c["matched"] for c in fired["configurations"]) == 1


def test_an_outbound_upload_without_a_queue_is_warned_of(tenant: TenantCaller) -> None:
    assert "none is selected by its address" in " ".join(tenant.integrate(direction="Outbound")["warnings"])
    assert "none is selected" in " ".join(tenant.integrate(direction="Outbound", queues=[{"id": "A" * 32}])["warnings"])


def test_an_outgoing_chat_of_another_queue_type_does_not_trigger_the_upload(tenant: TenantCaller) -> None:
    tenant.integrate(direction="Both")
    fired = tenant.fire(direction="outbound", queue={"id": None, "address": "help@chat"})
    assert only(fired)["reason"].endswith("not help@chat")
    tenant.state.dialect["chat_attachment_rules"] = "warn"
    assert only(tenant.fire(direction="outbound", queue={"id": None, "address": "help@chat"}))["matched"]


def test_a_direct_chat_does_not_trigger_the_upload(tenant: TenantCaller) -> None:
    saved = tenant.integrate(direct_conversations=True)
    assert "direct chats don't support attachments" in saved["warnings"][0]
    assert only(tenant.fire(queue=None))["reason"] == "direct chats don't support attachments"
    assert tenant.state.evidence_hits()["edi.direct_chats_not_sent"] == 1
    tenant.state.dialect["chat_attachment_rules"] = "warn"
    assert only(tenant.fire(queue=None))["matched"]


def test_a_direct_chat_triggers_another_endpoint_and_its_queue_is_null(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"q": "{contact.queue}"}), direct_conversations=True, endpoint_url=HOOK)
    tenant.fire(queue=None)
    assert tenant.outside.endpoint_calls[0].content == b'{"q": null}'


@pytest.mark.parametrize("event", ["Ended", "Closed"])
def test_the_upload_runs_on_ended_or_closed(tenant: TenantCaller, example: str, event: str) -> None:
    assert tenant.integrate(example, events=[event])["warnings"] == []
    tenant.fire(event)
    assert tenant.deliveries()[0]["state"] == "delivered"


def test_the_upload_on_another_event_or_channel_is_warned_of(tenant: TenantCaller, example: str) -> None:
    warnings = tenant.integrate(example, events=["Accepted"], channel_type="Phone")["warnings"]
    assert [w.partition(" (documented)")[0] for w in warnings] == [
        "chat attachments are uploaded on Ended or Closed",
        "chat attachments are for channel type Chat",
    ]
