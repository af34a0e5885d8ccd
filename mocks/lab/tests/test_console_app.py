"""The console's routes: whom they admit, and what they refuse. No stack is needed for this."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console import app as console_app
from attachment_lab.console.app import build_app
from attachment_lab.console.pages import PAGES
from attachment_lab.tenant.credentials import default_tenant

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
CHAIN = f"/w/{TENANT.name}/chain"


@pytest.fixture
def client() -> FlaskClient:
    return build_app(StackClients(NOWHERE), TENANT, NOWHERE).test_client()


def test_the_page_loads_nothing_from_another_host(client: FlaskClient) -> None:
    page = client.get("/", headers={"Host": "127.0.0.1:8100"}, follow_redirects=True)
    assert page.status_code == 200
    assert "http://" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_page_holds_no_secret(client: FlaskClient) -> None:
    text = client.get("/", headers={"Host": "localhost:8100"}, follow_redirects=True).text
    assert [what for what, secret in TENANT.guarded().items() if secret in text] == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8100", "127.0.0.1.evil.example"])
def test_a_page_under_a_foreign_name_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8100", "localhost:8100", "[::1]:8100", "localhost"])
def test_loopback_names_are_admitted(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_foreign_form_cannot_press_the_button(client: FlaskClient) -> None:
    assert client.post(f"{CHAIN}/api/play", data={"slow": "1"}).status_code == 415


def test_an_unknown_fault_is_refused_with_the_known_ones(client: FlaskClient) -> None:
    answer = client.post(f"{CHAIN}/api/play", json={"fault": "earthquake"})
    assert answer.status_code == 400
    assert "flip-byte" in answer.get_json()["detail"]


def test_a_stack_that_is_down_is_a_sentence_and_not_a_crash(client: FlaskClient) -> None:
    answer = client.get(f"{CHAIN}/api/chain")
    assert answer.status_code == 502
    assert "is the stack up?" in answer.get_json()["detail"]


def test_a_browser_that_opens_a_closed_tenant_gets_a_page_with_the_open_ones(client: FlaskClient) -> None:
    answer = client.get("/w/<b>gone/chain/", headers={"Sec-Fetch-Dest": "document"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no tenant “&lt;b&gt;gone” here." in answer.text
    assert f'href="/w/{TENANT.name}/"' in answer.text


def test_an_unknown_tenant_is_404_with_the_known_ones(client: FlaskClient) -> None:
    answer = client.get("/w/nowhere/chain/")
    assert answer.status_code == 404
    assert f"there are: {TENANT.name}" in answer.get_json()["detail"]


def test_the_first_tenant_cannot_be_closed(client: FlaskClient) -> None:
    assert client.delete(f"/api/tenants/{TENANT.name}").status_code == 409


def test_a_page_of_another_site_cannot_change_anything(client: FlaskClient) -> None:
    answer = client.post(f"{CHAIN}/api/play", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_invalid_names_of_a_tenant_are_refused_without_being_repeated(client: FlaskClient) -> None:
    answer = client.post("/api/tenants", json={"names": {"c4c_password": "do-not-repeat-me"}})
    assert answer.status_code == 400
    assert "do-not-repeat-me" not in answer.text


@pytest.mark.parametrize(
    ("call", "instead", "only_in"),
    [
        (".scrollIntoView", "reveal() of reveal.js leaves the keyboard's start where it is", set()),
        ("history.", "showInAddress() of address.js keeps the tour in the address", {"address.js", "tour.js"}),
    ],
)
def test_calls_that_would_move_the_keyboards_start_or_end_the_tour_stay_in_their_modules(
    call: str, instead: str, only_in: set[str]
) -> None:
    scripts = {each.name: each.read_text() for each in Path(console_app.__file__).parent.glob("static/*/*.js")}
    assert {"address.js", "tour.js", "chain.js"} <= set(scripts)
    code = {name: re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE) for name, text in scripts.items()}
    assert {name for name, text in code.items() if call in text} == only_in, instead


def test_a_page_names_its_tenant_in_title_and_stack(client: FlaskClient) -> None:
    page = client.get(f"{CHAIN}/").text
    assert f"<title>Chain · {TENANT.tenant_path} · Chat attachments</title>" in page
    assert f"{TENANT.tenant_path} · chat" in page


def test_every_page_of_the_menu_is_there(client: FlaskClient) -> None:
    menu = client.get(f"{CHAIN}/").text
    for page in PAGES:
        assert f"/w/{TENANT.name}/{page.address}/" in menu
        assert client.get(f"/w/{TENANT.name}/{page.address}/").status_code == 200
