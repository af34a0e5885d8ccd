"""What is kept of a body that streams past: ``BodyNote`` for people, ``BodyCopy`` for a schema."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from dataclasses import dataclass

from mock_kit.http.sniff import EMPTY, TEXTUAL, sniff
from mock_kit.journal.masking import Masker

HEAD_CHARS = 2048
#: More than is shown, so that masking happens before the cut.
_RAW_HEAD_BYTES = 2 * HEAD_CHARS
_BINARY_HEAD_BYTES = 48
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
#: A document is kept up to here, in bytes after long base64 was shortened.
KEPT_BODY_BYTES = 1024 * 1024
#: A longer run of base64 is shortened to this many characters, and up to three more: its length modulo 4 stays.
RUN_CHARS = 256

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_RUN = re.compile(rb"[A-Za-z0-9+/]*")
_LONG_RUN = re.compile(rb"[A-Za-z0-9+/]{%d,}" % (RUN_CHARS + 1))
_TEXTUAL = re.compile(r"json|xml|html|^text/|x-www-form-urlencoded|^multipart/", re.IGNORECASE)


@dataclass
class BodyNote:
    """What is remembered of a body.

    Attributes:
        sha256: over all bytes that passed.
        sniffed_type: MIME type determined by content.
        head: at most 2048 characters, masked; empty for a binary body.
        head_b64: base64 of the first 48 bytes of a binary body; empty for text.
        complete: False if the body broke off or was not read to its end.
    """

    size_bytes: int = 0
    sha256: str = EMPTY_SHA256
    sniffed_type: str = EMPTY
    head: str = ""
    head_b64: str = ""
    complete: bool = True


@dataclass(frozen=True)
class WireNote:
    """What of a reply's body left the process after a wire fault; ``sha256`` is over these bytes."""

    size_bytes: int
    sha256: str


class WireDigest:
    """Counts and hashes the body of one reply as the fault proxy sends it: what follows its head."""

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self._size = 0
        self._digest = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """The next bytes on the wire, head included."""
        if self._head is not None:
            head, mark, piece = (self._head + piece).partition(b"\r\n\r\n")
            self._head = None if mark else head
            if not mark:
                return
        self._size += len(piece)
        self._digest.update(piece)

    def note(self) -> WireNote:
        """What has been sent so far."""
        return WireNote(self._size, self._digest.hexdigest())


class BodyDigest:
    """Counts and hashes a body as it streams past; keeps its first bytes only."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.complete = True
        #: Copies the body for a recorder; None if the recorder is off.
        self.copier: BodyCopier | None = None
        self._digest = hashlib.sha256()
        self._head = b""

    def feed(self, piece: bytes) -> None:
        """Add the next ``piece``."""
        self.size_bytes += len(piece)
        self._digest.update(piece)
        if self.copier is not None:
            self.copier.feed(piece)
        if len(self._head) < _RAW_HEAD_BYTES:
            self._head += piece[: _RAW_HEAD_BYTES - len(self._head)]

    def head(self) -> str:
        """The first bytes as text, unmasked: never to be kept."""
        return self._head.decode(errors="replace")

    def summary(self) -> BodyNote:
        """Size and digest, and whether the body came to its end."""
        return BodyNote(self.size_bytes, self._digest.hexdigest(), complete=self.complete)

    def note(self, masker: Masker, encoding: str = "") -> BodyNote:
        """What may be kept of the body so far.

        Size and digest are those of the wire; with ``encoding`` gzip the head is what was packed.
        """
        raw = _unpacked(self._head) if encoding.strip().lower() == "gzip" else self._head
        kind = sniff(raw)
        head, head_b64 = "", ""
        if kind in TEXTUAL:
            head = masker.head(raw.decode(errors="replace"), HEAD_CHARS)
        else:
            start = raw[:_BINARY_HEAD_BYTES]
            readable = start.decode("latin-1")
            if masker.text(readable) == readable:
                head_b64 = base64.b64encode(start).decode()
        return BodyNote(self.size_bytes, self._digest.hexdigest(), kind, head, head_b64, self.complete)


def _unpacked(head: bytes) -> bytes:
    """The beginning of what a gzip body packs; of a broken one only gzip's own ten bytes, which contain no secret."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _RAW_HEAD_BYTES)
    except zlib.error:
        return head[:10]


@dataclass
class BodyCopy:
    """A body as the recorder keeps it.

    Attributes:
        size_bytes, sha256: of what went over the wire.
        text: the document, decoded with ``surrogateescape``; None if the body is none by its Content-Type.
        whole: False if ``text`` ends before the document does, or cannot be unpacked.
        complete: False if the body broke off on the wire, or was not read to its end.
        elided_bytes: how much base64 was left out of ``text``.
    """

    size_bytes: int = 0
    sha256: str = EMPTY_SHA256
    text: str | None = ""
    whole: bool = True
    complete: bool = True
    elided_bytes: int = 0


class BodyCopier:
    """Copies a body as it streams past; hand it to a ``BodyDigest``."""

    def __init__(self, content_type: str, encoding: str = "") -> None:
        """``content_type`` decides whether the body is a document; ``encoding`` is its Content-Encoding."""
        self._textual = not content_type or _TEXTUAL.search(content_type) is not None
        self._kept = bytearray()
        self._run = 0
        self._elided = 0
        self._tail = b""
        self._whole = encoding.strip().lower() in {"", "identity", "gzip"}
        self._unpack = zlib.decompressobj(wbits=31) if encoding.strip().lower() == "gzip" else None

    def feed(self, piece: bytes) -> None:
        """Add the next ``piece``."""
        if not self._textual or not self._whole:
            return
        if self._unpack is None:
            self._keep(piece)
            return
        try:
            while piece and self._whole:
                self._keep(self._unpack.decompress(piece, KEPT_BODY_BYTES))
                piece = self._unpack.unconsumed_tail
        except zlib.error:
            self._whole = False

    def _keep(self, piece: bytes) -> None:
        start = _RUN.match(piece)
        body = piece[start.end() :] if start else piece
        self._keep_run(piece[: len(piece) - len(body)])
        if body:
            self._end_run()
            middle = body.rstrip(_BASE64)
            self._kept += _LONG_RUN.sub(self._shortened, middle)
            self._keep_run(body[len(middle) :])
        self._whole = len(self._kept) <= KEPT_BODY_BYTES

    def _shortened(self, found: re.Match[bytes]) -> bytes:
        run = found[0]
        extra = (len(run) - RUN_CHARS) % 4
        self._elided += len(run) - RUN_CHARS - extra
        return run[:RUN_CHARS] + run[len(run) - extra :]

    def _keep_run(self, run: bytes) -> None:
        room = max(0, RUN_CHARS - self._run)
        self._kept += run[:room]
        rest = run[room:]
        self._run += len(run)
        if rest:
            self._elided += len(rest)
            self._tail = (self._tail + rest)[-3:]

    def _end_run(self) -> None:
        if self._run > RUN_CHARS:
            extra = (self._run - RUN_CHARS) % 4
            self._kept += self._tail[len(self._tail) - extra :]
            self._elided -= extra
        self._run, self._tail = 0, b""

    def copy(self, digest: BodyDigest, masker: Masker) -> BodyCopy:
        """The body so far, masked in shape. ``digest`` has counted the same bytes."""
        self._end_run()
        text = masker.shaped(self._kept.decode(errors="surrogateescape")) if self._textual else None
        note: BodyNote = digest.summary()
        return BodyCopy(note.size_bytes, note.sha256, text, self._whole, note.complete, self._elided)
