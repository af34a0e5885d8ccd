"""The delivery log: what matched, which token, which evidence, and no secret."""

import json
from typing import Any

import httpx
import pytest
from orchestration_caller import CLIENT_SECRET, GUID, PASSWORDS, TenantCaller, a_request

HOOK = "https://cc-workflows-x.cc.sinch.com/hook"


def test_a_row_tells_the_rule_the_token_and_the_evidence(tenant: TenantCaller, example: str) -> None:
    queue = {"address": "help@whatsapp.sinchconversation.com"}
    tenant.integrate(example, ordinal=4, queues=[queue])
    tenant.fire()
    row = tenant.delivery()
    assert row["matched_rule"] == {
        "place": 1,
        "ordinal": 4,
        "channel_type": "Chat",
        "direction": "Both",
        "event": "Ended",
        "queue": queue["address"],
        "condition": "none",
    }
    assert (row["token_use"], row["token_refreshed"], row["attempt"]) == ("fetched", False, 1)
    assert row["token_expires_at"] > row["created_at"]
    assert row["duration_ms"] >= 0
    assert row["evidence"] == [
        {"id": "edi.matching", "label": "documented"},
        *(
            {"id": f"edi.{name}", "label": "documented"}
            for name in ("method", "body", "secrets_ref", "placeholders_contact", "secrets")
        ),
        {"id": "edi.token", "label": "assumed"},
        {"id": "edi.request", "label": "documented"},
    ]


def test_the_evidence_of_a_row_is_what_its_configuration_uses(tenant: TenantCaller) -> None:
    keys = {"params": {"e": "{event}"}, "condition": "True", "timeout": 5, "block": True, "delay": 0.0}
    tenant.integrate(a_request(**keys), endpoint_url=HOOK)
    tenant.fire()
    row = tenant.delivery()
    used = ["method", "body", "condition", "timeout", "block", "endpoint_placeholders"]
    used += ["placeholders_contact", "placeholders_event", "request"]
    assert [entry["id"] for entry in row["evidence"]] == ["edi.matching", *(f"edi.{name}" for name in used)]


@pytest.mark.parametrize(
    ("form", "contact", "member", "says"),
    [
        ({}, {}, "queue", "all queues"),
        ({"queues": [{"id": "A" * 32}]}, {}, "queue", "A" * 32),
        ({"direct_conversations": True}, {"queue": None}, "queue", "direct conversation"),
        ({"channel_type": "Multi-Channel"}, {}, "channel_type", "Multi-Channel"),
    ],
)
def test_the_matched_rule_names_the_field_that_matched(
    tenant: TenantCaller, form: dict[str, Any], contact: dict[str, Any], member: str, says: str
) -> None:
    tenant.integrate(endpoint_url=HOOK, **form)
    tenant.fire(**contact)
    assert tenant.deliveries()[0]["matched_rule"][member] == says


def test_the_places_of_several_are_counted_and_a_condition_is_named(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(condition="True"), ordinal=20)
    tenant.integrate(a_request(condition="False"), ordinal=10)
    tenant.integrate(ordinal=5)
    tenant.fire()
    rules = [row["matched_rule"] for row in tenant.deliveries()]
    assert [(r["place"], r["ordinal"], r["condition"]) for r in rules] == [(1, 5, "none"), (2, 20, "true")]
    assert {"id": "edi.ordinal", "label": "documented"} in tenant.deliveries()[0]["evidence"]


def test_the_log_names_the_use_of_the_token_from_fetch_to_refresh(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    tenant.fire()
    tenant.outside.answers = [httpx.Response(401), httpx.Response(202)]
    tenant.fire()
    tenant.integrate(a_request(), ordinal=2)
    tenant.fire()
    rows = tenant.deliveries()
    assert [row["token_use"] for row in rows] == ["fetched", "cached", "refreshed", "cached", "none"]
    assert [row["token_refreshed"] for row in rows] == [False, False, True, False, False]
    assert rows[4]["token_expires_at"] is None


@pytest.mark.parametrize("refused_twice", [False, True])
def test_a_refresh_is_evidence_with_its_label(tenant: TenantCaller, example: str, refused_twice: bool) -> None:
    tenant.integrate(example)
    tenant.outside.answers = [httpx.Response(401), httpx.Response(401 if refused_twice else 202)]
    tenant.fire()
    row = tenant.delivery()
    assert {"id": "edi.refresh_on_401", "label": "assumed"} in row["evidence"]
    assert (row["state"] == "failed") is refused_twice


def test_a_token_that_the_endpoint_echoes_is_masked(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(json.loads(example) | {"response": {"save": {"seen": "{response.body.seen}"}}})

    def echo(request: httpx.Request) -> None:
        token = request.headers["authorization"].partition(" ")[2]
        tenant.outside.answers = [httpx.Response(200, json={"seen": f"<{token}>"}, headers={"X-Seen": token})]

    tenant.outside.on_call = echo
    tenant.fire()
    row = tenant.delivery()
    token = tenant.outside.endpoint_calls[0].headers["authorization"].partition(" ")[2]
    assert token not in json.dumps(row)
    assert row["response_headers"]["x-seen"] == "***"
    assert row["response_save"] == {"seen": "<***>"}


def test_an_unsent_request_has_its_reason_and_evidence_in_the_log(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x": "{secrets.unknown}"}))
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["status"], row["duration_ms"]) == ("not_sent", None, None)
    assert {"id": "edi.not_sent", "label": "assumed"} in row["evidence"]


def test_rows_are_filtered_by_event_and_limited_to_the_newest(tenant: TenantCaller) -> None:
    tenant.integrate()
    ids = [tenant.fire()["event_id"] for _ in range(3)]
    get = tenant.client.get
    assert [row["event_id"] for row in get(f"/_mock/deliveries?event_id={ids[1]}").get_json()] == [ids[1]]
    assert [row["event_id"] for row in get("/_mock/deliveries?limit=2").get_json()] == ids[1:]
    assert get("/_mock/deliveries/nothing").status_code == 404


def test_the_log_can_be_followed_row_by_row(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    (first,) = tenant.deliveries()
    assert first["state"] == "delivered"
    followed = tenant.read("deliveries?changed_since=0")
    assert [row["id"] for row in followed] == [first["id"]]
    assert tenant.read(f"deliveries?changed_since={first['change']}") == []
    tenant.fire()
    new = tenant.read(f"deliveries?changed_since={first['change']}&drain_s=10")
    assert [row["id"] for row in new] == [row["id"] for row in tenant.deliveries()[1:]]
    assert tenant.read("deliveries?changed_since=0&limit=1") == [first]


def test_the_delivery_log_shows_everything_but_secrets(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    fired = tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["status"], row["error"]) == ("delivered", 202, None)
    assert row["id"] == fired["delivery_ids"][0]
    assert row["event_id"] == fired["event_id"]
    assert json.loads(row["request_body"])["contact_id"] == GUID
    assert json.loads(row["response_body"]) == {"status": "accepted"}
    shown = json.dumps(row)
    for secret in [*PASSWORDS.values(), CLIENT_SECRET]:
        assert secret not in shown
        assert json.dumps(secret)[1:-1] not in shown


def test_an_endpoint_that_echoes_secrets_does_not_bring_them_into_the_log(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    echoed = " ".join(PASSWORDS.values())
    tenant.outside.answers = [httpx.Response(200, json={"you_sent": echoed})]
    tenant.fire()
    body = tenant.deliveries()[0]["response_body"]
    assert "***" in body
    assert not [value for value in PASSWORDS.values() if value in json.loads(body)["you_sent"]]
