"""Listings that are legal in one way and odd in another: sizes, types, ids, addresses, members, depth."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from cmi_caller import Caller

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


def first(cmi: Caller, guid: str) -> dict[str, Any]:
    """The first listed attachment."""
    return dict(cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0])


def journaled_fault(cmi: Caller) -> str | None:
    fault = cmi.read("/journal")["exchanges"][-1]["fault"]
    return None if fault is None else str(fault)


@pytest.mark.parametrize(
    ("listed", "size"),
    [
        ("right", len(JPEG)),
        ("smaller", len(JPEG) // 2),
        ("larger", 2 * len(JPEG) + 1),
        ("zero", 0),
        ("text", "10 kB"),
    ],
)
def test_a_listed_size_can_be_wrong(make: Make, listed: str, size: int | str) -> None:
    cmi = make(listed_size=listed)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    assert first(cmi, guid)["size"] == size
    assert cmi.get(f"/chats/{guid}/attachments/{attachment_id}").content_length == len(JPEG)


def test_a_listing_can_leave_type_and_id_out(make: Make) -> None:
    cmi = make(attachment_type_listed=False, attachment_id_listed=False, attachment_size_listed=False)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    assert first(cmi, guid) == {"name": "photo.jpg", "url": f"/chats/{guid}/attachments/{attachment_id}"}


@pytest.mark.parametrize("form", ["relative", "absolute"])
def test_a_signed_address_differs_at_each_reading(make: Make, form: str) -> None:
    cmi = make(attachment_url=form, attachment_url_signed="each_reading", attachment_id_listed=False)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    urls = [first(cmi, guid)["url"] for _ in range(28)]
    paths = {url.partition("?")[0] for url in urls}
    signatures = [url.partition("?sig=")[2] for url in urls]
    assert len(paths) == 1
    assert (signatures[:3], signatures[25:]) == (["A", "B", "C"], ["Z", "AA", "AB"])
    address = f"/chats/{guid}/attachments/{attachment_id}"
    assert [cmi.get(f"{address}?sig={each}").status_code for each in ("A", "AB")] == [200, 200]
    assert [cmi.get(f"{address}{each}").status_code for each in ("", "?sig=", "?sig=AC", "?sig=a")] == [403] * 4


@pytest.mark.parametrize(("kind", "name"), [("hash", "part#1"), ("blank", "part 1"), ("percent", "part100%")])
@pytest.mark.parametrize("form", ["relative", "absolute"])
def test_an_address_with_a_raw_character_must_be_encoded_by_the_caller(
    make: Make, kind: str, name: str, form: str
) -> None:
    cmi = make(attachment_url_name=kind, attachment_url=form)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    address = f"/chats/{guid}/attachments/{attachment_id}"
    assert first(cmi, guid)["url"].endswith(f"{address}/{name}")
    assert cmi.get(f"{address}/{quote(name)}").data == JPEG
    assert cmi.get(f"{address}/part").status_code == 404, "the fragment was cut off"
    assert cmi.get(address).status_code == 404


@pytest.mark.parametrize(
    ("form", "member"),
    [("object", {"items": []}), ("text", "see /chatMessages"), ("null", None), ("absent", "nothing at all")],
)
def test_messages_can_be_no_list(make: Make, form: str, member: Any) -> None:
    cmi = make(chat_messages_are=form)
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{guid}").get_json().get("messages", "nothing at all") == member
    assert journaled_fault(cmi) == "cmi.dialect.chat_messages_are"


@pytest.mark.parametrize("shape", ["A", "B", "C", "D"])
def test_attachments_can_stand_twice_the_second_time_empty(make: Make, shape: str) -> None:
    cmi = make(duplicate_member="attachments", chat_shape=shape)
    guid, _ = cmi.ended_chat(JPEG)
    path = {"B": f"/chats?groupId={guid}", "D": f"/chatMessages?contactId={guid}"}.get(shape, f"/chats/{guid}")
    text = cmi.get(path).text
    assert len(re.findall('"attachments": ', text)) == 2
    seen: list[list[Any]] = []
    json.loads(text, object_pairs_hook=lambda pairs: seen.extend(v for n, v in pairs if n == "attachments"))
    assert [len(each) for each in seen] == [1, 0]
    assert journaled_fault(cmi) == "cmi.dialect.duplicate_member"


@pytest.mark.parametrize("depth", [1, 5000])
def test_attachments_can_nest_five_thousand_deep(make: Make, depth: int) -> None:
    cmi = make(attachments_nesting=depth)
    guid, _ = cmi.ended_chat(JPEG)
    response = cmi.get(f"/chats/{guid}")
    assert f'"attachments": {"[" * depth}{"]" * depth}' + "}" in response.text
    assert response.content_length == len(response.data)
    xml = cmi.get(f"/chats/{guid}", accept="application/xml").text
    assert f"<attachments>{'<item>' * depth}{'</item>' * depth}</attachments>" in xml


@pytest.mark.parametrize(
    ("shape", "path"),
    [("A", "/chats/{}"), ("B", "/chats?groupId={}"), ("C", "/chats/{}"), ("D", "/chatMessages?contactId={}")],
)
def test_a_sign_in_page_can_stand_where_the_document_should(make: Make, shape: str, path: str) -> None:
    cmi = make(chat_document_is="sign_in_page", chat_shape=shape)
    guid, _ = cmi.ended_chat(JPEG)
    response = cmi.get(path.format(guid))
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "<form" in response.text
    assert cmi.get(path.format(guid), x_api_key="").status_code == 403, "the gateway checks first"


def test_an_odd_listing_can_be_switched_on_and_off_in_an_existing_tenant(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    cmi.control("/dialect", {"chat_messages_are": "text", "listed_size": "text"})
    assert cmi.get(f"/chats/{guid}").get_json()["messages"] == "see /chatMessages"
    cmi.control("/dialect", {"chat_messages_are": "list", "listed_size": "right"})
    assert first(cmi, guid)["size"] == len(JPEG)
    assert journaled_fault(cmi) is None


@pytest.mark.parametrize(
    ("switch", "value"), [("attachments_nesting", -1), ("listed_size", "huge"), ("attachment_id_listed", "no")]
)
def test_a_value_that_a_switch_does_not_take_is_refused(cmi: Caller, switch: str, value: Any) -> None:
    assert cmi.control("/dialect", {switch: value}).status_code == 422


def test_a_document_can_be_slow_or_endless_by_a_fault(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    fault = {"kind": "endless", "match": {"path": "*/cmi/chats/*"}, "params": {"bytes_per_s": 10**6, "limit_bytes": 99}}
    assert cmi.control("/faults", fault).status_code == 201
    response = cmi.get(f"/chats/{guid}")
    assert "Content-Length" not in response.headers
    assert response.text.endswith(" " * 99 + "}")
