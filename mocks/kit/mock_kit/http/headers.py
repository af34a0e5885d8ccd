"""Request headers that mocks read alike: Basic credentials and a single byte range."""

from __future__ import annotations

import base64
import binascii
import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def basic_header(user: str, password: str) -> str:
    """The value of an ``Authorization`` header, in UTF-8 as RFC 7617 allows."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def basic_credentials(header: str) -> bytes | None:
    """``user:password`` as sent, in any character set; None if this is no ``Authorization`` header for Basic."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip().encode("latin-1", "replace"), validate=True)
    except binascii.Error:
        return None


def byte_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """Start and stop (exclusive) of the one range that a ``Range`` header names; (0, 0): it lies outside the file.

    None: the whole file is sent, as for a header that is absent, malformed or names several ranges (RFC 9110, 14.2).
    A range like ``5-2`` is malformed (14.1.1).
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return _inside(max(0, size_bytes - int(last)), size_bytes)
    if last and int(last) < int(first):
        return None
    return _inside(int(first), min(size_bytes, int(last) + 1) if last else size_bytes)


def _inside(start: int, stop: int) -> tuple[int, int]:
    return (start, stop) if start < stop else (0, 0)
