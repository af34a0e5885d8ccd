"""Redelivery by hand: the same ids, duplicated, late, out of order."""

import threading
from typing import Any

import httpx
import pytest
from orchestration_caller import GUID, TenantCaller, a_contact, a_form, a_request


def redeliver(tenant: TenantCaller, id_: str, **options: Any) -> Any:
    reply = tenant.call("POST", f"/_mock/deliveries/{id_}/redeliver", json=options)
    assert reply.status_code == 202, reply.text
    tenant.drain()
    return reply.get_json()


def bodies(tenant: TenantCaller) -> list[bytes]:
    return [call.content for call in tenant.outside.endpoint_calls]


def test_a_redelivery_carries_the_same_ids(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    first = tenant.fire()["delivery_ids"][0]
    new = redeliver(tenant, first)
    old, row = tenant.deliveries()
    assert (row["id"], row["redelivery_of"], row["redelivery_mode"]) == (new["id"], old["id"], "again")
    assert (row["event_id"], row["contact_id"], row["config_id"]) == (old["event_id"], GUID, old["config_id"])
    assert (row["attempt"], row["matched_rule"]) == (2, old["matched_rule"])
    one, other = bodies(tenant)
    assert one == other


def test_duplicates_are_rows_of_their_own(tenant: TenantCaller) -> None:
    tenant.integrate()
    first = tenant.fire()["delivery_ids"][0]
    new = redeliver(tenant, first, copies=3)
    rows = tenant.deliveries()
    assert [row["id"] for row in rows[1:]] == new["delivery_ids"]
    assert {row["redelivery_mode"] for row in rows[1:]} == {"duplicate"}
    assert len(set(bodies(tenant))) == 1
    assert len(bodies(tenant)) == 4


def test_duplicates_together_race_each_other(tenant: TenantCaller) -> None:
    """All three are at the endpoint at the same time, or this never ends."""
    tenant.integrate()
    first = tenant.fire()["delivery_ids"][0]
    meeting = threading.Barrier(3, timeout=30)
    tenant.outside.on_call = lambda _: meeting.wait()
    redeliver(tenant, first, copies=3, together=True)
    assert [row["state"] for row in tenant.deliveries()] == ["delivered"] * 4


def test_a_late_redelivery_waits_for_the_tenants_clock(tenant: TenantCaller) -> None:
    tenant.integrate()
    first = tenant.fire()["delivery_ids"][0]
    redeliver(tenant, first, late_s=7200)
    assert tenant.deliveries()[1]["state"] == "pending"
    tenant.state.clock.advance(7201)
    tenant.drain()
    row = tenant.deliveries()[1]
    assert (row["state"], row["redelivery_mode"]) == ("delivered", "late")


@pytest.mark.parametrize("named", ["delivery_ids", "contact_id"])
def test_deliveries_can_be_sent_again_out_of_order(tenant: TenantCaller, named: str) -> None:
    tenant.integrate(a_request(body={"e": "{event}"}), events=["Accepted", "Ended", "Closed"])
    ids = [tenant.fire(event)["delivery_ids"][0] for event in ("Accepted", "Ended", "Closed")]
    body = {"delivery_ids": ids} if named == "delivery_ids" else {"contact_id": GUID}
    reply = tenant.call("POST", "/_mock/redeliveries", json=body | {"order": "reversed"})
    assert reply.status_code == 202
    tenant.drain()
    rows = tenant.deliveries()[3:]
    assert [row["event"] for row in rows] == ["Closed", "Ended", "Accepted"]
    assert {row["redelivery_mode"] for row in rows} == {"out_of_order"}
    assert [row["redelivery_of"] for row in rows] == ids[::-1]


def test_deliveries_of_an_event_are_sent_again_in_their_order(tenant: TenantCaller) -> None:
    for ordinal in (1, 2):
        tenant.integrate(name=f"n{ordinal}", ordinal=ordinal)
    fired = tenant.fire()
    rows = tenant.call("POST", "/_mock/redeliveries", json={"event_id": fired["event_id"]}).get_json()
    assert [row["config_name"] for row in rows] == ["n1", "n2"]
    assert {row["redelivery_mode"] for row in rows} == {"again"}


def test_what_was_sent_again_is_not_itself_sent_again(tenant: TenantCaller) -> None:
    tenant.integrate()
    tenant.fire()
    for _ in range(3):
        rows = tenant.call("POST", "/_mock/redeliveries", json={"contact_id": GUID}).get_json()
        assert len(rows) == 1
        tenant.drain()


def test_a_late_event_is_delivered_after_a_later_one(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"e": "{event}"}), events=["Ended", "Closed"])
    tenant.start("Ended", late_s=60)
    tenant.fire("Closed")
    assert bodies(tenant) == [b'{"e": {"name": "Closed", "datetime": "' + _stamp(bodies(tenant)[0]) + b'"}}']
    tenant.state.clock.advance(61)
    tenant.drain()
    assert [row["redelivery_mode"] for row in tenant.deliveries()] == ["late", None]
    assert b"Ended" in bodies(tenant)[1]


def _stamp(body: bytes) -> bytes:
    return body.split(b'"')[-2]


def test_late_events_are_delivered_in_the_order_of_their_time_however_far_the_clock_jumps(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"e": "{event.name}"}), events=["Ended", "Closed"])
    for name, late_s in (("Ended", 60), ("Closed", 30)):
        tenant.start(name, late_s=late_s)
    tenant.state.clock.advance(3600)
    tenant.drain()
    assert bodies(tenant) == [b'{"e": "Closed"}', b'{"e": "Ended"}']


def test_an_event_can_be_duplicated_from_the_start(tenant: TenantCaller) -> None:
    tenant.integrate()
    event = {"event": "Ended", "contact": a_contact(), "copies": 2}
    fired = tenant.client.post("/_mock/events", json=event).get_json()
    tenant.drain()
    rows = tenant.deliveries()
    assert [row["id"] for row in rows] == fired["delivery_ids"]
    assert [row["redelivery_mode"] for row in rows] == [None, "duplicate"]
    assert len({row["event_id"] for row in rows}) == 1


def test_a_redelivery_uses_todays_configuration_or_the_one_of_then(tenant: TenantCaller) -> None:
    saved = tenant.integrate(a_request(body={"v": 1}))
    first = tenant.fire()["delivery_ids"][0]
    form = a_form(json='{"request": {"method": "POST", "body": {"v": 2}}}')
    assert tenant.call("PUT", f"event-driven-integrations/{saved['id']}", json=form).status_code == 200
    redeliver(tenant, first)
    redeliver(tenant, first, configuration="as_then")
    assert tenant.call("DELETE", f"event-driven-integrations/{saved['id']}").status_code == 204
    redeliver(tenant, first, configuration="as_then")
    assert bodies(tenant) == [b'{"v": 1}', b'{"v": 2}', b'{"v": 1}', b'{"v": 1}']
    assert tenant.call("POST", f"/_mock/deliveries/{first}/redeliver").status_code == 404


def test_a_redelivery_uses_todays_secrets(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x-p": "{secrets.sap-v1-secret}"}))
    first = tenant.fire()["delivery_ids"][0]
    tenant.call("PUT", "secrets/sap-v1-secret", json={"secret": "rotated-0123"})
    redeliver(tenant, first, configuration="as_then")
    assert [call.headers["x-p"] for call in tenant.outside.endpoint_calls][1] == "rotated-0123"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "delivery_ids"),
        ({"event_id": "E", "contact_id": "C"}, "delivery_ids"),
        ({"event_id": "E", "copies": 0}, "copies"),
        ({"event_id": "E", "copies": 51}, "copies"),
        ({"event_id": "E", "late_s": -1}, "late_s"),
        ({"event_id": "E", "late_s": "soon"}, "late_s"),
        ({"event_id": "E", "order": "shuffled"}, "order"),
        ({"event_id": "E", "configuration": "tomorrow"}, "configuration"),
        ({"event_id": "E", "speed": 5}, "speed"),
    ],
)
def test_a_wrong_redelivery_is_refused_by_its_field(tenant: TenantCaller, body: dict[str, Any], field: str) -> None:
    reply = tenant.call("POST", "/_mock/redeliveries", json=body)
    assert (reply.status_code, reply.get_json()["errors"][0]["field"]) == (422, field)


def test_an_unknown_delivery_is_not_sent_again(tenant: TenantCaller) -> None:
    assert tenant.call("POST", "/_mock/redeliveries", json={"delivery_ids": ["X"]}).status_code == 404
    assert tenant.call("POST", "/_mock/deliveries/X/redeliver").status_code == 404


def test_an_automatic_retry_is_marked_as_one(tenant: TenantCaller) -> None:
    tenant.state.dialect["retries"] = 1
    tenant.integrate()
    tenant.outside.answers = [httpx.Response(503)]
    tenant.fire()
    first, second = tenant.deliveries()
    assert (second["redelivery_of"], second["redelivery_mode"], second["attempt"]) == (first["id"], "retry", 2)


def test_a_redelivery_does_not_let_another_configuration_set(tenant: TenantCaller) -> None:
    definition = a_request() | {"response": {"set": {"priority": "{response.body.p}"}}}
    for ordinal in (1, 2):
        tenant.integrate(definition, ordinal=ordinal)
    tenant.outside.answers = [httpx.Response(200, json={"p": n}) for n in (1, 2, 3, 4)]
    first, second = tenant.fire()["delivery_ids"]
    redeliver(tenant, second)
    redeliver(tenant, first)
    assert [row["response_set"] for row in tenant.deliveries()] == [{"priority": 1}, {}, {}, {"priority": 4}]


def test_a_redelivery_is_a_new_row_with_the_same_event(tenant: TenantCaller) -> None:
    tenant.integrate()
    tenant.outside.answers = [httpx.Response(500)]
    fired = tenant.fire()
    old = fired["delivery_ids"][0]
    reply = tenant.call("POST", f"/_mock/deliveries/{old}/redeliver")
    assert reply.status_code == 202
    tenant.drain()
    first, second = tenant.deliveries()
    assert (first["state"], second["state"]) == ("failed", "delivered")
    assert (second["redelivery_of"], second["event_id"]) == (old, fired["event_id"])
    one, other = tenant.outside.endpoint_calls
    assert one.content == other.content


def test_a_pending_delivery_is_not_sent_again(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(delay=60))
    fired = tenant.fire()
    assert tenant.call("POST", f"/_mock/deliveries/{fired['delivery_ids'][0]}/redeliver").status_code == 409
