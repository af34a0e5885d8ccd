"""The upload's body as a stream: equal to the JSON it stands for, of known length, never whole in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.clients.body import BLOCK_BYTES, EncryptedSpool, UploadBody, in_blocks
from attachment_transfer.core.errors import AttachmentRefused, NeighbourUnavailable, OutcomeUnknown

SIZES = [0, 1, 2, 3, 4, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 3 * BLOCK_BYTES - 2]
FIELDS = {"Name": 'quo"te \\ Счёт.pdf', "MimeType": "application/pdf", "Title": "contact-pro:abc"}
MEGABYTE = 1_048_576


def some_bytes(size: int) -> bytes:
    """Not random, and not alike in any two blocks."""
    return (hashlib.sha256(b"seed").digest() * (size // 32 + 1))[:size]


def cut(content: bytes, lengths: list[int]) -> Iterator[bytes]:
    """``content`` in pieces of these lengths, again and again; empty pieces too."""
    start = 0
    while start < len(content):
        for length in lengths:
            yield content[start : start + length]
            start += length


def upload(content: bytes, pieces: Iterator[bytes] | None = None, size: int | None = None) -> UploadBody:
    return UploadBody(
        iter([content]) if pieces is None else pieces, size_bytes=len(content) if size is None else size, fields=FIELDS
    )


@pytest.mark.parametrize("size", SIZES)
def test_the_body_is_the_json_of_the_fields_and_the_source(size: int) -> None:
    content = some_bytes(size)
    body = upload(content, cut(content, [65_536]))
    sent = b"".join(body)
    document = json.loads(sent)
    assert base64.b64decode(document.pop("Binary"), validate=True) == content
    assert document == FIELDS
    assert body.content_length == len(sent)
    assert (body.sent_bytes, body.sha256) == (size, hashlib.sha256(content).hexdigest())


@given(st.binary(max_size=300), st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
def test_no_cut_of_the_source_changes_the_body(content: bytes, lengths: list[int]) -> None:
    assert b"".join(upload(content, cut(content, lengths))) == b"".join(upload(content))


@given(st.binary(max_size=500), st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any), st.integers(1, 60))
def test_blocks_are_whole_but_for_the_last(content: bytes, lengths: list[int], block_bytes: int) -> None:
    blocks = list(in_blocks(cut(content, lengths), block_bytes))
    assert b"".join(blocks) == content
    assert all(len(block) == block_bytes for block in blocks[:-1])
    assert all(blocks)


@pytest.mark.parametrize("size", [1, 3, BLOCK_BYTES, BLOCK_BYTES + 1])
@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_source_that_ends_early_never_completes_the_body(size: int, missing: int) -> None:
    sent = bytearray()
    with pytest.raises(NeighbourUnavailable, match=f"announced {size + missing} bytes and sent {size}"):
        sent.extend(piece for block in upload(some_bytes(size), size=size + missing) for piece in block)
    assert not sent.endswith(b'"}')


@pytest.mark.parametrize("size", [0, 1, 2, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_a_source_that_does_not_end_never_completes_the_body(size: int) -> None:
    sent = bytearray()
    with pytest.raises(NeighbourUnavailable, match="sent more"):
        sent.extend(piece for block in upload(some_bytes(size + 1), size=size) for piece in block)
    assert not sent.endswith(b'"}')


def test_a_deadline_breaks_the_body_off_with_its_outcome_unknown() -> None:
    asked = iter([False, True])
    body = UploadBody(
        cut(some_bytes(3 * BLOCK_BYTES), [BLOCK_BYTES]),
        size_bytes=3 * BLOCK_BYTES,
        fields=FIELDS,
        out_of_time=lambda: next(asked),
    )
    with pytest.raises(OutcomeUnknown, match="hard deadline"):
        list(body)
    assert body.sent_bytes == BLOCK_BYTES


def test_sixty_four_megabytes_pass_through_less_than_eight() -> None:
    piece = some_bytes(MEGABYTE)
    body = UploadBody((piece for _ in range(64)), size_bytes=64 * MEGABYTE, fields=FIELDS)
    tracemalloc.start()
    try:
        sent_bytes = sum(len(part) for part in body)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent_bytes == body.content_length
    assert peak_bytes < 8 * MEGABYTE


@pytest.mark.parametrize("size", SIZES)
def test_a_spool_gives_back_what_it_was_filled_with_as_often_as_asked(size: int) -> None:
    content = some_bytes(size)
    spool = EncryptedSpool()
    spool.fill(cut(content, [65_536]), limit_bytes=size)
    assert spool.size_bytes == size
    assert b"".join(spool.read()) == content
    assert b"".join(spool.read()) == content
    spool.close()


def test_a_spool_is_not_readable_on_disk_and_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[IO[bytes]] = []
    real = tempfile.TemporaryFile

    def keep(**options: Any) -> IO[bytes]:
        files.append(real(**options))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", keep)
    content = b"a customer's passport " * 1_000
    spool = EncryptedSpool()
    spool.fill([content], limit_bytes=len(content))
    [file] = files
    file.flush()
    on_disk = os.pread(file.fileno(), len(content), 0)
    assert len(on_disk) == len(content)
    assert b"passport" not in on_disk
    assert os.fstat(file.fileno()).st_nlink == 0
    spool.close()
    assert file.closed


def test_two_spools_of_the_same_content_differ_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[IO[bytes]] = []
    real = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: files.append(real(**options)) or files[-1])
    for _ in range(2):
        EncryptedSpool().fill([b"same content" * 10], limit_bytes=120)
    for file in files:
        file.flush()
    assert os.pread(files[0].fileno(), 120, 0) != os.pread(files[1].fileno(), 120, 0)


def test_a_spool_takes_no_byte_beyond_its_limit() -> None:
    spool = EncryptedSpool()
    with pytest.raises(AttachmentRefused, match="1000 bytes"):
        spool.fill(cut(some_bytes(1_001), [7]), limit_bytes=1_000)
    spool.close()
