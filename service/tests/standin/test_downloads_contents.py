"""Downloads that are a page or an error in the file's place, and files that look like one."""

from __future__ import annotations

import json

import pytest
from standin.answers import SIZE_BYTES, a_pdf, answer, file_answer, page
from standin.chat import Chat, Listed
from standin.processes import StandinStack
from standin.rows import STORED, Ended, Row, check, words_of

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
GATEWAY_ERROR = json.dumps({"message": "Internal server error"}).encode()
STORE_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    b"<Expires>2026-11-22T11:00:00Z</Expires><RequestId>4442587FB7D0A2F9</RequestId></Error>"
)
HTML = "text/html; charset=utf-8"
JPEG = Listed(name="photo.jpg", content_type="image/jpeg", size=48_211)

PARKED = [
    Row("a sign-in page", (file_answer(page(), content_type=HTML),), "not-the-file"),
    Row("a sign-in page, no size listed", (file_answer(page(), content_type=HTML),), "not-the-file",
        listed=Listed(size=None)),
    Row("a sign-in page of exactly the listed size", (file_answer(page(size_bytes=SIZE_BYTES), content_type=HTML),),
        "not-the-file"),
    Row("a JSON error where a photo was listed", (file_answer(GATEWAY_ERROR, content_type="application/json"),),
        "not-the-file", listed=JPEG),
    Row("a store's XML error", (file_answer(STORE_ERROR, content_type="application/xml"),), "not-the-file"),
    Row("202", (answer(202, PDF, content_type="application/pdf"),), "not-the-file"),
    Row("203", (answer(203, PDF, content_type="application/pdf"),), "not-the-file"),
    Row("206", (answer(206, PDF, content_type="application/pdf", content_range="bytes 0-10255/10256"),),
        "not-the-file"),
]  # fmt: skip


def real(name: str, content_type: str, content: bytes) -> Row:
    """A customer's own file of a type that errors come in, too."""
    listed = Listed(name=name, content_type=content_type, size=len(content))
    return Row(f"a customer's {name}", (file_answer(content, content_type=content_type),), STORED, content, listed)


CARRIED = [
    real("letter.html", "text/html", page(title="Our letter of 22 November")),
    real("order.json", "application/json", json.dumps({"order": 4711, "lines": [1, 2]}).encode()),
    real("message.json", "application/json", GATEWAY_ERROR),
    real("order.xml", "application/xml", b'<?xml version="1.0"?>\n<order id="4711"/>\n'),
    real("logo.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n'),
    real("notes.txt", "text/plain", b"<!DOCTYPE html> is how a page begins.\n"),
    Row(
        "a page that CMI itself serves as the listed type with the listed size",
        (file_answer(page(size_bytes=SIZE_BYTES), content_type="application/pdf"),),
        STORED,
        page(size_bytes=SIZE_BYTES),
    ),
    Row("a sign-in page, then the file", (file_answer(page(), content_type=HTML), file_answer(PDF)), STORED, PDF),
]


@pytest.mark.parametrize("row", PARKED, ids=words_of)
def test_what_comes_in_the_files_place_is_tried_again_then_parked(row: Row, ended: dict[str, Ended]) -> None:
    check(row, ended[row.words])
    assert ended[row.words].downloads > 1


@pytest.mark.parametrize("row", CARRIED, ids=words_of)
def test_a_file_that_looks_like_an_error_is_stored_all_the_same(row: Row, ended: dict[str, Ended]) -> None:
    check(row, ended[row.words])


@pytest.mark.parametrize("served", [None, "application/octet-stream"])
def test_a_file_without_a_declared_type_gets_the_type_of_its_first_bytes(
    standin: StandinStack, served: str | None
) -> None:
    chat = Chat(standin, Listed(name="photo", content_type=None, size=len(PNG)))
    chat.serves(file_answer(PNG, content_type=served))
    chat.end()
    assert [(item.mime_type, item.content) for item in chat.stored()] == [("image/png", PNG)]
