"""What a file is, by its first bytes, and how that agrees with what was declared."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.core.answers.sniffing import (
    ELF,
    EMPTY,
    EXE,
    HEAD_BYTES,
    OOXML,
    SCRIPT,
    TEXT,
    UNKNOWN,
    effective_type,
    plain_type,
    sniff,
)

DOCX = f"{OOXML}.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


def zipped(*names: str, first: tuple[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "x" * 2000)
    return buffer.getvalue()[:HEAD_BYTES]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", EMPTY),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"GIF89a\x01", "image/gif"),
        (b"GIF87a\x01", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", UNKNOWN),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\x1f\x8b\x08\x00", "application/gzip"),
        (b"OggS\x00\x02", "application/ogg"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"MZ\x90\x00\x03", EXE),
        (b"\x7fELF\x02\x01\x01", ELF),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"\xef\xbb\xbf  <HTML>", "text/html"),
        (b"<script>alert(1)</script>", "text/html"),
        ("<html>é".encode("utf-16"), "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="x">', "image/svg+xml"),
        (b"<svg onload=x>", "image/svg+xml"),
        (b'<?xml version="1.0"?><order/>', "application/xml"),
        (b'<?xml version="1.0"?><html>', "text/html"),
        (b'{"a": 1}', "application/json"),
        (b' \n[{"a": 1}]', "application/json"),
        (b"[1, 2]", "application/json"),
        (b"[a note in brackets]", TEXT),
        (b"#!/bin/sh\nrm -rf /\n", SCRIPT),
        (b"Hello, world\n", TEXT),
        ("Grüße".encode(), TEXT),
        ("Grüße".encode("utf-16"), TEXT),
        ("Grüße".encode("latin-1"), UNKNOWN),
        (b"MZ is how some texts begin", TEXT),
        (b"\x00\x01\x02\x03", UNKNOWN),
    ],
)
def test_the_first_bytes_tell_the_type(head: bytes, expected: str) -> None:
    assert sniff(head) == expected


def test_an_archive_is_told_from_an_office_document() -> None:
    assert sniff(zipped("holiday.jpg")) == "application/zip"
    assert sniff(zipped("word/document.xml")) == DOCX
    assert sniff(zipped("xl/workbook.xml")) == f"{OOXML}.spreadsheetml.sheet"
    assert sniff(zipped("[Content_Types].xml", "word/document.xml")) == OOXML
    assert sniff(zipped("content.xml", first=("mimetype", ODT))) == ODT


def test_a_page_is_a_page_however_broken_the_bytes_behind_its_beginning_are() -> None:
    assert sniff(b"<html>\x00\xff\xfe<script>") == "text/html"
    assert sniff(b"<!doctype html>\xe9") == "text/html"
    assert sniff(b"#!/bin/sh\n\x00\xff") == SCRIPT


def test_a_character_that_the_head_cuts_in_two_is_still_text() -> None:
    head = ("a" * 511 + "é").encode()[:HEAD_BYTES]
    assert len(head) == HEAD_BYTES
    assert sniff(head) == TEXT


@given(st.binary(max_size=HEAD_BYTES))
def test_any_bytes_get_a_type(head: bytes) -> None:
    assert "/" in sniff(head)


@pytest.mark.parametrize(
    ("declared", "plain"),
    [
        ("Image/PNG; name=x.png", "image/png"),
        ("text/plain;charset=utf-8", "text/plain"),
        ("", UNKNOWN),
        ("png", UNKNOWN),
        ("image/*", UNKNOWN),
        ("image/png\r\nX-Evil: 1", UNKNOWN),
    ],
)
def test_a_declared_type_is_read_without_its_parameters(declared: str, plain: str) -> None:
    assert plain_type(declared) == plain


@pytest.mark.parametrize(
    ("declared", "sniffed", "effective"),
    [
        ("image/png", EXE, EXE),
        ("image/png", "image/jpeg", "image/jpeg"),
        ("image/jpg", "image/jpeg", "image/jpeg"),
        ("image/png", UNKNOWN, UNKNOWN),
        ("image/png", TEXT, TEXT),
        ("application/pdf", TEXT, TEXT),
        ("text/plain", "text/html", "text/html"),
        ("text/csv", TEXT, "text/csv"),
        ("application/x-custom", UNKNOWN, "application/x-custom"),
        (DOCX, "application/zip", DOCX),
        (DOCX, OOXML, DOCX),
        ("image/png", "application/zip", "application/zip"),
        ("audio/opus", "application/ogg", "audio/opus"),
        ("audio/x-m4a", "audio/mp4", "audio/mp4"),
        ("application/msword", "application/x-ole-storage", "application/msword"),
        ("text/plain", "application/json", "text/plain"),
        ("text/plain", SCRIPT, SCRIPT),
        ("image/png", EMPTY, "image/png"),
        (UNKNOWN, "image/png", "image/png"),
        (UNKNOWN, EMPTY, UNKNOWN),
    ],
)
def test_a_declared_type_counts_only_where_it_says_more_precisely_what_the_bytes_show(
    declared: str, sniffed: str, effective: str
) -> None:
    assert effective_type(declared, sniffed) == effective
