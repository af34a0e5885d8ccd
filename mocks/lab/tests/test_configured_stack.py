"""Any customer's configuration carries files through the real processes: on its own names, beside other customers."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from configuration_samples import CUSTOMERS, chat_configuration

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab, LabTenant

FILES = [("a.txt", b"one"), ("b.pdf", b"%PDF-1.4 two")]
WOMBAT = CUSTOMERS["another region, other names of secrets"]

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("lab")]


def carried(tenant: LabTenant, **chat: Any) -> list[str]:
    """Outcomes of the two files of one chat."""
    tenant.chat(files=FILES, **chat).end()
    return [each.outcome or "" for each in tenant.wait_until_settled()]


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_the_files_of_any_customer_arrive_on_the_customers_own_names(lab: Lab, customer: str) -> None:
    direction = "outbound" if "direction" in customer else "inbound"
    with lab.tenant(configuration=CUSTOMERS[customer]) as tenant:
        assert carried(tenant) == ["stored"], direction
        hosts = {entry["host"].partition(":")[0] for entry in tenant.journal("c4c")}
        assert hosts == {tenant.names.c4c_host}
        assert {entry["host"] for entry in tenant.journal("cmi")} == {tenant.names.cmi_url.split("/")[2]}


def test_two_customers_of_one_path_live_side_by_side(lab: Lab) -> None:
    gateway = "https://{}.execute-api.eu-central-1.amazonaws.com/plum/cmi"
    with ExitStack() as stack:
        both = [
            stack.enter_context(
                lab.tenant(configuration=chat_configuration(gateway.format(host), f"https://{c4c}.de1.crm.cloud.sap"))
            )
            for host, c4c in (("p1p2p3p4p5", "my710001"), ("q1q2q3q4q5", "my710002"))
        ]
        assert [each.name for each in both] == ["plum", "plum-2"]
        assert [carried(each) for each in both] == [["stored"], ["stored"]]
        assert {each.names.token_issuer.rpartition("/")[2] for each in both} == {"plum", "plum-2"}


def test_a_host_that_another_open_tenant_owns_is_refused_naming_it(lab: Lab) -> None:
    with lab.tenant(configuration=WOMBAT) as owner:
        thief = chat_configuration("https://cmi.teal.example/teal/cmi", f"https://{owner.names.c4c_host}")
        with pytest.raises(WrongUse, match="belongs to tenant 'wombat'"), lab.tenant(configuration=thief):
            pass
        assert [each["name"] for each in lab.stack.clients.cmi.get("/_mock/tenants")["tenants"]].count("teal") == 0
        assert carried(owner) == ["stored"]


def test_a_tenant_that_is_open_is_not_opened_twice_and_opened_again_has_fresh_secrets(lab: Lab) -> None:
    with lab.tenant(configuration=WOMBAT) as first:
        with pytest.raises(WrongUse, match="wombat"), lab.tenant(configuration=WOMBAT):
            pass
        before = first.names.c4c_password
    with lab.tenant(configuration=WOMBAT) as again:
        assert again.names.c4c_password != before
        assert carried(again) == ["stored"]


def test_a_host_that_no_configuration_names_is_refused_though_the_edge_proxy_would_answer(lab: Lab) -> None:
    with lab.tenant(configuration=WOMBAT) as tenant:
        body = WOMBAT[0]["request"]["body"] | {
            "sap_v1": {"url": "https://my799999.de1.crm.cloud.sap", "user": "x"},
            "contact_id": "A" * 32,
        }
        token = tenant.reconciliation.service.token()
        headers = {
            "Authorization": f"Bearer {token}",
            "x-cmi-api-key": "k",
            "x-cmi-password": "p",
            "x-sap-v1-password": "q",
        }
        answer = httpx.post(f"{lab.urls['service']}/prod/chat-attachments", json=body, headers=headers, trust_env=False)
        assert answer.status_code == 403
        assert "my799999.de1.crm.cloud.sap" in answer.text


def test_a_name_that_no_tenant_has_ends_at_the_edge_proxy(lab: Lab) -> None:
    edge = JsonClient("edge proxy", lab.stack.urls["edge"])
    answer = httpx.get(
        f"http://127.0.0.1:{lab.stack.ports.edge_proxy}/", headers={"Host": "nowhere.example"}, trust_env=False
    )
    assert answer.status_code == 421
    assert edge.get("/_mock/edge/refused")["refused"][-1]["host"] == "nowhere.example"
    edge.close()


def test_an_envelope_with_its_own_token_address_is_served_there(lab: Lab) -> None:
    """Its authorisation server is none of the hops that the contract describes, so its traffic is not judged."""
    issuer = "https://auth.teal.example/realms/cc"
    inner = chat_configuration("https://cmi.teal.example/teal/cmi", "https://my720001.de1.crm.cloud.sap")
    configuration = {"json": json.dumps(inner), "oauth": {"access_token_url": f"{issuer}/token", "issuer": issuer}}
    with lab.tenant(configuration=configuration, judge=False) as tenant:
        assert carried(tenant) == ["stored"]


@pytest.mark.parametrize(
    ("secret", "refusal"), [("wombat-cmi", "letters of the Latin alphabet"), ("wombat-ri", "printable ASCII")]
)
def test_a_secret_with_an_umlaut_is_refused_and_nothing_of_the_tenant_is_left(
    lab: Lab, secret: str, refusal: str
) -> None:
    opening = lab.tenant(configuration=WOMBAT, secrets={secret: "Größe-1-und-mehr"})
    with pytest.raises(LabError, match=refusal), opening:
        pass
    for mock in ("orchestration", "cmi", "c4c"):
        open_ones = {each["name"] for each in lab.stack.clients.mock(mock).get("/_mock/tenants")["tenants"]}
        assert "wombat" not in open_ones


def test_options_of_a_test_hold_for_a_configured_tenant_too(lab: Lab) -> None:
    options = TenantOptions(events=("Closed",))
    with lab.tenant(options, configuration=WOMBAT) as tenant:
        chat = tenant.chat(files=FILES)
        chat.end()
        chat.wrap_up()
        assert [each.outcome for each in tenant.wait_until_settled()] == ["stored"]
