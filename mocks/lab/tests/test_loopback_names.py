"""Loopback names in a running stack: a client finds its tenant by name alone, and the service still refuses them."""

from __future__ import annotations

import json

import httpx
import pytest

from attachment_lab.tenant.addresses import loopback_addresses
from attachment_lab.tenant.service_api import ServiceApi
from attachment_lab.testing.lab import LabTenant

pytestmark = [pytest.mark.stack, pytest.mark.off_contract(reason="the contract describes the neighbours' real names")]


def get(url: str, **options: object) -> httpx.Response:
    """As a browser: the name goes into the Host header, the connection to loopback, whatever resolver there is."""
    address = httpx.URL(url)
    host = f"{address.host}:{address.port}"
    return httpx.get(
        address.copy_with(host="127.0.0.1"),
        headers={"Host": host, **options.pop("headers", {})},  # type: ignore[dict-item]
        trust_env=False,
        **options,  # type: ignore[arg-type]
    )


def test_a_stored_file_is_found_and_read_by_following_links(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[("photo.jpg", b"a photo")])
    chat.end()
    tenant.wait_until_settled()
    there = loopback_addresses(tenant.lab.urls, tenant.names)
    login = (tenant.names.c4c_user, tenant.names.c4c_password)
    path = f"/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('{chat.activity}')/ChatActivityAttachment"
    listed = get(f"{there['c4c_url']}{path}?$format=json", auth=login).json()["d"]["results"]
    link = listed[0]["__metadata"]["uri"]
    assert link.startswith(f"{there['c4c_url']}/")
    assert get(f"{link}/Binary/$value", auth=login).content == b"a photo"


def test_cmi_answers_there(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[("photo.jpg", b"a photo")])
    chat.end()
    names = tenant.names
    url = loopback_addresses(tenant.lab.urls, names)["cmi_url"]
    key = {"x-api-key": names.api_key}
    read = get(f"{url}/chats/{chat.guid}", auth=(names.cmi_user, names.cmi_password), headers=key)
    assert read.json()["group_id"] == chat.guid
    assert get(f"{url.rsplit('/', 2)[0]}/other/cmi/chats", headers=key).status_code == 421
    tenant.wait_until_settled()


@pytest.mark.parametrize("part", ["cmi_url", "c4c_url"])
def test_the_service_refuses_them(tenant: LabTenant, part: str) -> None:
    """Neither the allow-list nor the edge proxy has them: a payload cannot use them to reach a mock past its name."""
    names = tenant.names
    there = loopback_addresses(tenant.lab.urls, names)
    name = there[part].replace("http://", "https://")
    plain = name.replace(f":{httpx.URL(there[part]).port}", "")
    for wanted in (name, plain):
        given = {"cmi_url": names.cmi_url, "c4c_url": names.c4c_url} | {part: wanted}
        body = {
            "cmi_url": given["cmi_url"],
            "cmi_user": names.cmi_user,
            "sap_v1": {"url": given["c4c_url"], "user": names.c4c_user},
            "contact_id": "A" * 32,
        }
        answer = httpx.post(
            f"{tenant.lab.urls['service']}/prod/chat-attachments",
            json=body,
            headers={
                "Authorization": f"Bearer {ServiceApi(tenant.lab.stack.clients, names).token()}",
                "x-cmi-api-key": "k",
                "x-cmi-password": "p",
                "x-sap-v1-password": "q",
            },
            trust_env=False,
        )
        assert answer.status_code in {400, 403, 422}, answer.text
        assert ".localhost" in answer.text


def test_the_allow_list_has_none_of_them(tenant: LabTenant) -> None:
    allow_list = tenant.lab.stack.clients.allow_list
    assert allow_list is not None
    assert tenant.names.c4c_host in allow_list.read_text()
    assert not [host for host in json.loads(allow_list.read_text())["hosts"] if host.endswith("localhost")]


def test_the_edge_proxy_has_none_of_them(tenant: LabTenant) -> None:
    edge = f"http://127.0.0.1:{tenant.lab.stack.ports.edge_proxy}/"
    for address in loopback_addresses(tenant.lab.urls, tenant.names).values():
        answer = httpx.get(edge, headers={"Host": str(httpx.URL(address).host)}, trust_env=False)
        assert answer.status_code == 421


def test_control_of_a_mock_is_refused_there(tenant: LabTenant) -> None:
    c4c = loopback_addresses(tenant.lab.urls, tenant.names)["c4c_url"]
    assert get(f"{c4c}/_mock/tenants").status_code == 403
