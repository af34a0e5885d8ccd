"""What went over the wire in one tenant: masked, counted and hashed, never a whole body.

A ``Journal`` keeps the last 10 000 exchanges; ``bodies`` says what is kept of a body.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from mock_kit.journal.bodies import HEAD_CHARS, BodyNote, WireNote
from mock_kit.journal.context import Note
from mock_kit.journal.credentials import CredentialLog
from mock_kit.journal.masking import Masker

KEPT_EXCHANGES = 10_000


@dataclass
class JournalEntry:
    """One request and its reply.

    Attributes:
        id: running number of the tenant, from 1; the journal gives it.
        at: when the request came in, by the tenant's clock, ISO 8601 UTC.
        url: path and query as sent, secrets masked.
        status: as sent to the caller; 0 if no status line left the process.
        duration_ms: wall time until the reply's last byte was handed over.
        fault: ids of the faults applied, joined by ", "; None without.
        evidence: ids of the behaviours that it rests on.
        wire: what of the reply's body left the process, where a wire fault broke it on its way; None otherwise.
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
    wire: WireNote | None = None
    id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON, ``id`` first."""
        return {"id": self.id} | asdict(self)


class Journal:
    """The exchanges of one tenant, oldest first. Thread-safe."""

    def __init__(self, kept: int = KEPT_EXCHANGES) -> None:
        """``kept`` is how many exchanges are kept; older ones are dropped."""
        self.masker = Masker()
        self.credentials = CredentialLog()
        self._exchanges: deque[JournalEntry] = deque(maxlen=kept)
        self._last_id = 0
        self._lock = threading.Lock()
        #: Of exchanges that are not filed yet, by the id of their fault.
        self._wire: dict[str, list[WireNote]] = {}

    def mask_secret(self, secret: str, user: str | None = None) -> None:
        """Mask ``secret`` wherever it turns up from now on; with ``user`` also their Basic credentials."""
        self.masker.mask_secret(secret, user)

    def add(self, exchange: JournalEntry) -> JournalEntry:
        """File an exchange under the next id. URL, headers, heads and notes are masked on the way in."""
        masked = self._masked(exchange)
        with self._lock:
            self._last_id += 1
            masked.id = self._last_id
            waiting = self._wire.get(masked.fault or "")
            if waiting:
                masked.wire = waiting.pop(0)
            self._exchanges.append(masked)
        return masked

    def passed_on(self, fault_id: str, note: WireNote) -> None:
        """What a wire fault left of a reply; the exchange may be filed already, or be filed later."""
        with self._lock:
            struck = (one for one in reversed(self._exchanges) if one.fault == fault_id and one.wire is None)
            found = next(struck, None)
            if found is None:
                self._wire.setdefault(fault_id, []).append(note)
            else:
                found.wire = note

    def _masked(self, exchange: JournalEntry) -> JournalEntry:
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

    def list(self, since_id: int | None = None, limit: int = 100, q: str = "") -> list[JournalEntry]:
        """At most ``limit`` exchanges, oldest first.

        With ``since_id`` those that follow it (to read on, pass the last id seen); without, the newest.
        ``q`` keeps those in which the text occurs anywhere, in any case.
        """
        with self._lock:
            kept = list(self._exchanges)
        wanted: Iterable[JournalEntry] = (one for one in kept if one.id > (since_id or 0))
        if q:
            wanted = (one for one in wanted if q.lower() in json.dumps(one.to_dict()).lower())
        return list(islice(wanted, limit)) if since_id is not None else list(wanted)[-limit:]

    def get(self, exchange_id: int) -> JournalEntry | None:
        """The exchange of that id; None if there is none or it was dropped."""
        with self._lock:
            return next((one for one in self._exchanges if one.id == exchange_id), None)

    @property
    def last_id(self) -> int:
        """The highest id given so far; 0 before the first."""
        with self._lock:
            return self._last_id

    def clear(self) -> None:
        """Remove every exchange. Ids go on, so that a reader misses none; masked secrets stay masked."""
        self.credentials.clear()
        with self._lock:
            self._exchanges.clear()
