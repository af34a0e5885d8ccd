"""Packed answers are unpacked strictly: to the end, every member, nothing behind it, no bomb."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.clients.cmi.unpacking import unpacked
from attachment_transfer.core import errors

CONTENT = random.Random(1).randbytes(300_000) + b"text that repeats itself " * 40_000


def in_pieces(content: bytes, piece_bytes: int) -> Iterator[bytes]:
    return (content[start : start + piece_bytes] for start in range(0, len(content), piece_bytes))


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


PACKED = {
    "gzip": ("gzip", gzip.compress(CONTENT)),
    "x-gzip": ("x-gzip", gzip.compress(CONTENT)),
    "deflate": ("deflate", zlib.compress(CONTENT)),
    "bare deflate": ("deflate", raw_deflate(CONTENT)),
    "two members": ("gzip", gzip.compress(CONTENT[:1_000]) + gzip.compress(CONTENT[1_000:])),
    "an empty member between": ("gzip", gzip.compress(CONTENT[:9]) + gzip.compress(b"") + gzip.compress(CONTENT[9:])),
}


@pytest.mark.parametrize("size", [262_143, 262_144, 262_145, 262_402, 524_288, 524_289, 2_000_000])
def test_what_waits_in_the_inflater_is_taken_out_too(size: int) -> None:
    """A block may be full while all packed bytes have been taken: more comes without any further byte."""
    for coding, packed in (("gzip", gzip.compress(b"\0" * size)), ("deflate", raw_deflate(b"\0" * size))):
        assert b"".join(unpacked(iter([packed]), coding, most_bytes=size)) == b"\0" * size


@pytest.mark.parametrize("piece_bytes", [1_000, 65_536, 10**7])
@pytest.mark.parametrize(("coding", "packed"), PACKED.values(), ids=PACKED.keys())
def test_a_sound_file_is_unpacked_whole_whatever_its_pieces(coding: str, packed: bytes, piece_bytes: int) -> None:
    blocks = list(unpacked(in_pieces(packed, piece_bytes), coding))
    assert b"".join(blocks) == CONTENT
    assert max(map(len, blocks)) <= 262_144


def test_members_are_found_however_the_pieces_fall() -> None:
    packed = gzip.compress(b"first") + gzip.compress(b"second")
    for piece_bytes in range(1, len(packed) + 1):
        assert b"".join(unpacked(in_pieces(packed, piece_bytes), "gzip")) == b"firstsecond"


@given(cut=st.integers(0, len(PACKED["gzip"][1]) - 1), name=st.sampled_from(["gzip", "deflate", "bare deflate"]))
def test_a_file_that_is_cut_anywhere_is_incomplete(cut: int, name: str) -> None:
    coding, packed = PACKED[name]
    with pytest.raises(errors.IncompleteDownload):
        list(unpacked(in_pieces(packed[: min(cut, len(packed) - 1)], 65_536), coding))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("tail", [b"x", b"\0", b"more of it", b"\x1f\x8b broken"])
def test_what_follows_the_end_is_not_dropped_in_silence(coding: str, tail: bytes) -> None:
    packed = PACKED[coding][1] + tail
    with pytest.raises(errors.IncompleteDownload):
        list(unpacked(in_pieces(packed, 65_536), coding))


def test_a_damaged_byte_shows() -> None:
    packed = bytearray(PACKED["gzip"][1])
    packed[150_000] ^= 1
    with pytest.raises(errors.IncompleteDownload, match="damaged"):
        list(unpacked(in_pieces(bytes(packed), 65_536), "gzip"))


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"\x1f"])
def test_what_is_not_packed_at_all_is_no_packed_file(body: bytes) -> None:
    with pytest.raises(errors.IncompleteDownload):
        list(unpacked(iter([body]), "gzip"))


def test_more_than_is_listed_stops_at_once() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    read: list[int] = []
    with pytest.raises(errors.SizeDiffers, match="10256"):
        read.extend(map(len, unpacked(in_pieces(bomb, 1_000), "gzip", most_bytes=10_256)))
    assert sum(read) <= 10_256


def test_a_bomb_without_a_listed_size_is_bounded_by_its_packed_size() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    read: list[int] = []
    with pytest.raises(errors.IncompleteDownload, match="no file does that"):
        read.extend(map(len, unpacked(in_pieces(bomb, 1_000), "gzip")))
    assert 0 < sum(read) < 16 * 1024 * 1024


def test_a_small_file_may_repeat_itself_as_it_likes() -> None:
    assert b"".join(unpacked(iter([gzip.compress(b"\0" * 3_000_000)]), "gzip")) == b"\0" * 3_000_000
