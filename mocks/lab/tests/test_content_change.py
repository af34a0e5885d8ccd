"""Where and why bytes changed: one example per row of the table in content_change.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attachment_lab.reconciliation.content_change import change_of, differs
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.records import C4cFile, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord

GOOD, BAD, OTHER = "ab12" * 16, "cd34" * 16, "ef56" * 16
SOURCE = SourceFile(
    chat="C1", id="A1", name="contract.pdf", size_bytes=10_256, sha256=GOOD, sniffed_type="application/pdf"
)
OBJECT = C4cFile(
    object_id="O1", external_reference="C1", name="contract.pdf", size_bytes=6_120, sha256=BAD, sniffed_type="text/html"
)
MINE = AttachmentRecord(
    source_id="A1", name="contract.pdf", state="stored", object_id="O1", sha256=BAD, size_bytes=6_120
)
WHOLE = FileExchange(
    mock="cmi",
    id=1,
    act="download",
    begun_s=0.0,
    ended_s=1.0,
    status=200,
    source_id="A1",
    size_bytes=10_256,
    sha256=GOOD,
    sniffed_type="application/pdf",
)
PAGE = replace(WHOLE, size_bytes=6_120, sha256=BAD, sniffed_type="text/html")
UPLOAD = replace(WHOLE, mock="c4c", act="upload", source_id=None, object_id="O1", sha256=OTHER)


def test_both_contents_are_described_by_size_and_type() -> None:
    assert differs(SOURCE, OBJECT) == (
        "C4C holds 6,120 bytes text/html, the customer sent 10,256 bytes application/pdf"
    )


def test_contents_of_one_size_and_type_are_distinguished_by_digest() -> None:
    alike = replace(OBJECT, size_bytes=10_256, sniffed_type="application/pdf")
    text = differs(SOURCE, alike)
    assert BAD[:12] in text
    assert GOOD[:12] in text


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (
            replace(PAGE, fault_kinds=("sign_in_page",)),
            "CMI's answer was changed by the planned fault sign_in_page",
        ),
        (
            replace(PAGE, sniffed_type="application/gzip", coding="br", fault_kinds=("packed",)),
            "CMI's answer was changed by the planned fault packed (was packed: Content-Encoding br)",
        ),
        (PAGE, "CMI's answer was text/html, not the file"),
        (
            replace(PAGE, sniffed_type="application/octet-stream", coding="br"),
            "CMI's answer was packed: Content-Encoding br",
        ),
        (replace(PAGE, sniffed_type="application/pdf"), "CMI's answer ended after 6,120 bytes"),
        (
            replace(PAGE, source_id=None, sniffed_type="application/pdf", size_bytes=6_120),
            "CMI's answer ended after 6,120 bytes",
        ),
    ],
    ids=["planned fault", "planned packing", "page", "packed", "short", "another address"],
)
def test_an_answer_with_the_digest_of_what_c4c_holds_is_the_cause(answer: FileExchange, cause: str) -> None:
    change = change_of(SOURCE, MINE, OBJECT, [WHOLE, answer])
    assert (change.hop, change.cause) == ("CMI → service", cause)


@pytest.mark.parametrize("claimed", [GOOD, None])
def test_the_services_word_does_not_clear_an_answer_that_c4c_holds(claimed: str | None) -> None:
    assert change_of(SOURCE, replace(MINE, sha256=claimed), OBJECT, [PAGE]).hop == "CMI → service"


def test_a_fault_on_the_wire_is_the_cause_where_the_journal_knows_the_whole_file_only() -> None:
    cut = replace(WHOLE, fault_kinds=("cut",))
    change = change_of(SOURCE, MINE, OBJECT, [cut])
    assert (change.hop, change.cause) == ("CMI → service", "CMI's answer was changed by the planned fault cut")


def test_a_failed_answer_is_no_cause() -> None:
    busy = replace(WHOLE, status=503, size_bytes=0, sha256=OTHER, fault_kinds=("status",))
    change = change_of(SOURCE, replace(MINE, sha256=GOOD), OBJECT, [busy, WHOLE])
    assert change.hop == "service → C4C"


def test_a_fault_that_only_delays_is_no_cause() -> None:
    slow = replace(WHOLE, fault_kinds=("latency",))
    assert change_of(SOURCE, MINE, OBJECT, [slow]).cause == "changed between CMI and the service"


def test_bytes_of_another_file_are_not_cmis_fault() -> None:
    another = replace(WHOLE, source_id="A2", size_bytes=6_120, sha256=BAD)
    change = change_of(SOURCE, MINE, OBJECT, [WHOLE, another])
    assert (change.hop, change.cause) == ("service → C4C", "these are the bytes of attachment A2")


def test_a_fault_that_affected_the_upload_is_named() -> None:
    struck = replace(UPLOAD, fault_kinds=("flip_request_byte",))
    change = change_of(SOURCE, replace(MINE, sha256=GOOD), OBJECT, [WHOLE, struck])
    assert change.hop == "service → C4C"
    assert change.cause == "the upload was changed by the planned fault flip_request_byte"


@pytest.mark.parametrize(("claimed", "hop"), [(None, "CMI → C4C"), (BAD, "CMI → service"), (GOOD, "service → C4C")])
def test_without_a_journal_the_services_digest_distinguishes_reading_from_writing(
    claimed: str | None, hop: str
) -> None:
    assert change_of(SOURCE, replace(MINE, sha256=claimed), OBJECT, []).hop == hop
