"""Why did this fail: the cause, what stood where, what to do, what came of it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not
from exchanges_sample import FILE, GUID, UPLOAD, body, delivery, exchange

from attachment_lab.exchanges.entry import HOPS, OPERATIONS, UNTRIGGERED, Entry, from_delivery, from_exchange
from attachment_lab.exchanges.why import ANY, Explanation, ExplanationFacts, Point, explain, patterns
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord


def why(mock: str, full: dict[str, Any], **facts: Any) -> Explanation:
    entry = from_exchange(mock, full, stray=facts.pop("stray", False))
    return explain(ExplanationFacts(entry=entry, full=full, **facts))


def note(message: str, code: str = "refused") -> dict[str, str]:
    return {"level": "warning", "code": code, "message": message}


@pytest.mark.parametrize(
    ("mock", "changes", "because"),
    [
        ("cmi", {"status": 401, "notes": [note("the user is locked")]}, "has locked this user"),
        ("cmi", {"status": 401, "notes": [note("user or password is wrong")]}, "counts towards a lockout"),
        ("cmi", {"status": 403, "notes": [note("x-api-key is missing")]}, "API key"),
        ("cmi", {"status": 403, "notes": [note("the right Manage contact history is lacking")]}, "lacks a right"),
        ("cmi", {"status": 404}, "not at CMI any more"),
        ("cmi", {"status": 429}, "Too many calls"),
        ("cmi", {"status": 0}, "No status line"),
        ("c4c", {"url": UPLOAD, "method": "POST", "status": 401}, "does not accept user and password"),
        ("c4c", {"url": UPLOAD, "method": "POST", "status": 423}, "locks the whole object"),
        (
            "c4c",
            {"url": UPLOAD, "method": "POST", "status": 400, "notes": [note("Object is Locked")]},
            "locks the whole",
        ),
        ("c4c", {"url": UPLOAD, "method": "POST", "status": 400}, "rules turn this file away"),
        ("c4c", {"url": UPLOAD, "method": "POST", "status": 503}, "busy, down or too slow"),
        ("c4c", {"url": "/sap/x", "status": 501}, "does not implement that"),
        (
            "orchestration",
            {"url": "/acme/oauth2/token", "method": "POST", "status": 401},
            "does not accept this client",
        ),
    ],
)
def test_a_known_way_to_fail_is_explained(mock: str, changes: dict[str, Any], because: str) -> None:
    found = why(mock, exchange(**changes))
    assert because in found.because[0]
    assert found.remedy


def test_a_stray_shows_that_its_address_is_unassigned_and_which_are_not() -> None:
    problem = {
        "detail": "No tenant goes by this host and path.",
        "errors": [
            {"field": "Host and path", "value": "x/acme2", "expected": "default (x/acme)", "remedy": "Send another."}
        ],
    }
    found = why("cmi", exchange("/acme2/cmi/chats/1", status=421, response=body(json.dumps(problem))), stray=True)
    assert found.headline.endswith("is an unassigned address.")
    assert found.points == (
        Point(field="Host and path", found="x/acme2", expected="default (x/acme)", remedy="Send another."),
    )


def test_what_was_broken_on_purpose_comes_first_and_needs_no_remedy() -> None:
    plan = {"id": "f-1", "kind": "status", "phase": "after", "params": {"status": 504, "body": "", "headers": {}}}
    found = why("c4c", exchange(UPLOAD, method="POST", status=504, fault="f-1"), faults={"f-1": plan})
    assert found.because == (
        "Planned fault f-1: the answer is 504. The mock did the work, then its answer was changed or lost.",
    )
    assert found.remedy == ""


def test_a_fault_that_is_gone_is_still_named() -> None:
    assert why("cmi", exchange(status=404, fault="f-9")).because[0].startswith("Fault f-9 took effect")


def test_the_neighbours_own_words_are_kept_whatever_their_form() -> None:
    for text in (
        '{"error": {"code": "", "message": {"lang": "en", "value": "Object is gone"}}}',
        "<?xml version='1.0'?><error xmlns='x'><code/><message xml:lang='en'>Object is gone</message></error>",
        '{"error": "x", "error_description": "Object is gone"}',
        '{"detail": "Object is gone"}',
    ):
        assert "Object is gone" in why("c4c", exchange(UPLOAD, status=404, response=body(text))).because


@pytest.mark.parametrize("text", ["<error", "{", "[1]", '{"errors": ["x"]}', "<error><!DOCTYPE x></error>", "null"])
def test_an_answer_that_cannot_be_read_does_no_harm(text: str) -> None:
    assert why("c4c", exchange(UPLOAD, status=500, response=body(text))).headline


def test_a_delivery_shows_the_services_points_and_the_gates() -> None:
    problem = {"errors": [{"field": "body.cmi_url", "found": "http://x", "expected": "https", "remedy": "Use https."}]}
    row = delivery(status=400, state="failed", error="the endpoint answered 400", response_body=json.dumps(problem))
    gate = Point(field="request.body.cmi_url", expected="https")
    found = explain(ExplanationFacts(entry=from_delivery(row), full=row, findings=(gate,)))
    assert [each.field for each in found.points] == ["body.cmi_url", "request.body.cmi_url"]
    assert "the endpoint answered 400" in found.because


def entry_at(second: int, url: str, **changes: Any) -> Entry:
    method = "POST" if url == UPLOAD else "GET"
    entry = from_exchange(
        "c4c", exchange(url, method=method, at=f"2026-11-28T16:00:{second:02}.000Z", id=second, **changes)
    )
    return replace(entry, chat=GUID, file="photo.jpg" if url == UPLOAD else None)


def test_what_the_service_did_next_is_shown_with_its_delay() -> None:
    failed = entry_at(1, UPLOAD, status=504)
    later = [entry_at(3, UPLOAD.replace("'", "'"), status=200), entry_at(4, UPLOAD, status=201)]
    later[0] = replace(later[0], operation="listing", method="GET", file=None)
    found = explain(ExplanationFacts(entry=failed, full=exchange(UPLOAD, status=504), later=later))
    assert found.then[0].startswith("2.0 s later the service listed the files in C4C")
    assert found.then[1] == "3.0 s later it was tried again, once more in all; the last answer was 201."


def test_the_outcome_of_the_file_is_shown_with_reason_and_remedy() -> None:
    carried = AttachmentRecord(source_id=FILE, name="photo.jpg", state="parked", reason="gone.", remedy="Ask for it.")
    transfer = TransferRecord(id="T", chat=GUID, state="parked", attachments=(carried,))
    found = why("cmi", exchange(status=404), transfer=transfer)
    assert found.then == ("In the end photo.jpg was reported failed: gone. Ask for it.",)


def test_a_transfer_that_goes_on_says_when() -> None:
    transfer = TransferRecord(
        id="T", chat=GUID, state="waiting", rounds=2, reason="busy", next_round_at="2026-01-01T00:00:00Z"
    )
    found = why("cmi", exchange(f"/acme/cmi/chats/{GUID}", status=503), transfer=transfer)
    assert found.then == ("The transfer is waiting after 2 round(s): busy. The next round is at 2026-01-01T00:00:00Z.",)


def test_what_worked_is_not_called_a_failure() -> None:
    assert why("cmi", exchange()).headline == "This succeeded."
    assert why("cmi", exchange(fault="f-1")).headline.startswith("This succeeded although")


def test_every_pattern_can_be_reached() -> None:
    """None stands behind a wider one, names a hop or operation that does not exist, or lacks its words."""
    operations = {ANY, UNTRIGGERED, *(name for name, *_ in OPERATIONS)}
    for place, each in enumerate(patterns()):
        assert each.hop in {ANY, *HOPS}
        assert each.operation in operations
        assert each.words == each.words.lower()
        assert each.because.endswith(".")
        for wider in patterns()[:place]:
            covers = wider.hop in {ANY, each.hop} and wider.operation in {ANY, each.operation} and not wider.words
            assert not (covers and set(each.statuses) <= set(wider.statuses)), (each, wider)
