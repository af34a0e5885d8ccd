"""CMI's responses about one ended chat. Every test runs on the mock and on a tenant."""

from __future__ import annotations

import secrets
import uuid
from typing import Any
from urllib.parse import urljoin

import pytest

from attachment_lab.probe.chat_shapes import attachments_in, messages_in

pytestmark = [pytest.mark.stack, pytest.mark.system("cmi")]
JSON = {"Accept": "application/json"}


@pytest.fixture
def chat(subject: Any) -> dict[str, Any]:
    """The contact's document."""
    answer = subject.cmi(f"chats/{subject.target.contact_id}", headers=JSON)
    document = answer.json()
    assert (answer.status, type(document)) == (200, dict)
    return dict(document)


def download(subject: Any, chat: dict[str, Any], **headers: str) -> Any:
    """The first attachment."""
    href = str(attachments_in(chat)[0]["url"])
    url = urljoin(f"{subject.target.cmi_url}/", href.lstrip("/") if href.startswith("/") else href)
    return subject.ask("cmi", url, headers={"Accept": "*/*", **headers}, is_file=True)


@pytest.mark.verifies("cmi.auth.key_and_basic", "cmi.dialect.auth_mode")
@pytest.mark.parametrize(("credentials", "status"), [("none", 403), ("no_key", 403), ("no_user", 401)])
def test_a_call_needs_both_the_key_and_the_password(subject: Any, credentials: str, status: int) -> None:
    subject.cmi(f"chats/{subject.target.contact_id}", headers=JSON)  # the password is right, or the run stops here
    answer = subject.cmi(f"chats/{subject.target.contact_id}", headers=JSON, credentials=credentials)
    assert answer.status == status


@pytest.mark.verifies("cmi.auth.forbidden_body")
def test_a_wrong_key_gets_the_gateways_error(subject: Any) -> None:
    answer = subject.cmi("chats", headers=JSON, credentials="wrong_key")
    assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})


@pytest.mark.verifies("cmi.dialect.chat_shape", "service.cmi.chat_routes")
def test_the_chats_document_has_messages_whose_attachments_have_an_address(chat: dict[str, Any]) -> None:
    found = attachments_in(chat)
    assert found
    assert all(item["url"] and item["id"] and item["name"] for item in found)


@pytest.mark.verifies("cmi.dialect.attachment_url")
def test_an_attachments_address_is_relative_to_cmi(chat: dict[str, Any]) -> None:
    assert all(item["url"].startswith("/chats/") for item in attachments_in(chat))


@pytest.mark.verifies("cmi.dialect.attachment_size_listed")
def test_an_attachments_size_is_listed(chat: dict[str, Any]) -> None:
    assert all(type(item["size"]) is int for item in attachments_in(chat))


@pytest.mark.verifies("service.cmi.originators")
def test_files_come_from_customers_and_agents(chat: dict[str, Any]) -> None:
    assert {m["originator_type"] for m in messages_in(chat) if m["attachments"]} <= {"customer", "agent"}


@pytest.mark.verifies("cmi.download.raw_bytes")
def test_a_download_returns_the_raw_bytes_with_type_and_name(subject: Any, chat: dict[str, Any]) -> None:
    answer = download(subject, chat)
    assert (answer.status, answer.media_type) == (200, attachments_in(chat)[0]["content_type"])
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.verifies("cmi.dialect.length_known")
def test_a_download_has_its_length(subject: Any, chat: dict[str, Any]) -> None:
    assert download(subject, chat).headers.get("content-length", "").isdigit()


@pytest.mark.verifies("cmi.dialect.ranges")
def test_a_part_of_a_file_can_be_requested(subject: Any, chat: dict[str, Any]) -> None:
    answer = download(subject, chat, Range="bytes=0-0")
    assert (answer.status, answer.size_bytes) == (206, 1)


@pytest.mark.verifies("cmi.ids.any_spelling")
def test_a_contact_id_is_accepted_in_any_spelling(subject: Any) -> None:
    spelled = str(uuid.UUID(subject.target.contact_id))
    assert subject.cmi(f"chats/{spelled}", headers=JSON).status == 200


@pytest.mark.verifies("cmi.dialect.chat_id_is")
def test_the_id_of_a_leg_is_not_a_chat_id(subject: Any, chat: dict[str, Any]) -> None:
    assert chat["id"] != subject.target.contact_id
    answer = subject.cmi(f"chats/{chat['id']}", headers=JSON)
    assert answer.status == 404 or answer.json() == []


@pytest.mark.verifies("cmi.dialect.unknown_chat")
def test_an_unknown_chat_is_404(subject: Any) -> None:
    assert subject.cmi(f"chats/{secrets.token_hex(16).upper()}", headers=JSON).status == 404


@pytest.mark.verifies("cmi.dialect.error_body")
def test_an_error_is_a_message_in_json(subject: Any) -> None:
    answer = subject.cmi(f"chats/{secrets.token_hex(16).upper()}", headers=JSON)
    if answer.ok:
        pytest.skip("this target returns no error for an unknown chat")
    assert answer.json().keys() == {"message"}


@pytest.mark.verifies("cmi.lists.bare_array", "cmi.dialect.lists_hold_messages")
def test_a_list_is_a_bare_array_of_summaries(subject: Any) -> None:
    rows = subject.cmi(f"chats?groupId={subject.target.contact_id}", headers=JSON).json()
    assert isinstance(rows, list)
    assert rows
    assert not any("messages" in row for row in rows)


@pytest.mark.verifies("cmi.dialect.xml_form")
def test_a_document_in_xml_has_an_element_for_each_member(subject: Any) -> None:
    answer = subject.cmi(f"chats/{subject.target.contact_id}", headers={"Accept": "application/xml"})
    assert (answer.status, answer.media_type) == (200, "application/xml")
    assert b"<group_id>" in answer.body


@pytest.mark.verifies("cmi.auth.bad_password")
@pytest.mark.wrong_password("cmi")
def test_a_wrong_password_is_401_and_does_not_lock_at_once(trying: Any) -> None:
    tried = trying("cmi")
    path = f"chats/{tried.target.contact_id}"
    assert tried.cmi(path, headers=JSON, credentials="wrong_password").status == 401
    assert tried.cmi(path, headers=JSON).status == 200
