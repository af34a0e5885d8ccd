"""The suite that every mock runs, on the toy; and what only the kit has to prove."""

from __future__ import annotations

from typing import Any

import pytest
from parcel_mock import ParcelTenant
from werkzeug.test import Client

from mock_kit.app import WrappedApp
from mock_kit.evidence import Evidence, EvidenceBook
from mock_kit.tenants import MockTenant, NameTaken, Tenants
from mock_kit.testing import ControlSuite


class TestControl(ControlSuite):
    @pytest.fixture
    def mock_client(self, toy: WrappedApp[ParcelTenant]) -> Client:
        return toy.test_client()

    @pytest.fixture
    def data_request(self) -> dict[str, Any]:
        return {"method": "GET", "path": "/parcels", "headers": {"Host": "depot.example"}}

    @pytest.fixture
    def other_tenant(self) -> dict[str, Any]:
        return {"name": "other", "host": "other.example"}


def test_a_tenant_is_described_with_its_keys_and_dialect(client: Client) -> None:
    body = {"name": "w2", "host": "w2.example", "dialect": {"greeting": "moin"}}
    created = client.post("/_mock/tenants", json=body)
    assert created.headers["Location"] == "/_mock/tenants/w2"
    described = {
        "name": "w2",
        "keys": ["w2.example"],
        "loopback_host": "w2.parcel-counter.localhost",
        "dialect": {"greeting": "moin"},
        "ids_seed": "w2",
        "busy": 0,
    }
    assert created.get_json() == described


def test_a_switch_that_does_not_exist_is_refused_with_the_known_ones(client: Client) -> None:
    response = client.post("/_mock/dialect", json={"greting": "hi"})
    assert response.status_code == 422
    assert response.get_json()["errors"][0]["expected"] == "one of greeting"


def test_a_switch_is_changed_in_one_tenant(client: Client, depot: ParcelTenant) -> None:
    client.post("/_mock/dialect", json={"greeting": "hi"})
    assert depot.dialect == {"greeting": "hi"}
    assert client.get("/_mock/dialect").get_json()["defaults"] == {"greeting": "hello"}


@pytest.mark.parametrize("name", ["", "../up", "a/b", None, 5, "x" * 65])
def test_a_tenant_needs_a_proper_name(client: Client, name: Any) -> None:
    response = client.post("/_mock/tenants", json={"name": name, "host": "h"})
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "name"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"'])
def test_a_body_that_is_no_object_is_refused(client: Client, body: bytes) -> None:
    response = client.post("/_mock/faults", data=body, content_type="application/json")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


def test_a_key_that_is_taken_leaves_nothing_behind() -> None:
    tenants: Tenants[Any] = Tenants()
    one, two = object.__new__(MockTenant), object.__new__(MockTenant)
    one.name, two.name = "one", "two"
    tenants.add(one, ["a", "b"])
    with pytest.raises(NameTaken, match="one"):
        tenants.add(two, ["c", "b"])
    assert (tenants.names(), tenants.find("c")) == (["one"], None)


def test_the_journal_is_read_on_page_by_page(client: Client) -> None:
    for _ in range(5):
        client.get("/parcels", headers={"Host": "depot.example"})
    first = client.get("/_mock/journal?since=0&limit=3").get_json()
    rest = client.get(f"/_mock/journal?since={first['last_id']}").get_json()
    none = client.get(f"/_mock/journal?since={rest['last_id']}").get_json()
    assert [one["id"] for one in first["exchanges"] + rest["exchanges"]] == [1, 2, 3, 4, 5]
    assert none == {"exchanges": [], "last_id": 5}


@pytest.mark.parametrize("query", ["since=x", "limit=-1", "limit=1.5"])
def test_a_journal_query_that_is_no_number_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/_mock/journal?{query}").status_code == 400


def test_one_exchange_is_found_by_its_id(client: Client) -> None:
    client.get("/parcels", headers={"Host": "depot.example"})
    assert client.get("/_mock/journal/1").get_json()["url"] == "/parcels"
    assert client.get("/_mock/journal/2").status_code == 404


def test_faults_are_removed_one_by_one_and_all_at_once(client: Client) -> None:
    ids = [client.post("/_mock/faults", json={"kind": "garbage"}).get_json()["id"] for _ in range(3)]
    assert client.delete(f"/_mock/faults/{ids[0]}").status_code == 204
    assert client.delete(f"/_mock/faults/{ids[0]}").status_code == 404
    assert client.delete("/_mock/faults").status_code == 204
    assert client.get("/_mock/faults").get_json() == {"faults": []}


def test_a_fault_id_in_use_is_refused(client: Client) -> None:
    bodies = [{"kind": "garbage", "id": "mine"}] * 2
    assert [client.post("/_mock/faults", json=body).status_code for body in bodies] == [201, 409]


def test_a_wire_fault_says_that_it_needs_the_fault_proxy(client: Client) -> None:
    planned = client.post("/_mock/faults", json={"kind": "lost_answer"}).get_json()
    assert planned["fault_proxy"] == {"needed": True, "port": None}
    assert planned["warning"].startswith("lost_answer cannot strike: this mock has no fault proxy")
    assert client.get("/_mock/faults").get_json()["faults"][0]["warning"] == planned["warning"]


def test_reset_empties_the_mocks_own_state_and_keeps_its_host(client: Client, depot: ParcelTenant) -> None:
    client.post("/parcels", data=b"x", headers={"Host": "depot.example"})
    path = depot.parcels[0].path
    client.post("/_mock/reset")
    assert (depot.parcels, path.exists()) == ([], False)
    assert client.get("/parcels", headers={"Host": "depot.example"}).get_json() == {"count": 0}


@pytest.mark.parametrize(
    ("path", "body"), [("clock", {"advance_s": 1}), ("dialect", {"greeting": "hi"}), ("reset", {})]
)
def test_a_tenant_is_notified_of_every_setting_that_control_changes(
    client: Client, depot: ParcelTenant, monkeypatch: pytest.MonkeyPatch, path: str, body: Any
) -> None:
    notified: list[tuple[float, Any]] = []

    def notify() -> None:
        notified.append((depot.clock.offset_s, depot.dialect["greeting"]))

    monkeypatch.setattr(depot, "settings_changed", notify)
    client.post(f"/_mock/{path}", json=body)
    assert notified == [(body.get("advance_s", 0), body.get("greeting", "hello"))]


def test_a_tenant_is_notified_of_its_end(client: Client, depot: ParcelTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    notified: list[str] = []
    monkeypatch.setattr(depot, "removed", lambda: notified.append("removed"))
    client.delete("/_mock/tenants/default")
    assert notified == ["removed"]


def test_an_unknown_control_path_is_a_problem(client: Client) -> None:
    for response in (client.get("/_mock/nothing"), client.post("/_mock/health")):
        assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_evidence_cannot_mean_two_things() -> None:
    book = EvidenceBook((Evidence("a", "It does.", "documented", "page"),))
    book.register(Evidence("a", "It does.", "documented", "page"))
    with pytest.raises(ValueError, match="twice"):
        book.register(Evidence("a", "It does not.", "documented", "page"))
    with pytest.raises(ValueError, match="label"):
        book.register(Evidence("b", "It does.", "rumoured", "page"))  # type: ignore[arg-type]


def test_touching_an_unregistered_behaviour_is_an_error() -> None:
    with pytest.raises(KeyError):
        EvidenceBook().touch("nothing")
