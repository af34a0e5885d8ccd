"""Control for the lab's pages: bytes before the history is readable, who spoke when, what channels carry."""

from __future__ import annotations

from collections.abc import Callable

from cmi_caller import Caller

Make = Callable[..., Caller]


def path_of(cmi: Caller, guid: str, content: bytes, **query: str) -> str:
    attachment = cmi.attach(guid, content, **query).get_json()
    return f"/_mock/chats/{guid}/attachments/{attachment['id']}?tenant=w"


def test_a_files_bytes_are_there_while_the_chat_is_open(cmi: Caller) -> None:
    response = cmi.client.get(path_of(cmi, cmi.chat(), b"0123456789", name="ü.html", content_type="text/html"))
    assert (response.status_code, response.data) == (200, b"0123456789")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "filename*=UTF-8''%C3%BC.html" in response.headers["Content-Disposition"]


def test_a_range_of_a_file_can_be_requested(cmi: Caller) -> None:
    path = path_of(cmi, cmi.chat(), b"0123456789")
    response = cmi.client.get(path, headers={"Range": "bytes=7-"})
    assert (response.status_code, response.data, response.headers["Content-Range"]) == (206, b"789", "bytes 7-9/10")
    assert cmi.client.get(path, headers={"Range": "bytes=10-"}).status_code == 416


def test_an_unknown_file_and_one_of_another_chat_are_404(cmi: Caller) -> None:
    path = path_of(cmi, cmi.chat(), b"x")
    other = cmi.chat()
    assert cmi.client.get(path).status_code == 200
    assert (
        cmi.client.get(
            f"/_mock/chats/{other}/{path.partition('attachments')[1]}{path.partition('attachments')[2]}"
        ).status_code
        == 404
    )
    assert cmi.client.get(f"/_mock/chats/{other}/attachments/nothing?tenant=w").status_code == 404


def test_a_chat_shows_its_customer_and_the_time_of_each_message(cmi: Caller) -> None:
    guid = cmi.chat(customer={"name": "Ana", "email": "ana@example.com"}, language="DE")
    cmi.control(f"/chats/{guid}/messages", {"message": "Hallo"})
    cmi.attach(guid, b"x")
    chat = cmi.read(f"/chats/{guid}")
    assert (chat["customer"]["name"], chat["language"], chat["direction"]) == ("Ana", "DE", "inbound")
    assert chat["legs"][0]["queue_name"] == "Support"
    assert chat["legs"][0]["accepted"] <= chat["messages"][0]["timestamp"]
    assert chat["messages"][1]["attachments"][0]["delivered_as"] == "file"


def test_channels_are_listed_once_each_with_what_they_carry(make: Make) -> None:
    shown = {one["channel_sub_type"]: one for one in make(web_chat_files=False, channel_limits="on").read("/channels")}
    assert shown["sms"]["files"] is False
    assert shown["web"]["files"] is False
    assert shown["whatsapp"]["max_bytes"]["image"] == 5 * 1024 * 1024
    assert all(one["enforced"] and one["source"] for one in shown.values())
