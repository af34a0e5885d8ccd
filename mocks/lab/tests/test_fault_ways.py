"""Faults are planned by the CLI, by the console and by the pytest plugin; each way says what the mock says."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from attachment_lab.__main__ import run
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.forms.fault_form import planned
from attachment_lab.console.session.tenant_session import StackControl
from attachment_lab.faults.forms import FORMS
from attachment_lab.faults.locations import BY_ID, kinds_at
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import ready_file
from attachment_lab.stack.commands import PROXY_BYPASSED, mock
from attachment_lab.stack.ports import Ports
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.testing.lab import FaultHasNoEffect, Lab, LabTenant
from mock_kit.faults.kinds import KINDS
from mock_kit.testing import MockProcess, running_mock

TENANT = default_tenant()
OF = {"tenant": TENANT.name}
ERROR = {"error": {"code": "X/1", "message": {"lang": "de", "value": "Objekt gesperrt"}}}


@dataclass(frozen=True)
class Cmi:
    """A CMI mock that stands for all three, and a stack file that leads to it."""

    process: MockProcess
    file: Path
    urls: dict[str, str]

    def faults(self) -> list[dict[str, Any]]:
        text = httpx.get(f"{self.process.url}/_mock/faults", params=OF).json()
        return list(text["faults"])

    def asked(self) -> httpx.Response:
        """A download's address, as the service would ask for it."""
        url = f"{self.process.url}/{TENANT.tenant_path}/cmi/chats/{'A' * 32}/attachments/{'B' * 32}"
        return httpx.get(url, headers={"Host": TENANT.cmi_host})


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cmi]:
    folder = tmp_path_factory.mktemp("ways")
    with running_mock("cmi_mock", folder / "data", "--fault-proxy-bypassed", PROXY_BYPASSED) as process:
        order = {
            "name": TENANT.name,
            "host": TENANT.cmi_host,
            "tenant_path": TENANT.tenant_path,
            "api_key": TENANT.api_key,
            "user": TENANT.cmi_user,
            "password": TENANT.cmi_password,
        }
        httpx.post(f"{process.url}/_mock/tenants", json=order).raise_for_status()
        urls = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), process.url)
        replace_json(
            folder / "stack.json",
            ready_file.stack_json(RunningStack(urls=urls, tenants={TENANT.name: TENANT}, default=TENANT.name)),
        )
        yield Cmi(process, folder / "stack.json", urls)


@pytest.fixture
def cmi(started: Cmi) -> Cmi:
    httpx.delete(f"{started.process.url}/_mock/faults", params=OF).raise_for_status()
    return started


def command(cmi: Cmi, *words: str) -> int:
    return run(["fault", *words, "--stack", str(cmi.file)])


def test_a_json_body_is_planned_by_the_command_and_sent_as_json(cmi: Cmi, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(cmi, "add", "cmi", "status", "status=400", f"body={json.dumps(ERROR)}") == 0
    assert "is planned in cmi" in capsys.readouterr().out
    answer = cmi.asked()
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()) == (400, "application/json", ERROR)


def test_a_text_that_reads_as_json_stays_the_text_that_the_parameter_wants(cmi: Cmi) -> None:
    assert command(cmi, "add", "cmi", "json_error", "message=123") == 0
    assert cmi.asked().json() == {"message": "123"}


@pytest.mark.parametrize("times", ["0", "1"])
def test_times_0_of_the_command_means_until_cleared(cmi: Cmi, times: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(cmi, "add", "cmi", "status", "status=503", "--times", times) == 0
    struck = [cmi.asked().status_code == 503 for _ in range(3)]
    assert struck == ([True] * 3 if times == "0" else [True, False, False])
    capsys.readouterr()
    assert command(cmi, "list") == 0
    assert ("until cleared" in capsys.readouterr().out) is (times == "0")
    assert command(cmi, "clear") == 0
    assert cmi.asked().status_code != 503


def test_the_command_says_that_a_wire_fault_has_no_effect(cmi: Cmi, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(cmi, "add", "cmi", "close_delimited", "--json") == 0
    text = capsys.readouterr()
    assert json.loads(text.out)["warning"] == f"close_delimited cannot strike: {PROXY_BYPASSED}"
    assert "cannot strike" in text.err
    assert command(cmi, "list") == 0
    assert "cannot strike" in capsys.readouterr().err
    assert command(cmi, "add", "cmi", "status", "status=503") == 0
    assert "cannot strike" not in capsys.readouterr().err


def test_a_parameter_that_does_not_fit_is_named_by_the_command(cmi: Cmi, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(cmi, "add", "cmi", "packed", "damage=slightly") != 0
    assert "params.damage" in capsys.readouterr().err
    assert cmi.faults() == []


def _sample(kind: str) -> list[str]:
    return [f"{field.name}={field.default}" for field in FORMS[kind].fields if field.default]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_planned_by_the_command(cmi: Cmi, kind: str) -> None:
    assert command(cmi, "add", "cmi", kind, *_sample(kind)) == 0
    assert [each["kind"] for each in cmi.faults()] == [kind]


@pytest.mark.parametrize("kind", kinds_at(BY_ID["download"]))
def test_every_kind_can_be_planned_on_the_page(cmi: Cmi, kind: str) -> None:
    """As the form opens. The page offers wire faults only where the service passes the fault proxies."""
    client = build_app(StackClients(cmi.urls), TENANT, cmi.urls, control=StackControl(fault_proxy=True)).test_client()
    params = {field.name: _typed(field.input, field.default) for field in FORMS[kind].fields}
    form = {"location": "download", "kind": kind, "params": params, "times": 0}
    answer = client.post("/w/acme/faults/api/faults", json=form)
    assert answer.status_code == 201, answer.text
    (message,) = cmi.faults()
    assert (message["kind"], message["times"], message["match"]["path"]) == (kind, None, "*/attachments/*")
    assert answer.get_json()["warning"] == message.get("warning", "")


def _typed(kind: str, text: str) -> Any:
    if kind in {"whole", "number"}:
        return int(text)
    return {} if kind == "headers" else text


def test_the_page_shows_that_a_fault_planned_elsewhere_has_no_effect(cmi: Cmi) -> None:
    command(cmi, "add", "cmi", "cut", "after_bytes=10")
    shown = planned(Reconciliation(StackClients(cmi.urls), TENANT))
    assert {each["warning"] for each in shown} == {f"cut cannot strike: {PROXY_BYPASSED}"}


@pytest.mark.parametrize(("fault_proxy", "has_warning"), [(True, False), (False, True)])
def test_a_mock_knows_whether_the_service_passes_the_proxies(
    tmp_path: Path, fault_proxy: bool, has_warning: bool
) -> None:
    arguments = mock("cmi", Ports.fixed(8100), tmp_path, fault_proxy=fault_proxy).arguments
    assert ("--fault-proxy-bypassed" in arguments) is has_warning


class _Lab:
    """As much of a lab as planning a fault needs."""

    def __init__(self, cmi: Cmi, folder: Path) -> None:
        clients = StackClients(cmi.urls)
        reconciliation = staticmethod(lambda names: Reconciliation(clients, names, run_dir=folder))
        self.stack = type("Stack", (), {"clients": clients, "reconciliation": reconciliation})()


@pytest.fixture
def tenant(cmi: Cmi, tmp_path: Path) -> LabTenant:
    return LabTenant(cast("Lab", _Lab(cmi, tmp_path)), TENANT)


def test_the_plugin_warns_of_a_wire_fault_without_effect(tenant: LabTenant) -> None:
    with pytest.warns(FaultHasNoEffect, match="attachment-lab up --fault-proxy"):
        fault = tenant.fault(mock="cmi", kind="drip", bytes_per_s=1, part="head")
    assert fault.warning.startswith("drip cannot strike")


@pytest.mark.parametrize("times", [0, None])
def test_the_plugin_plans_until_removed_with_0_and_none(cmi: Cmi, tenant: LabTenant, times: int | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FaultHasNoEffect)
        fault = tenant.fault(mock="cmi", kind="status", times=times, status=400, body=ERROR)
    assert fault.warning == ""
    assert [cmi.asked().json() for _ in range(3)] == [ERROR] * 3
    fault.remove()
    assert cmi.faults() == []


def test_the_plugin_plans_a_retry_after_as_a_date(cmi: Cmi, tenant: LabTenant) -> None:
    tenant.fault(mock="cmi", kind="status", status=429, retry_after_s=600, retry_after_form="date")
    assert cmi.asked().headers["Retry-After"].endswith(" GMT")
