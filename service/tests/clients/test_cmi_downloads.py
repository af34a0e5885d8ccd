"""Downloads by the CMI client: their length, their packing, their end, and the connection after it."""

from __future__ import annotations

import gzip
from dataclasses import replace

import httpx
import pytest
from cmi_kit import always, client
from fakes import Pieces
from ledger_kit import a_source

from attachment_transfer.core import errors

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)


@pytest.mark.parametrize("size", [0, 1, 1_000])
def test_a_source_without_a_length_goes_through_the_spool(size: int) -> None:
    answer = always(httpx.Response(200, stream=Pieces(b"z" * size, piece_bytes=7)))
    with client(answer).open(a_source("1", size_bytes=size)) as opened:
        assert (opened.size_bytes, b"".join(opened.pieces)) == (size, b"z" * size)


def test_a_spool_does_not_take_more_than_the_service_carries() -> None:
    answer = always(httpx.Response(200, stream=Pieces(b"z" * 1_001)))
    with pytest.raises(errors.AttachmentRefused), client(answer).open(a_source("1")):
        pass


def packed(content: bytes) -> httpx.Response:
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(content))}
    return httpx.Response(200, headers=headers, stream=Pieces(content))


def test_a_packed_answer_is_unpacked_and_measured_unpacked() -> None:
    with client(always(packed(gzip.compress(b"hello" * 100)))).open(a_source("1", size_bytes=500)) as opened:
        assert (opened.size_bytes, b"".join(opened.pieces)) == (500, b"hello" * 100)


def test_a_packed_bomb_does_not_fill_the_disk() -> None:
    answer = always(packed(gzip.compress(b"\0" * 10_000_000)))
    unlisted = a_source("1", size_bytes=None)
    with pytest.raises(errors.AttachmentRefused), client(answer, spool_limit_bytes=1_000_000).open(unlisted):
        pass


def test_a_packed_answer_that_does_not_unpack_is_an_incomplete_download() -> None:
    with (
        pytest.raises(errors.IncompleteDownload, match="not packed"),
        client(always(packed(b"junk"))).open(a_source("1")),
    ):
        pass


def test_a_source_that_breaks_off_is_an_unavailable_neighbour() -> None:
    headers = {"Content-Length": "10"}
    answer = always(httpx.Response(200, headers=headers, stream=Pieces(b"0123456789", breaks_after=4)))
    with (
        pytest.raises(errors.NeighbourUnavailable),
        client(answer).open(a_source("1", size_bytes=10)) as opened,
    ):
        list(opened.pieces)


def test_the_connection_is_given_back_however_the_reading_ends() -> None:
    closed: list[bool] = []

    class Watched(Pieces):
        def close(self) -> None:
            closed.append(True)

    answer = always(httpx.Response(200, headers={"Content-Length": "5"}, stream=Watched(b"hello")))
    with pytest.raises(RuntimeError, match="ours"), client(answer).open(a_source("1")):
        raise RuntimeError("ours")
    assert closed == [True]


def test_a_listing_known_to_be_wrong_about_sizes_is_not_compared() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": "12"}, stream=Pieces(b"\x89PNG\r\n\x1a\n1234"))

    with pytest.raises(errors.SizeDiffers, match="lists 5 bytes and sent 12"), client(answer).open(a_source("1")):
        pass
    with client(answer, listed_size_is_exact=False).open(a_source("1")) as opened:
        assert b"".join(opened.pieces) == b"\x89PNG\r\n\x1a\n1234"


def test_a_file_whose_end_nothing_marks_is_read_twice_and_goes_only_if_both_are_equal() -> None:
    whole = b"\x89PNG\r\n\x1a\nwhole"
    bodies = [whole, whole, whole, whole[:-3]]
    cmi = client(lambda _request: httpx.Response(200, stream=Pieces(bodies.pop(0))))
    with cmi.open(a_source("1", size_bytes=None)) as opened:
        assert b"".join(opened.pieces) == whole
    with pytest.raises(errors.IncompleteDownload, match="13 and 10 bytes"), cmi.open(a_source("1", size_bytes=None)):
        pass
    assert bodies == []


def test_an_archive_that_cmi_calls_packed_goes_as_it_is() -> None:
    archive = gzip.compress(b"tape archive" * 100)
    listed = replace(a_source("1", size_bytes=len(archive), name="a.tar.gz"), content_type="application/gzip")
    with client(always(packed(archive))).open(listed) as opened:
        assert (b"".join(opened.pieces), opened.content_type) == (archive, "application/gzip")


def test_no_content_for_an_empty_file_is_the_empty_file() -> None:
    with client(always(httpx.Response(204))).open(a_source("1", size_bytes=0)) as opened:
        assert (opened.size_bytes, b"".join(opened.pieces)) == (0, b"")
