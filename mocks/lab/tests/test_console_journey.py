"""A chat's journey, played again: the same records always give the same stops, states and overview."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts
from attachment_lab.chats.hops import LONGEST_GAP_S, Timeline, hops_of, trace_of
from attachment_lab.chats.journey import travel
from attachment_lab.chats.overview import choose, row_of
from attachment_lab.chats.picture import draw
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.records import C4cFile, DeliveryRecord, ReconciliationVerdict, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord

GUID = "5AB6E20342A6EE11B3ED58961D1810CC"
T0 = 1_790_000_000.0  # 2026-09-21T14:13:20Z
CREATED = "2026-09-21T14:13:20Z"
FILES = tuple(
    SourceFile(chat=GUID, id=each, name=f"{each}.jpg", size_bytes=10, sha256=each.lower() * 64) for each in ("A", "B")
)
HANDOVER = DeliveryRecord(
    id="D",
    event_id="E",
    event="Ended",
    chat=GUID,
    state="delivered",
    status=202,
    duration_ms=100,
    fired_at="2026-09-21T14:13:21Z",
    finished_at="2026-09-21T14:13:21.100Z",
)


def carried(name: str, state: str = "stored") -> AttachmentRecord:
    return AttachmentRecord(
        source_id=name, name=f"{name}.jpg", stored_name=f"{name}.jpg", state=state, object_id=f"O{name}", sha256="x"
    )


def exchange(
    act: Literal["history", "download", "listing", "upload", "verify", "check"], begun: float, **known: Any
) -> FileExchange:
    mock = "cmi" if act in {"history", "download"} else "c4c"
    base = FileExchange(
        mock=mock,
        id=1,
        act=act,
        begun_s=T0 + begun,
        ended_s=T0 + begun + 0.1,
        status=201 if act == "upload" else 200,
    )
    return replace(base, **known)


def upload(name: str, begun: float, **known: Any) -> FileExchange:
    return exchange("upload", begun, stored_name=f"{name}.jpg", activity_id="ACT", **known)


def download(name: str, begun: float, **known: Any) -> FileExchange:
    return exchange("download", begun, chat=GUID, source_id=name, **known)


WHOLE = (
    exchange("history", 1.2, chat=GUID),
    download("A", 1.4),
    upload("A", 1.5, object_id="OA"),
    exchange("verify", 1.7, object_id="OA"),
    download("B", 1.9),
    upload("B", 2.0, object_id="OB"),
    exchange("verify", 2.2, object_id="OB"),
)
TRANSFER = TransferRecord(
    id="T",
    chat=GUID,
    state="settled",
    outcome="stored",
    rounds=1,
    activity_id="ACT",
    attachments=(carried("A"), carried("B")),
)
CHAT = ChatFacts(
    guid=GUID,
    status="Handled",
    ended=True,
    sources=FILES,
    deliveries=(HANDOVER,),
    transfer=TRANSFER,
    objects=tuple(
        C4cFile(object_id=f"O{f.id}", external_reference=GUID, name=f.name, size_bytes=10, sha256=f.sha256)
        for f in FILES
    ),
    verdict=ReconciliationVerdict(),
    created=CREATED,
    file_exchanges=WHOLE,
)


def test_every_hop_of_a_file_has_its_time() -> None:
    hops = hops_of(CHAT)["A"]
    assert [hop.act for hop in hops] == ["sent", "listed", "read", "stored", "compared"]
    assert [round(hop.begun_s - T0, 1) for hop in hops] == [0.0, 1.2, 1.4, 1.5, 1.7]
    shown = draw(CHAT).files[0].hops
    assert [hop.took_ms for hop in shown] == [0.0, 100.0, 100.0, 100.0, 100.0]
    assert shown[2].at == "2026-09-21T14:13:21.400Z"
    assert 0 <= shown[2].start <= shown[2].end <= 1


def test_a_file_travels_from_station_to_station() -> None:
    stops = travel(CHAT).files["A"]
    assert [(stop.station, stop.chip) for stop in stops] == [
        (CONTACT_PRO, "In the chat"),
        (SERVICE, "Queued"),
        (CMI, "On its way"),
        (C4C, "Uploading"),
        (C4C, "Comparing"),
        (C4C, "Stored"),
    ]
    assert [stop.at_s for stop in stops] == sorted(stop.at_s for stop in stops)


def test_stations_count_while_files_pass() -> None:
    journey = travel(CHAT)
    assert [beat.headline for beat in journey.stations[CMI]][-1] == "2 of 2 read"
    assert [beat.headline for beat in journey.stations[C4C]][-2:] == ["1 of 2 stored", "2 of 2 stored"]
    assert [beat.headline for beat in journey.sentence] == [
        "The chat has begun.",
        "1 attachment waiting in the chat.",
        "2 attachments waiting in the chat.",
        "0 of 2 attachments stored.",
        "1 of 2 attachments stored.",
        "2 of 2 attachments stored.",
    ]
    assert journey.length_s >= max(stop.at_s for stops in journey.files.values() for stop in stops)


def test_an_attempt_that_failed_is_told_with_its_answer_and_the_next_one_follows() -> None:
    tries = (*WHOLE[:1], download("A", 1.4, status=429, fault="f-1"), *WHOLE[1:])
    chat = replace(CHAT, file_exchanges=tuple(sorted(tries, key=lambda each: each.begun_s)))
    assert [hop.act for hop in hops_of(chat)["A"] if hop.act == "read"] == ["read", "read"]
    failed = next(hop for hop in hops_of(chat)["A"] if hop.tone == "failed")
    assert failed.note == "CMI answered 429 (planned fault)"
    assert "CMI answered 429 (planned fault)" in [stop.note for stop in travel(chat).files["A"]]


def test_a_file_whose_answer_was_lost_is_found_and_not_compared() -> None:
    lost = replace(WHOLE[2], status=504, object_id=None)
    chat = replace(CHAT, file_exchanges=(*WHOLE[:2], lost, *WHOLE[3:]))
    acts = [hop.act for hop in hops_of(chat)["A"]]
    assert acts == ["sent", "listed", "read", "stored", "found"]
    chips = [stop.chip for stop in travel(chat).files["A"]]
    assert chips[-2:] == ["Looking in C4C", "Stored"]


def test_a_file_whose_answer_was_lost_is_found_in_the_activitys_list_where_nothing_is_read_back() -> None:
    lost = replace(WHOLE[2], status=504, object_id=None)
    lists = (exchange("listing", 1.3, activity_id="ACT"), exchange("listing", 32.0, activity_id="ACT"))
    hops = hops_of(replace(CHAT, file_exchanges=(*WHOLE[:2], lost, *lists)))["A"]
    assert [hop.act for hop in hops] == ["sent", "listed", "read", "stored", "found"]
    assert hops[-1].begun_s == T0 + 32.0


def test_ten_minutes_of_waiting_take_seconds_to_watch_and_are_listed() -> None:
    line = Timeline([0.0, 1.0, 601.0, 602.0])
    assert line.length_s == pytest.approx(2 + LONGEST_GAP_S)
    (gap,) = line.gaps
    assert gap.at_s == 1.0
    assert gap.skipped_s == pytest.approx(600 - LONGEST_GAP_S)
    assert line.at(601.5) == pytest.approx(1 + LONGEST_GAP_S + 0.5)
    assert line.at(300.0) == pytest.approx(1 + LONGEST_GAP_S)
    assert line.at(-5.0) == 0.0


def test_rounds_are_seen_as_waiting_in_between() -> None:
    again = exchange("history", 60, chat=GUID)
    headlines = [beat.headline for beat in travel(replace(CHAT, file_exchanges=(*WHOLE, again))).stations[SERVICE]]
    assert headlines == ["Nothing to do yet", "At work", "Waits, then tries again", "At work"]


def test_what_belongs_to_another_chat_stays_there() -> None:
    foreign = (exchange("download", 3, chat="F" * 32, source_id="A"), exchange("upload", 3, activity_id="OTHER"))
    assert trace_of(CHAT, (*WHOLE, *foreign)) == WHOLE


def test_a_chat_that_nobody_ended_has_a_journey_too() -> None:
    journey = travel(ChatFacts(guid=GUID, status="Accepted", ended=False, sources=FILES, created=CREATED))
    assert [stop.chip for stop in journey.files["A"]] == ["In the chat"]


def test_a_chat_without_anything_has_one_as_well() -> None:
    journey = travel(ChatFacts(guid=GUID, status="Accepted", ended=False))
    assert journey.files == {}
    assert journey.length_s > 0


@pytest.mark.parametrize(
    ("state", "can"), [("parked", True), ("waiting", True), ("settled", False), ("running", False)]
)
def test_trying_again_is_offered_where_the_service_would_do_it(state: str, can: bool) -> None:
    assert draw(replace(CHAT, transfer=replace(TRANSFER, state=state))).can_retry is can


def test_a_row_shows_each_file_at_its_station_by_one_letter() -> None:
    row = row_of(CHAT, customer="Alice Example", channel="whatsapp")
    assert row.tokens == ("", "", "", "", "dd")
    failed = replace(TRANSFER, attachments=(carried("A"), replace(carried("B", "parked"), sha256=None)), state="parked")
    row = row_of(replace(CHAT, transfer=failed, verdict=None), customer="Alice", channel="whatsapp")
    assert row.tokens == ("", "", "", "f", "d")
    assert (row.stored, row.failed, row.can_retry) == (1, 1, True)


@pytest.mark.parametrize(
    ("query", "fits"), [("", 2), ("alice", 1), ("b.jpg", 2), ("ALICE b.JPG", 1), (GUID[:8].lower(), 2), ("nobody", 0)]
)
def test_a_filter_takes_rows_in_which_every_word_occurs(query: str, fits: int) -> None:
    rows = [row_of(CHAT, customer=each, channel="whatsapp") for each in ("Alice Example", "Bob Example")]
    assert choose(rows, query, most=40).matching == fits


def test_more_rows_than_are_shown_are_counted() -> None:
    rows = [row_of(CHAT, customer=f"Customer {number}", channel="whatsapp") for number in range(5)]
    chosen = choose(rows, "", most=2)
    assert (len(chosen.rows), chosen.matching, chosen.files, chosen.stored) == (2, 5, 10, 10)
    assert "words" not in chosen.to_json()["rows"][0]
