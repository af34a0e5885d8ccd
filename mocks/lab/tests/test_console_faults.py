"""The Faults page: its form, its catalogue, its scenarios, and what it refuses. No stack is needed for this."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.desk import Hands
from attachment_lab.console.faulting import BadFault, read_form, shown
from attachment_lab.console.playhouse import Act, Playhouse, Stand
from attachment_lab.errors import WrongUse
from attachment_lab.faults.forms import FORMS, catalogue
from attachment_lab.faults.locations import BY_ID
from attachment_lab.scenarios.run import ScenarioContext
from attachment_lab.scenarios.table import SCENARIOS, scenario
from attachment_lab.tenant.credentials import default_tenant
from mock_kit.faultkinds import KINDS, fault_errors

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
PAGE = "/w/acme/faults"


def client_with(**hands: Any) -> FlaskClient:
    return build_app(StackClients(NOWHERE), TENANT, NOWHERE, hands=Hands(**hands)).test_client()


@pytest.fixture
def client() -> FlaskClient:
    return client_with()


def test_every_kind_of_the_kit_has_a_form_with_its_parameters() -> None:
    assert set(FORMS) == set(KINDS)
    for name, kind in KINDS.items():
        assert {field.name for field in FORMS[name].fields} == set(kind.params)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_as_it_opens_is_a_fault_that_can_be_planned(name: str) -> None:
    params = {field.name: _value(field.input, field.default) for field in FORMS[name].fields}
    assert fault_errors(name, None, params) == []


def _value(kind: str, text: str) -> Any:
    if kind in {"whole", "number"}:
        return int(text)
    if kind == "headers":
        return dict(line.split(": ") for line in text.splitlines())
    return text


def test_a_good_form_becomes_a_plan_for_its_place() -> None:
    form = read_form(
        {"place": "upload", "kind": "status", "phase": "after", "params": {"status": 504}, "times": None, "skip": 2},
        fault_proxy=False,
    )
    assert form.place is BY_ID["upload"]
    assert form.plan == {
        "match": {"path": "*Attachment*", "method": "POST"},
        "kind": "status",
        "phase": "after",
        "params": {"status": 504},
        "times": None,
        "skip": 2,
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place": "moon"}, "place"),
        ({"kind": "earthquake"}, "kind"),
        ({"kind": "cut", "params": {"after_bytes": 1}}, "kind"),
        ({"params": {"status": 99}}, "params.status"),
        ({"params": {}}, "params.status"),
        ({"params": []}, "params"),
        ({"phase": "during"}, "phase"),
        ({"times": -1}, "times"),
        ({"times": "often"}, "times"),
        ({"skip": -1}, "skip"),
        ({"expires_in_s": 0}, "expires_in_s"),
        ({"expires_in_s": "soon"}, "expires_in_s"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_mistake_is_named_with_its_field_and_a_remedy(change: dict[str, Any], field: str) -> None:
    good = {"place": "upload", "kind": "status", "params": {"status": 503}}
    with pytest.raises(BadFault) as caught:
        read_form(good | change, fault_proxy=False)
    assert field in {each.field for each in caught.value.errors}
    assert all(each.remedy for each in caught.value.errors)


def test_every_mistake_is_told_at_once(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/faults", json={"place": "moon", "kind": "status", "params": {}, "times": -1})
    assert answer.status_code == 400
    assert {each["field"] for each in answer.get_json()["errors"]} == {"place", "params.status", "times"}


def test_a_fault_that_was_planned_elsewhere_is_told_by_its_match() -> None:
    fault = {
        "id": "f-1",
        "kind": "latency",
        "match": {"path": "/elsewhere", "method": "GET"},
        "phase": "before",
        "params": {"delay_s": 2},
        "applied": 0,
        "remaining": 1,
        "expires_at": None,
        "layer": "app",
    }
    text = shown(fault, "cmi")
    assert (text["where"], text["detail"]) == ("GET /elsewhere", "delay s 2")


def test_the_catalogue_says_whether_the_wire_can_break() -> None:
    assert client_with().get(f"{PAGE}/api/catalogue").get_json()["fault_proxy"] is False
    text = client_with(fault_proxy=True).get(f"{PAGE}/api/catalogue").get_json()
    assert text["fault_proxy"] is True
    assert {each["kind"] for each in text["kinds"]} == set(KINDS) == {each["kind"] for each in catalogue()}


def test_the_page_shows_every_scenario_and_why_one_cannot_be_played(client: FlaskClient) -> None:
    page = client.get(f"{PAGE}/").text
    for each in SCENARIOS:
        assert each.title in page
    assert "attachment-lab up --fault-proxy" in page
    assert "It kills the worker, which does not run on this machine" in page
    assert "so its clock stays on the wall" in page


def test_no_secret_is_on_the_page(client: FlaskClient) -> None:
    page = client.get(f"{PAGE}/").text + client.get("/w/acme/report/").text + client.get("/w/acme/chain/").text
    assert [what for what, secret in TENANT.guarded().items() if secret in page] == []


def test_a_scenario_that_this_stack_cannot_play_is_refused_with_what_would_help(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/scenarios/download-cut", json={})
    assert answer.status_code == 409
    assert "--fault-proxy" in answer.get_json()["detail"]


def test_an_unknown_scenario_is_404_with_those_there_are(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/scenarios/earthquake", json={})
    assert answer.status_code == 404
    assert "c4c-down" in answer.get_json()["detail"]


@pytest.mark.parametrize("seconds", [0, -1, "soon", None, True, 604_801, float("nan")])
def test_the_clock_takes_only_seconds_above_0_up_to_a_week(client: FlaskClient, seconds: object) -> None:
    answer = client.post(f"{PAGE}/api/clock", json={"seconds": seconds})
    assert answer.status_code == 400


def test_the_services_clock_stays_where_it_cannot_be_reached(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/clock", json={"seconds": 60, "all": True})
    assert answer.status_code == 409
    assert "cannot be moved from here" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "faults/api/scenarios/gone"), ("POST", "faults/api/clock"), ("POST", "chain/api/retry/x")],
)
def test_a_foreign_form_can_press_no_button(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(f"/w/acme/{path}", method=method, data={"a": "b"}).status_code == 415


def test_a_run_that_cannot_begin_ends_with_a_reason_and_not_with_silence() -> None:
    """The stack is down: the thread ends, and the page is told."""
    reconciliation = build_app(StackClients(NOWHERE), TENANT, NOWHERE).extensions["desks"].get("acme").reconciliation
    house = Playhouse(lambda: ScenarioContext(reconciliation=reconciliation))
    house.start(scenario("file-gone"))
    for _ in range(1000):
        if house.stand.act is None:
            break
        _pause()
    result = house.stand.results["file-gone"]
    assert not result.ok
    assert "is the stack up?" in (result.trouble or "")


def test_only_one_scenario_plays_at_a_time() -> None:
    reconciliation = build_app(StackClients(NOWHERE), TENANT, NOWHERE).extensions["desks"].get("acme").reconciliation
    house = Playhouse(lambda: ScenarioContext(reconciliation=reconciliation))
    with house._lock:
        house._stand = Stand(act=Act(id="file-gone"))
    with pytest.raises(WrongUse, match="playing already"):
        house.start(scenario("file-gone"))


def _pause() -> None:
    threading.Event().wait(0.01)
