"""Access to the history: API key, password, lockout, rights."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from cmi_caller import KEY, OTHER_QUEUE, PASSWORD, UMLAUT, USER, Caller, basic

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000


def test_a_call_needs_both_the_key_and_the_password(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{guid}").status_code == 200
    assert cmi.get(f"/chats/{guid}", x_api_key="").status_code == 403
    assert cmi.get(f"/chats/{guid}", authorization="").status_code == 401
    assert cmi.get(f"/chats/{guid}", authorization=basic(USER, "wrong")).status_code == 401
    assert cmi.get(f"/chats/{guid}", authorization=basic("unknown.user", PASSWORD)).status_code == 401


def test_a_bad_key_is_refused_in_the_gateways_words(cmi: Caller) -> None:
    response = cmi.get("/chats", x_api_key="wrong")
    assert (response.status_code, response.get_json()) == (403, {"message": "Forbidden"})
    assert response.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_the_gateway_checks_before_contact_pro_does(cmi: Caller) -> None:
    for _ in range(9):
        assert cmi.get("/chats", x_api_key="wrong", authorization=basic(USER, "wrong")).status_code == 403
    assert cmi.get("/chats").status_code == 200, "a call without a key counted towards the lockout"


@pytest.mark.parametrize("header", ["Basic ???", "Bearer abc", "Basic", "Basic " + base64.b64encode(b"x").decode()])
def test_a_header_that_is_no_basic_header_is_401_and_counts_nothing(cmi: Caller, header: str) -> None:
    for _ in range(6):
        assert cmi.get("/chats", authorization=header).status_code == 401
    assert cmi.get("/chats").status_code == 200


def test_five_wrong_passwords_lock_the_user_for_half_an_hour(cmi: Caller) -> None:
    for _ in range(5):
        assert cmi.get("/chats", authorization=basic(USER, "wrong")).status_code == 401
    assert cmi.get("/chats").status_code == 401
    cmi.advance(minutes=29)
    assert cmi.get("/chats").status_code == 401
    cmi.advance(minutes=2)
    assert cmi.get("/chats").status_code == 200


def test_the_lockout_can_be_changed_while_the_tenant_lives(cmi: Caller) -> None:
    cmi.control("/dialect", {"lock_after_failures": 1})
    cmi.get("/chats", authorization=basic(USER, "wrong"))
    assert cmi.get("/chats").status_code == 401


def test_a_locked_user_can_be_403(make: Make) -> None:
    cmi = make(locked_status=403, lock_after_failures=1)
    assert cmi.get("/chats", authorization=basic(USER, "wrong")).status_code == 401
    assert cmi.get("/chats").status_code == 403


def test_a_service_account_stops_working_when_it_expires(cmi: Caller) -> None:
    now = cmi.read("/clock")["now"]
    user = {"name": "svc", "password": "another long password", "expires_at": now}
    assert cmi.control("/users", user).status_code == 201
    assert cmi.get("/chats", authorization=basic("svc", "another long password")).status_code == 401
    assert cmi.get("/chats").status_code == 200


@pytest.mark.parametrize(("charset", "good", "bad"), [("utf-8", "utf-8", "latin-1"), ("latin-1", "latin-1", "utf-8")])
def test_the_passwords_character_set_is_a_dialect(make: Make, charset: str, good: str, bad: str) -> None:
    cmi = make(basic_charset=charset, password_letters="any_latin")
    assert cmi.control(f"/users/{USER}/password", {"password": UMLAUT}).status_code == 200
    assert cmi.get("/chats", authorization=basic(USER, UMLAUT, good)).status_code == 200
    assert cmi.get("/chats", authorization=basic(USER, UMLAUT, bad)).status_code == 401


def test_by_default_either_character_set_opens(make: Make) -> None:
    cmi = make(password_letters="any_latin")
    cmi.control(f"/users/{USER}/password", {"password": UMLAUT})
    for charset in ("utf-8", "latin-1"):
        assert cmi.get("/chats", authorization=basic(USER, UMLAUT, charset)).status_code == 200


@pytest.mark.parametrize("password", [PASSWORD, UMLAUT])
def test_no_secret_reaches_the_journal(make: Make, password: str) -> None:
    cmi, svc = make(password_letters="any_latin"), "another long password"
    cmi.control(f"/users/{USER}/password", {"password": password})
    cmi.control("/users", {"name": "svc", "password": svc})
    cmi.get("/chats", authorization=basic(USER, password, "latin-1"))
    cmi.get(f"/chats?sort={KEY}&offset={svc}")
    journal = cmi.client.get("/_mock/journal?tenant=w").text
    for secret in (KEY, svc, password, basic(USER, password)[6:], basic(USER, password, "latin-1")[6:]):
        assert secret not in journal
    assert KEY not in cmi.client.get("/_mock/tenants").text


def test_a_user_without_the_right_on_the_queue_is_refused(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    rights = {"queues": [OTHER_QUEUE["id"]]}
    cmi.control("/users", {"name": "sales", "password": "another long password", "rights": rights})
    sales = basic("sales", "another long password")
    assert cmi.get(f"/chats/{guid}", authorization=sales).status_code == 403
    assert cmi.get(f"/chats?groupId={guid}", authorization=sales).status_code == 403
    assert cmi.get("/chats", authorization=sales).get_json() == []
    cmi.control("/dialect", {"no_right": "filtered"})
    assert cmi.get(f"/chats/{guid}", authorization=sales).status_code == 404
    assert cmi.get(f"/chats?groupId={guid}", authorization=sales).get_json() == []


def test_rights_hide_the_legs_of_other_queues(cmi: Caller) -> None:
    guid = cmi.chat()
    hidden = cmi.attach(guid, b"support only").get_json()["id"]
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    shown = cmi.attach(guid, b"sales").get_json()["id"]
    cmi.control(f"/chats/{guid}/end")
    rights = {"queues": [OTHER_QUEUE["id"]]}
    cmi.control("/users", {"name": "sales", "password": "another long password", "rights": rights})
    sales = basic("sales", "another long password")
    messages = cmi.get(f"/chats/{guid}", authorization=sales).get_json()["messages"]
    assert [a["id"] for m in messages for a in m["attachments"]] == [shown]
    assert cmi.get(f"/chats/{guid}/attachments/{hidden}", authorization=sales).status_code == 404


def test_the_on_premises_modes_want_less(make: Make) -> None:
    cmi = make(auth_mode="basic")
    assert cmi.get("/chats", x_api_key="").status_code == 200
    assert cmi.get("/chats", x_api_key="", authorization="").status_code == 401
    cmi.control("/dialect", {"auth_mode": "none"})
    assert cmi.get("/chats", x_api_key="", authorization="").status_code == 200


def test_a_password_grows_too_old_after_a_year(cmi: Caller) -> None:
    cmi.advance(hours=364 * 24)
    assert cmi.get("/chats").status_code == 200
    cmi.advance(hours=24)
    assert cmi.get("/chats").status_code == 401
    changed = cmi.control(f"/users/{USER}/password", {"password": "a new and long password"})
    assert (changed.status_code, changed.get_json()["initial_password"]) == (200, False)
    assert cmi.get("/chats", authorization=basic(USER, "a new and long password")).status_code == 200
    assert cmi.get("/chats").status_code == 401, "the old password still opens"


def test_a_password_need_not_grow_old(make: Make) -> None:
    cmi = make(password_lives_days=0)
    cmi.advance(hours=1000 * 24)
    assert cmi.get("/chats").status_code == 200


def test_an_initial_password_may_have_to_be_changed_first(make: Make) -> None:
    cmi = make(initial_password_must_change=True)
    assert cmi.get("/chats").status_code == 401
    assert cmi.control(f"/users/{USER}/password", {"password": "short"}).status_code == 422
    assert cmi.control("/users/unknown.user/password", {"password": "long enough a password"}).status_code == 404
    cmi.control(f"/users/{USER}/password", {"password": PASSWORD})
    assert cmi.get("/chats").status_code == 200


def test_a_changed_password_reaches_no_journal(cmi: Caller) -> None:
    cmi.control(f"/users/{USER}/password", {"password": "a new and long password"})
    cmi.get("/chats?sort=a new and long password")
    assert "a new and long password" not in cmi.client.get("/_mock/journal?tenant=w").text
