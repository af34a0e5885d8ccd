"""The console's reverse proxy: what it forwards, and what it refuses."""

from __future__ import annotations

import httpx
import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.tenant.credentials import default_tenant

URLS = {name: f"http://{name}.test" for name in ("console", "orchestration", "cmi", "c4c", "service")}
TENANT = default_tenant()
PROXY = f"/api/tenants/{TENANT.name}"


class Seen(list[httpx.Request]):
    """Requests that reached a neighbour, and its answers: a token endpoint, a service that rejects ``stale`` tokens."""

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
    to = StackClients(URLS, transport=httpx.MockTransport(seen.answer))
    return build_app(to, TENANT, URLS).test_client()


def test_a_call_reaches_the_mock_for_this_tenant_whatever_tenant_it_names(client: FlaskClient, seen: Seen) -> None:
    answer = client.post(f"{PROXY}/cmi/_mock/chats?tenant=other&direct=1", json={"language": "EN"})
    assert answer.get_json() == {"came": True}
    (request,) = seen
    assert dict(request.url.params) == {"tenant": TENANT.name, "direct": "1"}
    assert request.content == b'{"language": "EN"}'


def test_an_upload_is_forwarded_byte_for_byte(client: FlaskClient, seen: Seen) -> None:
    body = bytes(range(256)) * 4096
    kind = "application/octet-stream"
    client.post(f"{PROXY}/cmi/_mock/chats/A/attachments?name=a.bin", data=body, content_type=kind)
    assert seen[0].content == body
    assert seen[0].headers["Content-Type"] == kind


def test_a_refusal_of_the_mock_keeps_its_status_and_its_words(client: FlaskClient) -> None:
    answer = client.delete(f"{PROXY}/c4c/_mock/faults/missing")
    assert answer.status_code == 404
    assert "no such fault" in answer.get_json()["detail"]


def test_a_call_to_the_service_carries_the_tenants_token_which_is_not_returned(client: FlaskClient, seen: Seen) -> None:
    answer = client.get(f"{PROXY}/service/transfers?state=parked", headers={"Authorization": "Bearer mine"})
    assert seen[0].headers["Authorization"] == "Bearer token-0"
    assert "token-0" not in answer.text + str(answer.headers)


def test_an_expired_token_is_fetched_again_once(client: FlaskClient, seen: Seen) -> None:
    seen.stale = 1
    assert client.post(f"{PROXY}/service/transfers/t-1/retry").status_code == 200
    assert [each.headers["Authorization"] for each in seen] == ["Bearer token-0", "Bearer token-1"]


def test_a_token_that_is_rejected_twice_is_an_error_and_not_a_loop(client: FlaskClient, seen: Seen) -> None:
    seen.stale = 9
    assert client.get(f"{PROXY}/service/transfers").status_code == 401
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
def test_what_concerns_all_tenants_or_has_secrets_is_refused(client: FlaskClient, seen: Seen, path: str) -> None:
    answer = client.post(f"{PROXY}/{path}", json={})
    assert answer.status_code == 403
    assert "reverse proxy" in answer.get_json()["detail"]
    assert seen == []


def test_a_page_of_another_site_cannot_change_anything_by_the_proxy(client: FlaskClient, seen: Seen) -> None:
    strange = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"{PROXY}/cmi/_mock/chats", json={}, headers=strange).status_code == 403
    assert seen == []


def test_an_unknown_tenant_is_404_with_the_known_ones(client: FlaskClient) -> None:
    assert f"there are: {TENANT.name}" in client.get("/api/tenants/nowhere/cmi/_mock/chats").get_json()["detail"]
    assert client.get("/api/tenants/nowhere/reconciliation").status_code == 404
