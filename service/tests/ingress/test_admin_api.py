"""What callers and operators do with transfers over HTTP: filters, audit, retry of one and of many, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import ISSUER, Endpoint, open_endpoint
from ledger_kit import Queue
from operator_kit import NO_EXE, REFUSED, Morning, contact
from werkzeug.test import TestResponse

from attachment_transfer.core.callers import read_callers
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.sealing import KeyRing

CALLER = f"{ISSUER}#client"
OTHER = f"{ISSUER}#someone-else"
OPERATE = "transfers transfers.operate"


def post(endpoint: Endpoint, path: str, body: Any = None, *, token: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token or endpoint.issuer.token()}"}
    return (
        endpoint.http.post(path, json=body, headers=headers)
        if body is not None
        else endpoint.http.post(path, headers=headers)
    )


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
        query = {"state": "parked", "limit": 2, **({"cursor": cursor} if cursor else {})}
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
def test_a_strangers_transfer_is_unknown(endpoint: Endpoint, morning: Morning, what: str) -> None:
    path = f"/transfers/{morning.parked(OTHER, 1)}/{what}"
    answer = endpoint.get(path) if what == "audit" else post(endpoint, path)
    assert answer.status_code == 404
    assert listed(endpoint, token=endpoint.issuer.token(client_id="someone-else"), state=str(TransferState.PARKED))


def trail(endpoint: Endpoint, transfer_id: str) -> list[tuple[str, str]]:
    answer = endpoint.get(f"/transfers/{transfer_id}/audit")
    assert answer.status_code == 200
    return [(line["actor"], line["action"]) for line in answer.get_json()["audit"]]


def test_the_trail_names_who_did_what_in_order(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.parked(CALLER, 1, NO_EXE, ("a.png", "b.exe"), keep=1)
    endpoint.retry(transfer_id)
    post(endpoint, f"/transfers/{transfer_id}/cancel")
    assert trail(endpoint, transfer_id) == [
        (CALLER, "accepted"),
        ("worker", "round begun"),
        ("worker", "stored"),
        ("worker", "parked"),
        ("worker", "parked"),
        (CALLER, "redriven"),
        (CALLER, "cancelled"),
    ]


def test_the_trail_comes_in_pages(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.stored(CALLER, 1)
    first = endpoint.get(f"/transfers/{transfer_id}/audit", limit=3).get_json()
    rest = endpoint.get(f"/transfers/{transfer_id}/audit", cursor=first["next_cursor"]).get_json()
    assert [line["action"] for line in first["audit"] + rest["audit"]] == [
        "accepted",
        "round begun",
        "stored",
        "settled",
    ]
    assert rest["next_cursor"] is None
    assert endpoint.get(f"/transfers/{transfer_id}/audit", cursor="x").status_code == 400


def test_a_line_says_when_what_and_to_which_file(endpoint: Endpoint, morning: Morning) -> None:
    transfer_id = morning.stored(CALLER, 1)
    [attachment] = endpoint.get(f"/transfers/{transfer_id}").get_json()["attachments"]
    line = endpoint.get(f"/transfers/{transfer_id}/audit").get_json()["audit"][2]
    assert line == {
        "at": "2026-11-22T12:00:03.300Z",
        "actor": "worker",
        "action": "stored",
        "attachment_id": attachment["id"],
        "detail": f"object {attachment['c4c_object_id']}",
    }


def limited(endpoint_parts: dict[str, Any], clock: HandClock, *, rule: dict[str, Any]) -> Endpoint:
    """The API with a callers file of one entry."""
    admission = Admission(
        read_callers({"caller": [rule]}),
        open_transfers=lambda _caller: 0,
        most_open=100,
        free_disk_bytes=lambda: 10**12,
        least_free_disk_bytes=1,
        monotonic_s=clock.now_s,
    )
    return open_endpoint(**endpoint_parts, clock=clock, admission=admission)


@pytest.fixture
def endpoint_parts(engine: sa.Engine, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> dict[str, Any]:
    return {"engine": engine, "keys": keys, "queue": queue, "new_id": new_id}


#: Every request about transfers.
STATUS_REQUESTS = [
    ("GET", "/transfers"),
    ("GET", f"/transfers/{'0' * 32}"),
    ("GET", f"/transfers/{'0' * 32}/audit"),
    ("POST", "/transfers/retry"),
    ("POST", f"/transfers/{'0' * 32}/retry"),
    ("POST", f"/transfers/{'0' * 32}/cancel"),
]


@pytest.mark.parametrize(("method", "path"), STATUS_REQUESTS)
def test_every_request_about_transfers_draws_on_the_callers_own_rate(
    endpoint_parts: dict[str, Any], clock: HandClock, method: str, path: str
) -> None:
    endpoint = limited(endpoint_parts, clock, rule={"name": "*", "status_requests_per_minute": 6})
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}"}
    assert endpoint.http.open(path, method=method, headers=headers).status_code != 429
    answer = endpoint.http.open(path, method=method, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert endpoint.post().status_code == 202


@pytest.mark.parametrize(("method", "path"), STATUS_REQUESTS)
def test_a_caller_that_the_callers_file_does_not_cover_is_403_about_transfers(
    endpoint_parts: dict[str, Any], clock: HandClock, method: str, path: str
) -> None:
    endpoint = limited(endpoint_parts, clock, rule={"name": "*#someone-else"})
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}"}
    answer = endpoint.http.open(path, method=method, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["title"] == "This caller is not known here"
