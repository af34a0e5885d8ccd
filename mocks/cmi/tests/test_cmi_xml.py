"""The same documents as XML."""

from __future__ import annotations

import base64
from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from cmi_caller import Caller
from defusedxml.ElementTree import fromstring

from cmi_mock.wire.representations import xml_document

Make = Callable[..., Caller]
XML = "application/xml"


def element(parent: Element, path: str) -> Element:
    """The element at this path."""
    found = parent.find(path)
    assert found is not None, path
    return found


def test_a_document_is_given_as_xml_when_xml_is_accepted(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(b"content")
    response = cmi.get(f"/chats/{guid}", accept=XML)
    chat = fromstring(response.data)
    assert (response.content_type, response.content_length) == (XML, len(response.data))
    assert (chat.tag, chat.findtext("group_id"), chat.findtext("queue/name")) == ("chat", guid, "Support")
    json = cmi.get(f"/chats/{guid}").get_json()
    listed = json["messages"][0]["attachments"][0]
    found = element(chat, "messages/message/attachments/attachment")
    assert {child.tag: child.text for child in found} == {name: str(value) for name, value in listed.items()}
    assert found.findtext("id") == attachment_id


def test_a_list_in_xml_is_an_element_of_elements(cmi: Caller) -> None:
    guids = [cmi.ended_chat()[0] for _ in range(2)]
    chats = fromstring(cmi.get("/chats", accept=XML).data)
    assert (chats.tag, [one.tag for one in chats]) == ("chats", ["chat", "chat"])
    assert [one.findtext("group_id") for one in chats] == guids
    assert list(fromstring(cmi.get("/contactData", accept=XML).data)) == []


def test_the_form_of_xml_is_a_dialect(make: Make) -> None:
    cmi = make(xml_form="attributes")
    guid, _ = cmi.ended_chat(b"content")
    chat = fromstring(cmi.get(f"/chats/{guid}", accept=XML).data)
    assert chat.get("group_id") == guid
    assert element(chat, "queue").get("name") == "Support"
    assert element(chat, "messages/message/attachments/attachment").get("size") == "7"
    cmi.control("/dialect", {"xml_form": "none"})
    assert cmi.get(f"/chats/{guid}", accept=XML).status_code == 406


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/json", 200, "application/json"),
        ("application/xml, application/json", 200, "application/json"),
        ("application/json;q=0.5, application/xml", 200, XML),
        ("text/xml", 200, "text/xml"),
        ("image/png", 406, "application/json"),
    ],
)
def test_the_accept_header_decides(cmi: Caller, accept: str, status: int, content_type: str) -> None:
    response = cmi.get("/chats", accept=accept)
    assert (response.status_code, response.mimetype) == (status, content_type)


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_a_file_stands_inline_in_xml_as_in_json(make: Make, size: int) -> None:
    cmi = make(chat_shape="C")
    content = bytes(range(256)) * (size // 256 + 1)
    guid, _ = cmi.ended_chat(content[:size])
    response = cmi.get(f"/chats/{guid}", accept=XML)
    inline = fromstring(response.data).findtext("messages/message/attachments/attachment/content")
    assert base64.b64decode(inline or "") == content[:size]
    assert response.content_length == len(response.data)


@pytest.mark.parametrize("attributes", [False, True])
@pytest.mark.parametrize("text", ["<&>\"'", "a\r\nb\tc", "見積書 \U0001f600", " ends with spaces "])
def test_any_text_survives_the_way_through_xml(text: str, attributes: bool) -> None:
    pieces = xml_document({"text": text}, "note", attributes=attributes)
    note = fromstring(b"".join(pieces))
    assert (note.get("text") if attributes else note.findtext("text")) == text


def test_what_xml_cannot_contain_is_replaced_and_a_strange_name_becomes_an_entry() -> None:
    document = {"a b": "\x00bell\x07", "ok": True, "none": None, "parts": ["x", "y"], "cc": ["z"]}
    note = fromstring(b"".join(xml_document(document, "note", attributes=False)))
    assert [(child.tag, child.get("key")) for child in note] == [
        ("entry", "a b"),
        ("ok", None),
        ("parts", None),
        ("cc", None),
    ]
    assert note[0].text == "\ufffdbell\ufffd"
    assert note.findtext("ok") == "true"
    assert [child.tag for child in element(note, "parts")] == ["part", "part"]
    assert [child.tag for child in element(note, "cc")] == ["item"]
