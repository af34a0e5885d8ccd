"""/emails: the sibling whose schema is visible."""

from __future__ import annotations

from typing import Any

import pytest
from cmi_caller import OTHER_QUEUE, QUEUE, Caller, basic


def arrived(cmi: Caller, **members: Any) -> str:
    body = {"queue": QUEUE, "from": "alice@example.com", "to": ["info@example.com"], "subject": "Hi", **members}
    response = cmi.control("/emails", body)
    assert response.status_code == 201, response.text
    return str(response.get_json()["id"])


def test_an_email_carries_the_documented_members(cmi: Caller) -> None:
    mail_id = arrived(cmi)
    cmi.control(f"/emails/{mail_id}/handle")
    mail = cmi.get(f"/emails/{mail_id.lower()}").get_json()
    documented = {
        "id": mail_id,
        "from_queue": {"id": QUEUE["id"], "name": "Support"},
        "channel_type": "email",
        "channel_sub_type": "email",
        "type": "EmailIn",
        "typeDetails": "Email",
        "status": "Handled",
        "statusDetails": "Handled",
    }
    assert mail.items() >= documented.items()
    assert len(mail["id"]) == 32
    assert cmi.get("/emails").get_json() == [mail]


def test_an_email_is_a_group_of_its_own(cmi: Caller) -> None:
    mail_id = arrived(cmi)
    assert cmi.get(f"/emails/{mail_id}").get_json()["group_id"] == mail_id
    contact = cmi.read("/emails")["emails"][0]["contact"]
    assert contact["id"] == contact["guid"] == mail_id
    assert cmi.get(f"/contacts/{mail_id}").get_json()["type"] == "EmailIn"


def test_emails_are_listed_by_language_case_and_cid(cmi: Caller) -> None:
    german = arrived(cmi, language="DE", case_id="4711")
    english = arrived(cmi, language="EN", cid="c-1")

    def listed(query: str) -> list[str]:
        return [row["id"] for row in cmi.get(f"/emails?{query}").get_json()]

    assert listed("language=de") == [german]
    assert listed("case_id=4711") == [german]
    assert listed("cid=c-1") == [english]
    assert listed("language=EN&case_id=4711") == []
    assert listed("limit=1") == [german]


@pytest.mark.parametrize("query", ["language=german", "includeAttachedData=perhaps", "limit=-1"])
def test_a_parameter_of_emails_that_makes_no_sense_is_400(cmi: Caller, query: str) -> None:
    arrived(cmi)
    assert cmi.get(f"/emails?{query}").status_code == 400


def test_attached_data_comes_on_request_only(cmi: Caller) -> None:
    mail_id = arrived(cmi, attached_data={"mood": "cross"})
    assert "attached_data" not in cmi.get("/emails").get_json()[0]
    assert cmi.get("/emails?includeAttachedData=true").get_json()[0]["attached_data"] == {"mood": "cross"}
    assert cmi.get(f"/emails/{mail_id}?includeAttachedData=true").get_json()["attached_data"] == {"mood": "cross"}


def test_an_outgoing_email_and_a_deleted_one_say_so(cmi: Caller) -> None:
    assert cmi.get(f"/emails/{arrived(cmi, outgoing=True)}").get_json()["type"] == "EmailOut"
    deleted = arrived(cmi)
    assert cmi.control(f"/emails/{deleted}/delete").status_code == 200
    assert cmi.get(f"/emails/{deleted}").get_json()["statusDetails"] == "Deleted"
    assert cmi.control(f"/emails/{deleted}/handle").status_code == 409


def test_emails_can_be_limited_to_handled_ones(cmi: Caller) -> None:
    mail_id = arrived(cmi)
    assert cmi.get(f"/emails/{mail_id}").get_json()["status"] == "Queued"
    cmi.control("/dialect", {"emails_show": "handled"})
    assert cmi.get(f"/emails/{mail_id}").status_code == 404
    assert cmi.get("/emails").get_json() == []
    cmi.control(f"/emails/{mail_id}/handle")
    assert cmi.get(f"/emails/{mail_id}").status_code == 200


def test_emails_want_the_history_right_on_queue_or_agent(cmi: Caller) -> None:
    agent = {"id": "DD" * 16}
    mine, other = arrived(cmi, queue=OTHER_QUEUE, agent=agent), arrived(cmi)
    for rights, seen in (({"queues": [QUEUE["id"]]}, other), ({"agents": [agent["id"]]}, mine)):
        cmi.control("/users", {"name": "second", "password": "another long password", "rights": rights})
        user = basic("second", "another long password")
        assert [row["id"] for row in cmi.get("/emails", authorization=user).get_json()] == [seen]
        hidden = other if seen == mine else mine
        assert cmi.get(f"/emails/{hidden}", authorization=user).status_code == 403


def test_emails_are_read_only_and_an_unknown_one_is_404(cmi: Caller) -> None:
    assert cmi.get(f"/emails/{'0' * 32}").status_code == 404
    assert cmi.send("POST", "/emails", {}).status_code == 405
    assert cmi.send("DELETE", f"/emails/{arrived(cmi)}").status_code == 405


@pytest.mark.parametrize("members", [{"from": ""}, {"to": "info@example.com"}, {"attached_data": []}, {"id": "short"}])
def test_an_email_that_makes_no_sense_is_refused(cmi: Caller, members: dict[str, Any]) -> None:
    assert cmi.control("/emails", {"from": "a@example.com", **members}).status_code in (400, 422)
    assert cmi.read("/emails")["emails"] == []
