"""A chat activity as a service agent sees it, from OData's documents."""

from __future__ import annotations

from typing import Any

import pytest

from attachment_lab.console import case_view as view
from attachment_lab.reconciliation.records import C4cObject, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord

ACTIVITY: dict[str, Any] = {
    "ObjectID": "A1",
    "ID": "1000000",
    "SubjectName": "Chat with Emma",
    "LifeCycleStatusCode": "3",
    "LifeCycleStatusCodeText": "Completed",
    "ActualStartDateTime": "/Date(1795883438625)/",
    "ChatMainEmailURI": "emma@example.com",
    "ChatActivityBTDReference": [{"ID": "G1", "ChatBusinessSystemID": "SINCH_CONTACT_PRO"}],
}
ATTACHMENT = {"ObjectID": "O1", "Name": "a.txt", "MimeType": "text/plain", "CreatedBy": "v1user", "CategoryCode": "2"}
STORED = C4cObject(object_id="O1", external_reference="G1", name="a.txt", size_bytes=3, sha256="aa")
SOURCE = SourceFile(chat="G1", id="S1", name="a.txt", size_bytes=3, sha256="aa")


def carried(source_id: str) -> TransferRecord:
    one = AttachmentRecord(source_id=source_id, name="a.txt", state="stored", object_id="O1")
    return TransferRecord(id="T", chat="G1", state="settled", attachments=(one,))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/Date(1795883438625)/", "2026-11-28T16:30:38.625Z"),
        ("/Date(0+0000)/", "1970-01-01T00:00:00.000Z"),
        ("\\/Date(-1000)\\/", "1969-12-31T23:59:59.000Z"),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
def test_odatas_moments_become_iso(value: object, expected: str | None) -> None:
    assert view.moment(value) == expected


def test_a_line_of_the_list_names_the_chat_that_it_belongs_to() -> None:
    line = view.row(ACTIVITY)
    assert (line["id"], line["status"], line["tone"], line["chat"]) == ("1000000", "Completed", "done", "G1")


def test_a_reference_may_stand_in_the_groupware_id_too() -> None:
    kept = {**ACTIVITY, "ChatActivityBTDReference": [], "GroupwareItemID": "G2"}
    assert view.row(kept)["chat"] == "G2"
    assert view.references(kept) == [{"id": "G2", "system": "GroupwareItemID"}]


@pytest.mark.parametrize("document", [{"d": {"results": [{"a": 1}]}}, {"d": [{"a": 1}]}, {"d": {"a": 1}}, [{"a": 1}]])
def test_rows_are_found_in_every_json_form_of_odata(document: Any) -> None:
    assert view.rows(document) == [{"a": 1}]


def test_only_filled_fields_are_facts() -> None:
    assert dict(view.facts(ACTIVITY)) == {"E-mail": "emma@example.com", "Started": "2026-11-28T16:30:38.625Z"}


def compared(stored: C4cObject | None, source: SourceFile, *transfers: TransferRecord) -> tuple[Any, str]:
    shown = view.file_view(ATTACHMENT, stored, [source], transfers)
    return shown["equal"], shown["compared"]


def replaced(**parts: Any) -> SourceFile:
    return SourceFile(**{"chat": "G1", "id": "S1", "name": "a.txt", "size_bytes": 3, "sha256": "aa"} | parts)


@pytest.mark.parametrize(
    ("stored", "source", "transfers", "expected"),
    [
        (STORED, SOURCE, [carried("S1")], (True, "Equal to the file in the chat")),
        (STORED, replaced(sha256="bb"), [carried("S1")], (False, "Differs from the file in the chat")),
        (STORED, replaced(size_bytes=4), [carried("S1")], (False, "Differs from the file in the chat")),
        (STORED, SOURCE, [], (True, "Equal to the file in the chat")),
        (STORED, replaced(sha256="bb"), [], (False, "Differs from the file in the chat")),
        (STORED, replaced(sha256="bb", name="b.txt"), [], (None, "No file of the chat belongs to it")),
        (STORED, SOURCE, [carried("transcript:G1")], (None, "Made by the service from the chat’s messages")),
        (None, SOURCE, [], (None, "Not committed yet")),
    ],
)
def test_a_file_is_compared_with_the_one_in_the_chat(
    stored: C4cObject | None, source: SourceFile, transfers: list[TransferRecord], expected: tuple[Any, str]
) -> None:
    assert compared(stored, source, *transfers) == expected


def test_files_stand_in_the_order_of_the_chat_and_what_is_of_no_chat_comes_last() -> None:
    files = [{"name": name, "source_sha256": sha} for name, sha in (("made", ""), ("second", "bb"), ("first", "aa"))]
    ordered = view.in_chat_order(files, [SOURCE, replaced(id="S2", sha256="bb")])
    assert [each["name"] for each in ordered] == ["first", "second", "made"]
