"""The documents in which CMI shows a chat: shapes, lists, timing, ids."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from cmi_caller import HOST, KEY, OTHER_QUEUE, PASSWORD, QUEUE, USER, Caller, basic

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000


def test_a_chat_lists_its_messages_and_attachments(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    chat = cmi.get(f"/chats/{guid}").get_json()
    assert chat["group_id"] == guid
    assert (chat["type"], chat["status"], chat["channel_sub_type"]) == ("ChatIn", "Ended", "whatsapp")
    assert chat["queue"] == {"id": QUEUE["id"], "name": "Support"}
    assert chat["messages"][0]["originator_type"] == "customer"
    assert chat["messages"][0]["attachments"] == [
        {
            "id": attachment_id,
            "name": "photo.jpg",
            "content_type": "image/jpeg",
            "size": len(JPEG),
            "url": f"/chats/{guid}/attachments/{attachment_id}",
        }
    ]


@pytest.mark.parametrize("spell", [str.lower, lambda g: f"{g[:8]}-{g[8:12]}-{g[12:16]}-{g[16:20]}-{g[20:]}"])
def test_a_guid_is_found_in_any_spelling(cmi: Caller, spell: Callable[[str], str]) -> None:
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{spell(guid)}").get_json()["group_id"] == guid


def test_a_leg_id_is_no_chat_id_unless_the_dialect_allows_it(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    leg_id = cmi.read(f"/chats/{guid}")["leg_ids"][0]
    assert cmi.get(f"/chats/{leg_id}").status_code == 404
    cmi.control("/dialect", {"chat_id_is": "guid_or_leg"})
    assert cmi.get(f"/chats/{leg_id}").get_json()["group_id"] == guid


def test_an_unknown_chat_is_404_or_an_empty_array(cmi: Caller) -> None:
    assert cmi.get(f"/chats/{'0' * 32}").status_code == 404
    cmi.control("/dialect", {"unknown_chat": "empty_200"})
    response = cmi.get(f"/chats/{'0' * 32}")
    assert (response.status_code, response.get_json()) == (200, [])


def test_a_running_chat_is_not_history_yet(cmi: Caller) -> None:
    guid = cmi.chat()
    assert cmi.get(f"/chats/{guid}").status_code == 404
    assert cmi.get("/chats").get_json() == []
    cmi.control(f"/chats/{guid}/end")
    assert cmi.get(f"/chats/{guid}").status_code == 200


def test_history_can_wait_for_wrap_up_and_archiving(make: Make) -> None:
    cmi = make(history_visible_at="wrap_up", history_delay_s=600)
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{guid}").status_code == 404
    cmi.control(f"/chats/{guid}/wrap-up")
    assert cmi.get(f"/chats/{guid}").status_code == 404
    cmi.advance(minutes=10)
    assert cmi.get(f"/chats/{guid}").get_json()["status"] == "Handled"


def test_a_list_is_a_bare_array_with_limit_offset_and_sort(cmi: Caller) -> None:
    guids = []
    for _ in range(3):
        guids.append(cmi.ended_chat()[0])
        cmi.advance(seconds=10)
    rows = cmi.get("/chats").get_json()
    assert [row["group_id"] for row in rows] == guids
    assert "messages" not in rows[0]

    def listed(query: str) -> list[str]:
        return [row["group_id"] for row in cmi.get(f"/chats?{query}").get_json()]

    assert listed("sort=-created,LOCALE-de&limit=2") == guids[:0:-1]
    assert listed("offset=1&limit=1") == guids[1:2]
    assert listed(f"groupId={guids[1].lower()}") == guids[1:2]
    assert listed(f"groupId={'0' * 32}") == []
    assert listed("limit=0") == []
    leg_ids = [cmi.read(f"/chats/{guid}")["leg_ids"][0] for guid in guids]
    assert listed(f"id={leg_ids[2]}") == guids[2:]
    assert listed(f"id={leg_ids[2]}&groupId={guids[2]}") == guids[2:]
    assert listed(f"id={leg_ids[2]}&groupId={guids[0]}") == []


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=1.5", "sort=messages", "limit=٣"])
def test_a_list_parameter_that_makes_no_sense_is_400(cmi: Caller, query: str) -> None:
    cmi.ended_chat()
    assert cmi.get(f"/chats?{query}").status_code == 400


def test_shape_b_gives_one_document_for_each_leg(make: Make) -> None:
    cmi = make(chat_shape="B")
    guid = cmi.chat()
    first = cmi.attach(guid, b"first").get_json()["id"]
    cmi.advance(seconds=60)
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    second = cmi.attach(guid, b"second").get_json()["id"]
    cmi.control(f"/chats/{guid}/end")

    def attachments() -> list[list[str]]:
        legs = cmi.get(f"/chats?groupId={guid}").get_json()
        return [[a["id"] for m in leg["messages"] for a in m["attachments"]] for leg in legs]

    assert attachments() == [[first], [second]]
    created = [leg["created"] for leg in cmi.get(f"/chats?groupId={guid}").get_json()]
    assert created[0] < created[1]
    cmi.control("/dialect", {"leg_messages": "cumulative"})
    assert attachments() == [[first], [first, second]]
    leg = cmi.get(f"/chats?groupId={guid}").get_json()[1]
    assert cmi.get(f"/chats/{leg['id']}").get_json()["queue"]["name"] == "Sales"
    assert cmi.get(leg["messages"][0]["attachments"][0]["url"]).data == b"first"
    assert cmi.get(f"/chats/{guid}").status_code == 404, "shape B has no document under the group id"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 256 * 1024, 600_001])
def test_shape_c_carries_the_bytes_inline(make: Make, size: int) -> None:
    cmi = make(chat_shape="C")
    content = (JPEG * 2)[:size]
    guid, (attachment_id,) = cmi.ended_chat(content)
    response = cmi.get(f"/chats/{guid}")
    assert response.content_length == len(response.data)
    listed = response.get_json()["messages"][0]["attachments"][0]
    assert base64.b64decode(listed["content"], validate=True) == content
    assert "url" not in listed
    assert cmi.get(f"/chats/{guid}/attachments/{attachment_id}").status_code == 404


def test_shape_d_gives_public_links_in_chat_messages(make: Make) -> None:
    cmi = make(chat_shape="D")
    guid, _ = cmi.ended_chat(JPEG)
    rows = cmi.get(f"/chatMessages?contactId={guid}").get_json()
    link = urlsplit(rows[0]["attachments"][0]["url"])
    assert (link.scheme, link.netloc) == ("https", HOST)
    assert link.path.startswith("/acme/sms/richcontent/")
    assert {"contact_id", "conversation_id", "message_id"} <= rows[0].keys()
    assert "attachments" not in cmi.get(f"/chats/{guid}").get_json()["messages"][0]


def test_outside_shape_d_chat_messages_has_no_attachments(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    rows = cmi.get(f"/chatMessages?contactId={guid}").get_json()
    assert len(rows) == 1
    assert "attachments" not in rows[0]
    assert cmi.get("/chatMessages").status_code == 400


@pytest.mark.parametrize(
    ("form", "start"),
    [("absolute", f"https://{HOST}/acme/cmi/chats/"), ("rich_content", f"https://{HOST}/acme/sms/")],
)
def test_an_attachments_url_can_be_absolute(make: Make, form: str, start: str) -> None:
    cmi = make(attachment_url=form)
    guid, _ = cmi.ended_chat(JPEG)
    url = urlsplit(cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]["url"])
    assert url.geturl().startswith(start)
    headers = {"x-api-key": KEY, "authorization": basic(USER, PASSWORD)}
    assert cmi.client.get(url.path, base_url=f"https://{url.netloc}", headers=headers).data == JPEG


def test_a_listing_can_leave_the_size_out(make: Make) -> None:
    cmi = make(attachment_size_listed=False)
    guid, _ = cmi.ended_chat(JPEG)
    assert "size" not in cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]


def test_a_list_can_contain_whole_documents(make: Make) -> None:
    cmi = make(lists_hold_messages=True)
    guid, _ = cmi.ended_chat(JPEG)
    assert cmi.get("/chats").get_json() == [cmi.get(f"/chats/{guid}").get_json()]


def test_without_limit_the_default_limit_cuts(make: Make) -> None:
    cmi = make(default_limit=2, chat_shape="D")
    guid, _ = cmi.ended_chat(b"1", b"2", b"3")
    assert len(cmi.get(f"/chatMessages?contactId={guid}").get_json()) == 2
    assert len(cmi.get(f"/chatMessages?contactId={guid}&offset=2").get_json()) == 1
    assert len(cmi.get(f"/chatMessages?contactId={guid}&limit=10").get_json()) == 3
