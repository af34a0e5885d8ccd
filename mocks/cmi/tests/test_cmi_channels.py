"""What the channels carry: which of them take files, their limits, and the European rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from cmi_caller import HOST, Caller

from cmi_mock.model.channels import channel, kind_of, known_channels

Make = Callable[..., Caller]
VERIFIED = ("whatsapp", "facebook", "instagram", "telegram", "viber", "line", "sinchchat", "wechat")
MIB = 1024 * 1024


def sent(cmi: Caller, sub_type: str, size: int, content_type: str, who: str = "customer") -> int:
    guid = cmi.chat(channel_sub_type=sub_type)
    return cmi.attach(guid, bytes(size), name="f", content_type=content_type, originator_type=who).status_code


@pytest.mark.parametrize(
    ("sub_type", "status"),
    [*((name, 201) for name in VERIFIED), ("WhatsApp", 201), ("sms", 422), ("ecf", 422), ("chatlayer_bot", 422)],
)
def test_every_rich_content_channel_carries_files_and_text_channels_do_not(
    cmi: Caller, sub_type: str, status: int
) -> None:
    assert sent(cmi, sub_type, 10, "image/png") == status


def test_whether_web_chat_carries_files_is_a_dialect(cmi: Caller) -> None:
    assert sent(cmi, "web", 10, "image/png") == 201
    cmi.control("/dialect", {"web_chat_files": False})
    assert sent(cmi, "webchat", 10, "image/png") == 422
    assert sent(cmi, "whatsapp", 10, "image/png") == 201


@pytest.mark.parametrize(
    ("sub_type", "content_type", "limit"),
    [
        ("whatsapp", "image/jpeg", 5 * MIB),
        ("whatsapp", "video/mp4", 16 * MIB),
        ("messenger", "application/pdf", 25 * MIB),
    ],
)
def test_a_channels_size_limits_hold_when_switched_on(make: Make, sub_type: str, content_type: str, limit: int) -> None:
    assert channel(sub_type).max_bytes[kind_of(content_type)] == limit
    cmi = make(channel_limits="on")
    assert sent(cmi, sub_type, limit, content_type) == 201
    assert sent(cmi, sub_type, limit + 1, content_type) == 422
    cmi.control("/dialect", {"channel_limits": "off"})
    assert sent(cmi, sub_type, limit + 1, content_type) == 201


def test_a_text_beyond_whatsapps_4096_characters_is_refused_when_limits_are_on(make: Make) -> None:
    cmi = make(channel_limits="on")
    guid = cmi.chat()
    assert cmi.control(f"/chats/{guid}/messages", {"message": "x" * 4096}).status_code == 201
    response = cmi.control(f"/chats/{guid}/messages", {"message": "x" * 4097})
    assert (response.status_code, response.get_json()["errors"][0]["field"]) == (422, "message")


def delivered(cmi: Caller, sub_type: str, content_type: str, who: str) -> dict[str, Any]:
    """One file sent; the message it became, with ``delivered_as``."""
    guid = cmi.chat(channel_sub_type=sub_type)
    cmi.attach(guid, b"content", name="f.pdf", content_type=content_type, originator_type=who)
    cmi.control(f"/chats/{guid}/end")
    kept = next(one for one in cmi.read("/attachments") if one["chat_guid"] == guid)
    message: dict[str, Any] = cmi.get(f"/chats/{guid}").get_json()["messages"][0]
    return message | {"delivered_as": kept["delivered_as"], "guid": guid, "file_id": kept["id"]}


def test_the_european_rule_sends_links_in_place_of_files(make: Make) -> None:
    cmi = make(eu_links="outgoing")
    message = delivered(cmi, "whatsapp", "application/pdf", "agent")
    assert message["attachments"] == []
    assert message["delivered_as"] == "link"
    link = urlsplit(message["message"])
    assert link.path.startswith("/acme/sms/richcontent/")
    assert cmi.client.get(link.path, base_url=f"https://{HOST}").data == b"content"
    assert cmi.get(f"/chats/{message['guid']}/attachments/{message['file_id']}").status_code == 404


@pytest.mark.parametrize(
    ("rule", "sent_file", "form"),
    [
        ("off", ("whatsapp", "application/pdf", "agent"), "file"),
        ("outgoing", ("whatsapp", "image/png", "agent"), "file"),
        ("outgoing", ("whatsapp", "application/pdf", "customer"), "file"),
        ("outgoing", ("facebook", "video/mp4", "agent"), "link"),
        ("outgoing", ("telegram", "application/pdf", "agent"), "file"),
        ("both", ("facebook", "application/pdf", "customer"), "link"),
    ],
)
def test_the_european_rule_spares_images_other_channels_and_the_other_direction(
    make: Make, rule: str, sent_file: tuple[str, str, str], form: str
) -> None:
    assert delivered(make(eu_links=rule), *sent_file)["delivered_as"] == form


def test_sinch_chat_sends_only_images_as_files_when_limits_are_on(make: Make) -> None:
    cmi = make(channel_limits="on")
    assert delivered(cmi, "sinchchat", "application/pdf", "agent")["delivered_as"] == "link"
    assert delivered(cmi, "sinchchat", "image/png", "agent")["delivered_as"] == "file"
    assert delivered(cmi, "sinchchat", "application/pdf", "customer")["delivered_as"] == "file"


def test_every_channel_says_how_we_know_it() -> None:
    assert all(one.source and one.label in ("documented", "assumed") for one in known_channels().values())
    assert channel("carrier pigeon").files, "an unknown channel carries files"
