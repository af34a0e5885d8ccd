"""What the hops answer becomes records; secrets are found wherever they lie."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from attachment_lab.demo.run import rows_from
from attachment_lab.errors import LabFailed
from attachment_lab.reconciliation.reading import Reconciliation, delivery_from, find_in_file, find_secrets
from attachment_lab.reconciliation.records import C4cFile, ChainRecords, SourceFile
from attachment_lab.reconciliation.settling import ChainState
from attachment_lab.tenant.conversation import LabConversation, SentFile
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord, transfer_from

CHAT = "F6F3ABC0084E3B53747DDC16D8C19034"
FILE = "3B04C2CC93C9F7236667E938660AE10B"
DELIVERY = {
    "id": "D1",
    "event_id": "E1",
    "event": "Ended",
    "state": "delivered",
    "status": 202,
    "duration_ms": 12.5,
    "request_body": '{"contact_id": "C1"}',
    "response_headers": {"location": "/transfers/T1"},
}


def test_a_delivery_names_its_chat_and_its_transfer() -> None:
    delivery = delivery_from(DELIVERY)
    assert (delivery.chat, delivery.transfer_id) == ("C1", "T1")


def test_a_delivery_whose_body_is_json_already_names_its_chat_too() -> None:
    assert delivery_from(DELIVERY | {"request_body": {"contact_id": "C2"}}).chat == "C2"


def test_a_delivery_that_was_not_sent_has_no_transfer() -> None:
    delivery = delivery_from(DELIVERY | {"state": "not_sent", "response_headers": None, "status": None})
    assert delivery.transfer_id is None


def test_a_request_that_could_not_be_made_still_belongs_to_its_chat() -> None:
    row = DELIVERY | {"state": "not_sent", "request_body": "", "contact_id": "C9"}
    assert delivery_from(row).chat == "C9"


def test_a_reason_keeps_its_code_and_remedy() -> None:
    reason = {"code": "no_activity", "message": "C4C has none", "remedy": "accept the chat"}
    record = transfer_from({"id": "T", "contact_id": "C", "state": "settled", "reason": reason})
    assert (record.reason, record.remedy) == ("no_activity: C4C has none", "accept the chat")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (FILE, FILE),
        (f"/acme/cmi/chats/{CHAT}/attachments/{FILE} contract.pdf", FILE),
        (f"https://objects.example/acme/objects/{FILE} contract.pdf #2", FILE),
        (f"https://cmi.example/chats/{CHAT}/attachments/7 contract.pdf", None),
        ("transcript:0123456789abcdef", None),
    ],
)
def test_a_file_that_the_service_knows_by_its_address_has_the_id_of_cmi(text: str, known: str | None) -> None:
    file = {"cmi_attachment_id": text, "name": "contract.pdf", "state": "stored"}
    record = transfer_from({"id": "T", "contact_id": "C", "state": "settled", "attachments": [file]})
    assert record.attachments[0].source_id == (known or text)


def test_what_the_lab_counted_while_sending_wins_over_what_cmi_says() -> None:
    to = MagicMock()
    entry = {"chat_guid": CHAT, "id": FILE, "name": "n", "size_bytes": 9, "sha256": "bb", "sniffed_type": "text/html"}
    to.cmi.get.return_value = [entry]
    reconciliation = Reconciliation(to, default_tenant())
    assert [(each.sha256, each.cmi_sha256) for each in reconciliation.sources()] == [("bb", None)]
    reconciliation.customer_sent(SentFile(id=FILE, name="n", content_type="text/plain", size_bytes=10, sha256="aa"))
    [source] = reconciliation.sources()
    assert (source.size_bytes, source.sha256) == (10, "aa")
    assert (source.cmi_size_bytes, source.cmi_sha256) == (9, "bb")


def test_a_file_that_cmi_received_with_other_bytes_is_reported_at_once() -> None:
    to = MagicMock()
    answer = {"id": FILE, "size_bytes": 9, "sha256": "bb"}
    to.cmi.upload.side_effect = lambda _path, pieces, **_: answer if b"".join(pieces) else {}
    accepted: list[SentFile] = []
    chat = LabConversation(
        to, default_tenant(), CHAT, customer={"name": "Alice", "email": "a@example.com"}, on_sent=accepted.append
    )
    with pytest.raises(LabFailed, match=r"other bytes of photo\.jpg"):
        chat.send(("photo.jpg", b"the customer's"))
    assert [each.size_bytes for each in accepted] == [14]


def test_a_secret_is_found_in_a_text() -> None:
    tenant = default_tenant()
    text = f"… Authorization: {tenant.api_key} …".encode()
    assert [leak.what for leak in find_secrets(tenant.guarded(), text, "a journal")] == ["the CMI API key"]


def test_basic_credentials_count_as_a_secret() -> None:
    guarded = default_tenant().guarded()
    text = guarded["the C4C Basic credentials"].encode()
    assert [leak.what for leak in find_secrets(guarded, text, "x")] == ["the C4C Basic credentials"]


def test_a_secret_is_found_in_a_binary_file(tmp_path: Path) -> None:
    tenant = default_tenant()
    database = tmp_path / "service.db"
    database.write_bytes(b"\0\xff" * 5000 + tenant.cmi_password.encode() + b"\0")
    assert [(leak.what, leak.where) for leak in find_in_file(tenant.guarded(), database)] == [
        ("the CMI password", "service.db")
    ]


def test_an_empty_file_holds_no_secret(tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    assert not list(find_in_file(default_tenant().guarded(), tmp_path / "empty.log"))


def test_a_row_whose_ends_differ_is_called_changed() -> None:
    carried = AttachmentRecord(source_id="A", name="n", state="stored", object_id="O")
    records = ChainRecords(
        sources=(SourceFile(chat="C", id="A", name="n", size_bytes=1, sha256="aa"),),
        transfers=(TransferRecord(id="T", chat="C", state="settled", attachments=(carried,)),),
        objects=(C4cFile(object_id="O", external_reference="C", name="n", size_bytes=1, sha256="bb"),),
    )
    [row] = rows_from(records)
    assert row.outcome == "changed"
    assert row.to_json() == {
        "name": "n",
        "bytes": 1,
        "cmi_sha256": "aa",
        "c4c_sha256": "bb",
        "c4c_object_id": "O",
        "outcome": "changed",
        "reason": None,
    }


def test_a_delivered_chat_is_not_at_rest_before_its_transfer_is_known() -> None:
    assert list(ChainState(deliveries=(delivery_from(DELIVERY),)).pending())


def test_a_waiting_transfer_is_not_at_rest_and_gives_its_reason() -> None:
    waiting = TransferRecord(id="T1", chat="C1", state="waiting", rounds=2, reason="busy: C4C answered 503")
    [line] = ChainState(deliveries=(delivery_from(DELIVERY),), transfers=(waiting,)).pending()
    assert line == "transfer T1 is waiting after 2 round(s); busy: C4C answered 503"
