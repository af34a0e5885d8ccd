"""Changes, tokens, credentials and pace: each with an example that keeps the rule and one that breaks it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path

import pytest

from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.reading import kept_secrets
from attachment_lab.reconciliation.records import C4cFile, ChainRecords, DeliveryRecord, Violation
from attachment_lab.reconciliation.traffic import (
    ChangeRecord,
    CredentialRecord,
    NeighbourRequest,
    changes_from,
    credentials_from,
    requests_from,
)
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.tenant.service_api import TransferRecord

CHAT = "5AB6E20342A6EE11B3ED58961D1810CC"
ACTIVITY = "A" * 32
SOUND = ChainRecords(transfers=None, technical_user="v1user")
CHANGE = ChangeRecord(exchange=4, method="DELETE", path="ChatActivityAttachmentCollection('O1')", user="v1user")
USE = CredentialRecord(
    mock="cmi",
    exchange=3,
    method="GET",
    host="cmi.example",
    path="/acme/cmi/chats",
    begun_s=100.0,
    ended_s=101.0,
    status=200,
    place="Authorization: Basic",
    user="transcript.user",
    fingerprint="f1",
    secret="the CMI password",
    owner="cmi",
)
REQUEST = NeighbourRequest(
    mock="c4c", exchange=7, method="POST", path="/upload", begun_s=100.0, ended_s=101.0, status=201, user="v1user"
)
REFUSED = DeliveryRecord(id="D1", event_id="E1", event="Ended", chat=CHAT, state="failed", status=401)


def found(**members: object) -> list[Violation]:
    """The violations of these records."""
    return list(judge(replace(SOUND, **members)).violations)  # type: ignore[arg-type]  # members by name


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "MERGE"])
@pytest.mark.parametrize("in_batch", [False, True])
def test_a_change_by_the_technical_user_is_red(method: str, in_batch: bool) -> None:
    [violation] = found(changes=(replace(CHANGE, method=method, in_batch=in_batch),))
    assert (violation.invariant, violation.hop) == ("no change", "service → C4C")
    assert f"sent {method} {'inside a $batch ' if in_batch else ''}(exchange 4" in violation.fact


def test_a_change_by_another_user_is_no_matter() -> None:
    assert found(changes=(replace(CHANGE, user="CHRIS.COLLEAGUE"),)) == []


def test_a_change_is_read_from_the_notes_of_c4cs_mock() -> None:
    notes = [
        {"level": "info", "code": "change", "message": "v1user: $batch: DELETE ChatActivityCollection('A')"},
        {"level": "info", "code": "sign_in", "message": "v1user: DELETE x"},
    ]
    [change] = changes_from([{"id": 9, "notes": notes}])
    assert (change.user, change.method, change.in_batch, change.exchange) == ("v1user", "DELETE", True, 9)


@pytest.mark.parametrize(
    ("method", "headers"), [("DELETE", {}), ("POST", {"X-HTTP-Method": "MERGE"}), ("POST", {"X-HTTP-Method": "DELETE"})]
)
def test_a_change_that_was_refused_before_it_left_a_note_counts_too(method: str, headers: dict[str, str]) -> None:
    exchange = {"id": 9, "method": method, "url": "/x?y=1", "request_headers": headers, "notes": []}
    [change] = changes_from([exchange], {9: "v1user"})
    assert (change.method, change.path, change.user) == (headers.get("X-HTTP-Method", "DELETE"), "/x", "v1user")
    assert list(changes_from([exchange])) == []
    assert list(changes_from([exchange | {"method": "GET", "request_headers": {}}], {9: "v1user"})) == []


@pytest.mark.parametrize(
    ("flaw", "what"), [("token_expired", "an expired token"), ("token_unsigned", "an unsigned token")]
)
def test_a_token_that_was_accepted_although_it_must_be_refused_is_red(flaw: str, what: str) -> None:
    taken = replace(REFUSED, state="delivered", status=202, token_flaw=flaw)
    [violation] = found(deliveries=(taken,))
    assert (violation.invariant, violation.hop) == ("tokens", "Contact Pro → service")
    assert violation.fact == f"event Ended came with {what} and was answered 202, not 401"


@pytest.mark.parametrize("flaw", [None, "token_revoked", "token_without_key_id"])
def test_a_token_that_may_be_accepted_is_no_matter(flaw: str | None) -> None:
    assert found(deliveries=(replace(REFUSED, state="delivered", status=202, token_flaw=flaw),)) == []


def test_a_refused_event_that_starts_a_request_is_red() -> None:
    asked = replace(REQUEST, mock="cmi", act="history", chat=CHAT, exchange=12)
    violations = found(deliveries=(REFUSED,), requests=(asked,))
    [violation] = [each for each in violations if each.invariant == "tokens"]
    assert violation.hop == "CMI → service"
    assert "refused with 401, yet the service asked CMI for this chat (exchange 12 of the cmi mock)" in violation.fact


def test_a_refused_event_that_leaves_an_object_is_red() -> None:
    stored = C4cFile(object_id="O1", external_reference=CHAT, name="a.txt", size_bytes=1, sha256="aa")
    violations = found(deliveries=(REFUSED,), objects=(stored,))
    assert "yet C4C holds object O1" in next(each.fact for each in violations if each.invariant == "tokens")


def test_a_refused_event_that_is_redelivered_may_start_all() -> None:
    asked = replace(REQUEST, mock="cmi", act="history", chat=CHAT)
    again = replace(REFUSED, id="D2", state="delivered", status=202)
    assert found(deliveries=(REFUSED, again), requests=(asked,)) == []


@pytest.mark.parametrize(
    ("use", "where"),
    [
        (replace(USE, mock="c4c"), "to C4C"),
        (replace(USE, mock="edge", host="evil.example"), "to evil.example, which no tenant of this stack has"),
        (replace(USE, path="/objects/0123"), "to the object store"),
    ],
)
def test_a_secret_that_goes_to_another_is_red(use: CredentialRecord, where: str) -> None:
    [violation] = found(credentials=(use, use))
    assert violation.invariant == "credentials"
    assert violation.fact.startswith(f"the CMI password was sent {where}")
    assert "Authorization: Basic" in violation.fact


def test_a_secret_that_goes_to_its_owner_is_no_matter() -> None:
    assert found(credentials=(USE, replace(USE, secret=None, owner=None, mock="edge"))) == []


def test_a_credential_that_is_tried_again_after_401_is_red() -> None:
    first = replace(USE, status=401)
    second = replace(first, exchange=5, begun_s=160.0, ended_s=161.0)
    [violation] = found(credentials=(first, second))
    assert violation.invariant == "credentials"
    assert violation.fact == (
        "the credential of user transcript.user was answered 401 and tried again: 2 times (exchanges 3, 5)"
    )


@pytest.mark.parametrize(
    "second",
    [
        replace(USE, status=401, fingerprint="f2", begun_s=160.0),
        replace(USE, status=401, begun_s=2_000.0),
        replace(USE, status=401, begun_s=100.5),
        replace(USE, status=200, begun_s=160.0),
    ],
    ids=["another credential", "after half an hour", "at the same time", "accepted"],
)
def test_a_second_try_that_is_permitted_is_no_matter(second: CredentialRecord) -> None:
    assert found(credentials=(replace(USE, status=401), second)) == []


@pytest.mark.parametrize(("after_s", "is_early"), [(3.0, True), (28.0, True), (30.0, False), (60.0, False)])
def test_a_request_before_the_time_of_retry_after_is_red(after_s: float, *, is_early: bool) -> None:
    busy = replace(REQUEST, status=503, retry_after_s=131.0)
    again = replace(REQUEST, exchange=8, begun_s=101.0 + after_s, ended_s=140.0)
    violations = found(requests=(busy, again))
    assert bool(violations) is is_early
    if is_early:
        assert violations[0].invariant == "pace"
        assert "C4C answered 503 with Retry-After, 30 seconds (exchange 7 of the c4c mock)" in violations[0].fact


def test_another_path_or_method_need_not_wait() -> None:
    busy = replace(REQUEST, status=429, retry_after_s=131.0)
    others = (replace(REQUEST, path="/other", begun_s=105.0), replace(REQUEST, method="GET", begun_s=106.0))
    assert found(requests=(busy, *others)) == []


def test_a_worker_that_takes_over_from_a_frozen_one_may_meet_its_lock() -> None:
    frozen = replace(REQUEST, act="upload", activity_id=ACTIVITY, ended_s=160.0)
    refused = replace(frozen, exchange=8, begun_s=110.0, ended_s=110.1, status=400)
    assert found(requests=(frozen, refused)) == []
    assert found(requests=(frozen, replace(refused, begun_s=101.0, ended_s=101.1))) != []
    assert found(requests=(frozen, replace(refused, status=201))) != []


def test_two_uploads_to_one_activity_at_the_same_time_are_red() -> None:
    first = replace(REQUEST, act="upload", activity_id=ACTIVITY)
    second = replace(first, exchange=8, begun_s=100.5, ended_s=101.5)
    [violation] = found(requests=(second, first))
    assert violation.fact == ("two uploads to one activity at the same time: exchange 7 of the c4c mock and exchange 8")
    assert found(requests=(first, replace(second, begun_s=101.0))) == []
    assert found(requests=(first, replace(second, activity_id="B" * 32))) == []
    assert found(requests=(replace(first, is_faulty=True), second)) == []


def test_secrets_that_stay_when_a_transfer_has_ended_are_red() -> None:
    [violation] = found(kept_secrets=("T1",))
    assert (violation.invariant, violation.file) == ("secrecy", "transfer T1")


def test_a_database_that_is_not_our_services_shows_no_kept_secret(tmp_path: Path) -> None:
    (tmp_path / "service.db").write_bytes(b"not a database at all, but long enough to be read as one" * 9)
    ended = TransferRecord(id="T1", chat=CHAT, state="settled")
    assert list(kept_secrets(tmp_path, [ended])) == []
    assert list(kept_secrets(None, [ended])) == []


@pytest.mark.parametrize(
    ("value", "until_s"), [("30", 131.0), ("Thu, 01 Jan 1970 00:05:00 GMT", 300.0), ("", None), ("soon", None)]
)
def test_retry_after_is_read_as_seconds_and_as_a_date(value: str, until_s: float | None) -> None:
    exchange = {
        "id": 7,
        "method": "GET",
        "url": "/chats?x=1",
        "at": "1970-01-01T00:01:40.000Z",
        "duration_ms": 1000.0,
        "status": 503,
        "response_headers": {"Retry-After": value},
        "response": {"complete": True},
        "fault": None,
    }
    [request] = requests_from("orchestration", [exchange], {7: "alice"})
    assert (request.path, request.user, request.retry_after_s) == ("/chats", "alice", until_s)


def test_a_fingerprint_names_the_secret_and_its_owner() -> None:
    names, key = default_tenant(), b"k" * 32
    value = names.cmi_password
    use = {
        "exchange": 1,
        "at": "1970-01-01T00:01:40.000Z",
        "duration_ms": 0.0,
        "method": "GET",
        "host": "h",
        "path": "/",
        "status": 200,
        "place": "header x-odd",
        "user": None,
        "fingerprint": hmac.new(key, value.encode(), hashlib.sha256).hexdigest(),
    }
    [record] = credentials_from("c4c", {"key": key.hex(), "uses": [use]}, names.secrets_by_owner())
    assert (record.secret, record.owner) == ("the CMI password", "cmi")
    assert value not in repr(record)


def test_a_value_that_two_neighbours_share_is_not_judged() -> None:
    names = default_tenant()
    shared = replace(names, c4c_password=names.cmi_password)
    assert "the CMI password" not in shared.secrets_by_owner()
    assert "the CMI API key" in shared.secrets_by_owner()
