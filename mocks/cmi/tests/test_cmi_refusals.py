"""What CMI and the gateway before it refuse, and what this mock does not play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cmi_caller import HOST, Caller

from cmi_mock.evidence import DIALECT

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000


def test_the_gateways_limits_are_off_until_switched_on(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    path = f"/chats/{guid}/attachments/{attachment_id}"
    assert cmi.get(path).status_code == 200
    cmi.control("/dialect", {"gateway_payload_bytes": 1000})
    assert cmi.get(path).status_code == 413
    assert cmi.get(path, range="bytes=0-999").status_code == 206, "a range fits through"
    cmi.control("/dialect", {"gateway_payload_status": 502})
    assert cmi.get(path).status_code == 502
    cmi.control("/dialect", {"gateway_payload_bytes": 0, "gateway_timeout_s": 29})
    assert cmi.get(path).status_code == 200
    cmi.control("/dialect", {"gateway_backend_bytes_per_s": 1000})
    response = cmi.get(path)
    assert (response.status_code, response.get_json()) == (504, {"message": "Endpoint request timed out"})


def test_a_throttled_key_is_answered_too_many_requests(make: Make) -> None:
    cmi = make(gateway_rate_per_s=0.001, gateway_burst=2)
    assert [cmi.get("/chats").status_code for _ in range(3)] == [200, 200, 429]
    cmi.advance(seconds=1000)
    assert cmi.get("/chats").status_code == 200


def test_a_used_up_quota_is_429_until_the_next_period(make: Make) -> None:
    cmi = make(gateway_quota=2)
    assert [cmi.get("/chats").status_code for _ in range(2)] == [200, 200]
    refused = cmi.get("/chats")
    assert (refused.status_code, refused.get_json()) == (429, {"message": "Limit Exceeded"})
    assert refused.headers["x-amzn-ErrorType"] == "LimitExceededException"
    cmi.advance(hours=24)
    assert cmi.get("/chats").status_code == 200
    cmi.control("/dialect", {"gateway_quota_period": "month"})
    assert [cmi.get("/chats").status_code for _ in range(3)] == [200, 200, 429]
    cmi.advance(hours=31 * 24)
    assert cmi.get("/chats").status_code == 200


def test_a_call_without_a_key_uses_up_no_quota(make: Make) -> None:
    cmi = make(gateway_quota=1)
    assert [cmi.get("/chats", x_api_key="wrong").status_code for _ in range(3)] == [403, 403, 403]
    assert cmi.get("/chats").status_code == 200


def test_a_request_too_large_for_the_gateway_is_413(make: Make) -> None:
    cmi = make(gateway_payload_bytes=1000)
    guid, _ = cmi.ended_chat()
    body = {"contact_id": guid, "data": {"note": "x" * 1000}}
    response = cmi.send("POST", "/contactData", body)
    assert (response.status_code, response.get_json()) == (413, {"message": "Request Too Long"})
    cmi.control("/dialect", {"gateway_payload_bytes": 0})
    assert cmi.send("POST", "/contactData", body).status_code == 201


@pytest.mark.parametrize("path", ["/scriptResults", "/callRecordings/1", "/callbacks", "/customerConsents"])
def test_a_documented_resource_that_is_missing_here_says_so(cmi: Caller, path: str) -> None:
    response = cmi.get(path)
    assert response.status_code == 501
    assert response.content_type == "application/problem+json"
    assert "documented" in response.get_json()["detail"]
    assert cmi.send("POST", path, {}).status_code == 501


def test_the_unknown_is_404_and_an_undocumented_method_405(cmi: Caller) -> None:
    assert cmi.get("/nothing").status_code == 404
    assert cmi.get("/contacts/1/2/3").status_code == 404
    assert cmi.send("DELETE", "/chatMessages").status_code == 405
    assert cmi.get("/nothing", x_api_key="").status_code == 403


def test_an_error_of_cmi_can_be_a_plain_sentence_but_the_gateway_speaks_json(make: Make) -> None:
    cmi = make(error_body="text")
    response = cmi.get(f"/chats/{'0' * 32}")
    assert (response.content_type, response.text) == ("text/plain; charset=utf-8", "Chat not found")
    assert cmi.get("/chats", x_api_key="").get_json() == {"message": "Forbidden"}


def test_another_tenant_or_host_is_another_tenant(cmi: Caller) -> None:
    assert cmi.get("/chats", host="elsewhere.execute-api.eu-central-1.amazonaws.com").status_code == 421
    assert cmi.client.get("/other/cmi/chats", base_url=f"https://{HOST}").status_code == 421
    assert cmi.get("/chats", host=f"{HOST.upper()}:443").status_code == 200


def test_a_reply_names_the_evidence_it_rests_on(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    touched = cmi.get(f"/chats/{guid}", x_mock_evidence="1").headers["X-Mock-Evidence"]
    assert "cmi.dialect.chat_shape;label=assumed" in touched


def test_every_switch_of_the_dialect_carries_its_evidence() -> None:
    by_switch = {entry.switch: entry for entry in DIALECT.book.all() if entry.id.startswith("cmi.dialect.")}
    assert by_switch.keys() == DIALECT.switches.keys()
    assert all(entry.source and entry.behaviour for entry in by_switch.values())


def test_every_piece_of_evidence_names_a_test_that_exists() -> None:
    root = Path(__file__).parents[3]
    for entry in DIALECT.book.all():
        if not entry.id.startswith("cmi."):
            continue
        path, _, name = (entry.test or "").partition("::")
        assert f"def {name}(" in (root / path).read_text(), entry.id
