"""All nine events of all three channels, and the configurations that they trigger."""

from typing import Any

import pytest
from orchestration_caller import GUID, TenantCaller, a_contact, a_request

EVENTS = ["Received", "Queued", "Allocated", "Accepted", "Rejected", "Transferred", "Forwarded", "Ended", "Closed"]
HOOK = "https://cc-workflows-x.cc.sinch.com/hook"
MAIL: dict[str, Any] = {
    "id": "5AB6E20342A6EE11B3ED58961D1810CC",
    "channel_type": "email",
    "channel_sub_type": "EMAIL",
    "email": {"body": "Hello", "subject": "Order 7", "to": ["shop@acme.example"], "cc": []},
    "queue": {"id": "A" * 32, "address": "shop@acme.example"},
}
CHANNELS: dict[str, dict[str, Any]] = {
    "chat": {"channel_type": "chat"},
    "phone": {"channel_type": "phone", "channel_sub_type": None, "queue": {"id": "A" * 32, "address": "+491511234"}},
    "email": MAIL,
}


def matched(fired: dict[str, Any]) -> list[str]:
    return [c["name"] for c in fired["configurations"] if c["matched"]]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_event_of_every_channel_reaches_exactly_who_listens_to_it(
    tenant: TenantCaller, channel: str, event: str
) -> None:
    others = [each for each in EVENTS if each != event]
    inbound = {"direction": "Inbound", "endpoint_url": HOOK}
    tenant.integrate(name="mine", channel_type=channel, events=[event], **inbound)
    tenant.integrate(name="all channels", channel_type="Multi-Channel", events=[event], **inbound)
    tenant.integrate(name="other events", channel_type=channel, events=others, **inbound)
    for other in CHANNELS.keys() - {channel}:
        tenant.integrate(name=f"for {other}", channel_type=other, events=EVENTS, **inbound)
    fired = tenant.fire(event, **CHANNELS[channel])
    assert matched(fired) == ["mine", "all channels"]
    reasons = {c["name"]: c["reason"] for c in fired["configurations"]}
    assert reasons["other events"].endswith(f"not to {event}")
    assert [reasons[f"for {o}"].endswith(f"of type {channel}") for o in CHANNELS.keys() - {channel}] == [True, True]
    assert [row["event"] for row in tenant.deliveries()] == [event, event]
    assert len(tenant.outside.endpoint_calls) == 2


def test_the_nine_events_come_in_the_documented_order(tenant: TenantCaller) -> None:
    reply = tenant.client.post("/_mock/events", json={"event": "Hung up", "contact": a_contact()})
    assert reply.get_json()["errors"][0]["expected"] == "one of " + ", ".join(EVENTS)
    saved = tenant.integrate(events=EVENTS, endpoint_url=HOOK)
    assert saved["events"] == EVENTS


def test_an_outgoing_email_triggers_nothing(tenant: TenantCaller) -> None:
    tenant.integrate(channel_type="Multi-Channel", endpoint_url=HOOK)
    fired = tenant.fire(**MAIL | {"direction": "outbound"})
    assert fired["configurations"][0]["reason"] == "e-mail is supported inbound only"


@pytest.mark.parametrize(
    ("column", "contact", "kind"),
    [
        ("events_chats_in", {"channel_type": "chat", "direction": "inbound"}, "chats in"),
        ("events_chats_out", {"channel_type": "chat", "direction": "outbound"}, "chats out"),
        ("events_calls_in", CHANNELS["phone"] | {"direction": "inbound"}, "calls in"),
        ("events_calls_out", CHANNELS["phone"] | {"direction": "outbound"}, "calls out"),
    ],
)
def test_an_event_that_does_not_exist_for_a_channel_and_direction_triggers_nothing(
    tenant: TenantCaller, column: str, contact: dict[str, Any], kind: str
) -> None:
    tenant.integrate(channel_type="Multi-Channel", events=EVENTS, endpoint_url=HOOK)
    assert matched(tenant.fire("Queued", **contact)) == ["files"], "all exist where it is not known"
    without = [each for each in EVENTS if each != "Queued"]
    tenant.control("dialect", {column: without})
    assert tenant.fire("Queued", **contact)["configurations"][0]["reason"] == f"there is no event Queued for {kind}"
    assert matched(tenant.fire("Ended", **contact)) == ["files"]
    other = "outbound" if contact["direction"] == "inbound" else "inbound"
    assert matched(tenant.fire("Queued", **contact | {"direction": other})) == ["files"]


@pytest.mark.parametrize("sub_type", ["campaign", "callback"])
def test_campaign_and_callback_calls_trigger_nothing_unless_the_dialect_includes_them(
    tenant: TenantCaller, sub_type: str
) -> None:
    tenant.integrate(channel_type="Phone", endpoint_url=HOOK)
    call = CHANNELS["phone"] | {"channel_sub_type": sub_type, "direction": "outbound"}
    assert tenant.fire(**call)["configurations"][0]["reason"] == f"calls of type {sub_type} are not covered"
    tenant.state.dialect["campaign_and_callback_calls"] = "included"
    assert matched(tenant.fire(**call)) == ["files"]


def test_for_an_email_both_ids_are_equal(tenant: TenantCaller) -> None:
    body = {"both": "{contact.id} {contact.guid}"}
    tenant.integrate(a_request(body=body), channel_type="Email", direction="Inbound", endpoint_url=HOOK)
    mail = {key: value for key, value in MAIL.items() if key != "id"}
    contact = {key: value for key, value in a_contact(**mail).items() if key != "id"}
    assert tenant.client.post("/_mock/events", json={"event": "Ended", "contact": contact}).status_code == 202
    tenant.drain()
    assert tenant.outside.sent[0]["both"] == f"{GUID} {GUID}"
    refused = tenant.client.post("/_mock/events", json={"event": "Ended", "contact": contact | {"id": "B" * 32}})
    assert refused.get_json()["errors"][0]["field"] == "contact.id"


def test_for_a_chat_the_leg_and_the_group_differ(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"leg": "{contact.id}", "group": "{contact.guid}"}))
    tenant.fire()
    sent = tenant.outside.sent[0]
    assert sent == {"leg": a_contact()["id"], "group": GUID}
    assert sent["leg"] != sent["group"]


def test_the_legs_of_a_conversation_post_the_same_contact_id(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example, events=["Ended", "Closed"])
    for leg in ("B" * 32, "C" * 32):
        tenant.fire("Ended", id=leg)
        tenant.fire("Closed", id=leg)
    assert [body["contact_id"] for body in tenant.outside.sent] == [GUID] * 4


def test_a_closed_event_carries_the_time_wrap_up_ended(tenant: TenantCaller) -> None:
    tenant.integrate(
        a_request(body={"created": "{contact.created}", "event": "{event.datetime}"}), events=["Ended", "Closed"]
    )
    tenant.fire("Ended")
    tenant.fire("Closed")
    tenant.state.dialect["closed_created"] = "given"
    tenant.fire("Closed")
    ended, closed, given = tenant.outside.sent
    assert ended["created"] == given["created"] == a_contact()["created"]
    assert closed["created"] == closed["event"] != ended["created"]


def test_an_event_with_an_unknown_field_is_refused(tenant: TenantCaller) -> None:
    reply = tenant.client.post("/_mock/events", json={"event": "Ended", "contact": a_contact(), "late": 5})
    assert (reply.status_code, reply.get_json()["errors"][0]["field"]) == (422, "late")


def test_no_queue_selected_means_all_queues_unless_the_dialect_says_none(tenant: TenantCaller) -> None:
    tenant.integrate()
    assert matched(tenant.fire()) == ["files"]
    tenant.state.dialect["no_queue_ticked"] = "none"
    assert tenant.fire()["configurations"][0]["reason"] == "no queue is selected"
