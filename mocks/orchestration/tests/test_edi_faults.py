"""Planned faults strike an event's request on its way out, and the delivery names them."""

from typing import Any

import pytest
from orchestration_caller import TenantCaller

from mock_kit.faults.kinds import KINDS


def planned(tenant: TenantCaller, kind: str, phase: str | None = None, times: int = 1, **params: Any) -> str:
    match = {"method": "POST", "path": "/prod/chat-attachments"}
    body = {"kind": kind, "match": match, "times": times, "params": params} | ({"phase": phase} if phase else {})
    reply = tenant.call("POST", "/_mock/faults", json=body)
    assert reply.status_code == 201, reply.text
    return str(reply.get_json()["id"])


def delivered(tenant: TenantCaller) -> dict[str, Any]:
    tenant.integrate()
    tenant.fire()
    return tenant.delivery()


def test_a_status_before_the_work_never_reaches_the_endpoint(tenant: TenantCaller) -> None:
    fault = planned(tenant, "status", status=503)
    row = delivered(tenant)
    assert (row["state"], row["status"]) == ("failed", 503)
    assert tenant.outside.endpoint_calls == []
    assert f"fault {fault} struck this request: status, before the work" in row["notes"]


def test_a_status_after_the_work_hides_that_the_endpoint_took_the_event(tenant: TenantCaller) -> None:
    planned(tenant, "status", phase="after", status=504)
    row = delivered(tenant)
    assert (row["state"], row["status"]) == ("failed", 504)
    assert len(tenant.outside.endpoint_calls) == 1


def test_a_used_up_fault_lets_the_next_delivery_pass(tenant: TenantCaller) -> None:
    planned(tenant, "status", status=503)
    first = delivered(tenant)
    tenant.call("POST", f"/_mock/deliveries/{first['id']}/redeliver", json={})
    tenant.drain()
    assert tenant.deliveries()[1]["state"] == "delivered"


def test_a_delay_is_called_off_with_its_fault(tenant: TenantCaller) -> None:
    fault = planned(tenant, "latency", delay_s=600)
    tenant.integrate()
    tenant.start()
    assert tenant.deliveries()[0]["state"] == "pending"
    tenant.call("DELETE", f"/_mock/faults/{fault}")
    tenant.drain()
    assert tenant.deliveries()[0]["state"] == "delivered"


@pytest.mark.parametrize(("offset", "changed_at"), [(0, 0), (-1, -1)])
def test_a_byte_of_the_request_changes_on_its_way(tenant: TenantCaller, offset: int, changed_at: int) -> None:
    tenant.integrate()
    tenant.fire()
    planned(tenant, "flip_request_byte", offset=offset, xor=1)
    tenant.fire()
    whole, changed = (call.content for call in tenant.outside.endpoint_calls)
    assert changed[changed_at] == whole[changed_at] ^ 1
    assert len(changed) == len(whole)


def test_a_fault_for_another_path_leaves_deliveries_alone(tenant: TenantCaller) -> None:
    body = {"kind": "status", "match": {"path": "*/oauth2/elsewhere"}, "params": {"status": 503}}
    tenant.call("POST", "/_mock/faults", json=body)
    assert delivered(tenant)["state"] == "delivered"


@pytest.mark.parametrize(
    ("kind", "params", "status", "content_type"),
    [
        ("status", {"status": 500, "body": {"error": "x"}}, 500, "application/json"),
        ("sign_in_page", {"size": "real"}, 200, "text/html; charset=utf-8"),
        ("json_error", {"message": "no"}, 200, "application/json"),
        ("redirect", {"to": "other_host"}, 302, "text/html; charset=utf-8"),
    ],
)
def test_what_answers_in_the_endpoints_place_answers_here_as_well(
    tenant: TenantCaller, kind: str, params: dict[str, Any], status: int, content_type: str
) -> None:
    planned(tenant, kind, phase="after", **params)
    row = delivered(tenant)
    headers = tenant.call("GET", f"/_mock/deliveries/{row['id']}").get_json()["response_headers"]
    assert (row["status"], headers["Content-Type"]) == (status, content_type)
    assert len(tenant.outside.endpoint_calls) == 1


def test_a_reply_that_never_ends_is_given_up_when_the_time_is_over_or_the_fault_is_gone(tenant: TenantCaller) -> None:
    fault = planned(tenant, "endless", times=0)
    tenant.integrate()
    tenant.start()
    assert tenant.deliveries()[0]["state"] == "pending"
    tenant.call("DELETE", f"/_mock/faults/{fault}")
    tenant.drain()
    assert tenant.deliveries()[0]["state"] == "delivered"


def test_every_kind_of_the_applications_layer_strikes_a_delivery_without_breaking_the_mock(
    tenant: TenantCaller,
) -> None:
    samples: dict[str, dict[str, Any]] = {
        "status": {"status": 503},
        "latency": {"delay_s": 0},
        "flip_byte": {"offset": 0},
        "flip_request_byte": {"offset": 0},
        "truncate_body": {"keep_bytes": 1},
        "extend_body": {"extra_bytes": 1},
        "wrong_type": {"content_type": "text/html"},
        "other_status": {"status": 206},
        "packed": {},
        "sign_in_page": {},
        "json_error": {},
        "redirect": {"to": "loop"},
    }
    assert samples.keys() == {name for name, kind in KINDS.items() if kind.layer == "app"} - {"endless"}
    tenant.integrate()
    for kind, params in samples.items():
        planned(tenant, kind, **params)
        tenant.fire()
        row = tenant.deliveries()[-1]
        assert "mock itself" not in (row["error"] or ""), kind
        assert any(f": {kind}, " in note for note in row["notes"])
