"""From an event to the endpoint: the request, the log, and failures."""

import ast
import base64
import json

import httpx
import pytest
from orchestration_caller import CLIENT_SECRET, GUID, PASSWORDS, TenantCaller, a_contact, a_request


def test_the_documented_example_becomes_the_documented_call(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    (call,) = tenant.outside.endpoint_calls
    assert (call.method, call.headers["host"]) == ("POST", "cc-workflows-eu-c1.cc.sinch.com")
    assert call.url.path == "/prod/chat-attachments"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-cmi-api-key"] == PASSWORDS["ri-apikey"]
    assert call.headers["x-cmi-password"] == PASSWORDS["cmi-chat-attachment-upload-user"]
    assert call.headers["x-sap-v1-password"] == PASSWORDS["sap-v1-secret"]
    assert call.headers["authorization"].startswith("Bearer ey")
    assert json.loads(call.content) == {
        "cmi_url": "https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
        "cmi_user": "transcript.user",
        "sap_v1": {"url": "https://my2554607.de1.crm.cloud.sap", "user": "v1user"},
        "contact_id": GUID,
    }


def test_a_token_is_fetched_once_and_again_after_it_expired(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    tenant.fire()
    assert len(tenant.outside.token_calls) == 1
    tenant.state.clock.advance(3600)
    tenant.fire()
    assert len(tenant.outside.token_calls) == 2
    tokens = [call.headers["authorization"] for call in tenant.outside.endpoint_calls]
    assert tokens[0] == tokens[1] != tokens[2]


def test_the_token_request_is_a_form_with_basic_credentials(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    (call,) = tenant.outside.token_calls
    assert call.headers["host"] == "login-eu-c1.cc.sinch.com"
    assert call.content == b"grant_type=client_credentials&scope=chat-attachments"
    pair = base64.b64decode(call.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == f"event-engine:{CLIENT_SECRET}"


def test_the_dialect_sends_the_client_secret_in_the_body(tenant: TenantCaller, example: str) -> None:
    tenant.state.dialect["token_client_auth"] = "body"
    tenant.integrate(example)
    tenant.fire()
    assert b"client_secret=" in tenant.outside.token_calls[0].content
    assert "authorization" not in tenant.outside.token_calls[0].headers
    assert tenant.deliveries()[0]["state"] == "delivered"


def test_a_refused_token_is_replaced_once(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.outside.answers = [httpx.Response(401), httpx.Response(202)]
    tenant.fire()
    first, second = [call.headers["authorization"] for call in tenant.outside.endpoint_calls]
    assert first != second
    row = tenant.delivery()
    assert (row["state"], row["status"], row["token_refreshed"]) == ("delivered", 202, True)


def test_a_second_401_ends_the_delivery(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.outside.answers = [httpx.Response(401), httpx.Response(401), httpx.Response(202)]
    tenant.fire()
    assert len(tenant.outside.endpoint_calls) == 2
    row = tenant.delivery()
    assert (row["state"], row["status"], row["error"]) == ("failed", 401, "the endpoint answered 401")


def test_a_refused_client_leaves_the_request_unsent_with_the_reason(tenant: TenantCaller, example: str) -> None:
    credential = {
        "client_id": "event-engine",
        "client_secret": "quite another secret",
        "access_token_url": tenant.state.issuer.token_url,
    }
    reply = tenant.call("PUT", "secrets/orchestration-layer", json={"secret": credential})
    assert reply.status_code == 200
    tenant.integrate(example)
    tenant.fire()
    row = tenant.delivery()
    assert row["state"] == "not_sent"
    assert "401" in row["error"]
    assert "invalid_client" in row["error"]
    assert tenant.outside.endpoint_calls == []


def test_a_new_secret_is_used_by_the_next_request(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    assert tenant.call("PUT", "secrets/sap-v1-secret", json={"secret": "rotated-0123"}).status_code == 200
    tenant.fire()
    sent = [call.headers["x-sap-v1-password"] for call in tenant.outside.endpoint_calls]
    assert sent[0] != sent[1] == "rotated-0123"


def test_an_unknown_secret_leaves_the_request_unsent(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x-key": "{secrets.unknown}"}))
    tenant.fire()
    row = tenant.delivery()
    assert row["state"] == "not_sent"
    assert row["error"] == "{secrets.unknown}: there is no secret named unknown"
    assert tenant.outside.endpoint_calls == []


@pytest.mark.parametrize(("switch", "sent"), [("empty", ""), ("literal", "{contact.shoe_size}")])
def test_the_dialect_sends_an_unknown_placeholder(tenant: TenantCaller, switch: str, sent: str) -> None:
    tenant.state.dialect["unknown_placeholder"] = switch
    tenant.integrate(a_request(body={"x": "{contact.shoe_size}"}))
    tenant.fire()
    assert tenant.outside.sent[0] == {"x": sent}


def test_a_failed_delivery_is_not_repeated_by_itself(tenant: TenantCaller) -> None:
    tenant.integrate()
    tenant.outside.answers = [httpx.ConnectError("refused")]
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["status"]) == ("failed", None)
    assert row["error"].startswith("ConnectError while speaking to cc-workflows-eu-c1.cc.sinch.com")
    assert len(tenant.outside.endpoint_calls) == 1


def test_the_dialect_repeats_a_failed_delivery(tenant: TenantCaller) -> None:
    tenant.state.dialect["retries"] = 2
    tenant.integrate()
    tenant.outside.answers = [httpx.Response(500), httpx.Response(500), httpx.Response(202)]
    tenant.fire()
    assert [row["state"] for row in tenant.deliveries()] == ["failed", "failed", "delivered"]
    assert [row["attempt"] for row in tenant.deliveries()] == [1, 2, 3]


def test_a_host_without_egress_is_never_called(tenant: TenantCaller) -> None:
    tenant.integrate(endpoint_url="https://example.com/hook")
    tenant.fire()
    row = tenant.delivery()
    assert row["state"] == "failed"
    assert "no egress for host example.com; this offline mock does not leave the machine" in row["error"]
    assert tenant.outside.endpoint_calls == []


def test_the_echo_endpoint_sends_nothing_and_shows_no_secret(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example, endpoint_url="edi://echo")
    tenant.fire()
    row = tenant.delivery()
    assert row["state"] == "delivered"
    assert json.loads(row["response_body"])["body"]["contact_id"] == GUID
    assert PASSWORDS["sap-v1-secret"] not in json.dumps(row)
    assert tenant.outside.endpoint_calls == []


def test_a_delayed_request_waits_for_the_tenants_clock(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(delay=600))
    tenant.fire()
    assert tenant.outside.endpoint_calls == []
    assert tenant.deliveries()[0]["state"] == "pending"
    tenant.state.clock.advance(601)
    assert tenant.state.engine.release_due() == 0
    tenant.drain()
    assert tenant.deliveries()[0]["state"] == "delivered"


def test_delay_max_is_a_range(tenant: TenantCaller) -> None:
    tenant.state.dialect["delay_pick"] = "max"
    tenant.integrate(a_request(delay=100, delayMax=200))
    tenant.fire()
    tenant.state.clock.advance(150)
    assert tenant.state.engine.release_due() == 1


def test_params_are_appended_to_the_address(tenant: TenantCaller) -> None:
    tenant.integrate(
        a_request(params={"lang": "{contact.language}", "none": None, "n": 5, "two": ["a b", "c"]}),
        endpoint_url="https://cc-workflows-x.cc.sinch.com/{event}?x=1",
    )
    tenant.fire()
    url = tenant.outside.endpoint_calls[0].url
    assert url.path == "/Ended"
    assert url.query == b"x=1&lang=EN&n=5&two=a+b&two=c"


def test_a_line_break_never_reaches_a_header(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x-source": "{contact.source}"}))
    tenant.fire(source="x\r\nx-admin: yes")
    row = tenant.delivery()
    assert row["state"] == "not_sent"
    assert row["error"] == "header x-source: its value contains a line break or a control character"


def test_get_sends_no_body(tenant: TenantCaller) -> None:
    tenant.integrate({"request": {"method": "GET"}})
    tenant.fire()
    (call,) = tenant.outside.endpoint_calls
    assert (call.method, call.content) == ("GET", b"")
    assert "content-type" not in call.headers


def test_the_body_is_ascii_unless_the_dialect_says_utf8(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"name": "Ünal"}))
    tenant.fire()
    tenant.state.dialect["body_encoding"] = "utf8"
    tenant.fire()
    first, second = [call.content for call in tenant.outside.endpoint_calls]
    assert b"\\u00dc" in first
    assert "Ü".encode() in second


def test_the_dialect_says_what_a_null_looks_like_inside_a_text(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"x": "[{contact.preferred_agent}]"}))
    tenant.fire()
    tenant.state.dialect["null_in_text"] = "None"
    tenant.fire()
    sent = [body["x"] for body in tenant.outside.sent]
    assert sent == ["[]", "[None]"]


def test_the_dialect_says_what_an_object_looks_like_inside_a_text(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"x": "queue: {contact.queue}"}))
    tenant.fire()
    tenant.state.dialect["object_in_text"] = "python"
    tenant.fire()
    first, second = [json.loads(call.content)["x"].removeprefix("queue: ") for call in tenant.outside.endpoint_calls]
    assert json.loads(first) == ast.literal_eval(second)
    assert (first[1], second[1]) == ('"', "'")


def test_the_dialect_names_the_user_agent_of_every_request(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    tenant.state.dialect["user_agent"] = "contact-pro/1"
    tenant.fire()
    agents = [call.headers["user-agent"] for call in tenant.outside.endpoint_calls]
    assert agents == ["python-requests/2.32.3", "contact-pro/1"]


def test_basic_authentication_takes_the_configurations_own_entry(tenant: TenantCaller) -> None:
    tenant.integrate(
        a_request(authentication={"type": "basic"}),
        authentications=[{"name": "main", "user": "hook", "value": "hook-password"}],
    )
    tenant.fire()
    value = tenant.outside.endpoint_calls[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(value) == b"hook:hook-password"
    assert "hook-password" not in json.dumps(tenant.deliveries())


def test_inline_oauth_takes_its_secret_from_the_configurations_own_entry(tenant: TenantCaller) -> None:
    auth = {
        "type": "oauth",
        "client_id": "event-engine",
        "access_token_url": tenant.state.issuer.token_url,
        "scope": ["transfers"],
    }
    tenant.integrate(
        a_request(authentication=auth),
        authentications=[{"name": "main", "user": "event-engine", "value": CLIENT_SECRET}],
    )
    tenant.fire()
    assert tenant.deliveries()[0]["state"] == "delivered"
    assert tenant.outside.token_calls[0].content.endswith(b"scope=transfers")


def test_a_false_condition_sends_nothing_and_is_the_reason(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(condition="contact.get_language().lower() in ('fi', 'sv')"))
    fired = tenant.fire()
    assert fired["delivery_ids"] == []
    assert fired["configurations"][0]["reason"] == "its condition is false"


def test_an_event_with_a_wrong_name_is_refused_with_the_right_ones(tenant: TenantCaller) -> None:
    reply = tenant.client.post("/_mock/events", json={"event": "Exploded", "contact": a_contact()})
    assert reply.status_code == 422
    assert "Ended, Closed" in reply.get_json()["errors"][0]["expected"]


def test_closing_an_engine_leaves_no_thread_waiting(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(delay=60))
    tenant.fire()
    tenant.state.engine.close()
    tenant.drain()
    assert tenant.outside.endpoint_calls == []
