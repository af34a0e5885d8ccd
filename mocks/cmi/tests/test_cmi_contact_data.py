"""/contactData: a result is written back to a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import HOST, OTHER_QUEUE, QUEUE, Caller, basic

Make = Callable[..., Caller]
RESULT = {"attachments_stored": 3, "note": "läuft"}
LISTED = {"extra_data_in_statistics": [*RESULT]}


def write(cmi: Caller, contact_id: str, data: Any = None, **headers: str) -> Any:
    return cmi.send("POST", "/contactData", {"contact_id": contact_id, "data": data or RESULT}, **headers)


def test_a_result_is_written_back_with_201_the_new_id_and_location(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    response = write(cmi, guid)
    assert response.status_code == 201
    assert response.mimetype == "text/html"
    assert len(response.text) == 32
    assert response.headers["Location"] == f"https://{HOST}/acme/cmi/contactData/{response.text}"
    row = cmi.get(f"/contactData/{response.text}").get_json()
    assert (row["data"], row["group_id"]) == (RESULT, guid)
    assert row["contact_id"] == cmi.read(f"/chats/{guid}")["leg_ids"][0]
    (kept,) = cmi.read("/contact-data")
    assert (kept["chat_guid"], kept["created_by"], kept["data"]) == (guid, "transcript.user", RESULT)


def test_a_running_conversation_takes_no_result(cmi: Caller) -> None:
    guid = cmi.chat()
    assert write(cmi, guid).status_code == 400
    cmi.control("/dialect", {"contact_data_refused_status": 409})
    assert write(cmi, guid).status_code == 409
    cmi.control(f"/chats/{guid}/end")
    assert write(cmi, guid).status_code == 201, "in wrap-up"
    cmi.control(f"/chats/{guid}/wrap-up")
    assert write(cmi, guid).status_code == 201, "handled"


def test_a_transferred_leg_takes_results_while_the_next_one_runs(cmi: Caller) -> None:
    guid = cmi.chat()
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    first, second = cmi.read(f"/chats/{guid}")["leg_ids"]
    assert write(cmi, first).status_code == 201
    assert write(cmi, second).status_code == 400


def test_an_email_takes_no_result(cmi: Caller) -> None:
    mail_id = cmi.control("/emails", {"from": "a@example.com"}).get_json()["id"]
    cmi.control(f"/emails/{mail_id}/handle")
    assert write(cmi, mail_id).status_code == 400
    assert "not supported for e-mails" in str(cmi.read("/journal")["exchanges"][-1]["notes"])
    assert cmi.read("/contact-data") == []


@pytest.mark.parametrize("key", ["2nd id", "two words", "1st", "-dash", ".dot", "", "a:b", "a/b"])
def test_a_key_of_attached_data_is_an_xml_name(make: Make, key: str) -> None:
    cmi = make(**LISTED)
    guid, _ = cmi.ended_chat()
    assert write(cmi, guid, {key: "x"}).status_code == 400
    assert "no XML element name" in str(cmi.read("/journal")["exchanges"][-1]["notes"])
    cmi.control("/dialect", {"contact_data_refused_status": 409})
    assert write(cmi, guid, {"fine": 1, key: "x"}).status_code == 409
    assert cmi.read("/contact-data") == [], "nothing of it is kept"


@pytest.mark.parametrize("key", ["attachment_transfer", "_x", "Größe", "a-b.c2"])
def test_a_valid_xml_name_is_accepted_as_key(cmi: Caller, key: str) -> None:
    guid, _ = cmi.ended_chat()
    assert write(cmi, guid, {key: "x"}).status_code == 201


def test_only_what_the_setting_lists_survives_the_conversations_end(make: Make) -> None:
    cmi = make(extra_data_in_statistics=["attachment_transfer"])
    guid, _ = cmi.ended_chat()
    leg = cmi.read(f"/chats/{guid}")["leg_ids"][0]
    both = write(cmi, guid, {"attachment_transfer": "stored", "note": "n"}).text
    lost = write(cmi, guid, {"note": "n"}).text

    def shown() -> list[dict[str, Any]]:
        return [row["data"] for row in cmi.get(f"/contactData?contactId={guid}").get_json()]

    assert shown() == [{"attachment_transfer": "stored", "note": "n"}, {"note": "n"}], "in wrap-up all is there"
    cmi.control(f"/chats/{guid}/wrap-up")
    assert shown() == [{"attachment_transfer": "stored"}]
    assert cmi.get(f"/contactData/{both}").get_json()["data"] == {"attachment_transfer": "stored"}
    assert cmi.get(f"/contactData/{lost}").status_code == 404
    late = write(cmi, guid, {"note": "late"})
    assert late.status_code == 201, "acknowledged all the same"
    assert cmi.get(f"/contactData/{late.text}").status_code == 404
    assert cmi.get(f"/contacts/{leg}/details").get_json()["attached_data"] == {"attachment_transfer": "stored"}


def test_by_default_no_attached_data_survives_the_conversations_end(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    write(cmi, guid)
    assert len(cmi.get("/contactData").get_json()) == 1
    cmi.control(f"/chats/{guid}/wrap-up")
    assert cmi.get("/contactData").get_json() == []


def test_results_are_listed_by_conversation_or_group(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    other, _ = cmi.ended_chat()
    first, second, third = (write(cmi, one).text for one in (guid, other, guid))

    def listed(query: str) -> list[str]:
        return [row["id"] for row in cmi.get(f"/contactData{query}").get_json()]

    assert listed("") == [first, second, third]
    assert listed(f"?contactId={guid.lower()}") == [first, third]
    assert listed(f"?contactId={cmi.read(f'/chats/{other}')['leg_ids'][0]}") == [second]
    assert listed(f"?contactId={'0' * 32}") == []
    assert listed("?limit=1&offset=1") == [second]
    assert cmi.get(f"/contactData/{'0' * 32}").status_code == 404


def test_writing_wants_both_rights_and_reading_one(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    written = write(cmi, guid).text
    both = {"queues": [QUEUE["id"]]}
    for rights, reads, writes in (
        ({}, 403, 403),
        (both, 403, 403),
        ({"statistics_details": both}, 200, 403),
        ({**both, "statistics_details": both}, 200, 201),
    ):
        cmi.control("/users", {"name": "second", "password": "another long password", "rights": rights})
        user = basic("second", "another long password")
        assert cmi.get(f"/contactData/{written}", authorization=user).status_code == reads
        assert len(cmi.get("/contactData", authorization=user).get_json()) == (reads == 200)
        assert write(cmi, guid, authorization=user).status_code == writes


def test_contact_data_can_be_written_in_pairs(make: Make) -> None:
    cmi = make(contact_data_form="pairs")
    guid, _ = cmi.ended_chat()
    response = cmi.send("POST", "/contactData", {"contact_id": guid, "name": "state", "value": "stored"})
    row = cmi.get(f"/contactData/{response.text}").get_json()
    assert (row["name"], row["value"]) == ("state", "stored")
    assert write(cmi, guid).status_code == 400


def test_a_result_may_be_written_in_xml(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    body = (
        f"<contactData><contact_id>{guid}</contact_id><data><state>stored</state>"
        '<entry key="größe">ü &amp; 2</entry></data></contactData>'
    )
    response = cmi.send("POST", "/contactData", data=body.encode(), content_type="application/xml")
    assert response.status_code == 201, response.text
    assert cmi.read("/contact-data")[0]["data"] == {"state": "stored", "größe": "ü & 2"}


@pytest.mark.parametrize(
    ("content_type", "data", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"contact_id": 7}', 400),
        ("application/json", b'{"contact_id": "GUID", "data": {}}', 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/xml", b"<a>", 400),
        ("application/xml", b"<a>text</a>", 400),
        ("application/xml", b"<!DOCTYPE r><r><contact_id>GUID</contact_id><data><a>1</a></data></r>", 400),
        ("text/plain", b"state=stored", 415),
        ("", b"{}", 415),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(cmi: Caller, content_type: str, data: bytes, status: int) -> None:
    guid, _ = cmi.ended_chat()
    body = data.replace(b"GUID", guid.encode())
    assert cmi.send("POST", "/contactData", data=body, content_type=content_type).status_code == status
    assert cmi.read("/contact-data") == []


def test_a_post_can_require_the_documented_accept_header(make: Make) -> None:
    cmi = make(post_accept="text/html")
    guid, _ = cmi.ended_chat()
    assert write(cmi, guid, accept="application/json").status_code == 406
    assert write(cmi, guid).status_code == 201
    cmi.control("/dialect", {"post_accept": "any"})
    assert write(cmi, guid, accept="application/json").status_code == 201


def test_the_location_header_can_be_a_path(make: Make) -> None:
    cmi = make(location_form="relative")
    guid, _ = cmi.ended_chat()
    response = write(cmi, guid)
    assert response.headers["Location"] == f"/acme/cmi/contactData/{response.text}"
