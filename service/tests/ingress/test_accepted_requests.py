"""What an accepted request answers and keeps, and what the status API shows of it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from ingress_kit import Endpoint, a_body
from ledger_kit import C4C_URL, CMI_URL, CONTACT, SECRET_TEXTS, rows
from structlog.testing import capture_logs

from attachment_transfer.core.states import TransferState
from attachment_transfer.ledger import tables

DASHED = "5ab6e203-42a6-ee11-b3ed-58961d1810cc"


def contact(number: int) -> str:
    return f"{number:032X}"


def accepted(endpoint: Endpoint, **changes: Any) -> str:
    answer = endpoint.post(a_body(**changes))
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["transfer_id"])


def put_state(endpoint: Endpoint, transfer_id: str, state: TransferState) -> None:
    with endpoint.engine.begin() as connection:
        connection.execute(tables.transfer.update().where(tables.transfer.c.id == transfer_id).values(state=state))


def someone_else(endpoint: Endpoint) -> str:
    return endpoint.issuer.token(client_id="someone-else")


def test_an_accepted_request_is_202_and_says_where_to_look(endpoint: Endpoint) -> None:
    answer = endpoint.post()
    transfer_id = answer.get_json()["transfer_id"]
    assert answer.status_code == 202
    assert answer.get_json() == {"status": "accepted", "transfer_id": transfer_id}
    assert answer.headers["Location"] == f"/transfers/{transfer_id}"
    assert endpoint.queue.rounds == [(transfer_id, 1, 0.0)]


def test_the_location_leads_to_the_transfer(endpoint: Endpoint) -> None:
    answer = endpoint.get(endpoint.post().headers["Location"])
    assert answer.status_code == 200
    assert answer.get_json()["state"] == "queued"
    assert answer.get_json()["outcome"] is None
    assert answer.get_json()["contact_id"] == CONTACT
    assert answer.get_json()["attachments"] == []
    assert answer.get_json()["created_at"] == "2026-11-22T12:00:00.000Z"


@pytest.mark.parametrize("spelling", [DASHED, DASHED.upper(), f"{{{DASHED}}}", CONTACT.lower()])
def test_every_spelling_of_the_contact_is_the_same_transfer(endpoint: Endpoint, spelling: str) -> None:
    assert accepted(endpoint) == accepted(endpoint, contact_id=spelling)
    assert [row["contact_id"] for row in rows(endpoint.engine, tables.transfer)] == [CONTACT]


@pytest.mark.parametrize(
    "changes",
    [
        {"cmi_url": f"{CMI_URL}/"},
        {"cmi_url": CMI_URL.replace("8h6b51di7x.execute-api", "8H6B51DI7X.Execute-API")},
        {"cmi_url": CMI_URL.replace(".com/", ".com:443/")},
        {"cmi_url": CMI_URL.replace(".com/", ".com./")},
        {"sap_v1": {"url": f"{C4C_URL}/", "user": "v1user"}},
        {"sap_v1": {"url": C4C_URL.replace("my", "MY"), "user": "v1user"}},
        {"sap_v1": {"url": f"{C4C_URL}:443", "user": "v1user"}},
    ],
)
def test_another_spelling_of_an_address_is_the_same_transfer(endpoint: Endpoint, changes: dict[str, Any]) -> None:
    """Two transfers of one chat would file each attachment twice."""
    assert accepted(endpoint) == accepted(endpoint, **changes)


def test_the_path_of_an_address_keeps_its_case(endpoint: Endpoint) -> None:
    assert accepted(endpoint) != accepted(endpoint, cmi_url=CMI_URL.replace("/acme/", "/Acme/"))


def test_a_repeat_is_acknowledged_but_not_queued_twice(endpoint: Endpoint) -> None:
    assert accepted(endpoint) == accepted(endpoint)
    assert len(endpoint.queue.rounds) == 1


def test_unknown_members_are_accepted_and_their_names_are_logged(endpoint: Endpoint) -> None:
    with capture_logs() as logs:
        accepted(endpoint, sap_v2={"url": "https://secret.example", "password": "hush"}, zeta="hush")
    [noted] = [record for record in logs if record["event"] == "unknown members in the request are ignored"]
    assert noted["members"] == ["sap_v2", "zeta"]
    assert "hush" not in repr(logs)


def test_no_secret_and_no_token_is_in_any_log_line_or_answer(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        posted = endpoint.post()
        shown = endpoint.get(posted.headers["Location"])
        refused = endpoint.post(a_body(contact_id="x"), headers={"x-cmi-password": "Grünkohl-7"})
    said = repr(logs) + caplog.text + posted.text + shown.text + refused.text + repr(dict(posted.headers))
    assert not [text for text in (*SECRET_TEXTS, "Grünkohl", "kohl-7", endpoint.issuer.token()) if text in said]


def test_a_caller_does_not_see_the_transfer_of_another(endpoint: Endpoint) -> None:
    transfer_id = accepted(endpoint)
    answer = endpoint.get(f"/transfers/{transfer_id}", token=someone_else(endpoint))
    assert answer.status_code == 404
    assert answer.get_json()["title"] == "There is no such transfer"
    assert endpoint.get("/transfers", token=someone_else(endpoint)).get_json()["transfers"] == []
    assert endpoint.retry(transfer_id, token=someone_else(endpoint)).status_code == 404


def test_the_same_contact_of_another_caller_is_another_transfer(endpoint: Endpoint) -> None:
    mine = accepted(endpoint)
    theirs = endpoint.post(token=someone_else(endpoint)).get_json()["transfer_id"]
    assert mine != theirs


def test_a_made_up_transfer_is_404(endpoint: Endpoint) -> None:
    assert endpoint.get("/transfers/nothing").status_code == 404
    assert endpoint.retry("nothing").status_code == 404


def test_status_needs_its_own_scope(endpoint: Endpoint) -> None:
    transfer_id = accepted(endpoint)
    token = endpoint.issuer.token(scope="chat-attachments")
    assert endpoint.get(f"/transfers/{transfer_id}", token=token).status_code == 403
    assert endpoint.get("/transfers", token=token).status_code == 403
    assert endpoint.retry(transfer_id, token=token).status_code == 403


def test_pages_are_complete_and_newest_first(endpoint: Endpoint) -> None:
    made = []
    for number in range(7):
        made.append(accepted(endpoint, contact_id=contact(number)))
        endpoint.issuer.clock.advance(number % 2)  # some share their second
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = endpoint.get("/transfers", limit="3", **cursor).get_json()
        seen += [item["id"] for item in page["transfers"]]
        assert all("attachments" not in item for item in page["transfers"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]


def test_lists_are_filtered_by_state_and_contact(endpoint: Endpoint) -> None:
    one, two = accepted(endpoint, contact_id=contact(1)), accepted(endpoint, contact_id=contact(2))
    put_state(endpoint, two, TransferState.PARKED)
    by_state = endpoint.get("/transfers", state="parked").get_json()["transfers"]
    by_contact = endpoint.get("/transfers", contact_id=contact(1)).get_json()["transfers"]
    assert [item["id"] for item in by_state] == [two]
    assert [item["id"] for item in by_contact] == [one]


@pytest.mark.parametrize("spelling", [DASHED, f"{{{DASHED}}}", CONTACT.lower()])
def test_a_list_is_filtered_by_any_spelling_of_the_contact(endpoint: Endpoint, spelling: str) -> None:
    transfer_id = accepted(endpoint)
    found = endpoint.get("/transfers", contact_id=spelling).get_json()["transfers"]
    assert [item["id"] for item in found] == [transfer_id]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "lost"),
        ("state", ""),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "-1"),
        ("limit", "many"),
        ("limit", ""),
        ("limit", "²"),
        ("limit", "1" * 5_000),
        ("cursor", "made-up"),
        ("cursor", "ü"),
        ("cursor", ""),
        ("contact_id", "not-a-contact"),
    ],
)
def test_a_query_that_cannot_be_used_is_400_and_named(endpoint: Endpoint, name: str, value: str) -> None:
    answer = endpoint.get("/transfers", **{name: value})
    assert answer.status_code == 400, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"][0]["field"] == f"query.{name}"


@pytest.mark.parametrize("state", [TransferState.PARKED, TransferState.WAITING])
def test_a_parked_or_waiting_transfer_runs_again_on_request(endpoint: Endpoint, state: TransferState) -> None:
    transfer_id = accepted(endpoint)
    put_state(endpoint, transfer_id, state)
    answer = endpoint.retry(transfer_id)
    assert answer.status_code == 202
    assert answer.get_json()["state"] == "queued"
    assert answer.get_json()["rounds"] == 2
    assert endpoint.queue.rounds[-1] == (transfer_id, 2, 0.0)


@pytest.mark.parametrize("state", [TransferState.QUEUED, TransferState.RUNNING])
def test_a_transfer_that_is_due_or_running_is_not_run_again(endpoint: Endpoint, state: TransferState) -> None:
    transfer_id = accepted(endpoint)
    put_state(endpoint, transfer_id, state)
    answer = endpoint.retry(transfer_id)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert str(state) in answer.get_json()["detail"]
    assert len(endpoint.queue.rounds) == 1


def test_a_transfer_whose_secrets_are_gone_is_not_run_again(endpoint: Endpoint) -> None:
    transfer_id = accepted(endpoint)
    put_state(endpoint, transfer_id, TransferState.SETTLED)
    with endpoint.engine.begin() as connection:
        connection.execute(tables.sealed_secret.delete())
    answer = endpoint.retry(transfer_id)
    assert answer.status_code == 409
    assert "shredded" in answer.get_json()["detail"]


def test_health_metrics_and_the_api_document_need_no_token(endpoint: Endpoint) -> None:
    assert endpoint.http.get("/healthz").get_json() == {"status": "ok"}
    assert endpoint.http.get("/readyz").get_json() == {"status": "ready"}
    assert endpoint.http.get("/metrics").data == b"attachment_transfer_up 1\n"
    assert "/prod/chat-attachments" in endpoint.http.get("/openapi.json").get_json()["paths"]


def test_it_is_not_ready_before_the_schema_is_there(endpoint: Endpoint) -> None:
    with endpoint.engine.begin() as connection:
        tables.metadata.drop_all(connection)
    answer = endpoint.http.get("/readyz")
    assert answer.status_code == 503
    assert "attachment-transfer migrate" in answer.get_json()["detail"]
    tables.metadata.create_all(endpoint.engine)
    assert endpoint.http.get("/readyz").status_code == 503
    with endpoint.engine.begin() as connection:
        connection.execute(tables.schema_version.insert().values(version=tables.SCHEMA_VERSION))
    assert endpoint.http.get("/readyz").status_code == 200


def test_a_second_issuer_under_the_pattern_has_callers_of_its_own(endpoint: Endpoint) -> None:
    transfer_id = accepted(endpoint)
    other = endpoint.issuer.token(iss="https://login-us-c1.cc.sinch.com/acme")
    assert endpoint.get(f"/transfers/{transfer_id}", token=other).status_code == 404
