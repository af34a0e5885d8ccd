"""A tenant answers at a loopback name of its own, and what is guarded stays guarded there."""

from __future__ import annotations

import pytest
from flask import Flask
from parcel_mock import ParcelTenant
from werkzeug.test import Client

from mock_kit.app import WrappedApp
from mock_kit.http.loopback import ORIGIN_KEY, as_reached, label_in, loopback_host, loopback_label

DEFAULT = "default.parcel-counter.localhost"


@pytest.mark.parametrize("name", ["acme", "acme-2", "t0a1b2c3d", "7", "x" * 63])
def test_a_name_that_is_a_label_is_used_as_it_is(name: str) -> None:
    assert loopback_label(name) == name


@pytest.mark.parametrize(
    ("name", "begin"), [("RI", "ri-"), ("a.b", "a-b-"), ("a_b", "a-b-"), ("a-", "a-"), ("x" * 64, "x" * 56 + "-")]
)
def test_any_other_name_gets_digits_of_its_digest(name: str, begin: str) -> None:
    label = loopback_label(name)
    assert label.startswith(begin)
    assert len(label) <= 63
    assert loopback_label(label) == label


def test_names_that_look_alike_have_different_labels() -> None:
    names = ["RI", "ri", "Ri", "r.i", "r_i", "r-i", "x" * 64, "x" * 63, "X" * 64]
    assert len({loopback_label(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("acme.c4c.localhost", "acme"),
        ("ACME.C4C.LOCALHOST:8103", "acme"),
        ("acme.cmi.localhost", None),
        ("c4c.localhost", None),
        ("a.acme.c4c.localhost", None),
        (".c4c.localhost", None),
        ("acme.c4c.localhost.evil.example", None),
        ("acme.c4c.localhost.", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_only_one_label_before_the_mocks_own_name_counts(host: str, label: str | None) -> None:
    assert (label_in(host, "c4c") or None) == label


def test_a_tenant_answers_at_its_loopback_name(client: Client, depot: ParcelTenant) -> None:
    assert client.get("/parcels", headers={"Host": f"{DEFAULT}:8103"}).json == {"count": 0}
    (exchange,) = depot.journal.list()
    assert exchange.host == f"{DEFAULT}:8103"
    assert "kit.loopback-name" in exchange.evidence
    assert depot.evidence_hits()["kit.loopback-name"] == 1


def test_its_own_host_is_served_as_before(client: Client, depot: ParcelTenant) -> None:
    assert client.get("/parcels", headers={"Host": "depot.example"}).status_code == 200
    assert depot.evidence_hits() == {}


@pytest.mark.parametrize(
    "host",
    ["nobody.parcel-counter.localhost", "default.c4c.localhost", "default.localhost", "parcel-counter.localhost"],
)
def test_a_loopback_name_of_no_tenant_is_answered_421(client: Client, host: str) -> None:
    assert client.get("/parcels", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("headers", [{}, {"Origin": f"http://{DEFAULT}"}, {"Sec-Fetch-Site": "same-origin"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_control_is_refused_there(client: Client, method: str, headers: dict[str, str]) -> None:
    answer = client.open("/_mock/tenants", method=method, json={"name": "x"}, headers={"Host": DEFAULT, **headers})
    assert answer.status_code == 403


def test_the_tenants_document_names_it_and_its_keys_do_not(client: Client) -> None:
    document = client.get("/_mock/tenants/default").get_json()
    assert document["loopback_host"] == DEFAULT == loopback_host("default", "parcel counter")
    assert document["keys"] == ["depot.example"]


def test_a_name_whose_label_another_tenant_has_is_refused(client: Client) -> None:
    assert client.post("/_mock/tenants", json={"name": "RI", "host": "one.example"}).status_code == 201
    answer = client.post("/_mock/tenants", json={"name": loopback_label("RI"), "host": "two.example"})
    assert answer.status_code == 409
    assert "'RI'" in answer.get_json()["detail"]
    assert client.post("/_mock/tenants", json={"name": "ri", "host": "two.example"}).status_code == 201


def test_the_name_goes_with_its_tenant(client: Client) -> None:
    client.delete("/_mock/tenants/default")
    assert client.get("/parcels", headers={"Host": DEFAULT}).status_code == 421
    assert client.post("/_mock/tenants", json={"name": "default", "host": "new.example"}).status_code == 201
    assert client.get("/parcels", headers={"Host": DEFAULT}).status_code == 200


def test_a_fault_strikes_there_too(toy: WrappedApp[ParcelTenant], client: Client) -> None:
    fault = {"kind": "status", "params": {"status": 503}, "match": {"host": "default.*"}}
    assert client.post("/_mock/faults", json=fault).status_code == 201
    assert client.get("/parcels", headers={"Host": DEFAULT}).status_code == 503


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("http://acme.cmi.localhost:8102", "http://acme.cmi.localhost:8102/a/b?c=https://cmi.example/x"),
        ("", "https://cmi.example:8443/a/b?c=https://cmi.example/x"),
    ],
)
def test_an_address_begins_with_the_name_by_which_the_caller_came(origin: str, address: str) -> None:
    environ = {ORIGIN_KEY: origin} if origin else {}
    with Flask("test").test_request_context("/", environ_overrides=environ):
        assert as_reached("https://cmi.example:8443/a/b?c=https://cmi.example/x") == address
    assert as_reached("https://cmi.example/a") == "https://cmi.example/a"
