"""Is this answer the file? Every row of the two tables in ``core/download.py``, on plain values."""

from __future__ import annotations

from typing import Any

import pytest

from attachment_transfer.core import errors
from attachment_transfer.core.answers.download import (
    BODY_RULES,
    HEAD_RULES,
    AnswerHead,
    FileBody,
    ListedFile,
    ReadMethod,
    check_body,
    check_same,
    how_to_read,
    packed_is_the_file,
    type_to_send,
    unpacked_is_no_archive,
)

PDF = b"%PDF-1.7\n" + b"x" * 40
PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"
JSON = b'{"message": "Internal error"}'
XML = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def listed(**more: Any) -> ListedFile:
    return ListedFile(**{"name": "contract.pdf", "content_type": "application/pdf", "size_bytes": 10_256, **more})


def answered(**more: Any) -> AnswerHead:
    return AnswerHead(**{"status": 200, "content_type": "application/pdf", "length_bytes": 10_256, **more})


@pytest.mark.parametrize(
    ("listing", "answer", "way"),
    [
        (listed(), answered(), ReadMethod.STREAM),
        (listed(), answered(length_bytes=None), ReadMethod.SPOOL),
        (listed(), answered(length_bytes=None, framed=False), ReadMethod.SPOOL),
        (listed(size_bytes=None), answered(length_bytes=None), ReadMethod.SPOOL),
        (listed(size_bytes=None), answered(length_bytes=None, framed=False), ReadMethod.TWICE),
        (listed(), answered(codings=("gzip",)), ReadMethod.UNPACK),
        (listed(), answered(codings=("x-gzip",), length_bytes=None, framed=False), ReadMethod.UNPACK),
        (listed(), answered(codings=("deflate",)), ReadMethod.UNPACK),
        (listed(size_bytes=0), answered(status=204, content_type=None, length_bytes=None), ReadMethod.EMPTY),
    ],
)
def test_the_head_says_how_the_body_is_read(listing: ListedFile, answer: AnswerHead, way: ReadMethod) -> None:
    assert how_to_read(listing, answer) is way


@pytest.mark.parametrize(
    ("listing", "answer", "kind", "words"),
    [
        (listed(), answered(status=202), errors.NotTheFile, "202"),
        (listed(), answered(status=203), errors.NotTheFile, "203"),
        (listed(), answered(status=206), errors.NotTheFile, "206"),
        (listed(), answered(status=204), errors.SizeDiffers, "10256 bytes and answered 204"),
        (listed(size_bytes=None), answered(status=204), errors.NotTheFile, "204"),
        (listed(), answered(codings=("gzip", "gzip")), errors.UnknownCoding, "more than once"),
        (listed(), answered(codings=("br",)), errors.UnknownCoding, "'br'"),
        (listed(), answered(codings=("zstd",)), errors.UnknownCoding, "'zstd'"),
    ],
)
def test_a_head_that_is_not_the_files_is_doubted(
    listing: ListedFile, answer: AnswerHead, kind: type[errors.TransferError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        how_to_read(listing, answer)


FILES = {
    "as listed": (listed(), answered(), PDF, 10_256),
    "a file served under another type": (listed(), answered(content_type="text/html"), PDF, 10_256),
    "a file served without a type": (listed(), answered(content_type=None), PDF, 10_256),
    "a web page that was sent": (
        listed(name="offer.html", content_type="text/html"), answered(content_type="text/html"), PAGE, 10_256),
    "a web page of that name": (
        listed(name="offer.HTM", content_type=None), answered(content_type="text/html"), PAGE, 10_256),
    "JSON that was sent": (
        listed(name="x", content_type="application/geo+json"), answered(content_type="application/json"), JSON, 10_256),
    "JSON of that name": (
        listed(name="a.json", content_type=None, size_bytes=None), answered(content_type="text/plain"), JSON, 29),
    "XML that was sent": (
        listed(name="a.xml", content_type="text/xml"), answered(content_type="application/xml"), XML, 10_256),
    "a drawing": (
        listed(name="a.svg", content_type="image/svg+xml"), answered(content_type="image/svg+xml"),
        b'<?xml version="1.0"?><!-- ' + b"-" * 600, 10_256),
    "a page under a false type that CMI holds as such": (listed(), answered(), PAGE, 10_256),
    "a page without a listed type, of the listed size": (
        listed(name="blob", content_type=None), answered(content_type="application/octet-stream"), PAGE, 10_256),
    "text that begins like a page": (
        listed(name="notes.txt", content_type="text/plain", size_bytes=None),
        answered(content_type="text/plain"), PAGE, 50),
    "an empty file": (listed(size_bytes=0), answered(length_bytes=0), b"", 0),
    "a picture whose size is not listed": (
        listed(name="a.jpg", content_type="image/jpg", size_bytes=None), answered(content_type="image/jpeg"), JPEG, 24),
}  # fmt: skip


@pytest.mark.parametrize(("listing", "answer", "head", "size_bytes"), FILES.values(), ids=FILES.keys())
def test_this_is_the_file(listing: ListedFile, answer: AnswerHead, head: bytes, size_bytes: int) -> None:
    check_body(listing, answer, FileBody(size_bytes=size_bytes, head=head))


DOUBTS = {
    "a sign-in page": (listed(), answered(content_type="text/html"), PAGE, 50, errors.NotTheFile, "a web page"),
    "a sign-in page of the listed size": (
        listed(), answered(content_type="text/html"), PAGE, 10_256, errors.NotTheFile, "a web page"),
    "a page that claims to be nothing": (
        listed(), answered(content_type="application/octet-stream"), PAGE, 10_256, errors.NotTheFile, "a web page"),
    "a page under the listed type, of another size": (
        listed(), answered(), PAGE, 50, errors.NotTheFile, "a web page"),
    "a page where only the name tells the type": (
        listed(content_type=None), answered(content_type="text/html"), PAGE, 10_256, errors.NotTheFile, "a web page"),
    "a page with no size and no type listed": (
        listed(name="blob", content_type=None, size_bytes=None), answered(content_type="text/html"), PAGE, 50,
        errors.NotTheFile, "a web page"),
    "a JSON error": (
        listed(name="a.jpg", content_type="image/jpeg"), answered(content_type="application/json"), JSON, 29,
        errors.NotTheFile, "a JSON document where image/jpeg of 10256 bytes"),
    "a problem document": (
        listed(), answered(content_type="application/problem+json"), JSON, 29, errors.NotTheFile, "JSON"),
    "an object store's error": (
        listed(), answered(content_type="application/xml"), XML, 60, errors.NotTheFile, "an XML document"),
    "a page in place of JSON": (
        listed(name="a.json", content_type="application/json"), answered(content_type="text/html"), PAGE, 50,
        errors.NotTheFile, "a web page"),
    "plain words in place of a picture": (
        listed(name="a.png", content_type="image/png", size_bytes=None), answered(content_type="text/plain"),
        b"Access denied", 13, errors.NotTheFile, "text/plain where image/png"),
    "too short": (listed(), answered(length_bytes=1_500), PDF, 1_500, errors.SizeDiffers, "10256 bytes and sent 1500"),
    "too long": (listed(), answered(length_bytes=10_257), PDF, 10_257, errors.SizeDiffers, "sent 10257"),
    "nothing": (listed(), answered(length_bytes=0), b"", 0, errors.SizeDiffers, "sent 0"),
    "something for an empty file": (listed(size_bytes=0), answered(), PDF, 10_256, errors.SizeDiffers, "lists 0"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("listing", "answer", "head", "size_bytes", "kind", "words"), DOUBTS.values(), ids=DOUBTS.keys()
)
def test_this_is_not_the_file(
    listing: ListedFile, answer: AnswerHead, head: bytes, size_bytes: int, kind: type[errors.TransferError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        check_body(listing, answer, FileBody(size_bytes=size_bytes, head=head))


def test_the_last_row_of_each_table_decides_what_no_other_does() -> None:
    for table, arguments in (
        (HEAD_RULES, (listed(), answered())),
        (BODY_RULES, (listed(), answered(), FileBody(size_bytes=1, head=b""))),
    ):
        assert table[-1].fits(*arguments)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("listing", "packed_bytes", "head", "by_size", "by_head"),
    [
        (listed(name="a.tar.gz", content_type="application/gzip", size_bytes=900), 900, b"tar", True, False),
        (listed(name="a.tgz", content_type="application/x-compressed-tar", size_bytes=900), 900, b"tar", True, False),
        (listed(name="a.tar.gz", content_type="application/gzip", size_bytes=9_000), 900, b"tar", False, False),
        (listed(name="a.gz", content_type=None, size_bytes=None), 900, b"text", False, True),
        (listed(name="a.gz", content_type=None, size_bytes=None), 900, b"\x1f\x8b\x08", False, False),
        (listed(size_bytes=900), 900, b"%PDF", False, False),
        (listed(size_bytes=None), 900, b"%PDF", False, False),
    ],
)
def test_an_archive_that_its_server_calls_packed_is_the_file_as_it_is(
    listing: ListedFile, packed_bytes: int, head: bytes, by_size: bool, by_head: bool
) -> None:
    assert packed_is_the_file(listing, packed_bytes) is by_size
    assert unpacked_is_no_archive(listing, head) is by_head


def test_two_readings_that_differ_are_no_file() -> None:
    check_same((3, "abc"), (3, "abc"))
    for second in ((3, "abd"), (4, "abc")):
        with pytest.raises(errors.IncompleteDownload, match="two downloads of the file differ"):
            check_same((3, "abc"), second)


@pytest.mark.parametrize(
    ("declared", "served", "head", "sent"),
    [
        ("application/pdf", "text/html", PNG, "application/pdf"),
        ("application/octet-stream", "image/png", PNG, "application/octet-stream"),
        (None, None, PNG, "image/png"),
        (None, "application/octet-stream", JPEG, "image/jpeg"),
        (None, "text/csv", b"a;b\n1;2\n", "text/csv"),
        (None, None, b"\x00\x01\x02", "application/octet-stream"),
        (None, None, b"", "application/octet-stream"),
    ],
)
def test_where_no_type_is_listed_the_bytes_and_the_answer_say_it(
    declared: str | None, served: str | None, head: bytes, sent: str
) -> None:
    assert type_to_send(listed(content_type=declared), answered(content_type=served), head) == sent
