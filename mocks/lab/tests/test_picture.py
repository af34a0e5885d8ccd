"""The console's picture: the same records always give the same stations, chips and sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts
from attachment_lab.chats.picture import draw
from attachment_lab.reconciliation.records import C4cFile, DeliveryRecord, ReconciliationVerdict, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord

GUID = "5AB6E20342A6EE11B3ED58961D1810CC"
SOURCE = SourceFile(chat=GUID, id="A1", name="image.jpg", size_bytes=2048, sha256="a" * 64)
STORED = AttachmentRecord(source_id="A1", name="image.jpg", state="stored", object_id="O1", sha256="a" * 64)
OBJECT = C4cFile(object_id="O1", external_reference=GUID, name="image.jpg", size_bytes=2048, sha256="a" * 64)
DELIVERED = DeliveryRecord(
    id="D", event_id="E", event="Ended", chat=GUID, state="delivered", status=202, duration_ms=12
)
SETTLED = TransferRecord(id="T", chat=GUID, state="settled", outcome="stored", rounds=1, attachments=(STORED,))
OPEN = ChatFacts(guid=GUID, status="Accepted", ended=False, sources=(SOURCE,))
DONE = replace(
    OPEN,
    status="Handled",
    ended=True,
    deliveries=(DELIVERED,),
    transfer=SETTLED,
    objects=(OBJECT,),
    verdict=ReconciliationVerdict(),
)


def tones(chat: ChatFacts) -> list[str]:
    return [station.tone for station in draw(chat).stations]


def with_attachment(carried: AttachmentRecord, **transfer: object) -> ChatFacts:
    changed = replace(SETTLED, attachments=(carried,), **transfer)  # type: ignore[arg-type]
    return replace(DONE, transfer=changed, objects=(), verdict=None)


def test_an_open_chat_lights_only_contact_pro() -> None:
    assert tones(OPEN) == ["active", "idle", "idle", "idle", "idle"]
    assert draw(OPEN).files[0].station == CONTACT_PRO


def test_an_ended_chat_whose_event_was_not_fired_waits() -> None:
    assert tones(replace(OPEN, ended=True))[0] == "waiting"


def test_a_pending_delivery_lights_the_integration() -> None:
    pending = replace(DELIVERED, state="pending", status=None)
    assert tones(replace(OPEN, ended=True, deliveries=(pending,)))[:2] == ["done", "active"]


def test_a_failed_delivery_is_red_at_the_integration_with_a_remedy() -> None:
    failed = replace(DELIVERED, state="failed", status=503)
    station = draw(replace(OPEN, ended=True, deliveries=(failed,))).stations[1]
    assert (station.tone, station.detail) == ("failed", "the service answered 503")
    assert station.remedy


def test_a_finished_chat_is_green_from_end_to_end() -> None:
    picture = draw(DONE)
    assert tones(DONE) == ["done"] * 5
    assert picture.sentence == "The attachment arrived in C4C. Every byte is equal at both ends."
    assert picture.is_proven


def test_without_the_reconciliations_result_nothing_is_called_proven() -> None:
    picture = draw(replace(DONE, verdict=None))
    assert picture.sentence == "The attachment arrived in C4C."
    assert not picture.is_proven


@pytest.mark.parametrize(
    ("state", "attempts", "station", "chip"),
    [
        ("open", 0, SERVICE, "Queued"),
        ("open", 1, CMI, "Again soon"),
        ("uploading", 1, CMI, "On its way"),
        ("ambiguous", 1, C4C, "Looking in C4C"),
        ("stored", 1, C4C, "Stored"),
        ("skipped", 0, SERVICE, "Skipped"),
    ],
)
def test_each_state_has_its_place_and_its_word(state: str, attempts: int, station: int, chip: str) -> None:
    carried = replace(STORED, state=state, attempts=attempts)
    [file] = draw(with_attachment(carried, state="running", outcome=None)).files
    assert (file.station, file.chip) == (station, chip)


@pytest.mark.parametrize(("seen", "station"), [(None, CMI), ("a" * 64, C4C)])
def test_a_failure_is_red_at_its_own_hop_only(seen: str | None, station: int) -> None:
    carried = replace(
        STORED, state="parked", object_id=None, sha256=seen, reason="gone: CMI answered 404", remedy="ask"
    )
    chat = with_attachment(carried, outcome="partly_stored")
    assert [index for index, tone in enumerate(tones(chat)) if tone == "failed"] == [station]
    [file] = draw(chat).files
    assert (file.reason, file.remedy) == ("gone: CMI answered 404", "ask")
    assert draw(chat).stations[station].remedy == "ask"


def test_an_upload_that_c4c_refused_is_red_at_c4c_although_no_digest_was_kept() -> None:
    refused = replace(STORED, state="parked", object_id=None, sha256=None, reason="access-denied: C4C answered 403")
    chat = with_attachment(refused, outcome="parked")
    assert [index for index, tone in enumerate(tones(chat)) if tone == "failed"] == [C4C]


def test_a_transfer_without_an_activity_is_red_at_the_service() -> None:
    ended = replace(SETTLED, outcome="no_activity", reason="none in C4C", remedy="accept it", attachments=())
    chat = replace(DONE, transfer=ended, objects=(), verdict=None)
    assert draw(chat).stations[SERVICE].tone == "failed"
    assert draw(chat).files[0].chip == "Not carried"


@pytest.mark.parametrize(("seen", "station"), [("b" * 64, CMI), ("a" * 64, C4C)])
def test_a_changed_file_is_red_where_it_changed(seen: str, station: int) -> None:
    changed = replace(SETTLED, attachments=(replace(STORED, sha256=seen),))
    chat = replace(DONE, transfer=changed, objects=(replace(OBJECT, sha256="b" * 64),))
    [file] = draw(chat).files
    assert (file.chip, file.tone, file.station) == ("Changed", "failed", station)


def test_a_waiting_transfer_says_why() -> None:
    waiting = replace(SETTLED, state="waiting", outcome=None, reason="C4C answered 503")
    assert draw(replace(DONE, transfer=waiting)).stations[SERVICE].detail == "C4C answered 503"


def test_a_hostile_name_reaches_the_page_escaped() -> None:
    [file] = draw(replace(OPEN, sources=(replace(SOURCE, name="\u202efdp.exe"),))).files
    assert file.name == "\\u202efdp.exe"


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpeg", "JPEG"), ("noextension", "FILE"), ("a.p;s", "FILE"), ("x.tar.gz", "GZ")]
)
def test_a_token_bears_a_short_harmless_word(name: str, kind: str) -> None:
    [file] = draw(replace(OPEN, sources=(replace(SOURCE, name=name),))).files
    assert file.kind == kind
