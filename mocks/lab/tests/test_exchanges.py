"""The journal of all hops: what an exchange is about, which are shown, what belongs together."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not
from exchanges_sample import (
    ACTIVITY,
    FILE,
    GUID,
    OBJECT,
    UPLOAD,
    body,
    delivery,
    exchange,
)

from attachment_lab.clients.control import MockControl
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.exchanges.entry import OPERATIONS, from_delivery, from_exchange
from attachment_lab.exchanges.index import Index
from attachment_lab.exchanges.query import Query, read_query, select


def test_a_download_shows_its_chat_its_file_and_its_caller() -> None:
    text = {"Content-Disposition": "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%9Cber%20%2B1.pdf"}
    entry = from_exchange("cmi", exchange(response_headers=text))
    assert (entry.chat, entry.attachment, entry.file) == (GUID, FILE, "Über +1.pdf")
    assert (entry.caller, entry.operation, entry.words) == ("transfer service", "download", "Reads Über +1.pdf")


def test_an_upload_shows_its_name_and_the_object_that_it_created() -> None:
    sent = body(json.dumps({"Name": 'Kauf "neu" ü.pdf', "Binary": "aGVsbG8K"}))
    text = {"Location": f"https://x/sap/c4c/odata/v1/chatactivity/ChatActivityAttachmentCollection('{OBJECT}')"}
    entry = from_exchange("c4c", exchange(UPLOAD, method="POST", request=sent, response_headers=text))
    assert (entry.activity, entry.object_id, entry.file) == (ACTIVITY, OBJECT, 'Kauf "neu" ü.pdf')


@pytest.mark.parametrize(
    ("mock", "method", "url", "operation"),
    [
        ("orchestration", "POST", "/acme/oauth2/token", "token"),
        ("orchestration", "GET", "/acme/.well-known/jwks.json", "keys"),
        ("orchestration", "POST", "/acme/system-configurator/api/secrets", "secret"),
        ("orchestration", "POST", "/acme/system-configurator/api/event-driven-integrations", "integration"),
        ("cmi", "GET", f"/acme/cmi/chats/{GUID}", "list"),
        ("cmi", "GET", "/acme/sms/richcontent/abc", "link"),
        ("c4c", "GET", "/sap/c4c/odata/v1/chatactivity/ChatActivityBTDReferenceCollection?%24filter=x", "find"),
        ("c4c", "GET", "/sap/c4c/odata/v1/chatactivity/$metadata", "metadata"),
        ("c4c", "GET", UPLOAD, "listing"),
        ("c4c", "GET", f"/x/ChatActivityAttachmentCollection('{OBJECT}')?%24select=ObjectID", "verify"),
        ("c4c", "GET", f"/x/ChatActivityAttachmentCollection('{OBJECT}')/Binary/$value", "read-back"),
        ("c4c", "DELETE", UPLOAD, "other"),
    ],
)
def test_every_call_of_the_integration_is_known_by_what_it_does(
    mock: str, method: str, url: str, operation: str
) -> None:
    assert from_exchange(mock, exchange(url, method=method)).operation == operation


def test_no_operation_is_described_twice_in_different_words() -> None:
    words: dict[str, set[str]] = {}
    for name, _, _, _, said in OPERATIONS:
        words.setdefault(name, set()).add(said)
    assert {name: said for name, said in words.items() if len(said) > 1} == {}


def test_a_delivery_leads_to_its_transfer() -> None:
    entry = from_delivery(delivery())
    assert (entry.chat, entry.transfer) == (GUID, "3ccf1b78a70d4207b152a1a317d940e6")
    assert (entry.failed, entry.hop, entry.words) == (False, "delivery", "Delivers the event")


def test_a_delivery_that_could_not_be_made_failed_with_its_reason() -> None:
    entry = from_delivery(delivery(state="not_sent", status=None, response_headers={}, error="no secret ri-apikey"))
    assert (entry.failed, entry.status, entry.error, entry.level) == (True, 0, "no secret ri-apikey", "error")


def test_a_fault_on_an_events_way_out_is_seen_in_its_note() -> None:
    notes = ["fault f-3 struck this request: status, before the work", "sent by way of a proxy"]
    assert from_delivery(delivery(notes=notes)).fault == ("f-3",)


class Sources:
    """Stands in for the neighbours' control interfaces: journals, deliveries, strays."""

    def __init__(self) -> None:
        self.journals: dict[str, list[dict[str, Any]]] = {"orchestration": [], "cmi": [], "c4c": []}
        self.deliveries: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.strays: dict[str, list[dict[str, Any]]] = {"orchestration": [], "cmi": [], "c4c": []}
        self.calls = 0

    def mock(self, name: str) -> Sources.One:
        return Sources.One(self, name)

    def control(self, name: str, tenant: str) -> MockControl:
        return MockControl(self.mock(name), tenant)  # type: ignore[arg-type]  # as much of it as the index needs

    @property
    def cmi(self) -> Sources.One:
        return self.mock("cmi")

    @property
    def orchestration(self) -> Sources.One:
        return self.mock("orchestration")

    class One:
        def __init__(self, all_of_them: Sources, name: str) -> None:
            self._all, self._name = all_of_them, name

        def get(
            self, path: str, *, tenant: str = "", since: int = 0, limit: int = 0, q: str | None = None, **rest: Any
        ) -> Any:
            self._all.calls += 1
            if path == "/_mock/health":
                return {"strays": len(self._all.strays[self._name])}
            if path == "/_mock/strays":
                return {"exchanges": self._all.strays[self._name]}
            if path == "/_mock/events":
                return self._all.events
            if path == "/_mock/attachments":
                return [{"id": FILE, "name": "photo.jpg"}]
            if path == "/_mock/deliveries":
                return [row for row in self._all.deliveries if row["change"] > rest["changed_since"]][:limit]
            wanted = [
                each for each in self._all.journals[self._name] if each["id"] > since and (q or "") in json.dumps(each)
            ]
            return {"exchanges": wanted[:limit], "last_id": wanted[:limit][-1]["id"] if wanted else since}


@pytest.fixture
def sources() -> Sources:
    return Sources()


def index_of(sources: Sources, **options: Any) -> Index:
    ticks = iter(range(10_000))
    return Index(sources, "w", now_s=lambda: float(next(ticks)), **options)  # type: ignore[arg-type]


def fired(event: str = "Ended", *, reason: str = "it is for Outbound", **changes: Any) -> dict[str, Any]:
    """A row of Contact Pro's event log, with one integration that was not triggered."""
    integration = {"id": "I", "name": "Chat attachments", "matched": False, "reason": reason}
    row = {"event_id": "E1", "event": event, "at": "2026-11-28T16:09:00.000Z", "contact_id": GUID}
    contact = {"channel_type": "chat", "direction": "inbound", "queue": {"address": "support@chat"}}
    return {**row, **contact, "configurations": [integration], "delivery_ids": [], **changes}


def test_an_event_that_no_integration_is_triggered_by_is_an_entry_with_the_reasons(sources: Sources) -> None:
    sources.events = [fired()]
    index = index_of(sources)
    entry = index.entries()[0]
    assert (entry.key, entry.words, entry.chat, entry.failed) == ("event-E1", "Triggers no integration", GUID, True)
    assert index.full(entry)["notes"] == ["Chat attachments: it is for Outbound."]
    sources.events = []
    with pytest.raises(RequestRefused, match="no longer kept"):
        index.full(entry)


@pytest.mark.parametrize(
    "row",
    [
        fired("Accepted"),
        fired("Closed", reason="it listens to Ended, not to Closed"),
        fired(queue=None),
        fired(channel_type="email"),
        fired(configurations=[{"id": "I", "name": "I", "matched": True, "reason": "matches"}]),
    ],
)
def test_events_that_need_no_upload_or_were_delivered_are_no_entries(sources: Sources, row: dict[str, Any]) -> None:
    sources.events = [row]
    assert index_of(sources).entries() == []


def test_an_event_of_a_tenant_without_integrations_says_so(sources: Sources) -> None:
    sources.events = [fired(configurations=[])]
    index = index_of(sources)
    assert index.full(index.entries()[0])["notes"] == ["There is no event-driven integration."]


def test_calls_of_one_trace_belong_to_one_chat(sources: Sources) -> None:
    sources.journals["cmi"] = [exchange(f"/acme/cmi/chats/{GUID}")]
    sources.journals["c4c"] = [exchange(UPLOAD, method="POST", at="2026-11-28T16:09:00.000Z")]
    sources.deliveries = [delivery()]
    entries = index_of(sources).entries()
    assert [(entry.hop, entry.chat, entry.transfer) for entry in entries] == [
        ("c4c", GUID, "3ccf1b78a70d4207b152a1a317d940e6"),
        ("cmi", GUID, "3ccf1b78a70d4207b152a1a317d940e6"),
        ("delivery", GUID, "3ccf1b78a70d4207b152a1a317d940e6"),
    ]


def test_a_download_that_failed_is_named_by_cmis_own_list(sources: Sources) -> None:
    sources.journals["cmi"] = [exchange(status=404)]
    assert index_of(sources).entries()[0].words == "Reads photo.jpg"


def test_a_delivery_that_changed_is_not_listed_twice(sources: Sources) -> None:
    sources.deliveries = [delivery(state="pending", status=None, change=1)]
    index = index_of(sources)
    assert [entry.status for entry in index.entries()] == [0]
    sources.deliveries = [delivery(change=2)]
    assert [entry.status for entry in index.entries()] == [202]


def test_strays_are_shown_as_nobodys(sources: Sources) -> None:
    sources.strays["cmi"] = [exchange("/nobody/cmi", status=421, request_headers={})]
    (entry,) = index_of(sources).entries()
    assert (entry.hop, entry.key, entry.failed) == ("stray", "stray-cmi-1", True)


def test_only_the_newest_are_kept_and_reading_on_is_short(sources: Sources) -> None:
    sources.journals["cmi"] = [
        exchange(id=number, at=f"2026-11-28T16:{number // 60:02}:{number % 60:02}Z") for number in range(1, 1201)
    ]
    index = index_of(sources, kept=1000)
    assert len(index.entries()) == 1000
    before = sources.calls
    index.entries()
    assert sources.calls - before <= 8


def test_a_text_is_looked_for_in_what_came_since_only(sources: Sources) -> None:
    sources.journals["cmi"] = [exchange(id=1), exchange(id=2, response=body('{"needle": 1}'))]
    index = index_of(sources)
    assert index.containing("needle") == {"cmi-2"}
    sources.journals["cmi"] += [exchange(id=3, response=body("needle"))]
    assert index.containing("needle") == {"cmi-2", "cmi-3"}


ENTRIES = [
    from_exchange("cmi", exchange(id=3, status=404, fault="f-1, f-2", evidence=["cmi.download.raw_bytes"])),
    from_exchange("c4c", exchange(UPLOAD, id=2, method="POST", status=503)),
    from_delivery(delivery()),
]


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({}, 3),
        ({"hop": "cmi"}, 1),
        ({"method": "POST"}, 2),
        ({"status": "5xx"}, 1),
        ({"status": "202"}, 1),
        ({"status": "none"}, 0),
        ({"about": GUID.lower()}, 2),
        ({"about": FILE}, 1),
        ({"about": "3ccf1b78a70d4207b152a1a317d940e6"}, 1),
        ({"failed": "1"}, 2),
        ({"struck": "1"}, 1),
        ({"label": "documented"}, 1),
        ({"label": "assumed"}, 0),
    ],
)
def test_every_filter_narrows(given: dict[str, str], keys: int) -> None:
    labels = {"cmi.download.raw_bytes": "documented", "edi.matching": "own"}
    assert select(ENTRIES, read_query(given), containing=None, labels=labels).matching == keys


@pytest.mark.parametrize(
    "given",
    [{"hop": "moon"}, {"method": "BREW"}, {"status": "6xx"}, {"label": "sure"}, {"failed": "yes"}, {"limit": "0"}],
)
def test_a_filter_that_cannot_be_is_refused_by_its_name(given: dict[str, str]) -> None:
    with pytest.raises(WrongUse, match=next(iter(given))):
        read_query(given)


def test_pages_follow_each_other_without_a_gap() -> None:
    first = select(ENTRIES, Query(limit=2), containing=None, labels={})
    second = select(ENTRIES, Query(limit=2, after=first.entries[-1].key), containing=None, labels={})
    assert [entry.key for entry in (*first.entries, *second.entries)] == [entry.key for entry in ENTRIES]
    assert (first.newer, first.older, second.newer, second.older) == (0, 1, 2, 0)
