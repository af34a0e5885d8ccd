"""The passage through the console: what it leads to, and what stays shut."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.tenant.credentials import default_tenant

URLS = {name: f"http://{name}.test" for name in ("console", "orchestration", "cmi", "c4c", "service")}
TENANT = default_tenant()
ROAD = "/api/tenants/acme"


class Seen(list[httpx.Request]):
    """Requests that reached a neighbour; answers each, the token endpoint and a fussy service included."""

    stale = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, json={"access_token": f"token-{len(self)}", "expires_in": 3600})
        self.append(request)
        if request.url.host == "service.test" and self.stale:
            self.stale -= 1
            return httpx.Response(401, json={"title": "Unauthorized"})
        if request.url.path.endswith("/missing"):
            return httpx.Response(404, json={"detail": "no such fault"})
        return httpx.Response(200, json={"came": True})


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def client(seen: Seen) -> FlaskClient:
    to = StackClients(URLS)
    for name in ("orchestration", "cmi", "c4c", "service"):
        calls: Any = getattr(to, name)
        calls._http = httpx.Client(base_url=URLS[name], transport=httpx.MockTransport(seen.answer))
    return build_app(to, TENANT, URLS).test_client()


def test_a_call_reaches_the_mock_for_this_tenant_whatever_tenant_it_names(client: FlaskClient, seen: Seen) -> None:
    answer = client.post(f"{ROAD}/cmi/_mock/chats?tenant=other&direct=1", json={"language": "EN"})
    assert answer.get_json() == {"came": True}
    (request,) = seen
    assert dict(request.url.params) == {"tenant": "acme", "direct": "1"}
    assert request.content == b'{"language": "EN"}'


def test_an_upload_passes_byte_for_byte(client: FlaskClient, seen: Seen) -> None:
    body = bytes(range(256)) * 4096
    kind = "application/octet-stream"
    client.post(f"{ROAD}/cmi/_mock/chats/A/attachments?name=a.bin", data=body, content_type=kind)
    assert seen[0].content == body
    assert seen[0].headers["Content-Type"] == kind


def test_a_refusal_of_the_mock_keeps_its_status_and_its_words(client: FlaskClient) -> None:
    answer = client.delete(f"{ROAD}/c4c/_mock/faults/missing")
    assert answer.status_code == 404
    assert "no such fault" in answer.get_json()["detail"]


def test_the_service_is_asked_with_the_tenants_token_which_stays_inside(client: FlaskClient, seen: Seen) -> None:
    answer = client.get(f"{ROAD}/service/transfers?state=parked", headers={"Authorization": "Bearer mine"})
    assert seen[0].headers["Authorization"] == "Bearer token-0"
    assert "token-0" not in answer.text + str(answer.headers)


def test_a_token_that_has_run_out_is_fetched_anew_once(client: FlaskClient, seen: Seen) -> None:
    seen.stale = 1
    assert client.post(f"{ROAD}/service/transfers/t-1/retry").status_code == 200
    assert [each.headers["Authorization"] for each in seen] == ["Bearer token-0", "Bearer token-1"]


def test_a_token_that_is_refused_twice_is_told_and_not_looped_on(client: FlaskClient, seen: Seen) -> None:
    seen.stale = 9
    assert client.get(f"{ROAD}/service/transfers").status_code == 401
    assert len(seen) == 2


@pytest.mark.parametrize(
    "path",
    [
        "cmi/_mock/tenants",
        "cmi/_mock/tenants/other",
        "c4c/_mock/reset",
        "c4c/_mock/strays",
        "cmi/_mock/chats/../tenants",
        "orchestration/acme/system-configurator/api/secrets",
        "orchestration/acme/oauth2/token",
        "service/metrics",
        "service/prod/chat-attachments",
        "console/api/tenants",
    ],
)
def test_what_concerns_all_tenants_or_holds_secrets_stays_shut(client: FlaskClient, seen: Seen, path: str) -> None:
    answer = client.post(f"{ROAD}/{path}", json={})
    assert answer.status_code == 403
    assert "passage" in answer.get_json()["detail"]
    assert seen == []


def test_a_page_of_another_site_cannot_use_the_passage_to_change_anything(client: FlaskClient, seen: Seen) -> None:
    strange = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"{ROAD}/cmi/_mock/chats", json={}, headers=strange).status_code == 403
    assert seen == []


def test_a_tenant_that_nobody_opened_is_404_with_those_there_are(client: FlaskClient) -> None:
    assert "there are: acme" in client.get("/api/tenants/nowhere/cmi/_mock/chats").get_json()["detail"]
    assert client.get("/api/tenants/nowhere/reconciliation").status_code == 404
