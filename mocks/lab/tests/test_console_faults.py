"""The Faults page: its form, its catalogue, its scenarios, and what it refuses. No stack is needed for this."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.forms.fault_form import InvalidFault, read_form, shown
from attachment_lab.console.session.scenario_runner import ScenarioRunner
from attachment_lab.console.session.tenant_session import StackControl
from attachment_lab.errors import WrongUse
from attachment_lab.faults.forms import FORMS, catalogue
from attachment_lab.faults.locations import BY_ID
from attachment_lab.matrix.declared import declared_cells
from attachment_lab.matrix.play import MatrixRun
from attachment_lab.matrix.results import CellResult
from attachment_lab.scenarios.model import Scenario, ScenarioResult
from attachment_lab.scenarios.run import ScenarioContext
from attachment_lab.scenarios.table import SCENARIOS, scenario
from attachment_lab.tenant.credentials import default_tenant
from mock_kit.faults.kinds import KINDS, fault_errors

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
PAGE = f"/w/{TENANT.name}/faults"


def client_with(**control: Any) -> FlaskClient:
    return build_app(StackClients(NOWHERE), TENANT, NOWHERE, control=StackControl(**control)).test_client()


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


def test_a_good_form_becomes_a_plan_for_its_location() -> None:
    form = read_form(
        {"location": "upload", "kind": "status", "phase": "after", "params": {"status": 504}, "times": None, "skip": 2},
        fault_proxy=False,
    )
    assert form.location is BY_ID["upload"]
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
        ({"location": "moon"}, "location"),
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
def test_a_wrong_field_is_named_with_a_remedy(change: dict[str, Any], field: str) -> None:
    good = {"location": "upload", "kind": "status", "params": {"status": 503}}
    with pytest.raises(InvalidFault) as caught:
        read_form(good | change, fault_proxy=False)
    assert field in {each.field for each in caught.value.errors}
    assert all(each.remedy for each in caught.value.errors)


def test_all_wrong_fields_are_named_at_once(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/faults", json={"location": "moon", "kind": "status", "params": {}, "times": -1})
    assert answer.status_code == 400
    assert {each["field"] for each in answer.get_json()["errors"]} == {"location", "params.status", "times"}


def test_a_fault_that_was_planned_elsewhere_is_described_by_its_match() -> None:
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
    view = shown(fault, "cmi")
    assert (view["where"], view["detail"]) == ("GET /elsewhere", "delay s 2")


def test_the_catalogue_says_whether_the_wire_can_break() -> None:
    assert client_with().get(f"{PAGE}/api/catalogue").get_json()["fault_proxy"] is False
    found = client_with(fault_proxy=True).get(f"{PAGE}/api/catalogue").get_json()
    assert found["fault_proxy"] is True
    assert {each["kind"] for each in found["kinds"]} == set(KINDS) == {each["kind"] for each in catalogue()}


def test_the_page_shows_every_scenario_and_why_one_cannot_be_played(client: FlaskClient) -> None:
    page = " ".join(client.get(f"{PAGE}/").text.split())
    for each in SCENARIOS:
        assert each.title in page
    assert "attachment-lab up --fault-proxy" in page
    assert "It kills the worker, which does not run on this machine" in page
    assert "so its clock stays on this machine’s time" in page


def test_no_secret_is_on_the_page(client: FlaskClient) -> None:
    page = (
        client.get(f"{PAGE}/").text
        + client.get(f"/w/{TENANT.name}/report/").text
        + client.get(f"/w/{TENANT.name}/chain/").text
    )
    assert [what for what, secret in TENANT.guarded().items() if secret in page] == []


def test_a_scenario_that_this_stack_cannot_play_is_refused_with_a_remedy(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/scenarios/download-cut", json={})
    assert answer.status_code == 409
    assert "--fault-proxy" in answer.get_json()["detail"]


def test_an_unknown_scenario_is_404_with_the_known_ones(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/scenarios/earthquake", json={})
    assert answer.status_code == 404
    assert "c4c-down" in answer.get_json()["detail"]


@pytest.mark.parametrize("seconds", [0, -1, "soon", None, True, 604_801, float("nan")])
def test_the_clock_takes_only_seconds_above_0_up_to_a_week(client: FlaskClient, seconds: object) -> None:
    answer = client.post(f"{PAGE}/api/clock", json={"seconds": seconds})
    assert answer.status_code == 400


def test_the_clock_of_a_service_elsewhere_cannot_be_moved(client: FlaskClient) -> None:
    answer = client.post(f"{PAGE}/api/clock", json={"seconds": 60, "all": True})
    assert answer.status_code == 409
    assert "cannot be moved from here" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "faults/api/scenarios/gone"), ("POST", "faults/api/clock"), ("POST", "chain/api/retry/x")],
)
def test_a_foreign_form_can_press_no_button(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(f"/w/{TENANT.name}/{path}", method=method, data={"a": "b"}).status_code == 415


def runner_without_a_stack(**options: Any) -> ScenarioRunner:
    sessions = build_app(StackClients(NOWHERE), TENANT, NOWHERE).extensions["tenant_sessions"]
    context = ScenarioContext(reconciliation=sessions.get(TENANT.name).reconciliation)
    return ScenarioRunner(lambda: context, **options)


def test_a_scenario_that_cannot_begin_ends_with_a_reason() -> None:
    """The stack is down: the thread ends, and the page shows why."""
    runner = runner_without_a_stack()
    runner.start(scenario("file-gone"))
    assert runner.wait(timeout_s=60)
    result = runner.state.results["file-gone"]
    assert not result.ok
    assert "is the stack up?" in (result.trouble or "")


def test_only_one_scenario_plays_at_a_time() -> None:
    release = threading.Event()

    def play_until_released(wanted: Scenario, *_: object) -> ScenarioResult:
        release.wait(60)
        return ScenarioResult(scenario=wanted)

    runner = runner_without_a_stack(play=play_until_released)
    runner.start(scenario("file-gone"))
    with pytest.raises(WrongUse, match="playing already"):
        runner.start(scenario("file-gone"))
    release.set()
    assert runner.wait(timeout_s=60)
    assert runner.state.playing is None


def test_the_matrix_below_shows_every_cell_with_words_and_is_linked(client: FlaskClient) -> None:
    assert 'href="/w/acme/faults/matrix/"'.replace("acme", TENANT.name) in client.get(f"{PAGE}/").text
    page = client.get(f"{PAGE}/matrix/").text
    cells = [cell for cell, _ in declared_cells()]
    assert page.count('class="mark" role="img"') == len(cells)
    assert "first attempt: parked:access-denied" in page
    assert f"<dd>{len(cells):,}</dd>" in page
    assert 'aria-current="page"' in page


def test_the_matrix_names_a_cell_that_failed(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = CellResult(cell="c4c-upload/reset/first", family="wire", declared="retried", found="stored", doubled=1)
    run = MatrixRun(at="2026-11-30", results=(failed,))
    monkeypatch.setattr("attachment_lab.console.pages.faults.known_run", lambda: run)
    page = client.get(f"{PAGE}/matrix/").text
    assert "<code>c4c-upload/reset/first</code> declared retried, found stored" in page
    assert 'data-tone="failed"' in page
