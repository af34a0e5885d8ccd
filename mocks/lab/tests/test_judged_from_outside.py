"""The judge without the service's own view: what the customer sent and what C4C holds decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attachment_lab.demo.run import rows_from
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.matching import match
from attachment_lab.reconciliation.records import (
    C4cFile,
    ChainRecords,
    DeliveryRecord,
    ExpectedOutcome,
    SourceFile,
    Violation,
)

ALICE, BERT = "5AB6E20342A6EE11B3ED58961D1810CC", "F6F3ABC0084E3B53747DDC16D8C19034"
CONTRACT, PHOTO, DAMAGED = "ab12" * 16, "cd34" * 16, "ef56" * 16

SENT = SourceFile(
    chat=ALICE, id="A1", name="contract.pdf", size_bytes=10, sha256=CONTRACT, content_type="application/pdf"
)
BERTS = SourceFile(chat=BERT, id="B1", name="photo.jpg", size_bytes=20, sha256=PHOTO, content_type="image/jpeg")
KEPT = C4cFile(
    object_id="O1",
    external_reference=ALICE,
    name="contract.pdf",
    size_bytes=10,
    sha256=CONTRACT,
    created_by="v1user",
    mime_type="application/pdf",
)
BERTS_KEPT = replace(
    KEPT,
    object_id="O2",
    external_reference=BERT,
    name="photo.jpg",
    size_bytes=20,
    sha256=PHOTO,
    mime_type="image/jpeg",
)
FIRED = DeliveryRecord(id="D1", event_id="E1", event="Ended", chat=ALICE, state="delivered", status=202)
SOUND = ChainRecords(
    sources=(SENT, BERTS),
    deliveries=(FIRED, replace(FIRED, id="D2", chat=BERT)),
    transfers=None,
    objects=(KEPT, BERTS_KEPT),
    technical_user="v1user",
)


def found(records: ChainRecords) -> list[Violation]:
    """The violations, which must each name a hop and what helps."""
    violations = list(judge(records).violations)
    assert all(each.hop and each.remedy for each in violations)
    return violations


def with_object(**changes: object) -> ChainRecords:
    """The sound chain, but Alice's object is different."""
    return replace(SOUND, objects=(replace(KEPT, **changes), BERTS_KEPT))  # type: ignore[arg-type]  # members by name


def test_a_sound_chain_of_an_unknown_service_breaks_no_invariant() -> None:
    assert found(SOUND) == []
    assert [row.outcome for row in rows_from(SOUND)] == ["stored", "stored"]


def test_a_file_that_must_be_stored_and_is_missing_is_red_and_names_where_it_was_lost() -> None:
    records = replace(SOUND, objects=(BERTS_KEPT,))
    [violation] = found(records)
    assert (violation.invariant, violation.file, violation.hop) == ("conservation", "contract.pdf", "CMI → service")
    assert "C4C does not hold it, and it must be stored because it keeps the documented policy" in violation.fact
    assert "the chat was not read at CMI" in violation.fact
    assert [row.outcome for row in rows_from(records)] == ["missing", "stored"]


DOWNLOAD = FileExchange(
    mock="cmi", id=7, act="download", begun_s=0.0, ended_s=1.0, status=200, source_id="A1", sha256=CONTRACT
)
UPLOAD = replace(
    DOWNLOAD, mock="c4c", id=9, act="upload", source_id=None, stored_name="contract.pdf", status=503, fault="f-1"
)
HISTORY = replace(DOWNLOAD, act="history", source_id=None, chat=ALICE)


@pytest.mark.parametrize(
    ("exchanges", "hop", "cause"),
    [
        ([HISTORY], "CMI → service", "the chat was read at CMI, and the file was never downloaded"),
        ([replace(DOWNLOAD, status=404)], "CMI → service", "its last download was answered 404 (exchange 7"),
        ([DOWNLOAD], "service → C4C", "downloaded from CMI whole, and never uploaded"),
        ([DOWNLOAD, UPLOAD], "service → C4C", "its last upload was answered 503, by a planned fault (f-1)"),
    ],
)
def test_the_journals_show_where_a_missing_file_was_lost(exchanges: list[FileExchange], hop: str, cause: str) -> None:
    [violation] = found(replace(SOUND, objects=(BERTS_KEPT,), exchanges=tuple(exchanges)))
    assert violation.hop == hop
    assert cause in violation.fact


def test_a_missing_file_that_may_be_parked_is_not_visible() -> None:
    may = ExpectedOutcome(storing="may", why="CMI answers 404 to it")
    records = replace(SOUND, objects=(BERTS_KEPT,), expected={"A1": may})
    assert found(records) == []
    assert [row.outcome for row in rows_from(records)] == ["not_visible", "stored"]


def test_a_file_that_must_not_be_stored_and_is_there_is_red() -> None:
    banned = ExpectedOutcome(storing="must_not", why="the policy denies its type")
    [violation] = found(replace(SOUND, expected={"A1": banned}))
    assert (violation.invariant, violation.file) == ("conservation", "contract.pdf")
    assert "O1, and it must not be stored because the policy denies its type" in violation.fact


def test_a_file_of_a_chat_without_an_activity_cannot_be_stored() -> None:
    records = replace(SOUND, objects=(BERTS_KEPT,), chats_in_c4c=frozenset({BERT}))
    assert found(records) == []
    assert rows_from(records)[0].outcome == "not_visible"


def test_one_customers_file_in_anothers_activity_names_both() -> None:
    [violation] = found(with_object(external_reference=BERT))
    assert (violation.invariant, violation.file, violation.hop) == ("destination", "contract.pdf", "service → C4C")
    assert violation.fact == (
        f"sent in chat {ALICE}, but C4C holds it as object O1 in the activity of chat {BERT} (with photo.jpg)"
    )
    assert "another customer's agent" in violation.remedy
    assert rows_from(with_object(external_reference=BERT))[0].outcome == "misplaced"


def test_a_second_copy_in_anothers_activity_is_misplaced_although_the_first_is_right() -> None:
    copy = replace(KEPT, object_id="O3", external_reference=BERT)
    [violation] = found(replace(SOUND, objects=(KEPT, BERTS_KEPT, copy)))
    assert (violation.invariant, violation.file) == ("destination", "contract.pdf")
    assert "O3" in violation.fact


@pytest.mark.parametrize("chat", [ALICE, BERT])
def test_each_of_the_two_chats_alone_shows_a_misplaced_file(chat: str) -> None:
    violations = found(with_object(external_reference=BERT).of_chat(chat))
    assert "destination" in {each.invariant for each in violations}


def test_the_same_file_of_two_customers_is_matched_by_activity_first() -> None:
    same = replace(BERTS, name="contract.pdf", size_bytes=10, sha256=CONTRACT, content_type="application/pdf")
    copy = replace(KEPT, object_id="O2", external_reference=BERT)
    records = replace(SOUND, sources=(SENT, same), objects=(copy, KEPT))
    assert found(records) == []
    assert [each.theirs.object_id for each in match(records).files if each.theirs] == ["O1", "O2"]


def test_the_same_file_of_two_customers_in_one_activity_is_seen() -> None:
    same = replace(BERTS, name="contract.pdf", size_bytes=10, sha256=CONTRACT, content_type="application/pdf")
    copy = replace(KEPT, object_id="O2", name="contract (2).pdf")
    [violation] = found(replace(SOUND, sources=(SENT, same), objects=(KEPT, copy)))
    assert violation.invariant == "destination"
    assert BERT in violation.fact


def test_changed_bytes_are_found_by_name_and_the_journal_names_the_hop() -> None:
    records = replace(with_object(sha256=DAMAGED), exchanges=(DOWNLOAD,))
    [violation] = found(records)
    assert (violation.invariant, violation.file, violation.hop) == ("integrity", "contract.pdf", "service → C4C")
    assert violation.fact.endswith("CMI's answers carried the file whole, so the service changed it")
    assert rows_from(records)[0].outcome == "changed"


def test_two_copies_are_red() -> None:
    [violation] = found(replace(SOUND, objects=(KEPT, BERTS_KEPT, replace(KEPT, object_id="O3"))))
    assert violation.invariant == "once"
    assert "O1 and O3" in violation.fact


def test_a_second_copy_under_a_distinct_name_is_red_too() -> None:
    copy = replace(KEPT, object_id="O3", name="contract (2).pdf")
    [violation] = found(replace(SOUND, objects=(KEPT, BERTS_KEPT, copy)))
    assert violation.invariant == "once"


def test_two_files_with_one_name_keep_their_contents_under_distinct_names() -> None:
    second = replace(SENT, id="A2", size_bytes=11, sha256=DAMAGED)
    kept = replace(KEPT, object_id="O3", name="contract (2).pdf", size_bytes=11, sha256=DAMAGED)
    records = replace(SOUND, sources=(SENT, second), objects=(kept, KEPT), deliveries=(FIRED,))
    assert found(records) == []
    [violation] = found(replace(records, objects=(replace(kept, name="contract.pdf"), KEPT)))
    assert violation.invariant == "naming"
    assert "O1 and O3 of one activity have this one name" in violation.fact


def test_a_file_under_a_wrong_name_is_red() -> None:
    [violation] = found(with_object(name="document.pdf"))
    assert (violation.invariant, violation.file) == ("naming", "contract.pdf")
    assert violation.fact == (
        "C4C holds it under the name document.pdf: its letters and digits are not those of the customer's name"
    )


def test_a_file_with_a_wrong_type_is_red() -> None:
    [violation] = found(with_object(mime_type="application/octet-stream"))
    assert violation.fact == "C4C holds it as application/octet-stream, the customer sent application/pdf"


def test_a_file_of_an_event_that_was_refused_need_not_be_stored() -> None:
    refused = replace(FIRED, state="failed", status=401)
    violations = found(replace(SOUND, objects=(BERTS_KEPT,), deliveries=(refused, SOUND.deliveries[1])))
    assert [each.invariant for each in violations] == ["delivered"]
