"""No document is unpacked: a bomb costs nothing."""

from __future__ import annotations

import gzip

import httpx
import pytest

from attachment_transfer.clients.documents import read_at_most
from attachment_transfer.core.errors import NeighbourUnavailable, UnexpectedAnswer


def answer(body: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip"])
def test_a_packed_document_is_refused_unread(encoding: str) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    with pytest.raises(UnexpectedAnswer, match="packed"):
        read_at_most(answer(bomb, **{"content-encoding": encoding}), 1_000, "CMI")


def test_a_plain_document_is_read_up_to_the_limit_and_not_beyond() -> None:
    assert read_at_most(answer(b"x" * 1_000), 1_000, "CMI") == b"x" * 1_000
    with pytest.raises(NeighbourUnavailable, match="more than 1000 bytes"):
        read_at_most(answer(b"x" * 1_001), 1_000, "CMI")
