"""What an accepted request answers and keeps, and what the status API shows of it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from ingress_kit import Door, a_body
from ledger_kit import C4C_URL, CMI_URL, CONTACT, SECRET_TEXTS, rows
from structlog.testing import capture_logs

from attachment_transfer.core.states import TransferState
from attachment_transfer.ledger import tables

DASHED = "5ab6e203-42a6-ee11-b3ed-58961d1810cc"


def contact(number: int) -> str:
    return f"{number:032X}"


def accepted(door: Door, **changes: Any) -> str:
    answer = door.post(a_body(**changes))
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["transfer_id"])


def put_state(door: Door, transfer_id: str, state: TransferState) -> None:
    with door.engine.begin() as connection:
        connection.execute(tables.transfer.update().where(tables.transfer.c.id == transfer_id).values(state=state))


def someone_else(door: Door) -> str:
    return door.issuer.token(client_id="someone-else")


def test_an_accepted_request_is_202_and_says_where_to_look(door: Door) -> None:
    answer = door.post()
    transfer_id = answer.get_json()["transfer_id"]
    assert answer.status_code == 202
    assert answer.get_json() == {"status": "accepted", "transfer_id": transfer_id}
    assert answer.headers["Location"] == f"/transfers/{transfer_id}"
    assert door.queue.rounds == [(transfer_id, 1, 0.0)]


def test_the_location_leads_to_the_transfer(door: Door) -> None:
    answer = door.get(door.post().headers["Location"])
    assert answer.status_code == 200
    assert answer.get_json()["state"] == "queued"
    assert answer.get_json()["outcome"] is None
    assert answer.get_json()["contact_id"] == CONTACT
    assert answer.get_json()["attachments"] == []
    assert answer.get_json()["created_at"] == "2026-11-22T12:00:00.000Z"


@pytest.mark.parametrize("spelling", [DASHED, DASHED.upper(), f"{{{DASHED}}}", CONTACT.lower()])
def test_every_spelling_of_the_contact_is_the_same_transfer(door: Door, spelling: str) -> None:
    assert accepted(door) == accepted(door, contact_id=spelling)
    assert [row["contact_id"] for row in rows(door.engine, tables.transfer)] == [CONTACT]


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
def test_another_spelling_of_an_address_is_the_same_transfer(door: Door, changes: dict[str, Any]) -> None:
    """Two transfers of one chat would file each attachment twice."""
    assert accepted(door) == accepted(door, **changes)


def test_the_path_of_an_address_keeps_its_case(door: Door) -> None:
    assert accepted(door) != accepted(door, cmi_url=CMI_URL.replace("/acme/", "/Acme/"))


def test_a_repeat_is_acknowledged_but_not_queued_twice(door: Door) -> None:
    assert accepted(door) == accepted(door)
    assert len(door.queue.rounds) == 1


def test_unknown_members_are_accepted_and_their_names_are_logged(door: Door) -> None:
    with capture_logs() as logs:
        accepted(door, sap_v2={"url": "https://secret.example", "password": "hush"}, zeta="hush")
    [noted] = [record for record in logs if record["event"] == "unknown members in the request are ignored"]
    assert noted["members"] == ["sap_v2", "zeta"]
    assert "hush" not in repr(logs)


def test_no_secret_and_no_token_is_in_any_log_line_or_answer(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        posted = door.post()
        shown = door.get(posted.headers["Location"])
        refused = door.post(a_body(contact_id="x"), headers={"x-cmi-password": "Grünkohl-7"})
    said = repr(logs) + caplog.text + posted.text + shown.text + refused.text + repr(dict(posted.headers))
    assert not [text for text in (*SECRET_TEXTS, "Grünkohl", "kohl-7", door.issuer.token()) if text in said]


def test_a_caller_does_not_see_the_transfer_of_another(door: Door) -> None:
    transfer_id = accepted(door)
    answer = door.get(f"/transfers/{transfer_id}", token=someone_else(door))
    assert answer.status_code == 404
    assert answer.get_json()["title"] == "There is no such transfer"
    assert door.get("/transfers", token=someone_else(door)).get_json()["transfers"] == []
    assert door.retry(transfer_id, token=someone_else(door)).status_code == 404


def test_the_same_contact_of_another_caller_is_another_transfer(door: Door) -> None:
    mine = accepted(door)
    theirs = door.post(token=someone_else(door)).get_json()["transfer_id"]
    assert mine != theirs


def test_a_made_up_transfer_is_404(door: Door) -> None:
    assert door.get("/transfers/nothing").status_code == 404
    assert door.retry("nothing").status_code == 404


def test_status_needs_its_own_scope(door: Door) -> None:
    transfer_id = accepted(door)
    token = door.issuer.token(scope="chat-attachments")
    assert door.get(f"/transfers/{transfer_id}", token=token).status_code == 403
    assert door.get("/transfers", token=token).status_code == 403
    assert door.retry(transfer_id, token=token).status_code == 403


def test_pages_are_complete_and_newest_first(door: Door) -> None:
    made = []
    for number in range(7):
        made.append(accepted(door, contact_id=contact(number)))
        door.issuer.clock.advance(number % 2)  # some share their second
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = door.get("/transfers", limit="3", **cursor).get_json()
        seen += [item["id"] for item in page["transfers"]]
        assert all("attachments" not in item for item in page["transfers"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]


def test_lists_are_filtered_by_state_and_contact(door: Door) -> None:
    one, two = accepted(door, contact_id=contact(1)), accepted(door, contact_id=contact(2))
    put_state(door, two, TransferState.PARKED)
    by_state = door.get("/transfers", state="parked").get_json()["transfers"]
    by_contact = door.get("/transfers", contact_id=contact(1)).get_json()["transfers"]
    assert [item["id"] for item in by_state] == [two]
    assert [item["id"] for item in by_contact] == [one]


@pytest.mark.parametrize("spelling", [DASHED, f"{{{DASHED}}}", CONTACT.lower()])
def test_a_list_is_filtered_by_any_spelling_of_the_contact(door: Door, spelling: str) -> None:
    transfer_id = accepted(door)
    found = door.get("/transfers", contact_id=spelling).get_json()["transfers"]
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
def test_a_query_that_cannot_be_used_is_400_and_named(door: Door, name: str, value: str) -> None:
    answer = door.get("/transfers", **{name: value})
    assert answer.status_code == 400, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"][0]["field"] == f"query.{name}"


@pytest.mark.parametrize("state", [TransferState.PARKED, TransferState.WAITING])
def test_a_parked_or_waiting_transfer_runs_again_on_request(door: Door, state: TransferState) -> None:
    transfer_id = accepted(door)
    put_state(door, transfer_id, state)
    answer = door.retry(transfer_id)
    assert answer.status_code == 202
    assert answer.get_json()["state"] == "queued"
    assert answer.get_json()["rounds"] == 2
    assert door.queue.rounds[-1] == (transfer_id, 2, 0.0)


@pytest.mark.parametrize("state", [TransferState.QUEUED, TransferState.RUNNING])
def test_a_transfer_that_is_due_or_running_is_not_run_again(door: Door, state: TransferState) -> None:
    transfer_id = accepted(door)
    put_state(door, transfer_id, state)
    answer = door.retry(transfer_id)
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert str(state) in answer.get_json()["detail"]
    assert len(door.queue.rounds) == 1


def test_a_transfer_whose_secrets_are_gone_is_not_run_again(door: Door) -> None:
    transfer_id = accepted(door)
    put_state(door, transfer_id, TransferState.SETTLED)
    with door.engine.begin() as connection:
        connection.execute(tables.sealed_secret.delete())
    answer = door.retry(transfer_id)
    assert answer.status_code == 409
    assert "shredded" in answer.get_json()["detail"]


def test_health_metrics_and_the_api_document_need_no_token(door: Door) -> None:
    assert door.http.get("/healthz").get_json() == {"status": "ok"}
    assert door.http.get("/readyz").get_json() == {"status": "ready"}
    assert door.http.get("/metrics").data == b"attachment_transfer_up 1\n"
    assert "/prod/chat-attachments" in door.http.get("/openapi.json").get_json()["paths"]


def test_it_is_not_ready_before_the_schema_is_there(door: Door) -> None:
    with door.engine.begin() as connection:
        tables.metadata.drop_all(connection)
    answer = door.http.get("/readyz")
    assert answer.status_code == 503
    assert "attachment-transfer migrate" in answer.get_json()["detail"]
    tables.metadata.create_all(door.engine)
    assert door.http.get("/readyz").status_code == 503
    with door.engine.begin() as connection:
        connection.execute(tables.schema_version.insert().values(version=tables.SCHEMA_VERSION))
    assert door.http.get("/readyz").status_code == 200


def test_a_second_issuer_under_the_pattern_has_callers_of_its_own(door: Door) -> None:
    transfer_id = accepted(door)
    other = door.issuer.token(iss="https://login-us-c1.cc.sinch.com/acme")
    assert door.get(f"/transfers/{transfer_id}", token=other).status_code == 404
