"""User and Role Management: users, their passwords, expiration and rights, as an administrator changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import PASSWORD, QUEUE, UMLAUT, USER, Caller, basic
from werkzeug.test import TestResponse

Make = Callable[..., Caller]
NEW = {"name": "chat.upload", "password": "a password of its own"}
GROUP = "9" * 32


def put(cmi: Caller, path: str, body: Any) -> TestResponse:
    return cmi.client.put(f"/_mock/users/{path}?tenant=w", json=body)


def status_of(cmi: Caller, guid: str) -> int:
    return cmi.get(f"/chats/{guid}").status_code


@pytest.fixture
def guid(cmi: Caller) -> str:
    """An ended chat of a queue that is in a group."""
    return cmi.ended_chat(queue={**QUEUE, "group_id": GROUP})[0]


def test_a_right_is_given_on_a_queue_group_and_taken_away(cmi: Caller, guid: str) -> None:
    none = put(cmi, f"{USER}/rights", {"rights": {}})
    assert none.get_json()["rights"]["queue_groups"] == []
    assert status_of(cmi, guid) == 403
    assert put(cmi, f"{USER}/rights", {"rights": {"queue_groups": [GROUP]}}).status_code == 200
    assert status_of(cmi, guid) == 200


@pytest.mark.parametrize("body", [{}, {"rights": None}, {"rights": []}, {"rights": {"queues": "all"}}])
def test_rights_that_make_no_sense_are_refused_and_change_nothing(cmi: Caller, guid: str, body: dict[str, Any]) -> None:
    refused = put(cmi, f"{USER}/rights", body)
    assert refused.status_code == 400
    assert refused.get_json()["errors"][0]["field"] in {"rights", "queues"}
    assert status_of(cmi, guid) == 200


def test_an_expiration_time_is_assigned_and_taken_away(cmi: Caller, guid: str) -> None:
    now = cmi.read("/clock")["now"]
    expired = put(cmi, f"{USER}/expiration", {"expires_at": now}).get_json()
    assert (expired["logon"], status_of(cmi, guid)) == ("expired", 401)
    assert put(cmi, f"{USER}/expiration", {"expires_at": None}).get_json()["expires_at"] is None
    assert status_of(cmi, guid) == 200
    refused = put(cmi, f"{USER}/expiration", {"expires_at": "tomorrow"})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "expires_at")


def test_an_administrators_password_is_an_initial_one_and_lifts_no_lockout(make: Make) -> None:
    cmi = make(initial_password_must_change=True, lock_after_failures=1)
    cmi.control(f"/users/{USER}/password", {"password": PASSWORD})
    cmi.get("/chats", authorization=basic(USER, "wrong"))
    given = put(cmi, f"{USER}/authentication", {"password": NEW["password"]}).get_json()
    assert (given["logon"], given["initial_password"]) == ("locked", True)
    assert cmi.control(f"/users/{USER}/unlock").get_json()["logon"] == "password_initial"
    cmi.control(f"/users/{USER}/password", {"password": PASSWORD})
    assert cmi.get("/chats").status_code == 200


def test_an_administrator_unlocks_a_user(cmi: Caller) -> None:
    for _ in range(5):
        cmi.get("/chats", authorization=basic(USER, "wrong"))
    assert cmi.get("/chats").status_code == 401
    assert cmi.control(f"/users/{USER}/unlock").get_json()["logon"] == "good"
    assert cmi.get("/chats").status_code == 200


def test_umlauts_are_refused_in_a_password_unless_the_dialect_lets_them_in(make: Make) -> None:
    cmi = make()
    refused = put(cmi, f"{USER}/authentication", {"password": UMLAUT})
    [error] = refused.get_json()["errors"]
    assert (refused.status_code, error["field"]) == (422, "password")
    assert "umlaut" in error["expected"]
    assert UMLAUT not in refused.text
    cmi.control("/dialect", {"password_letters": "any_latin"})
    assert put(cmi, f"{USER}/authentication", {"password": UMLAUT}).status_code == 200


def test_all_that_is_wrong_with_a_password_is_named_at_once(cmi: Caller) -> None:
    refused = put(cmi, f"{USER}/authentication", {"password": "kurz: 5 €"})
    assert [error["field"] for error in refused.get_json()["errors"]] == ["password", "password"]
    assert cmi.get("/chats").status_code == 200


def test_a_name_that_is_taken_is_refused_for_a_new_user_and_the_first_one_stays(cmi: Caller) -> None:
    assert cmi.control("/users", NEW | {"new": True}).status_code == 201
    refused = cmi.control("/users", {"name": USER, "password": NEW["password"], "new": True})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (409, "name")
    assert cmi.get("/chats").status_code == 200


def test_a_name_with_a_colon_could_not_log_on_and_is_refused(cmi: Caller) -> None:
    refused = cmi.control("/users", NEW | {"name": "chat:upload"})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "name")


def test_a_user_is_deleted_and_can_log_on_no_more(cmi: Caller) -> None:
    assert cmi.client.delete(f"/_mock/users/{USER}?tenant=w").status_code == 204
    assert cmi.read("/users")["users"] == []
    assert cmi.get("/chats").status_code == 401
    assert cmi.client.delete(f"/_mock/users/{USER}?tenant=w").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [("rights", {"rights": {}}), ("expiration", {"expires_at": None}), ("authentication", {"password": PASSWORD})],
)
def test_an_unknown_user_is_404(cmi: Caller, path: str, body: dict[str, Any]) -> None:
    assert put(cmi, f"nobody/{path}", body).status_code == 404


def test_the_list_says_how_a_logon_would_go(cmi: Caller) -> None:
    assert [user["logon"] for user in cmi.read("/users")["users"]] == ["good"]
    cmi.advance(hours=366 * 24)
    assert [user["logon"] for user in cmi.read("/users")["users"]] == ["password_old"]


def test_a_given_password_reaches_no_journal(cmi: Caller) -> None:
    put(cmi, f"{USER}/authentication", {"password": NEW["password"]})
    cmi.get(f"/chats?sort={NEW['password']}")
    assert NEW["password"] not in cmi.client.get("/_mock/journal?tenant=w").text
