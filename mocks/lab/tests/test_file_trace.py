"""A mock's exchanges, read as what they did for a file."""

from __future__ import annotations

from typing import Any

import pytest

from attachment_lab.reconciliation.file_trace import answer_from, file_exchange_from

CHAT = "F6F3ABC0084E3B53747DDC16D8C19034"
FILE = "3B04C2CC93C9F7236667E938660AE10B"
ACTIVITY = "D189A5F1431D8C811AFE5738D279F02B"
OBJECT = "190E3F709DADE04A3520AB4E318CF1FA"
CMI = "/acme/cmi"
ODATA = "/sap/c4c/odata/v1/chatactivity"


def exchange(method: str, url: str, **changes: Any) -> dict[str, Any]:
    body = {"head": "", "complete": True, "size_bytes": 10}
    return {
        "id": 7,
        "at": "2026-11-28T16:43:36.500Z",
        "duration_ms": 250.0,
        "method": method,
        "url": url,
        "status": 200,
        "fault": None,
        "evidence": ["cmi.download.raw_bytes"],
        "request": dict(body),
        "response": dict(body),
        "response_headers": {},
    } | changes


@pytest.mark.parametrize(
    ("mock", "url", "act", "names"),
    [
        ("cmi", f"{CMI}/chats/{CHAT}", "history", {"chat": CHAT}),
        ("cmi", f"/acme/objects/{FILE}?X-Amz-Date=20261128T164336Z", "download", {"source_id": FILE}),
        ("cmi", f"{CMI}/chats?groupId={CHAT}&limit=5", "history", {"chat": CHAT}),
        ("cmi", f"{CMI}/chats/{CHAT}/attachments/{FILE}", "download", {"chat": CHAT, "source_id": FILE}),
        ("c4c", f"{ODATA}/ChatActivityBTDReferenceCollection?%24filter=ID+eq+%27{CHAT}%27", "lookup", {"chat": CHAT}),
        (
            "c4c",
            f"{ODATA}/ChatActivityCollection('{ACTIVITY}')/ChatActivityAttachment?x",
            "listing",
            {"activity_id": ACTIVITY},
        ),
        ("c4c", f"{ODATA}/ChatActivityAttachmentCollection('{OBJECT}')?s", "check", {"object_id": OBJECT}),
        ("c4c", f"{ODATA}/ChatActivityAttachmentCollection('{OBJECT}')/Binary/$value", "verify", {"object_id": OBJECT}),
    ],
)
def test_an_exchange_is_known_by_its_address(mock: str, url: str, act: str, names: dict[str, str]) -> None:
    found = file_exchange_from(mock, exchange("GET", url))
    assert found is not None
    assert found.act == act
    assert {name: getattr(found, name) for name in names} == names
    assert found.ended_s - found.begun_s == pytest.approx(0.25)


def test_an_upload_shows_its_name_and_its_object() -> None:
    found = file_exchange_from(
        "c4c",
        exchange(
            "POST",
            f"{ODATA}/ChatActivityCollection('{ACTIVITY}')/ChatActivityAttachment",
            status=201,
            request={
                "head": '{"Name": "\\u00dcber \\"alles\\".pdf", "Binary": "AAAA',
                "complete": True,
                "size_bytes": 9,
            },
            response_headers={"Location": f"https://x{ODATA}/ChatActivityAttachmentCollection('{OBJECT}')"},
        ),
    )
    assert found is not None
    assert (found.act, found.stored_name, found.object_id) == ("upload", 'Über "alles".pdf', OBJECT)
    assert (found.activity_id, found.is_good, found.size_bytes) == (ACTIVITY, True, 9)


def test_a_reply_that_broke_off_is_not_good() -> None:
    broken = {"head": "", "complete": False, "size_bytes": 3}
    found = file_exchange_from("cmi", exchange("GET", f"{CMI}/chats/{CHAT}/attachments/{FILE}", response=broken))
    assert found is not None
    assert not found.is_good


@pytest.mark.parametrize(
    ("mock", "method", "url"),
    [
        ("c4c", "GET", f"{ODATA}/$metadata"),
        ("cmi", "POST", f"{CMI}/contactData"),
        ("cmi", "POST", f"{CMI}/chats/{CHAT}/attachments/{FILE}"),
    ],
)
def test_what_moves_no_file_is_no_passage(mock: str, method: str, url: str) -> None:
    assert file_exchange_from(mock, exchange(method, url)) is None


def test_what_the_mock_sent_is_shown_with_its_coding_and_the_faults_that_took_effect() -> None:
    body = {"head": "", "complete": True, "size_bytes": 88, "sha256": "ab" * 32, "sniffed_type": "application/gzip"}
    notes = [{"level": "info", "code": "fault", "message": "f-1: flip_byte, after the work"}]
    url = f"{CMI}/chats/{CHAT}/attachments/{FILE}"
    changes = {"response": body, "notes": notes, "response_headers": {"Content-Encoding": "gzip"}, "fault": "f-1"}
    found = file_exchange_from("cmi", exchange("GET", url, **changes))
    assert found is not None
    assert (found.sha256, found.sniffed_type, found.coding) == ("ab" * 32, "application/gzip", "gzip")
    assert found.fault_kinds == ("flip_byte",)


def test_a_fault_that_found_nothing_to_change_had_no_effect() -> None:
    struck = {"level": "info", "code": "fault", "message": "f-1: flip_byte, after the work"}
    vain = {"level": "warning", "code": "fault_without_effect", "message": "the reply has no such byte"}
    found = file_exchange_from("cmi", exchange("GET", f"{CMI}/chats/{CHAT}/attachments/{FILE}", notes=[struck, vain]))
    assert found is not None
    assert found.fault_kinds == ()


def test_an_answer_of_an_unknown_address_counts_as_a_download_of_no_known_file() -> None:
    found = answer_from("cmi", exchange("GET", f"{CMI}/public/42"))
    assert (found.act, found.source_id) == ("download", None)
