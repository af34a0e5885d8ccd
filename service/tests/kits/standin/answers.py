"""Answers as raw bytes: whole, cut, packed, chunked, ended by closing, redirected."""

from __future__ import annotations

import gzip
import random
import zlib
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from standin.wire import Answer

_REASONS = {200: "OK", 204: "No Content", 302: "Found", 400: "Bad Request", 429: "Too Many Requests"}
SIZE_BYTES = 10_256


def a_pdf(size_bytes: int = SIZE_BYTES, *, seed: int = 1) -> bytes:
    """A file that begins and ends as a PDF does; its middle is noise, so no two seeds are alike."""
    head, tail = b"%PDF-1.7\n", b"\n%%EOF\n"
    return head + random.Random(seed).randbytes(size_bytes - len(head) - len(tail)) + tail


def answer(status: int = 200, body: bytes = b"", *, length: int | None = None, **headers: Any) -> Answer:
    """An answer with a Content-Length, but for 204, which has none. ``content_type="…"`` becomes Content-Type.

    Args:
        length: what Content-Length says, if not the truth.
    """
    stated = len(body) if length is None else length
    return Answer(_head(status, headers, "" if status == 204 else f"Content-Length: {stated}\r\n"), body)


def file_answer(body: bytes, *, content_type: str | None = "application/pdf", **headers: Any) -> Answer:
    """200 with the bytes of a file and their length."""
    return answer(200, body, content_type=content_type, **headers)


def cut(whole: Answer, at: int) -> Answer:
    """The answer, closed after so many bytes of its body."""
    return replace(whole, body=whole.body[:at], end="close")


def until_close(body: bytes, *, content_type: str = "application/pdf", **headers: Any) -> Answer:
    """200 without a length; the body ends where the connection does."""
    headers = {"content_type": content_type, "connection": "close", **headers}
    return Answer(_head(200, headers, ""), body, end="close")


def chunked(body: bytes, *, content_type: str = "application/pdf", piece_bytes: int = 4_096) -> Answer:
    """200 in chunks, with the last chunk."""
    pieces = [body[at : at + piece_bytes] for at in range(0, len(body), piece_bytes)]
    wire = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return Answer(_head(200, {"content_type": content_type}, "Transfer-Encoding: chunked\r\n"), wire)


def redirect(location: str, *, status: int = 302, **headers: Any) -> Answer:
    """A redirect that sets a cookie for the whole domain, as a sign-on in front of a store does."""
    cookie = "session=of-the-first-host; Domain=example.org; Path=/"
    return answer(status, location=location, set_cookie=cookie, **headers)


def page(*, title: str = "Sign in", size_bytes: int | None = None) -> bytes:
    """A web page; ``size_bytes`` fills it up with blanks to exactly this size."""
    text = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><form>{title}</form></body></html>\n"
    return text.encode().ljust(size_bytes or 0)


def http_date(epoch_s: float) -> str:
    """The time as RFC 9110 writes it; whole seconds."""
    return formatdate(epoch_s, usegmt=True)


def packed(body: bytes) -> bytes:
    """One gzip member, the same bytes at every call."""
    return gzip.compress(body, mtime=0)


def deflated(body: bytes) -> bytes:
    """What RFC 9110 calls deflate: a zlib stream."""
    return zlib.compress(body)


def _head(status: int, headers: dict[str, Any], framing: str) -> bytes:
    lines = "".join(
        f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in headers.items() if value is not None
    )
    reason = _REASONS.get(status, "Answer")
    return f"HTTP/1.1 {status} {reason}\r\n{framing}{lines}\r\n".encode("latin-1")
