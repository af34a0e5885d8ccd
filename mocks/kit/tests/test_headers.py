"""What all mocks read alike: Basic credentials, byte ranges, ids, pieces, documents with files."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from mock_kit.http.headers import basic_credentials, basic_header, byte_range
from mock_kit.http.pieces import PIECE_BYTES, pieces_of
from mock_kit.tenants.base64_document import Base64Document, with_files
from mock_kit.tenants.ids import normal_id
from mock_kit.tenants.spool import Spool


def test_basic_credentials_are_read_as_they_were_sent() -> None:
    assert basic_credentials(basic_header("ada", "pässword:1")) == "ada:pässword:1".encode()


@pytest.mark.parametrize("header", ["", "Basic", "Basic ???", "Basic ä", "Bearer abc"])
def test_another_header_has_no_basic_credentials(header: str) -> None:
    assert not basic_credentials(header)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-1", (0, 2)),
        ("bytes=3-", (3, 5)),
        ("bytes=-2", (3, 5)),
        ("bytes=-99", (0, 5)),
        ("bytes= 3 - 99", (3, 5)),
        ("bytes=5-", (0, 0)),
        ("bytes=-0", (0, 0)),
        ("bytes=3-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        (f"bytes={'9' * 5000}-", None),
        ("", None),
    ],
)
def test_a_single_range_is_cut_to_the_file(header: str, wanted: tuple[int, int] | None) -> None:
    assert byte_range(header, 5) == wanted


@pytest.mark.parametrize(("text", "ignored", "wanted"), [
    ("a" * 32, "-", "A" * 32), ("aaaaaaaa-" + "a" * 24, "-", "A" * 32), ("{" + "a" * 32 + "}", "-{}", "A" * 32),
    ("{" + "a" * 32 + "}", "-", None), ("g" * 32, "-", None), ("", "-", None),
])  # fmt: skip
def test_an_id_is_read_in_every_spelling(text: str, ignored: str, wanted: str | None) -> None:
    assert normal_id(text, ignored) == wanted


def test_a_stream_is_read_in_pieces_up_to_a_limit() -> None:
    content = bytes(PIECE_BYTES + 7)
    assert [len(piece) for piece in pieces_of(io.BytesIO(content))] == [PIECE_BYTES, 7]
    assert [len(piece) for piece in pieces_of(io.BytesIO(content), 5)] == [5]
    assert list(pieces_of(io.BytesIO(content), 0)) == []


@pytest.mark.parametrize("size", [0, 1, 2, 3, PIECE_BYTES + 1])
def test_a_document_knows_its_length_before_its_files_are_read(size: int, tmp_path: Path) -> None:
    blob = Spool(tmp_path).store([b"x" * size])
    document = Base64Document(with_files('["#"]', "#", [blob]))
    assert b"".join(document) == b'["' + base64.b64encode(b"x" * size) + b'"]'
    assert document.length == len(b"".join(document))
