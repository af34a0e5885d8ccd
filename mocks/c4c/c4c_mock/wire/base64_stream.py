"""Base64 in pieces, strictly: standard alphabet, no white space (unless allowed), padding at the end only."""

from __future__ import annotations

import binascii
from collections.abc import Callable

import pybase64

from c4c_mock.model.errors import BadRequest
from mock_kit.tenants.spool import Blob, SpoolWriter


class Base64Writer:
    """Decodes its input into a spool file, whole quanta at a time; keeps at most three characters back.

    ``check_size`` is called with the decoded length so far and may raise to stop an endless body.
    ``white_space``: dialect ``base64_white_space``. ``canonical_only``: dialect ``base64_canonical_only``.
    """

    def __init__(
        self,
        writer: SpoolWriter,
        check_size: Callable[[int], None],
        *,
        white_space: bool = False,
        canonical_only: bool = False,
    ) -> None:
        self._canonical_only = canonical_only
        self._skipped = b" \t\r\n" if white_space else b""
        self._writer = writer
        self._check_size = check_size
        self._carry = b""
        self._size = 0
        self._padded = False

    def feed(self, piece: bytes) -> None:
        """Take the next characters. Raises BadRequest for anything that is not strict Base64."""
        text = self._carry + (piece.translate(None, self._skipped) if self._skipped else piece)
        cut = len(text) & ~3
        self._carry = text[cut:]
        if self._padded and text:
            raise _bad("characters after the padding")
        if not cut:
            return
        block = text[:cut]
        try:
            raw = pybase64.b64decode(block, validate=True)
        except binascii.Error as exc:
            raise _bad("a character outside the alphabet or misplaced padding") from exc
        self._padded = block.endswith(b"=")
        if self._padded and self._canonical_only and pybase64.b64encode(raw[-(len(raw) % 3) :]) != block[-4:]:
            raise _bad("bits that are not zero after the last byte (RFC 4648, section 3.5)")
        self._size += len(raw)
        self._check_size(self._size)
        self._writer.write(raw)

    def finish(self) -> Blob:
        """The decoded file. Raises BadRequest when the text ends in the middle of a quantum."""
        if self._carry:
            raise _bad("a length that is no multiple of 4")
        return self._writer.close()

    def abort(self) -> None:
        """Delete what was decoded."""
        self._writer.abort()


def _bad(found: str) -> BadRequest:
    return BadRequest(
        f"Property Binary: invalid Base64, found {found}",
        hint="standard alphabet (+ and /), no line breaks, '=' only at the end",
    )
