"""Bodies on disk, and what they are."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from mock_kit.http.sniff import sniff
from mock_kit.tenants.spool import Spool, read_blob


def a_zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def test_a_blob_knows_size_digest_type_and_head(tmp_path: Path) -> None:
    content = b"%PDF-1.7 " + bytes(range(256)) * 10
    with Spool(tmp_path / "w").writer() as file:
        file.write(content[:5])
        file.write(content[5:])
    blob = file.blob
    assert (blob.size_bytes, blob.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (blob.sniffed_type, blob.head) == ("application/pdf", content[:512])


@pytest.mark.parametrize(("start", "stop"), [(0, None), (5, None), (0, 7), (3, 400_000), (999_999_999, None)])
def test_a_blob_is_read_back_in_any_range(tmp_path: Path, start: int, stop: int | None) -> None:
    content = bytes(i % 251 for i in range(600_000))
    with Spool(tmp_path).writer() as file:
        file.write(content)
    assert b"".join(read_blob(file.blob, start, stop)) == content[start:stop]


def test_an_exception_leaves_no_file_behind(tmp_path: Path) -> None:
    def half_a_file() -> None:
        with Spool(tmp_path).writer() as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_a_file()
    assert list(tmp_path.iterdir()) == []


def test_clearing_one_tenant_leaves_the_others_files(tmp_path: Path) -> None:
    mine, theirs = Spool(tmp_path / "mine"), Spool(tmp_path / "theirs")
    for spool in (mine, theirs):
        spool.writer().close()
    mine.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_files_of_an_earlier_process_stay_and_numbers_go_on_behind_them(tmp_path: Path) -> None:
    with Spool(tmp_path).writer() as old:
        old.write(b"old")
    with Spool(tmp_path).writer() as new:
        new.write(b"new")
    assert [p.read_bytes() for p in sorted(tmp_path.iterdir())] == [b"old", b"new"]


def test_files_that_nothing_refers_to_are_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for content in (b"kept", b"half written"):
        with spool.writer() as file:
            file.write(content)
    spool.keep_only({"00000001.blob"})
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"kept"]


def test_a_cleared_spool_takes_files_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "w")
    spool.writer().close()
    spool.clear()
    assert spool.writer().close().path.exists()


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"", "application/x-empty"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.4", "application/pdf"),
        (b"OggS\x00", "audio/ogg"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"MZ\x90\x00", "application/vnd.microsoft.portable-executable"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b'  {"a": 1', "application/json"),
        (b"[1, 2", "application/json"),
        (b'<?xml version="1.0"?><a/>', "application/xml"),
        (b"\x1f\x8b\x08", "application/gzip"),
        ("Grüße".encode(), "text/plain"),
        ("Grüß".encode()[:-1], "text/plain"),
        ("Grüße".encode("utf-16"), "application/octet-stream"),
        (b"abc\x00def", "application/octet-stream"),
        (a_zip("anything.txt"), "application/zip"),
        (
            a_zip("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            a_zip("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, mime: str) -> None:
    assert sniff(head) == mime
