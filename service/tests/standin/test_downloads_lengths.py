"""Downloads whose length says something else than the listing, the header or the end of the message."""

from __future__ import annotations

from itertools import count

import pytest
from standin.answers import a_pdf, answer, chunked, cut, file_answer, until_close
from standin.chat import Listed
from standin.rows import STORED, Ended, Row, check, words_of
from standin.wire import Answer, Request

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
UNSIZED = Listed(size=None)


class EndsElsewhere:
    """A body without a length that ends somewhere else each time."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, _request: Request) -> Answer:
        return until_close(PDF[: 9_000 - 100 * (next(self._numbers) % 50)])


PARKED = [
    Row("a shorter file with a right Content-Length", (file_answer(PDF[:1_500]),), "size-differs"),
    Row("a longer file with a right Content-Length", (file_answer(PDF + b"\n" * 744),), "size-differs"),
    Row("a shorter file in chunks", (chunked(PDF[:1_500]),), "size-differs"),
    Row("a body ended early by closing, its size listed", (until_close(PDF[:1_500]),), "size-differs"),
    Row("no bytes with 204 where bytes are listed", (answer(204),), "size-differs"),
    Row("no size anywhere and another body each time", (EndsElsewhere(),), "incomplete-download", listed=UNSIZED),
]

CARRIED = [
    Row("a body ended by closing, of the listed size", (until_close(PDF),), STORED, PDF),
    Row("chunks of the listed size", (chunked(PDF),), STORED, PDF),
    Row("no size anywhere and the same body twice", (until_close(PDF),), STORED, PDF, UNSIZED),
    Row("no listed size and a Content-Length", (file_answer(PDF),), STORED, PDF, UNSIZED),
    Row("no bytes with 204 where none are listed", (answer(204),), STORED, b"", Listed(size=0)),
    Row("chunks cut in the middle, then whole", (cut(chunked(PDF), 5_000), chunked(PDF)), STORED, PDF),
    Row("a Content-Length cut short, then whole", (cut(file_answer(PDF), 5_000), file_answer(PDF)), STORED, PDF),
]


@pytest.mark.parametrize("row", PARKED, ids=words_of)
def test_a_download_of_another_length_is_tried_again_then_parked(row: Row, ended: dict[str, Ended]) -> None:
    check(row, ended[row.words])
    assert ended[row.words].downloads > 1


@pytest.mark.parametrize("row", CARRIED, ids=words_of)
def test_a_download_whose_length_agrees_is_stored(row: Row, ended: dict[str, Ended]) -> None:
    check(row, ended[row.words])


def test_a_body_without_a_marked_end_is_read_twice_before_it_is_posted(ended: dict[str, Ended]) -> None:
    assert ended["no size anywhere and the same body twice"].downloads == 2
