"""Each invariant has an example that keeps it and one that breaks it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.records import C4cFile, ChainRecords, DeliveryRecord, Leak, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord

CHAT = "5AB6E20342A6EE11B3ED58961D1810CC"
GOOD = "ab12" * 16
BAD = "cd34" * 16

SOURCE = SourceFile(chat=CHAT, id="A1", name="image.jpg", size_bytes=10, sha256=GOOD)
OBJECT = C4cFile(
    object_id="O1",
    external_reference=CHAT,
    name="image.jpg",
    size_bytes=10,
    sha256=GOOD,
    created_by="v1user",
)
STORED = AttachmentRecord(source_id="A1", name="image.jpg", state="stored", object_id="O1", sha256=GOOD, size_bytes=10)
SETTLED = TransferRecord(id="T1", chat=CHAT, state="settled", outcome="stored", attachments=(STORED,))
DELIVERED = DeliveryRecord(id="D1", event_id="E1", event="Ended", chat=CHAT, state="delivered", status=202)
SOUND = ChainRecords(
    sources=(SOURCE,),
    deliveries=(DELIVERED,),
    transfers=(SETTLED,),
    objects=(OBJECT,),
    technical_user="v1user",
)


def with_attachment(carried: AttachmentRecord, **transfer: object) -> ChainRecords:
    """The sound chain, but this is what the service says of the one attachment."""
    outcome = {"parked": "failed", "open": "failed"}.get(carried.state, SETTLED.outcome)
    changed = replace(SETTLED, outcome=outcome, attachments=(carried,), **transfer)  # type: ignore[arg-type]
    return replace(SOUND, transfers=(changed,))


def broken(records: ChainRecords) -> list[tuple[str, str]]:
    """(invariant, sentence) of every violation."""
    return [(each.invariant, str(each)) for each in judge(records).violations]


def test_a_sound_chain_breaks_no_invariant() -> None:
    assert judge(SOUND).ok


def test_an_event_that_was_never_delivered_is_reported() -> None:
    failed = replace(DELIVERED, state="failed", status=503, error="service unavailable")
    [(invariant, sentence)] = broken(replace(SOUND, deliveries=(failed,)))
    assert invariant == "delivered"
    assert "answered 503" in sentence


def test_a_failed_delivery_is_healed_by_a_later_one() -> None:
    failed = replace(DELIVERED, id="D0", state="failed", status=503)
    assert judge(replace(SOUND, deliveries=(failed, DELIVERED))).ok


def test_a_chat_whose_event_was_not_fired_is_out_of_scope() -> None:
    waiting = replace(SOURCE, chat="ANOTHER", id="A2")
    assert judge(replace(SOUND, sources=(SOURCE, waiting))).ok


def test_an_attachment_without_an_outcome_is_reported() -> None:
    second = replace(SOURCE, id="A2", name="lost.pdf")
    [(invariant, sentence)] = broken(replace(SOUND, sources=(SOURCE, second)))
    assert invariant == "conservation"
    assert sentence.startswith("lost.pdf: not accounted for")


def test_a_delivered_chat_without_a_transfer_is_reported() -> None:
    found = broken(replace(SOUND, transfers=(), objects=()))
    assert [invariant for invariant, _ in found] == ["conservation"]
    assert CHAT in found[0][1]


@pytest.mark.parametrize("state", ["skipped", "parked"])
def test_a_skipped_or_failed_attachment_needs_a_reason(state: str) -> None:
    without = with_attachment(replace(STORED, state=state, object_id=None))
    [(invariant, sentence)] = broken(replace(without, objects=()))
    assert invariant == "conservation"
    assert sentence == f"image.jpg: {state} without a reason"


@pytest.mark.parametrize("state", ["skipped", "parked"])
def test_a_skipped_or_failed_attachment_with_a_reason_is_accounted_for(state: str) -> None:
    with_reason = with_attachment(replace(STORED, state=state, object_id=None, reason="too large"))
    assert judge(replace(with_reason, objects=())).ok


def test_a_transfer_that_found_no_activity_gives_one_reason_for_all() -> None:
    ended = replace(SETTLED, outcome="no_activity", reason="no activity in C4C", attachments=())
    assert judge(replace(SOUND, transfers=(ended,), objects=())).ok


def test_a_transfer_that_is_still_running_is_reported() -> None:
    [(invariant, sentence), *_] = broken(with_attachment(STORED, state="running"))
    assert invariant == "conservation"
    assert "still running" in sentence


@pytest.mark.parametrize("state", ["skipped", "parked"])
def test_a_file_that_is_reported_as_failed_and_lies_whole_in_c4c_is_a_false_report(state: str) -> None:
    failed = replace(STORED, state=state, object_id=None, reason="file-gone")
    [(invariant, sentence)] = broken(with_attachment(failed))
    assert invariant == "honesty"
    assert sentence.startswith(f"image.jpg: the service reports it {state} (file-gone), but C4C holds it whole as O1")


def test_a_transfer_that_is_reported_as_stored_has_nothing_parked() -> None:
    parked = replace(STORED, state="parked", object_id=None, reason="file-gone")
    records = replace(SOUND, transfers=(replace(SETTLED, attachments=(parked,)),), objects=())
    [(invariant, sentence)] = broken(records)
    assert invariant == "honesty"
    assert "transfer T1 is reported as stored, but image.jpg is parked" in sentence


def test_a_settled_transfer_may_leave_nothing_open() -> None:
    left = with_attachment(replace(STORED, state="open", object_id=None))
    [(invariant, sentence)] = broken(replace(left, objects=()))
    assert invariant == "conservation"
    assert "left open" in sentence


@pytest.mark.parametrize(
    ("seen_by_the_service", "where"),
    [
        (None, "between CMI and C4C"),
        (BAD, "between CMI and the service"),
        (GOOD, "between the service and C4C"),
    ],
)
def test_changed_content_names_the_hop(seen_by_the_service: str | None, where: str) -> None:
    records = with_attachment(replace(STORED, sha256=seen_by_the_service))
    records = replace(records, objects=(replace(OBJECT, sha256=BAD),))
    [(invariant, sentence)] = broken(records)
    assert invariant == "integrity"
    assert sentence == (
        f"image.jpg: C4C holds 10 bytes (sha256 {BAD[:12]}…), the customer sent 10 bytes (sha256 {GOOD[:12]}…); "
        f"changed {where}"
    )


def test_wrong_bytes_are_seen_although_the_services_digest_agrees_with_c4c() -> None:
    records = with_attachment(replace(STORED, sha256=BAD))
    [violation] = judge(replace(records, objects=(replace(OBJECT, sha256=BAD),))).violations
    assert (violation.invariant, violation.hop) == ("integrity", "CMI → service")


def test_other_bytes_at_cmi_than_the_customer_sent_are_reported_although_all_hops_agree() -> None:
    source = replace(SOURCE, cmi_sha256=BAD, cmi_size_bytes=10)
    records = with_attachment(replace(STORED, sha256=BAD))
    found = judge(replace(records, sources=(source,), objects=(replace(OBJECT, sha256=BAD),))).violations
    assert [each.hop for each in found] == ["customer → CMI", "CMI → service"]


def test_a_parked_file_without_an_object_is_not_accused_of_wrong_bytes() -> None:
    parked = replace(STORED, state="parked", reason="not-the-file: CMI sent a page", object_id=None, sha256=BAD)
    assert judge(replace(with_attachment(parked), objects=())).ok


def test_a_parked_file_whose_wrong_bytes_lie_in_c4c_is_accused() -> None:
    parked = replace(STORED, state="parked", reason="digest-mismatch: …", sha256=GOOD)
    found = judge(replace(with_attachment(parked), objects=(replace(OBJECT, sha256=BAD),))).violations
    assert [each.invariant for each in found] == ["integrity"]


def test_a_violation_can_be_shown_with_its_hop() -> None:
    [violation] = judge(replace(SOUND, objects=(replace(OBJECT, size_bytes=9),))).violations
    assert violation.sentence == f"service → C4C: {violation}"


def test_content_of_equal_digest_but_other_size_is_reported() -> None:
    assert [invariant for invariant, _ in broken(replace(SOUND, objects=(replace(OBJECT, size_bytes=9),)))] == [
        "integrity"
    ]


def test_a_stored_attachment_must_be_found_in_c4c() -> None:
    [(invariant, sentence)] = broken(replace(SOUND, objects=()))
    assert invariant == "once"
    assert "C4C holds no such object" in sentence


def test_a_second_copy_in_c4c_is_reported_as_a_double() -> None:
    [(invariant, sentence)] = broken(replace(SOUND, objects=(OBJECT, replace(OBJECT, object_id="O2"))))
    assert invariant == "once"
    assert "O1 and O2" in sentence


def test_two_attachments_cannot_share_one_object() -> None:
    second = replace(SOURCE, id="A2")
    both = replace(SETTLED, attachments=(STORED, replace(STORED, source_id="A2")))
    found = broken(replace(SOUND, sources=(SOURCE, second), transfers=(both,)))
    assert [invariant for invariant, _ in found] == ["once"]


def test_an_object_without_a_source_is_an_orphan() -> None:
    stranger = replace(OBJECT, object_id="O9", name="stranger.pdf", sha256=BAD)
    [(invariant, sentence)] = broken(replace(SOUND, objects=(OBJECT, stranger)))
    assert invariant == "no orphan"
    assert sentence == "stranger.pdf: C4C object O9 has no source attachment"


def test_an_object_that_another_user_made_is_none_of_ours() -> None:
    by_hand = replace(OBJECT, object_id="O9", name="note.pdf", sha256=BAD, created_by="AGENT01")
    assert judge(replace(SOUND, objects=(OBJECT, by_hand))).ok


def test_a_transfer_without_a_fired_chat_is_an_orphan() -> None:
    stray = TransferRecord(id="T9", chat="NOBODY", state="settled", outcome="no_attachments")
    [(invariant, sentence)] = broken(replace(SOUND, transfers=(SETTLED, stray)))
    assert invariant == "no orphan"
    assert "T9" in sentence


def test_an_attachment_that_cmi_does_not_know_is_an_orphan() -> None:
    invented = AttachmentRecord(source_id="A9", name="ghost.png", state="parked", reason="gone")
    both = replace(SETTLED, outcome="partly_stored", attachments=(STORED, invented))
    [(invariant, sentence)] = broken(replace(SOUND, transfers=(both,)))
    assert invariant == "no orphan"
    assert sentence.startswith("ghost.png")


def test_a_transcript_that_the_service_made_itself_is_no_orphan() -> None:
    made = AttachmentRecord(
        source_id="transcript:0123456789abcdef", name="chat-transcript.txt", state="parked", reason="gone"
    )
    both = replace(SETTLED, outcome="partly_stored", attachments=(STORED, made))
    assert broken(replace(SOUND, transfers=(both,))) == []


def test_a_leaked_secret_is_named_but_not_shown() -> None:
    leak = Leak(what="the CMI password", where="service.log")
    [(invariant, sentence)] = broken(replace(SOUND, leaks=(leak,)))
    assert invariant == "secrecy"
    assert sentence == "service.log: the CMI password can be read here"


def test_a_violation_of_one_chat_is_none_of_another() -> None:
    elsewhere = replace(SOURCE, chat="OTHER", id="A7", name="lost.pdf")
    fired = replace(DELIVERED, id="D7", chat="OTHER")
    other = TransferRecord(id="T7", chat="OTHER", state="settled", outcome="stored")
    records = replace(
        SOUND,
        sources=(SOURCE, elsewhere),
        deliveries=(DELIVERED, fired),
        transfers=(SETTLED, other),
    )
    assert not judge(records).ok
    assert not judge(records.of_chat("OTHER")).ok
    assert judge(records.of_chat(CHAT)).ok


def test_a_hostile_name_is_escaped_in_the_sentence() -> None:
    hostile = replace(SOURCE, name="\u202efdp.exe")
    [(_, sentence)] = broken(replace(SOUND, sources=(hostile,), objects=(replace(OBJECT, name="fdp.exe", sha256=BAD),)))
    assert sentence.startswith("\\u202efdp.exe: ")
