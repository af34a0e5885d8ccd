"""Who may do what: Basic credentials, lockout, ticked services, CSRF for people."""

from __future__ import annotations

import base64
import re

import pytest
from c4c_caller import MakeTenant, TenantClient
from werkzeug.test import Client, TestResponse

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


def cookie_names(answer: TestResponse) -> list[str]:
    """Names of the cookies that an answer sets."""
    return [cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")]


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


def test_a_token_comes_with_one_cookie_and_only_where_it_was_requested(person: TenantClient) -> None:
    assert person.get("/chatactivity/").headers.getlist("Set-Cookie") == []
    cookies = fetch(person).headers.getlist("Set-Cookie")
    assert [re.match(r"sap-XSRF_\w+_\w+=", cookie) is not None for cookie in cookies] == [True]


def test_a_token_is_sixteen_bytes_in_padded_base64(person: TenantClient) -> None:
    token = fetch(person).headers["x-csrf-token"]
    assert (len(base64.b64decode(token, validate=True)), token[-2:]) == (16, "==")


@pytest.mark.parametrize(("form", "count"), [("stateless", 1), ("session", 2)])
def test_a_token_without_all_its_cookies_is_refused(person: TenantClient, form: str, count: int) -> None:
    person.dialect(csrf_form=form)
    fetched = fetch(person)
    token, names = fetched.headers["x-csrf-token"], cookie_names(fetched)
    assert len(names) == count
    assert write(person, token).status_code == 201
    for name in names:
        kept = person.client.get_cookie(name, domain=person.host, path="/sap")
        assert kept is not None
        person.client.delete_cookie(name, domain=person.host, path="/sap")
        assert write(person, token).status_code == 403, name
        person.client.set_cookie(name, kept.value, domain=person.host, path="/sap")
    assert write(person, token).status_code == 201


@pytest.mark.parametrize("value", ["", "guessed", "a:1:b", "YWJjZGVmZ2hpamtsbW5vcA%3D%3D", "%3A%3A", "ä"])
def test_a_cookie_that_no_answer_set_is_refused_with_any_token(person: TenantClient, value: str) -> None:
    name = cookie_names(fetch(person))[0]
    person.client.set_cookie(name, value, domain=person.host, path="/sap")
    assert {write(person, token).status_code for token in ("guessed", "a", value)} == {403}


def test_a_token_without_a_session_outlives_a_restart(person: TenantClient) -> None:
    fetched = fetch(person)
    cookie = person.client.get_cookie(cookie_names(fetched)[0], domain=person.host, path="/sap")
    assert cookie is not None
    person.restart()
    person.client.set_cookie(cookie.key, cookie.value, domain=person.host, path="/sap")
    assert write(person, fetched.headers["x-csrf-token"]).status_code == 201


@pytest.mark.parametrize(("form", "life_s"), [("stateless", 86400), ("session", 1800)])
def test_a_token_expires_in_the_time_of_its_form(person: TenantClient, form: str, life_s: int) -> None:
    person.dialect(csrf_form=form)
    token = fetch(person).headers["x-csrf-token"]
    assert fetch(person).headers["x-csrf-token"] == token
    person.control("clock", {"advance_s": life_s - 5})
    assert write(person, token).status_code == 201
    person.control("clock", {"advance_s": 6})
    assert write(person, token).status_code == 403
    renewed = fetch(person).headers["x-csrf-token"]
    assert renewed != token
    assert write(person, renewed).status_code == 201


def test_another_users_token_is_refused_where_tokens_belong_to_a_session(person: TenantClient) -> None:
    person.dialect(csrf_form="session")
    token = fetch(person).headers["x-csrf-token"]
    person.control("users", {"user": "bob", "password": "Secret-2"})
    person.user, person.password = "bob", "Secret-2"
    assert write(person, token).status_code == 403


def test_head_on_a_navigation_returns_a_token_unless_the_dialect_replays_the_reported_500(
    person: TenantClient,
) -> None:
    path = person.path(person.chat()) + "/ChatActivityAttachment"
    fetched = fetch(person, path, "HEAD")
    assert (fetched.status_code, fetched.data) == (200, b"")
    assert write(person, fetched.headers["x-csrf-token"]).status_code == 201
    person.dialect(head_fetch_on_navigation=500)
    assert fetch(person, path, "HEAD").status_code == 500
    assert fetch(person, method="HEAD").headers["x-csrf-token"]


@pytest.mark.parametrize(("method", "slash"), [("HEAD", "/"), ("HEAD", ""), ("GET", "/"), ("GET", "")])
def test_a_person_attaches_below_a_chat_as_saps_sdk_does(person: TenantClient, method: str, slash: str) -> None:
    person.client = Client(person.app, use_cookies=False)
    path = person.path(person.chat()) + "/ChatActivityAttachment"
    fetched = fetch(person, path + slash, method)
    cookies = [cookie.partition(";")[0] for cookie in fetched.headers.getlist("Set-Cookie")]
    headers = {"x-csrf-token": fetched.headers["x-csrf-token"], "Cookie": ";".join(cookies)}
    body = {"TypeCode": "10001", "Name": "a", "CategoryCode": "2", "Binary": "QUJD"}
    assert person.call("POST", path, headers, json=body).status_code == 201


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
