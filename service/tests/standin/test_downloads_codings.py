"""Downloads with a Content-Encoding, although identity was requested."""

from __future__ import annotations

import io
import random
import tarfile

import pytest
from standin.answers import SIZE_BYTES, a_pdf, cut, deflated, file_answer, packed
from standin.chat import Chat, Listed
from standin.processes import StandinStack
from standin.rows import STORED, Ended, Row, check, words_of
from standin.wire import Answer

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
UNSIZED = Listed(size=None)
PACKED = packed(PDF)
#: A brotli and a zstd frame that contain a few letters as they are: they need no unpacking here.
BROTLI = bytes.fromhex("0b0280") + b"hello" + bytes.fromhex("03")
ZSTD = bytes.fromhex("28b52ffd2005290000") + b"hello"
BOMB_BYTES = 64 * 1024**2
BOMB = packed(bytes(BOMB_BYTES))


def a_tar_gz() -> bytes:
    """A packed archive, as a customer sends one."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("photo.raw")
        member.size = 20_000
        tar.addfile(member, io.BytesIO(random.Random(7).randbytes(member.size)))
    return packed(archive.getvalue())


TAR_GZ = a_tar_gz()
ARCHIVE = Listed(name="photos.tar.gz", content_type="application/gzip", size=len(TAR_GZ))


def coded(body: bytes, coding: str, *, content_type: str = "application/pdf") -> tuple[Answer, ...]:
    """The replies of a row: this body under this Content-Encoding."""
    return (file_answer(body, content_type=content_type, content_encoding=coding),)


PARKED = [
    Row("a body labelled br", coded(BROTLI, "br"), "unknown-coding"),
    Row("a body labelled zstd", coded(ZSTD, "zstd"), "unknown-coding"),
    Row("a body of the listed size labelled br", coded(PDF, "br"), "unknown-coding"),
    Row("a body labelled with an unknown coding", coded(PDF, "x-lab"), "unknown-coding"),
    Row("a body packed twice", coded(packed(PACKED), "gzip, gzip"), "unknown-coding"),
    Row("a gzip stream cut off before its end", coded(PACKED[: len(PACKED) // 2], "gzip"), "incomplete-download"),
    Row("a gzip stream without its last four bytes", coded(PACKED[:-4], "gzip"), "incomplete-download"),
    Row("a gzip stream cut off, no size listed", coded(PACKED[:-9], "gzip"), "incomplete-download", listed=UNSIZED),
    Row("bytes after the gzip stream", coded(PACKED + b"more than a stream", "gzip"), "incomplete-download"),
    Row(
        "a second gzip member cut off",
        coded(packed(PDF[:4_000]) + packed(PDF[4_000:])[:-5], "gzip"),
        "incomplete-download",
    ),
    Row("a deflate stream cut off", coded(deflated(PDF)[:-7], "deflate"), "incomplete-download"),
    Row("a few kilobytes that unpack to 64 megabytes", coded(BOMB, "gzip"), "size-differs"),
]

CARRIED = [
    Row("gzip, sound", coded(PACKED, "gzip"), STORED, PDF),
    Row("x-gzip, sound", coded(PACKED, "x-gzip"), STORED, PDF),
    Row("GZIP in capitals, sound", coded(PACKED, "GZIP"), STORED, PDF),
    Row("deflate, sound", coded(deflated(PDF), "deflate"), STORED, PDF),
    Row("identity, said in words", coded(PDF, "identity"), STORED, PDF),
    Row("gzip, sound, no size listed", coded(PACKED, "gzip"), STORED, PDF, UNSIZED),
    Row("two gzip members", coded(packed(PDF[:4_000]) + packed(PDF[4_000:]), "gzip"), STORED, PDF),
    Row(
        "an archive of the listed size labelled gzip",
        coded(TAR_GZ, "gzip", content_type="application/gzip"),
        STORED,
        TAR_GZ,
        ARCHIVE,
    ),
    Row("a gzip stream cut off, then whole", (cut(coded(PACKED, "gzip")[0], 900), *coded(PACKED, "gzip")), STORED, PDF),
]


@pytest.mark.parametrize("row", PARKED, ids=words_of)
def test_a_coding_that_cannot_be_undone_whole_is_parked_and_nothing_is_stored(
    row: Row, ended: dict[str, Ended]
) -> None:
    check(row, ended[row.words])


@pytest.mark.parametrize("row", CARRIED, ids=words_of)
def test_a_known_coding_is_undone_and_the_customers_bytes_are_stored(row: Row, ended: dict[str, Ended]) -> None:
    check(row, ended[row.words])


@pytest.mark.long
def test_a_bomb_is_parked_where_no_size_is_listed(standin: StandinStack) -> None:
    chat = Chat(standin, UNSIZED)
    chat.serves(*coded(BOMB, "gzip"))
    assert chat.end()["state"] == "parked"
    assert chat.stored() == []


def test_the_bomb_is_larger_than_anything_that_was_listed() -> None:
    assert len(BOMB) < 1024**2 < BOMB_BYTES > 1_000 * SIZE_BYTES
