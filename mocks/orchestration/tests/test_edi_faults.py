"""Planned faults strike an event's request on its way out, and the delivery names them."""

import pytest


def planned(tenant, kind, phase=None, times=1, **params):
    match = {"method": "POST", "path": "/prod/chat-attachments"}
    body = {"kind": kind, "match": match, "times": times, "params": params} | ({"phase": phase} if phase else {})
    reply = tenant.call("POST", "/_mock/faults", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json["id"]


def delivered(tenant):
    tenant.integrate()
    tenant.fire()
    (row,) = tenant.deliveries()
    return row


def test_a_status_before_the_work_never_reaches_the_endpoint(tenant):
    fault = planned(tenant, "status", status=503)
    row = delivered(tenant)
    assert (row["state"], row["status"]) == ("failed", 503)
    assert tenant.outside.endpoint_calls == []
    assert f"fault {fault} struck this request: status, before the work" in row["notes"]


def test_a_status_after_the_work_hides_that_the_endpoint_took_the_event(tenant):
    planned(tenant, "status", phase="after", status=504)
    row = delivered(tenant)
    assert (row["state"], row["status"]) == ("failed", 504)
    assert len(tenant.outside.endpoint_calls) == 1


def test_a_used_up_fault_lets_the_next_delivery_pass(tenant):
    planned(tenant, "status", status=503)
    first = delivered(tenant)
    tenant.call("POST", f"/_mock/deliveries/{first['id']}/redeliver", json={})
    assert tenant.world.engine.drain(30)
    assert tenant.deliveries()[1]["state"] == "delivered"


def test_a_delay_is_called_off_with_its_fault(tenant):
    fault = planned(tenant, "latency", delay_s=600)
    tenant.integrate()
    body = {"event": "Ended", "contact": {"guid": "A" * 32, "channel_type": "chat", "direction": "inbound"}}
    tenant.call("POST", "/_mock/events", json=body | {"contact": body["contact"] | {"queue": {"address": "h@x"}}})
    assert tenant.deliveries()[0]["state"] == "pending"
    tenant.call("DELETE", f"/_mock/faults/{fault}")
    assert tenant.world.engine.drain(30)
    assert tenant.deliveries()[0]["state"] == "delivered"


@pytest.mark.parametrize(("offset", "changed_at"), [(0, 0), (-1, -1)])
def test_a_byte_of_the_request_changes_on_its_way(tenant, offset, changed_at):
    tenant.integrate()
    tenant.fire()
    planned(tenant, "flip_request_byte", offset=offset, xor=1)
    tenant.fire()
    whole, changed = (call.content for call in tenant.outside.endpoint_calls)
    assert changed[changed_at] == whole[changed_at] ^ 1
    assert len(changed) == len(whole)


def test_a_fault_for_another_path_leaves_deliveries_alone(tenant):
    body = {"kind": "status", "match": {"path": "*/oauth2/elsewhere"}, "params": {"status": 503}}
    tenant.call("POST", "/_mock/faults", json=body)
    assert delivered(tenant)["state"] == "delivered"
