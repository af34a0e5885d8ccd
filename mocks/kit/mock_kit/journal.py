"""What went over the wire in one tenant: masked, counted and hashed, never a whole body.

``BodyMeter`` sees a body pass by; ``Journal`` keeps the last 10 000 exchanges.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_kit.context import Level, Note
from mock_kit.masking import MASK, Masker
from mock_kit.sniff import EMPTY, TEXTUAL, sniff

if TYPE_CHECKING:
    from mock_kit.recorder import Copier

__all__ = ["MASK", "BodyMeter", "BodyNote", "Exchange", "Journal", "Level", "Note"]

KEPT_EXCHANGES = 10_000
HEAD_CHARS = 2048
#: More than is shown, so that masking happens before the cut.
_RAW_HEAD_BYTES = 2 * HEAD_CHARS
_BINARY_HEAD_BYTES = 48
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass
class BodyNote:
    """What is remembered of a body.

    Attributes:
        sha256: over all bytes that passed.
        sniffed_type: MIME type judged by content.
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


class BodyMeter:
    """Counts and hashes a body as it streams past; keeps its first bytes only."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.complete = True
        #: Copies the body for a recorder; None if nobody attends.
        self.copier: Copier | None = None
        self._digest = hashlib.sha256()
        self._head = b""

    def feed(self, piece: bytes) -> None:
        """The next ``piece`` went by."""
        self.size_bytes += len(piece)
        self._digest.update(piece)
        if self.copier is not None:
            self.copier.feed(piece)
        if len(self._head) < _RAW_HEAD_BYTES:
            self._head += piece[: _RAW_HEAD_BYTES - len(self._head)]

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
    """The beginning of what a gzip body packs; of a broken one only gzip's own ten bytes, which hold no secret."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _RAW_HEAD_BYTES)
    except zlib.error:
        return head[:10]


@dataclass
class Exchange:
    """One request and its reply.

    Attributes:
        id: running number of the tenant, from 1; the journal gives it.
        at: when the request came in, by the tenant's clock, ISO 8601 UTC.
        url: path and query as sent, secrets masked.
        status: as sent to the caller; 0 if no status line left the process.
        duration_ms: wall time until the reply's last byte was handed over.
        fault: ids of the faults applied, joined by ", "; None without.
        evidence: ids of the behaviours that showed themselves.
    """

    method: str
    url: str
    host: str
    status: int
    at: str = ""
    duration_ms: float = 0.0
    request_headers: dict[str, str] = field(default_factory=dict)
    request: BodyNote = field(default_factory=BodyNote)
    response_headers: dict[str, str] = field(default_factory=dict)
    response: BodyNote = field(default_factory=BodyNote)
    notes: list[Note] = field(default_factory=list)
    fault: str | None = None
    evidence: list[str] = field(default_factory=list)
    id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON, ``id`` first."""
        return {"id": self.id} | asdict(self)


class Journal:
    """The exchanges of one tenant, oldest first. Thread-safe."""

    def __init__(self, kept: int = KEPT_EXCHANGES) -> None:
        """``kept`` is how many exchanges are remembered; older ones are forgotten."""
        self.masker = Masker()
        self._exchanges: deque[Exchange] = deque(maxlen=kept)
        self._last_id = 0
        self._lock = threading.Lock()

    def guard(self, secret: str, user: str | None = None) -> None:
        """Mask ``secret`` wherever it turns up from now on; with ``user`` also their Basic credentials."""
        self.masker.guard(secret, user)

    def add(self, exchange: Exchange) -> Exchange:
        """File an exchange under the next id. URL, headers, heads and notes are masked on the way in."""
        masked = self._masked(exchange)
        with self._lock:
            self._last_id += 1
            masked.id = self._last_id
            self._exchanges.append(masked)
        return masked

    def _masked(self, exchange: Exchange) -> Exchange:
        mask = self.masker
        return replace(
            exchange,
            url=mask.text(exchange.url),
            request_headers=mask.headers(exchange.request_headers.items()),
            response_headers=mask.headers(exchange.response_headers.items()),
            request=replace(exchange.request, head=mask.head(exchange.request.head, HEAD_CHARS)),
            response=replace(exchange.response, head=mask.head(exchange.response.head, HEAD_CHARS)),
            notes=[replace(note, message=mask.text(note.message)) for note in exchange.notes],
        )

    def list(self, since_id: int | None = None, limit: int = 100, q: str = "") -> list[Exchange]:
        """At most ``limit`` exchanges, oldest first.

        With ``since_id`` those that follow it (to read on, pass the last id seen); without, the newest.
        ``q`` keeps those in which the text occurs anywhere, in any case.
        """
        with self._lock:
            kept = list(self._exchanges)
        wanted: Iterable[Exchange] = (one for one in kept if one.id > (since_id or 0))
        if q:
            wanted = (one for one in wanted if q.lower() in json.dumps(one.to_dict()).lower())
        return list(islice(wanted, limit)) if since_id is not None else list(wanted)[-limit:]

    def get(self, exchange_id: int) -> Exchange | None:
        """The exchange of that id; None if there is none or it is forgotten."""
        with self._lock:
            return next((one for one in self._exchanges if one.id == exchange_id), None)

    @property
    def last_id(self) -> int:
        """The highest id given so far; 0 before the first."""
        with self._lock:
            return self._last_id

    def clear(self) -> None:
        """Forget every exchange. Ids go on, so that no follower misses one; guards stay."""
        with self._lock:
            self._exchanges.clear()
