"""What callers and operators do with transfers over HTTP: filters, audit, retry of one and of many, cancel."""

from __future__ import annotations

from typing import Any

import pytest
from admin_kit import CALLER, OPERATE, OTHER, post
from ingress_kit import Endpoint
from operator_kit import NO_EXE, REFUSED, Morning, contact

from attachment_transfer.core.states import TransferState
from attachment_transfer.ledger import tables


def listed(endpoint: Endpoint, *, token: str | None = None, **query: Any) -> list[str]:
    answer = endpoint.get("/transfers", token=token, **query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.get_json()["transfers"]]


def shred(endpoint: Endpoint, transfer_id: str) -> None:
    with endpoint.engine.begin() as connection:
        connection.execute(tables.sealed_secret.delete().where(tables.sealed_secret.c.transfer_id == transfer_id))


def test_a_reason_filters(endpoint: Endpoint, morning: Morning) -> None:
    refused = morning.parked(CALLER, 1, REFUSED)
    exe = morning.parked(CALLER, 2, NO_EXE)
    assert listed(endpoint, reason_code="credential-refused") == [refused]
    assert listed(endpoint, reason_code="attachment-refused") == [exe]
    assert listed(endpoint, reason_code="no-such-reason") == []


def test_times_filter_from_inclusive_to_exclusive(endpoint: Endpoint, morning: Morning) -> None:
    first = morning.accepted(CALLER, 1)
    morning.clock.advance(60)
    second = morning.accepted(CALLER, 2)
    assert listed(endpoint, created_from="2026-11-22T12:01:00Z") == [second]
    assert listed(endpoint, created_before="2026-11-22T13:01:00+01:00") == [first]
    assert listed(endpoint, created_from="2026-11-22T12:00:00Z", created_before="2026-11-22T12:00:00Z") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stat", "parked"),
        ("state", "dead"),
        ("reason_code", "Not A Code"),
        ("created_from", "yesterday"),
        ("created_before", "2026-11-22T12:00:00"),
        ("limit", "0"),
        ("limit", "1001"),
        ("cursor", "mine"),
    ],
)
def test_a_misspelt_filter_is_400_and_never_no_filter(endpoint: Endpoint, name: str, value: str) -> None:
    answer = endpoint.get("/transfers", **{name: value})
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["field"] == f"query.{name}"


def test_pages_follow_one_another_through_a_filter(endpoint: Endpoint, morning: Morning) -> None:
    made = [morning.parked(CALLER, number) for number in range(5)]
    morning.accepted(CALLER, 9)
    found, cursor = [], None
    for _ in range(3):
        query: dict[str, Any] = {"state": "parked", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = endpoint.get("/transfers", **query).get_json()
        found += [item["id"] for item in page["transfers"]]
        cursor = page["next_cursor"]
    assert found == made[::-1]
    assert cursor is None


def test_a_caller_sees_its_own_and_an_operator_sees_all(endpoint: Endpoint, morning: Morning) -> None:
    mine, theirs = morning.accepted(CALLER, 1), morning.accepted(OTHER, 2)
    assert listed(endpoint) == [mine]
    assert endpoint.get(f"/transfers/{theirs}").status_code == 404
    operator = endpoint.issuer.token(client_id="ops", scope=OPERATE)
    assert set(listed(endpoint, token=operator)) == {mine, theirs}
    assert endpoint.get(f"/transfers/{theirs}", token=operator).status_code == 200


def test_the_operators_scope_alone_opens_nothing(endpoint: Endpoint) -> None:
    assert endpoint.get("/transfers", token=endpoint.issuer.token(scope="transfers.operate")).status_code == 403


def test_many_are_redriven_by_reason_oldest_first_and_named(endpoint: Endpoint, morning: Morning) -> None:
    first, second = morning.parked(CALLER, 1, REFUSED), morning.parked(CALLER, 2, REFUSED)
    exe = morning.parked(CALLER, 3, NO_EXE)
    done = post(endpoint, "/transfers/retry", {"state": "parked", "reason_code": "credential-refused"}).get_json()
    assert done == {"redriven": 2, "transfers": [first, second], "skipped": [], "more": False}
    assert listed(endpoint, state="queued") == [second, first]
    assert listed(endpoint, state="parked") == [exe]
    assert endpoint.queue.rounds[-2:] == [(first, 2, 0.0), (second, 2, 0.0)]


def test_a_limit_leaves_the_rest_and_says_that_there_is_more(endpoint: Endpoint, morning: Morning) -> None:
    made = [morning.parked(CALLER, number) for number in range(3)]
    done = post(endpoint, "/transfers/retry", {"state": "parked", "limit": 2}).get_json()
    assert (done["transfers"], done["more"]) == (made[:2], True)
    done = post(endpoint, "/transfers/retry", {"state": "parked", "limit": 2}).get_json()
    assert (done["transfers"], done["more"]) == (made[2:], False)


def test_a_contact_and_a_time_narrow_the_filter(endpoint: Endpoint, morning: Morning) -> None:
    old = morning.parked(CALLER, 1)
    morning.clock.advance(3600)
    morning.parked(CALLER, 2)
    body = {"state": "parked", "created_before": "2026-11-22T13:00:00Z"}
    assert post(endpoint, "/transfers/retry", body).get_json()["transfers"] == [old]
    body = {"state": "parked", "contact_id": contact(1)}
    assert post(endpoint, "/transfers/retry", body).get_json()["redriven"] == 0


def test_a_transfer_without_secrets_is_skipped_with_a_reason_and_does_not_use_up_the_limit(
    endpoint: Endpoint, morning: Morning
) -> None:
    shredded, whole = morning.parked(CALLER, 1), morning.parked(CALLER, 2)
    shred(endpoint, shredded)
    done = post(endpoint, "/transfers/retry", {"state": "parked", "limit": 1}).get_json()
    assert (done["transfers"], done["skipped"], done["more"]) == ([whole], [], True)
    done = post(endpoint, "/transfers/retry", {"state": "parked"}).get_json()
    assert done["redriven"] == 0
    [skipped] = done["skipped"]
    assert (skipped["id"], skipped["code"]) == (shredded, "secrets-shredded")
    assert "the next event of this contact brings new ones" in skipped["message"]


def test_ids_are_redriven_one_by_one_and_the_unknown_are_skipped(endpoint: Endpoint, morning: Morning) -> None:
    parked, queued = morning.parked(CALLER, 1), morning.accepted(CALLER, 2)
    theirs, unknown = morning.parked(OTHER, 3), "f" * 32
    done = post(endpoint, "/transfers/retry", {"ids": [parked, queued, theirs, unknown, parked]}).get_json()
    assert done["transfers"] == [parked]
    assert {item["id"]: item["code"] for item in done["skipped"]} == {
        queued: "not-at-rest",
        theirs: "unknown",
        unknown: "unknown",
    }


def test_a_filter_reaches_the_callers_own_and_an_operators_reaches_all(endpoint: Endpoint, morning: Morning) -> None:
    theirs = morning.parked(OTHER, 1)
    assert post(endpoint, "/transfers/retry", {"state": "parked"}).get_json()["redriven"] == 0
    operator = endpoint.issuer.token(client_id="ops", scope=OPERATE)
    assert post(endpoint, "/transfers/retry", {"state": "parked"}, token=operator).get_json()["transfers"] == [theirs]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.state"),
        ({"state": "settled"}, "body.state"),
        ({"state": "parked", "reasoncode": "x"}, "body.reasoncode"),
        ({"state": "parked", "reason_code": 5}, "body.reason_code"),
        ({"state": "parked", "contact_id": "x"}, "body.contact_id"),
        ({"state": "parked", "created_before": 5}, "body.created_before"),
        ({"state": "parked", "limit": True}, "body.limit"),
        ({"state": "parked", "limit": 1001}, "body.limit"),
        ({"ids": []}, "body.ids"),
        ({"ids": ["x"]}, "body.ids"),
        ({"ids": ["f" * 32], "state": "parked"}, "body.state"),
    ],
)
def test_a_wrong_filter_is_400_and_redrives_nothing(
    endpoint: Endpoint, morning: Morning, body: dict[str, Any], field: str
) -> None:
    parked = morning.parked(CALLER, 1)
    answer = post(endpoint, "/transfers/retry", body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.get_json()["errors"]]
    assert listed(endpoint, state="parked") == [parked]


def test_a_body_that_is_no_json_object_redrives_nothing(endpoint: Endpoint) -> None:
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}"}
    assert endpoint.http.post("/transfers/retry", data="state=parked", headers=headers).status_code == 415
    headers["Content-Type"] = "application/json"
    assert endpoint.http.post("/transfers/retry", data="[]", headers=headers).status_code == 400
    assert endpoint.http.post("/transfers/retry", data="{", headers=headers).status_code == 400
    assert endpoint.http.post("/transfers/retry", data=b" " * 200_000, headers=headers).status_code == 413


def test_one_without_secrets_cannot_be_retried_and_the_code_says_why(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.parked(CALLER, 1)
    shred(endpoint, transfer_id)
    answer = endpoint.retry(transfer_id)
    assert answer.status_code == 409
    assert answer.get_json()["code"] == "secrets-shredded"


def test_a_cancelled_transfer_ends_and_its_secrets_are_shredded(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.waiting(CALLER, 1)
    answer = post(endpoint, f"/transfers/{transfer_id}/cancel")
    assert answer.status_code == 200
    assert (answer.get_json()["state"], answer.get_json()["outcome"]) == ("cancelled", "cancelled")
    assert answer.get_json()["attachments"][0]["state"] == "skipped"
    again = endpoint.retry(transfer_id)
    assert (again.status_code, again.get_json()["code"]) == (409, "secrets-shredded")


def test_what_has_ended_cannot_be_cancelled(endpoint: Endpoint, morning: Morning) -> None:
    answer = post(endpoint, f"/transfers/{morning.stored(CALLER, 1)}/cancel")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "ended-already")


@pytest.mark.parametrize("what", ["retry", "cancel", "audit"])
def test_a_transfer_of_another_caller_is_unknown(endpoint: Endpoint, morning: Morning, what: str) -> None:
    path = f"/transfers/{morning.parked(OTHER, 1)}/{what}"
    answer = endpoint.get(path) if what == "audit" else post(endpoint, path)
    assert answer.status_code == 404
    assert listed(endpoint, token=endpoint.issuer.token(client_id="someone-else"), state=str(TransferState.PARKED))
