"""Faults are planned, counted and healing, never a surprise. "after" matters most: the work IS done.

========================  ==========================================  ========================================
kind                      params                                      what happens
========================  ==========================================  ========================================
status                    status, headers?, body?, content_type?,     another answer (after: work done); a JSON
                          retry_after_s?, retry_after_form            body is sent as JSON; Retry-After in
                          seconds|date                                seconds or as a date of the tenant's clock
latency                   delay_s (wall time)                         waits before or after the work
flip_byte                 offset, xor?                                one byte of the reply differs
flip_request_byte         offset, xor?                                one byte of the request differs
truncate_body             keep_bytes, content_length kept|fixed       the reply's body ends early
extend_body               extra_bytes                                 zero bytes follow, Content-Length is right
wrong_type                content_type                                another Content-Type on the reply
other_status              status, body kept|dropped, headers?         the real reply under another status
packed                    coding, packed_with, damage, keep_bytes,    the body in a content coding that nobody
                          unpacked_bytes, content_length              asked for, sound or damaged
sign_in_page              status?, size own|real, type own|real       an HTML page in place of the reply
json_error                status?, message?, size, type               a JSON error in place of the reply
redirect                  to, location?, status?                      301, 302, 303, 307 or 308 with Location
endless                   bytes_per_s?, limit_bytes?                  the body goes on in blanks, without end
reset  (fault proxy)             after_bytes?                                TCP reset; phase after: within the reply
garbage  (fault proxy)           -                                           bytes that are no HTTP
drip  (fault proxy)              bytes_per_s, part body|head|both            the reply comes slowly
cut  (fault proxy)               after_bytes                                 closed in the middle of the reply's body
close_delimited  (fault proxy)   end complete|early, keep_bytes              no length and no chunks: closing ends it
no_answer  (fault proxy)         hold_s                                      silence, then the connection closes
lost_answer  (fault proxy)       -                                           the work is done, the answer is lost
========================  ==========================================  ========================================

Of ``packed``: ``coding`` is the Content-Encoding, a list such as "gzip, gzip" packs once per coding. ``packed_with``
says what really packs: "label" does what the Content-Encoding says, "nothing" sends the plain bytes under it.
``damage``: "cut" keeps ``keep_bytes``, "members" makes two streams of the body, "trailing" adds bytes behind the
stream, "bomb" sends ``unpacked_bytes`` zeros in place of the body (gzip packs them about 1000 to 1).

Of ``redirect``: ``to`` is "url" (``location`` is sent as it is), "signed" (a pre-signed address of the same mock that
gives the real bytes without credentials), "other_host" (a name that no allow-list holds), "loop" (the address that
was asked for; plan it until cleared) or "plain_http" (the same address without TLS).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from mock_kit.faults.kinds import KINDS, Layer, Phase, fault_errors, params_of


@dataclass(kw_only=True)
class Fault:
    """One planned fault.

    Attributes:
        match: ``method`` (exact), ``path`` (glob, no query) and ``host`` (glob); absent = any.
        phase: "before" the work, or "after": the work is done and its answer is lost or changed.
            None = the kind's natural phase.
        times: how often it strikes; None or 0 = until removed.
        skip: let that many matching requests pass first.
        probability: of each strike, drawn from a generator seeded with ``seed``: the same in every run.
        expires_at: in the tenant's time; None = never.
        params: as in the module's table.
        applied: strikes so far.
    """

    kind: str
    match: dict[str, str] = field(default_factory=dict)
    phase: Phase | None = None
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    expires_at: datetime | None = None
    params: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    applied: int = 0
    skipped: int = 0
    _dice: Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)  # noqa: S311 - dice, not keys
        self.times = self.times or None
        if (kind := KINDS.get(self.kind)) is not None:
            self.phase = self.phase or kind.phases[0]
            self.params = params_of(kind, self.params)

    @property
    def layer(self) -> Layer:
        """Where it strikes: in the application, or on the wire (which needs the fault proxy)."""
        return KINDS[self.kind].layer

    @property
    def remaining(self) -> int | None:
        """Strikes left; None = no limit."""
        return None if self.times is None else max(0, self.times - self.applied)

    def fits(self, method: str, host: str, path: str) -> bool:
        """Whether this request is meant."""
        wanted = self.match.get("method", "*").upper()
        return (
            wanted in {"*", method.upper()}
            and fnmatchcase(path, self.match.get("path", "*"))
            and fnmatchcase(host.lower(), self.match.get("host", "*").lower())
        )

    def strikes(self) -> bool:
        """Whether the fault strikes this matching request; counts it either way."""
        if self.remaining == 0:
            return False
        if self.skipped < self.skip or self._dice.random() >= self.probability:
            self.skipped += 1
            return False
        self.applied += 1
        return True

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with ``remaining`` and ``layer``."""
        shown = ("id", "kind", "match", "phase", "times", "skip", "probability", "seed", "params", "applied")
        expires = self.expires_at.isoformat() if self.expires_at else None
        counted = {"remaining": self.remaining, "layer": self.layer, "expires_at": expires}
        return {name: getattr(self, name) for name in shown} | counted


class FaultPlan:
    """The faults of one tenant, in the order they were planned. One lock guards plan and counts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` gives the tenant's time, aware UTC: it decides when a fault expires."""
        self.now = now
        self._faults: dict[str, Fault] = {}
        self._count = 0
        self._wakers: dict[int, tuple[str, Callable[[], None]]] = {}
        self._waker_count = 0
        self._lock = threading.RLock()

    def add(self, fault: Fault) -> Fault:
        """Plan a fault; without an id it gets one (``f-1``, …). ValueError: wrong in itself, or id in use."""
        if errors := fault_errors(fault.kind, fault.phase, fault.params):
            raise ValueError("; ".join(f"{error.field}: {error.expected}" for error in errors))
        with self._lock:
            self._count += 1
            fault.id = fault.id or f"f-{self._count}"
            if fault.id in self._faults:
                raise ValueError(f"fault {fault.id!r} is planned already")
            self._faults[fault.id] = fault
        return fault

    def list(self) -> list[Fault]:
        """Every fault, spent ones included, oldest first."""
        with self._lock:
            return list(self._faults.values())

    def get(self, fault_id: str) -> Fault | None:
        """The fault of that id."""
        with self._lock:
            return self._faults.get(fault_id)

    def remove(self, fault_id: str) -> bool:
        """Call a fault off and release whoever waits because of it. False if there is none."""
        with self._lock:
            found = self._faults.pop(fault_id, None) is not None
        self._wake(lambda waiting_for: waiting_for == fault_id)
        return found

    def clear(self) -> None:
        """Call everything off and release everybody who waits."""
        with self._lock:
            self._faults.clear()
        self._wake(lambda _: True)

    def pick(self, method: str, host: str, path: str, layer: Layer) -> Fault | None:
        """The first fault that strikes this request on this layer, counted; None if nothing does."""
        with self._lock:
            now = self.now()
            for fault in self._faults.values():
                expired = fault.expires_at is not None and fault.expires_at <= now
                fits = fault.layer == layer and not expired and fault.fits(method, host, path)
                if fits and fault.strikes():
                    return fault
        return None

    def wait(self, fault: Fault, seconds: float) -> bool:
        """Hold this thread for ``seconds`` of wall time. True if the fault was called off meanwhile."""
        released = threading.Event()
        with self.woken(fault, released.set):
            return released.wait(seconds)

    @contextmanager
    def woken(self, fault: Fault, waker: Callable[[], None]) -> Iterator[None]:
        """While inside, ``waker`` is called (from any thread) when ``fault`` is called off."""
        with self._lock:
            self._waker_count += 1
            ticket = self._waker_count
            self._wakers[ticket] = (fault.id, waker)
            gone = fault.id not in self._faults
        if gone:
            waker()
        try:
            yield
        finally:
            with self._lock:
                self._wakers.pop(ticket, None)

    def _wake(self, meant: Callable[[str], bool]) -> None:
        with self._lock:
            due = [waker for fault_id, waker in self._wakers.values() if meant(fault_id)]
        for waker in due:
            waker()
