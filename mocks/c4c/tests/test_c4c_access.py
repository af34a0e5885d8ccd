"""Who may do what: Basic credentials, lockout, ticked services, CSRF for people."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant, TenantClient
from werkzeug.test import TestResponse

SET = "/chatactivity/ChatActivityCollection"


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ???", "Bearer abc", "Basic bm9jb2xvbg==", "basic djF1c2VyOndyb25n"],
)
def test_bad_credentials_get_401_and_a_web_page(tenant: TenantClient, authorization: str) -> None:
    answer = tenant.get(SET, {"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.mimetype == "text/html"


def test_the_third_wrong_password_locks_the_user_until_an_unlock(tenant: TenantClient) -> None:
    wrong = {"Authorization": tenant.basic(tenant.user, "wrong")}
    assert [tenant.get(SET, wrong).status_code for _ in range(2)] == [401, 401]
    assert tenant.get(SET).status_code == 200
    assert [tenant.get(SET, wrong).status_code for _ in range(3)] == [401] * 3
    assert tenant.get(SET).status_code == 401
    assert tenant.control(f"users/{tenant.user}/unlock").status_code == 200
    assert tenant.get(SET).status_code == 200


def test_without_a_limit_no_user_is_locked(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(lockout_after=0)
    wrong = {"Authorization": tenant.basic(tenant.user, "wrong")}
    assert {tenant.get(SET, wrong).status_code for _ in range(9)} == {401}
    assert tenant.get(SET).status_code == 200


def test_unlocking_an_unknown_user_is_404(tenant: TenantClient) -> None:
    assert tenant.control("users/unknown/unlock").status_code == 404


def test_a_service_that_is_not_ticked_is_refused_after_the_login_in_c4cs_form(tenant: TenantClient) -> None:
    answer = tenant.get("/c4codataapi/")
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == ""
    assert tenant.get("/c4codataapi/", {"Authorization": ""}).status_code == 401


def test_the_status_of_an_unticked_service_is_the_dialects(make_tenant: MakeTenant) -> None:
    assert make_tenant(unticked_service_status=404).get("/c4codataapi/").status_code == 404


@pytest.mark.parametrize("password", ["pa:ss word", "~!\"#$%&'()*+,-./"])
def test_every_sign_of_ascii_may_be_in_a_password(tenant: TenantClient, password: str) -> None:
    body = {"user": "u2", "password": password, "services": ["chatactivity"]}
    assert tenant.control("communication-arrangements", body).status_code == 201
    assert tenant.get(SET, {"Authorization": tenant.basic("u2", password)}).status_code == 200


@pytest.mark.parametrize("password", ["a€", "½", "§§", "¤", "£", "пароль", "ä", "Ø", "a\u0308", "ª", "", "\x00"])
def test_the_passwords_that_c4c_refuses_are_refused_without_being_repeated(tenant: TenantClient, password: str) -> None:
    body = {"user": "u2", "password": f"Geheim{password}" if password else "", "services": []}
    answer = tenant.control("communication-arrangements", body)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["field"] == "password"
    assert "Geheim" not in answer.text


@pytest.fixture
def person(tenant: TenantClient) -> TenantClient:
    """A tenant whose requests carry a business user's login."""
    assert tenant.control("users", {"user": "ada", "password": "Secret-1"}).status_code == 201
    tenant.user, tenant.password = "ada", "Secret-1"
    return tenant


def fetch(person: TenantClient, path: str = "/chatactivity/", method: str = "GET") -> TestResponse:
    """Fetch a token; the test client stores the cookies."""
    return person.call(method, path, {"x-csrf-token": "fetch"})


def write(person: TenantClient, token: str | None = None, path: str = "/activity/PhoneCallCollection") -> TestResponse:
    """A write with or without a token."""
    return person.call("POST", path, {"x-csrf-token": token} if token else {}, json={"Subject": "x"})


def test_a_person_needs_token_and_cookies_to_write(person: TenantClient) -> None:
    refused = write(person)
    assert (refused.status_code, refused.headers["x-csrf-token"]) == (403, "Required")
    assert refused.text == "CSRF token validation failed"
    token = fetch(person).headers["x-csrf-token"]
    assert write(person, token).status_code == 201
    assert write(person, "guessed").status_code == 403


def test_a_token_without_its_cookies_is_refused(person: TenantClient) -> None:
    fetched = fetch(person)
    names = [c.partition("=")[0] for c in fetched.headers.getlist("Set-Cookie")]
    assert len(names) == 2
    person.client.delete_cookie(names[0], domain=person.host, path="/sap")
    assert write(person, fetched.headers["x-csrf-token"]).status_code == 403


def test_a_token_expires_with_its_session(person: TenantClient) -> None:
    token = fetch(person).headers["x-csrf-token"]
    assert fetch(person).headers["x-csrf-token"] == token
    person.control("clock", {"advance_s": 1801})
    assert write(person, token).status_code == 403
    renewed = fetch(person).headers["x-csrf-token"]
    assert renewed != token
    assert write(person, renewed).status_code == 201


def test_another_users_token_is_refused(person: TenantClient) -> None:
    token = fetch(person).headers["x-csrf-token"]
    person.control("users", {"user": "bob", "password": "Secret-2"})
    person.user, person.password = "bob", "Secret-2"
    assert write(person, token).status_code == 403


def test_head_on_the_service_root_returns_a_token_and_on_a_navigation_path_500_as_recorded(
    person: TenantClient,
) -> None:
    assert fetch(person, method="HEAD").headers["x-csrf-token"]
    path = person.path(person.chat()) + "/ChatActivityAttachment"
    assert fetch(person, path, "HEAD").status_code == 500
    person.dialect(head_fetch_on_navigation=200)
    assert fetch(person, path, "HEAD").headers["x-csrf-token"]


@pytest.mark.parametrize(("method", "path"), [("HEAD", "$batch"), ("GET", "PhoneCallCollection('x')")])
def test_a_token_comes_with_a_refused_read_too_unless_the_dialect_says_no(
    person: TenantClient, method: str, path: str
) -> None:
    fetched = fetch(person, f"/activity/{path}", method)
    assert fetched.status_code in {404, 405}
    assert write(person, fetched.headers["x-csrf-token"]).status_code == 201
    person.dialect(csrf_token_on_errors=False)
    assert "x-csrf-token" not in fetch(person, f"/activity/{path}", method).headers


def test_technical_users_write_without_a_token_unless_the_dialect_demands_one(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    assert write(tenant).status_code == 201
    tenant.dialect(csrf_for_technical_users=True)
    assert write(tenant).status_code == 403
    assert write(tenant, fetch(tenant).headers["x-csrf-token"]).status_code == 201


def test_no_password_reaches_the_journal_or_a_listing(tenant: TenantClient) -> None:
    tenant.get(SET)
    tenant.get(f"{SET}?note={tenant.password}")
    for path in ("journal", "tenants", "dialect"):
        assert tenant.password not in tenant.control(path, method="GET").text
    assert tenant.password not in repr(tenant.state)
