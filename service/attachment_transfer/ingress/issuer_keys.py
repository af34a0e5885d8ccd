"""Signing keys of token issuers: fetched and cached, without delaying callers whose keys are known already.

The issuer is read from a token that is not verified yet, so anyone can make the service fetch keys. The cost is
bounded: one fetch in flight per issuer, a total time per fetch, few fetches and few waiting requests for issuers that
were never good, and growing pauses after a failure. An issuer that was good before has limits of its own, and its last
good keys are used while a refresh fails.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from attachment_transfer.core.errors import TransferError
from attachment_transfer.ingress.problems import ApiProblem
from attachment_transfer.telemetry import metrics


@dataclass(frozen=True, kw_only=True)
class KeyTimes:
    """The times and limits of key sets, in seconds and numbers.

    Attributes:
        live_s: how long a key set is good.
        last_good_s: how long the last good one is used while no newer one can be fetched.
        asked_every_s: an unknown key id causes a new fetch (rotation), at most so often.
        fetch_s: how long a request waits for a fetch; the fetch itself has the same limit in all.
        pause_s, longest_pause_s: how long an issuer that failed is not called, doubling with each failure.
        fetches: fetches in flight, for each of the two kinds of issuer.
        waiting: requests that wait for a fetch, for each of the two kinds: a burst of the first tokens of an issuer
            waits for one fetch. The server has more threads than both together.
        most_unknown: issuers without keys that are remembered; the one used longest ago is removed first.
    """

    live_s: float = 300.0
    last_good_s: float = 3_600.0
    asked_every_s: float = 10.0
    fetch_s: float = 3.0
    pause_s: float = 2.0
    longest_pause_s: float = 60.0
    fetches: int = 3
    waiting: int = 24
    most_unknown: int = 1_000


@dataclass(eq=False)
class _IssuerEntry:
    """What is known of one issuer. Guarded by the lock of its :class:`IssuerKeys`."""

    issuer: str
    keys: KeySet | None = None
    fetched_at_s: float = 0.0
    failures: int = 0
    next_try_at_s: float = 0.0
    in_flight: threading.Event | None = None


@dataclass(frozen=True)
class _Limits:
    """What one kind of issuer may use at once."""

    fetches: threading.BoundedSemaphore
    waiting: threading.BoundedSemaphore

    @classmethod
    def of(cls, times: KeyTimes) -> _Limits:
        return cls(threading.BoundedSemaphore(times.fetches), threading.BoundedSemaphore(times.waiting))


@dataclass
class IssuerKeys:
    """Key sets per issuer, from ``{issuer}/.well-known/jwks.json``.

    Args:
        fetch: returns the document; ends by itself within ``times.fetch_s``.
        now_s: the service's clock, epoch seconds.
        trusted: issuers that are known to be good: they have the limits of good ones from the start.
    """

    fetch: Callable[[str], dict[str, Any]]
    now_s: Callable[[], float]
    times: KeyTimes = field(default_factory=KeyTimes)
    trusted: Iterable[str] = ()

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._good: dict[str, _IssuerEntry] = {issuer: _IssuerEntry(issuer) for issuer in self.trusted}
        self._unknown: OrderedDict[str, _IssuerEntry] = OrderedDict()
        self._limits = {True: _Limits.of(self.times), False: _Limits.of(self.times)}

    def of(self, issuer: str, key_id: str | None) -> KeySet:
        """Return the issuer's keys. Raises :class:`ApiProblem` 503 if they cannot be fetched now."""
        with self._lock:
            entry = self._entry(issuer)
            usable = self._fresh(entry, key_id)
            if usable is not None:
                return usable
            is_good = issuer in self._good
            arrival, is_ours = self._arrival(entry, is_good=is_good)
            has_other = _has(self._last_good(entry), key_id)
        # Only the request that began the fetch waits for it if the last good keys can be used.
        if arrival is not None and (is_ours or not has_other):
            self._wait(arrival, is_good=is_good)
        with self._lock:
            found = self._fresh(entry, None) or self._last_good(entry)
        if found is None:
            raise _no_keys()
        return found

    def prepare(self) -> None:
        """Begin to fetch the keys of all trusted issuers, so that the first token of each need not wait."""
        with self._lock:
            for entry in list(self._good.values()):
                self._arrival(entry, is_good=True)

    def oldest_s(self) -> float:
        """Age of the oldest keys in use, in seconds; 0.0 without any."""
        with self._lock:
            ages = [self._age_s(entry) for entry in self._good.values() if self._last_good(entry) is not None]
        return max(ages, default=0.0)

    def _entry(self, issuer: str) -> _IssuerEntry:
        if issuer in self._good:
            return self._good[issuer]
        entry = self._unknown.setdefault(issuer, _IssuerEntry(issuer))
        self._unknown.move_to_end(issuer)
        while len(self._unknown) > self.times.most_unknown:
            self._unknown.popitem(last=False)
        return entry

    def _age_s(self, entry: _IssuerEntry) -> float:
        return self.now_s() - entry.fetched_at_s

    def _fresh(self, entry: _IssuerEntry, key_id: str | None) -> KeySet | None:
        if entry.keys is None:
            return None
        # After a clock was set back, keys count as old.
        if not 0 <= self._age_s(entry) < self.times.live_s:
            return None
        return entry.keys if _has(entry.keys, key_id) or self._age_s(entry) < self.times.asked_every_s else None

    def _last_good(self, entry: _IssuerEntry) -> KeySet | None:
        return entry.keys if abs(self._age_s(entry)) < self.times.last_good_s else None

    def _arrival(self, entry: _IssuerEntry, *, is_good: bool) -> tuple[threading.Event | None, bool]:
        """The end of the fetch in flight, and whether this call began it; None if there is none and none may begin."""
        if entry.in_flight is not None:
            return entry.in_flight, False
        pause_s = entry.next_try_at_s - self.now_s()
        fetches = self._limits[is_good].fetches
        if 0 < pause_s <= self.times.longest_pause_s or not fetches.acquire(blocking=False):
            return None, False
        entry.in_flight = threading.Event()
        threading.Thread(
            target=self._fetched, args=(entry, entry.in_flight, fetches), name="issuer-keys", daemon=True
        ).start()
        return entry.in_flight, True

    def _fetched(self, entry: _IssuerEntry, arrived: threading.Event, fetches: threading.BoundedSemaphore) -> None:
        keys: KeySet | None = None
        try:
            keys = KeySet.import_key_set(self.fetch(entry.issuer))  # type: ignore[arg-type]
        except (TransferError, JoseError, ValueError, KeyError, TypeError, AttributeError):
            pass
        finally:
            with self._lock:
                self._note(entry, keys)
                entry.in_flight = None
            fetches.release()
            arrived.set()

    def _note(self, entry: _IssuerEntry, keys: KeySet | None) -> None:
        metrics.KEY_FETCHES.labels("failed" if keys is None else "done").inc()
        if keys is None:
            entry.failures += 1
            pause_s = min(self.times.longest_pause_s, self.times.pause_s * 2 ** (min(entry.failures, 16) - 1))
            entry.next_try_at_s = self.now_s() + pause_s
            return
        entry.keys, entry.fetched_at_s = keys, self.now_s()
        entry.failures, entry.next_try_at_s = 0, 0.0
        self._unknown.pop(entry.issuer, None)
        self._good[entry.issuer] = entry

    def _wait(self, arrival: threading.Event, *, is_good: bool) -> None:
        places = self._limits[is_good].waiting
        if not places.acquire(blocking=False):
            return
        try:
            arrival.wait(self.times.fetch_s)
        finally:
            places.release()


def _has(keys: KeySet | None, key_id: str | None) -> bool:
    return keys is not None and (key_id is None or any(key.kid == key_id for key in keys.keys))


def _no_keys() -> ApiProblem:
    return ApiProblem(
        503,
        "The token cannot be checked",
        "The issuer's signing keys cannot be fetched now; send the request again.",
        headers={"Retry-After": "5"},
    )
