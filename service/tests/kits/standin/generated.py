"""Generated answers to a download: a customer's file, what CMI lists of it, and what the wire makes of it.

Every case starts from a true file and, mostly, damages it on the way. Damage that nobody could detect is not
generated: other bytes of the same size and type that nothing contradicts, a shorter file where neither a size is
listed nor the message ends early, a page where a page was listed, 204 where no size is listed, an answer that is
wrong in the same way at each of two readings. Whoever receives that cannot know better, so no test may ask for it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import strategies as st

from standin.answers import answer, chunked, deflated, file_answer, packed, page, until_close
from standin.chat import Listed
from standin.wire import Answer, Reply, Request

Draw = st.DrawFn
#: name, listed type, the first bytes of the file.
_KINDS = {
    "pdf": ("contract.pdf", "application/pdf", b"%PDF-1.7\n"),
    "png": ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    "html": ("letter.html", "text/html", b"<!DOCTYPE html>\n<html><body>"),
    "json": ("order.json", "application/json", b'{"order": 1, "note": "'),
    "text": ("notes.txt", "text/plain", b"Notes of a call\n"),
    "data": ("export.dat", "application/octet-stream", b"\x00\x01DATA"),
    "archive": ("photos.tar.gz", "application/gzip", b""),
    "empty": ("empty.txt", "text/plain", b""),
}
#: A page or an error in the place of one of these is a contradiction by itself; of the others, its size must be.
_NEVER_A_DOCUMENT = {"pdf", "png", "archive"}
_ERRORS = {
    "text/html; charset=utf-8": page(),
    "application/json": json.dumps({"message": "Internal server error"}).encode(),
    "application/xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
}
_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": packed,
    "x-gzip": packed,
    "deflate": deflated,
}
_UNKNOWN_CODINGS = ("br", "zstd", "compress", "gzip, gzip", "x-lab")


@dataclass(frozen=True)
class Case:
    """One download.

    Attributes:
        content: the customer's bytes.
        replies: what downloads are answered, the last one repeats.
        damage: what was done on the way; empty = nothing.
    """

    content: bytes
    listed: Listed
    replies: tuple[Reply, ...]
    damage: str = ""


@dataclass(frozen=True)
class File:
    """A customer's file, not yet listed."""

    kind: str
    content: bytes

    def listed(self, *, size: int | None) -> Listed:
        name, content_type, _ = _KINDS[self.kind]
        return Listed(name=name, content_type=content_type, size=size)

    @property
    def content_type(self) -> str:
        return _KINDS[self.kind][1]


@st.composite
def files(draw: Draw) -> File:
    """A file of some kind, between nothing and some blocks of the wire."""
    kind = draw(st.sampled_from(sorted(_KINDS)))
    if kind == "empty":
        return File(kind, b"")
    noise = random.Random(draw(st.integers(0, 2**32))).randbytes(draw(st.integers(0, 20_000)))
    if kind == "archive":
        return File(kind, packed(b"tar " + noise + bytes(600)))
    return File(kind, _KINDS[kind][2] + (noise if kind in {"pdf", "png", "data"} else noise.hex().encode()))


def sent(draw: Draw, body: bytes, content_type: str, *, coding: str | None = None, ends: bool = True) -> Answer:
    """The body in one of the three framings; ``ends=False`` leaves out the one whose end is the connection's."""
    framing = draw(st.sampled_from(["length", "chunks", "close"] if ends else ["length", "chunks"]))
    if framing == "length":
        whole = file_answer(body, content_type=content_type)
    elif framing == "chunks":
        whole = chunked(body, content_type=content_type, piece_bytes=draw(st.sampled_from([1_000, 4_096, 65_536])))
    else:
        whole = until_close(body, content_type=content_type)
    if coding is None:
        return whole
    head = whole.head.removesuffix(b"\r\n") + f"Content-Encoding: {coding}\r\n\r\n".encode()
    return replace(whole, head=head)


@st.composite
def sound(draw: Draw) -> Case:
    """Nothing is wrong: any framing, any known coding, the size listed or not."""
    file = draw(files())
    coding = draw(st.sampled_from([None, None, *_CODINGS]))
    body = _CODINGS[coding](file.content) if coding else file.content
    # A packed file under its own coding: whether it was packed for the way cannot be told without its size.
    unsized = draw(st.booleans()) and not (coding and file.kind == "archive")
    listed = file.listed(size=None if unsized else len(file.content))
    return Case(file.content, listed, (sent(draw, body, file.content_type, coding=coding),))


@st.composite
def archive_under_its_own_coding(draw: Draw) -> Case:
    """A store that takes the archive's packing for a coding of the way; the listed size says which it is."""
    file = File("archive", packed(b"tar " + bytes(draw(st.integers(600, 9_000)))))
    reply = sent(draw, file.content, file.content_type, coding=draw(st.sampled_from(["gzip", "x-gzip"])))
    return Case(file.content, file.listed(size=len(file.content)), (reply,))


@st.composite
def listed_wrongly(draw: Draw) -> Case:
    """The file is right and the listing is wrong: refused or carried, never other bytes."""
    file = draw(files())
    size = draw(st.integers(0, 30_000).filter(lambda size: size != len(file.content)))
    return Case(file.content, file.listed(size=size), (sent(draw, file.content, file.content_type),), "listed wrongly")


@st.composite
def broken_off(draw: Draw) -> Case:
    """The message ends before its end, whatever is listed."""
    file = draw(files().filter(lambda file: file.content != b""))
    coding = draw(st.sampled_from([None, *_CODINGS]))
    body = _CODINGS[coding](file.content) if coding and file.kind != "archive" else file.content
    whole = sent(draw, body, file.content_type, coding=coding if file.kind != "archive" else None, ends=False)
    at = draw(st.integers(0, len(whole.body) - 1))
    end = draw(st.sampled_from(["close", "reset"]))
    reply = replace(whole, body=whole.body[:at], end=end)
    size = draw(st.sampled_from([None, len(file.content)]))
    return Case(file.content, file.listed(size=size), (reply,), f"broken off by {end}")


@st.composite
def another_size(draw: Draw) -> Case:
    """A message that ends as it says, with fewer bytes than listed, more of them, or quite other ones."""
    file = draw(files().filter(lambda file: file.content != b""))
    other = draw(
        st.one_of(
            st.integers(0, len(file.content) - 1).map(lambda at: file.content[:at]),
            st.binary(min_size=1, max_size=900).map(lambda more: file.content + more),
            st.binary(max_size=20_000).filter(lambda garbage: len(garbage) != len(file.content)),
        )
    )
    coding = draw(st.sampled_from([None, *_CODINGS])) if file.kind != "archive" else None
    body = _CODINGS[coding](other) if coding else other
    reply = sent(draw, body, file.content_type, coding=coding)
    return Case(file.content, file.listed(size=len(file.content)), (reply,), "another size")


class EndsElsewhere:
    """A body without a length that is closed early, at another byte each time."""

    def __init__(self, file: File, ends: list[int]) -> None:
        self._replies = [until_close(file.content[:at], content_type=file.content_type) for at in ends]
        self._numbers = count()

    def __call__(self, _request: Request) -> Answer:
        return self._replies[next(self._numbers) % len(self._replies)]


@st.composite
def unsized_and_closed_early(draw: Draw) -> Case:
    """Neither a listed size nor a length: only a second reading shows that the first was cut."""
    file = draw(files().filter(lambda file: len(file.content) > 4))
    ends = draw(st.lists(st.integers(0, len(file.content)), min_size=2, max_size=4, unique=True))
    return Case(file.content, file.listed(size=None), (EndsElsewhere(file, ends),), "closed early, unsized")


@st.composite
def damaged_coding(draw: Draw) -> Case:
    """A known coding that does not end, goes on after its end, or has a byte that is another one."""
    file = draw(files().filter(lambda file: file.content != b"" and file.kind != "archive"))
    coding = draw(st.sampled_from(sorted(_CODINGS)))
    whole = _CODINGS[coding](file.content)
    at = draw(st.integers(0, len(whole) - 1))
    body = draw(
        st.sampled_from(
            [
                whole[:at],
                whole + draw(st.binary(min_size=1, max_size=40)),
                whole[:at] + bytes([whole[at] ^ draw(st.integers(1, 255))]) + whole[at + 1 :],
                whole + whole[:at],
            ]
        )
    )
    size = draw(st.sampled_from([None, len(file.content)]))
    reply = sent(draw, body, file.content_type, coding=coding)
    return Case(file.content, file.listed(size=size), (reply,), "a damaged coding")


@st.composite
def unknown_coding(draw: Draw) -> Case:
    """A label that nobody here can undo, over bytes that are not the file."""
    file = draw(files())
    coding = draw(st.sampled_from(_UNKNOWN_CODINGS))
    body = packed(packed(file.content)) if coding == "gzip, gzip" else draw(st.binary(min_size=1, max_size=2_000))
    size = draw(st.sampled_from([None, len(file.content), len(body)]))
    return Case(file.content, file.listed(size=size), (sent(draw, body, file.content_type, coding=coding),), coding)


@st.composite
def a_document_in_its_place(draw: Draw) -> Case:
    """A sign-in page, a JSON error or a store's XML error with 200, perhaps of exactly the listed size."""
    file = draw(files())
    content_type = draw(st.sampled_from(sorted(_ERRORS)))
    body = _ERRORS[content_type]
    sizes: list[int | None] = [len(file.content)] if len(file.content) != len(body) else []
    if file.kind in _NEVER_A_DOCUMENT:
        sizes.append(None)
        if draw(st.booleans()) and len(file.content) > len(body):
            body = body.ljust(len(file.content))
    size = draw(st.sampled_from(sizes or [len(body) + 1]))
    return Case(file.content, file.listed(size=size), (sent(draw, body, content_type),), "a document in its place")


@st.composite
def another_status(draw: Draw) -> Case:
    """A success that is not 200: a part, something on its way, nothing."""
    file = draw(files().filter(lambda file: len(file.content) > 1))
    status = draw(st.sampled_from([201, 202, 203, 204, 206]))
    part = file.content[: draw(st.integers(0, len(file.content) - 1))]
    size = len(file.content) if status == 204 else draw(st.sampled_from([None, len(file.content), len(part)]))
    span = f"bytes 0-{max(len(part) - 1, 0)}/{len(file.content)}" if status == 206 else None
    reply = answer(status, b"" if status == 204 else part, content_type=file.content_type, content_range=span)
    return Case(file.content, file.listed(size=size), (reply,), f"status {status}")


damaged = st.one_of(
    listed_wrongly(),
    broken_off(),
    another_size(),
    unsized_and_closed_early(),
    damaged_coding(),
    unknown_coding(),
    a_document_in_its_place(),
    another_status(),
)
undamaged = st.one_of(sound(), archive_under_its_own_coding())
