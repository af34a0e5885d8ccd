"""Credentials of requests are compared by keyed fingerprints; no value is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from parcel_mock import ParcelTenant
from werkzeug.test import Client

from mock_kit.edge.refused import RefusedRequests
from mock_kit.journal.credentials import CredentialLog

HOST = {"Host": "depot.example"}
SECRET = "Word-of-Kit-2718!"


def uses_of(client: Client) -> tuple[bytes, list[dict[str, Any]]]:
    """Key and uses, as the control interface returns them."""
    document = client.get("/_mock/credentials?tenant=default").get_json()
    return bytes.fromhex(document["key"]), document["uses"]


def fingerprint(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("headers", "place", "user"),
    [
        (
            {"Authorization": "Basic " + base64.b64encode(f"alice:{SECRET}".encode()).decode()},
            "Authorization: Basic",
            "alice",
        ),
        ({"Authorization": f"Bearer {SECRET}"}, "Authorization: Bearer", None),
        ({"X-Api-Key": SECRET}, "header x-api-key", None),
    ],
)
def test_a_credential_in_a_header_is_recognised_by_who_knows_it(
    client: Client, headers: dict[str, str], place: str, user: str | None
) -> None:
    client.post("/parcels", data=b"x", headers={**HOST, **headers})
    key, uses = uses_of(client)
    [found] = [each for each in uses if each["fingerprint"] == fingerprint(key, SECRET)]
    assert (found["place"], found["user"], found["path"], found["exchange"]) == (place, user, "/parcels", 1)


def test_a_secret_member_of_address_and_body_is_recognised(client: Client) -> None:
    body = json.dumps({"password": SECRET})
    headers = {**HOST, "Content-Type": "application/json"}
    client.post(f"/parcels?api_key={SECRET}", data=body, headers=headers)
    key, uses = uses_of(client)
    places = [each["place"] for each in uses if each["fingerprint"] == fingerprint(key, SECRET)]
    assert places == ["address", "body"]


def test_no_value_is_kept_and_the_key_differs_per_tenant(client: Client, depot: ParcelTenant) -> None:
    client.post("/parcels", data=b"x", headers={**HOST, "X-Api-Key": SECRET})
    assert SECRET not in repr(vars(depot.journal.credentials))
    assert SECRET not in json.dumps(depot.journal.credentials.to_dict())
    assert depot.journal.credentials.fingerprint(SECRET) != hashlib.sha256(SECRET.encode()).hexdigest()


def test_a_cleared_journal_has_no_uses(client: Client, depot: ParcelTenant) -> None:
    client.post("/parcels", data=b"x", headers={**HOST, "X-Api-Key": SECRET})
    depot.journal.clear()
    assert uses_of(client)[1] == []


def test_a_refused_request_leaves_the_fingerprints_of_what_it_carried() -> None:
    refused = RefusedRequests()
    head = f"GET /x HTTP/1.1\r\nHost: nowhere.example\r\nX-Api-Key: {SECRET}\r\n\r\n".encode()
    refused.add(host="nowhere.example", port=443, path="/x", method="GET", head=head)
    [use] = refused.credentials.to_dict()["uses"]
    assert (use["host"], use["status"], use["place"]) == ("nowhere.example", 421, "header x-api-key")
    assert use["fingerprint"] == refused.credentials.fingerprint(SECRET)


def test_each_cookie_is_a_value_of_its_own() -> None:
    log = CredentialLog()
    request = {"exchange": 1, "at": "", "duration_ms": 0.0, "method": "GET", "host": "h", "path": "/", "status": 200}
    log.add(request, [("Cookie", f"a=1; session={SECRET}")], "/", "")
    assert [each["place"] for each in log.to_dict()["uses"]] == ["cookie a", "cookie session"]
    assert log.to_dict()["uses"][1]["fingerprint"] == log.fingerprint(SECRET)
