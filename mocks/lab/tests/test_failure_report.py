"""What a failed test's report shows of a tenant: from records, without a stack."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not
from exchanges_sample import FILE, GUID, delivery, exchange

from attachment_lab.chats.facts import ChatFacts
from attachment_lab.exchanges.entry import from_delivery, from_exchange
from attachment_lab.exchanges.why import Explanation
from attachment_lab.reconciliation.file_trace import file_exchange_from
from attachment_lab.reconciliation.records import DeliveryRecord, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord
from attachment_lab.testing.failure_report import (
    MOST_CHARS,
    MOST_LINES,
    FailureFacts,
    failure_report,
    grouped,
)

PHOTO = SourceFile(chat=GUID, id=FILE, name="photo.jpg", size_bytes=7, sha256="a" * 64)
GONE = AttachmentRecord(
    source_id=FILE, name="photo.jpg", state="parked", reason="gone: CMI answered 404", remedy="Ask for the file again."
)
TRANSFER = TransferRecord(
    id="3ccf", chat=GUID, state="settled", outcome="partial", reason="one file failed", remedy="See it.", rounds=2
)
DELIVERED = DeliveryRecord(id="d", event_id="e", event="Ended", chat=GUID, state="delivered", status=202)
CHAT = ChatFacts(guid=GUID, status="Ended", ended=True, sources=(PHOTO,), created="2026-11-28T16:08:50.000Z")
FAULT = {
    "id": "f-1",
    "kind": "status",
    "match": {"method": "GET", "path": "*/attachments/*"},
    "params": {"status": 404, "body": ""},
    "applied": 2,
    "remaining": 0,
}


def text(**parts: Any) -> str:
    """The report of tenant acme with these parts."""
    return failure_report(FailureFacts(tenant="acme", **parts))


def test_a_file_is_shown_with_the_hop_where_it_stopped_with_reason_and_remedy() -> None:
    failed = file_exchange_from("cmi", exchange(status=404, fault="f-1"))
    assert failed is not None
    chat = replace(
        CHAT,
        deliveries=(DELIVERED,),
        transfer=replace(TRANSFER, attachments=(GONE,)),
        file_exchanges=(failed,),
    )
    assert text(chats=[chat]).splitlines() == [
        f"Chat {GUID} (Ended): 0 of 1 file(s) stored.",
        "  event Ended: delivered, answered 202",
        "  transfer 3ccf: settled, partial, after 2 round(s): one file failed",
        "    remedy: See it.",
        "  photo.jpg: failed, between CMI and the service: gone: CMI answered 404",
        "    remedy: Ask for the file again.",
        "    16:08:50.000 Sent in the chat",
        "    16:08:56.451 Read from CMI: CMI answered 404 (planned fault)",
    ]


def test_a_stored_file_is_counted_and_not_listed() -> None:
    stored = replace(GONE, state="stored", reason=None, remedy=None, object_id="O")
    chat = replace(CHAT, deliveries=(DELIVERED,), transfer=replace(TRANSFER, attachments=(stored,), outcome="stored"))
    shown = text(chats=[chat])
    assert "1 of 1 file(s) stored" in shown
    assert "photo.jpg" not in shown


@pytest.mark.parametrize(
    ("chat", "line"),
    [
        (CHAT, "  no event was fired"),
        (replace(CHAT, deliveries=(DELIVERED,)), "  the service has no transfer for it"),
        (
            replace(CHAT, deliveries=(replace(DELIVERED, state="failed", status=403, error="no allowed host"),)),
            "  event Ended: failed, answered 403: no allowed host",
        ),
        (
            replace(CHAT, deliveries=(replace(DELIVERED, state="not_sent", status=None, error="no secret x"),)),
            "  event Ended: not_sent, no answer: no secret x",
        ),
    ],
)
def test_a_chat_that_went_no_further_says_so(chat: ChatFacts, line: str) -> None:
    assert line in text(chats=[chat]).splitlines()


def test_no_chat_is_said_too() -> None:
    assert text() == "No chat."


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"applied": 2, "remaining": 0}, "struck 2 times"),
        ({"applied": 1, "remaining": None}, "struck once, until removed"),
        ({"applied": 1, "remaining": 3}, "struck once, 3 more to come"),
        ({"applied": 0, "remaining": 1}, "has NOT struck: no request matched it, or only skipped ones"),
    ],
)
def test_a_planned_fault_says_whether_it_struck(counts: dict[str, Any], words: str) -> None:
    lines = text(faults=[("cmi", FAULT | counts)]).splitlines()
    assert lines[1:] == ["Planned faults:", f"  cmi f-1: status (status 404) on GET */attachments/*: {words}"]


def test_failed_exchanges_of_one_kind_are_one_line_with_their_cause() -> None:
    entries = [from_exchange("cmi", exchange(id=number, status=404)) for number in (1, 2, 3)]
    entries += [from_delivery(delivery())]
    (failed,) = grouped(entries)
    assert failed.count == 3
    why = Explanation(headline="", because=("CMI has no such file.",), remedy="Ask for it.")
    lines = text(failed=[replace(failed, why=why)], exchanges=4).splitlines()
    assert lines[1] == "Failed exchanges (3 of 4):"
    assert lines[2].startswith("  16:08:56.451 CMI: Reads a file: GET /acme/cmi/chats/")
    assert lines[2].endswith("→ 404 (3 times)")
    assert lines[3:] == ["    CMI has no such file.", "    remedy: Ask for it."]


def test_a_request_that_the_edge_proxy_refused_is_listed() -> None:
    request = {
        "time": "2026-11-28T16:08:56.451Z",
        "method": "GET",
        "host": "x.example",
        "port": 443,
        "path": "/y",
    }
    assert "16:08:56.451 edge proxy refused GET x.example:443/y: no open tenant has it" in text(refused=[request])


def test_a_dead_stack_is_one_line() -> None:
    unread = ["CMI mock does not answer; is the stack up?", "C4C mock does not answer; is the stack up?"]
    assert text(is_dead=True, unread=unread) == f"The chain cannot be shown: {unread[0]}"


def test_a_part_that_could_not_be_read_does_not_hide_the_others() -> None:
    shown = text(chats=[CHAT], unread=["transfer service does not answer; is the stack up?"])
    assert shown.startswith(f"Chat {GUID}")
    assert shown.endswith("Not shown: transfer service does not answer; is the stack up?")


def test_secrets_are_masked_wherever_they_stand() -> None:
    chat = replace(CHAT, deliveries=(replace(DELIVERED, error="wrong password hunter22"),))
    shown = text(
        chats=[chat],
        faults=[("cmi", FAULT | {"params": {"body": "hunter22"}})],
        secrets={"the CMI password": "hunter22", "the empty one": ""},
    )
    assert "hunter22" not in shown
    assert shown.count("***") == 2


def test_a_secret_that_a_long_line_cuts_is_masked_before_it_is_cut() -> None:
    secret = "hunter22" * 4
    padding = "x" * (MOST_CHARS - 60)
    shown = text(
        chats=[replace(CHAT, deliveries=(replace(DELIVERED, error=f"{padding} {secret} {padding}"),))],
        secrets={"the CMI password": secret},
    )
    assert "hunter" not in shown


def test_line_breaks_and_invisible_characters_stay_in_their_line() -> None:
    source = replace(PHOTO, name="fdp.\u202ephoto\r\n.jpg")
    shown = text(chats=[replace(CHAT, sources=(source,))])
    assert len(shown.splitlines()) == 4
    assert "\u202e" not in shown


def test_the_length_is_bounded_whatever_happened() -> None:
    sources = tuple(replace(PHOTO, id=f"{number:032X}", name="n" * 1000) for number in range(300))
    chats = [replace(CHAT, guid=f"{number:032X}", sources=sources) for number in range(50)]
    faults = [("cmi", FAULT | {"id": f"f-{number}", "params": {"body": "b" * 5000}}) for number in range(200)]
    entries = [from_exchange("cmi", exchange(f"/{number}", id=number, status=500)) for number in range(1000)]
    lines = text(
        chats=chats, faults=faults, failed=grouped(entries), exchanges=1000, unread=["gone " * 900] * 300
    ).splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= MOST_CHARS
    assert lines[0] == "50 chats, the newest 5:"
