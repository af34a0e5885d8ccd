"""Which configurations an event triggers, and why the others are not."""

from typing import Any

import pytest
from orchestration_caller import GUID, TenantCaller, a_request

HOOK = "https://cc-workflows-x.cc.sinch.com/hook"


def reasons(fired: dict[str, Any]) -> dict[str, str]:
    return {c["name"]: c["reason"] for c in fired["configurations"]}


def matched(fired: dict[str, Any]) -> list[str]:
    return [c["name"] for c in fired["configurations"] if c["matched"]]


@pytest.mark.parametrize(
    ("form", "contact", "reason"),
    [
        ({"enabled": False}, {}, "it is disabled"),
        ({"channel_type": "Phone"}, {}, "it is for Phone, the conversation is of type chat"),
        ({"direction": "Outbound"}, {}, "it is for Outbound, the conversation is inbound"),
        ({"events": ["Closed", "Queued"]}, {}, "it listens to Closed, Queued, not to Ended"),
        (
            {"queues": [{"address": "other@x"}]},
            {},
            "queue help@whatsapp.sinchconversation.com is not among its queues",
        ),
        ({"endpoint_url": HOOK}, {"queue": None}, "the conversation is direct (no queue)"),
    ],
)
def test_a_configuration_that_does_not_match_says_why(
    tenant: TenantCaller, form: dict[str, Any], contact: dict[str, Any], reason: str
) -> None:
    tenant.integrate(**form)
    fired = tenant.fire(**contact)
    assert reasons(fired) == {"files": reason}
    assert fired["delivery_ids"] == []


@pytest.mark.parametrize(
    "form",
    [
        {"channel_type": "Multi-Channel"},
        {"direction": "Inbound"},
        {"queues": [{"id": "a" * 8 + "-" + "A" * 24}]},
        {"queues": [{"address": "HELP@whatsapp.sinchconversation.com"}]},
        {"events": ["Closed", "Ended"]},
    ],
)
def test_a_configuration_that_matches_is_triggered(tenant: TenantCaller, form: dict[str, Any]) -> None:
    tenant.integrate(**form)
    assert matched(tenant.fire()) == ["files"]


def test_a_direct_chat_triggers_only_who_ticked_direct_conversations(tenant: TenantCaller) -> None:
    tenant.integrate(name="queues", endpoint_url=HOOK)
    tenant.integrate(name="direct", endpoint_url=HOOK, direct_conversations=True)
    assert matched(tenant.fire(queue=None)) == ["direct"]


def test_at_most_three_are_triggered_in_ordinal_order(tenant: TenantCaller) -> None:
    for ordinal in (5, 4, 3, 2, 1):
        tenant.integrate(name=f"n{ordinal}", ordinal=ordinal)
    fired = tenant.fire()
    assert matched(fired) == ["n1", "n2", "n3"]
    assert len(fired["delivery_ids"]) == 3
    assert reasons(fired)["n4"] == "3 configuration(s) with a lower ordinal go first"


def test_several_configurations_of_each_direction_live_side_by_side(tenant: TenantCaller) -> None:
    queues = [{"address": f"{n}@whatsapp.sinchconversation.com"} for n in range(2)]
    for direction in ("Inbound", "Outbound"):
        for number, queue in enumerate(queues):
            tenant.integrate(name=f"{direction} {number}", direction=direction, queues=[queue])
    tenant.integrate(name="both", direction="Both", ordinal=9)
    for direction in ("inbound", "outbound"):
        for number, queue in enumerate(queues):
            fired = tenant.fire(direction=direction, queue={"id": None} | queue)
            assert matched(fired) == [f"{direction.capitalize()} {number}", "both"]


def test_a_configuration_has_every_reason_that_it_did_not_match(tenant: TenantCaller) -> None:
    tenant.integrate(enabled=False, channel_type="Phone", events=["Closed"], queues=[{"address": "x@y"}])
    assert len(reasons(tenant.fire())["files"].split("; ")) == 4


def test_equal_ordinals_go_by_age(tenant: TenantCaller) -> None:
    for name in ("first", "second", "third", "fourth"):
        tenant.integrate(name=name, ordinal=7)
    assert matched(tenant.fire()) == ["first", "second", "third"]


def test_the_older_behaviour_triggers_one_only(tenant: TenantCaller) -> None:
    tenant.state.dialect["max_triggered"] = 1
    tenant.integrate(name="late", ordinal=2)
    tenant.integrate(name="early", ordinal=1)
    assert matched(tenant.fire()) == ["early"]


@pytest.mark.parametrize(("takes_a_place", "expected"), [(False, ["b", "c", "d"]), (True, ["b", "c"])])
def test_a_false_condition_takes_a_place_only_in_the_dialect(
    tenant: TenantCaller, takes_a_place: bool, expected: list[str]
) -> None:
    tenant.state.dialect["false_condition_takes_a_place"] = takes_a_place
    tenant.integrate(a_request(condition="False"), name="a", ordinal=1)
    for ordinal, name in enumerate("bcd", start=2):
        tenant.integrate(name=name, ordinal=ordinal)
    assert matched(tenant.fire()) == expected


def test_a_condition_that_fails_is_the_reason(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(condition="contact.get_agent().lower() == 'x'"))
    assert reasons(tenant.fire())["files"] == (
        "its condition failed: AttributeError: 'NoneType' object has no attribute 'lower'"
    )


def test_a_wrong_contact_is_refused_field_by_field(tenant: TenantCaller) -> None:
    event = {
        "event": "Ended",
        "contact": {"guid": "x", "channel_type": "smoke", "direction": "up", "queue": 1},
    }
    reply = tenant.client.post("/_mock/events", json=event)
    assert reply.status_code == 422
    fields = {error["field"] for error in reply.get_json()["errors"]}
    assert {"contact.guid", "contact.queue", "channel_type", "direction"} <= fields


def test_an_id_with_hyphens_is_taken_and_normalised(tenant: TenantCaller) -> None:
    tenant.integrate()
    tenant.fire(guid="5ab6e203-42a6-ee11-b3ed-58961d1810cc")
    assert tenant.deliveries()[0]["contact_id"] == GUID
