"""Faults are planned and counted, and stop by themselves. Phase "after" matters most: the work IS done.

The table of kinds, with parameters and effects, is in the kit's README; ``kinds`` checks them.
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
        params: by kind, see ``kinds``.
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
        """Whether this request matches."""
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
        self._wake_ups: dict[int, tuple[str, Callable[[], None]]] = {}
        self._wake_up_count = 0
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
        """Remove a planned fault and release requests that it is holding. False if there is none."""
        with self._lock:
            found = self._faults.pop(fault_id, None) is not None
        self._wake(lambda waiting_for: waiting_for == fault_id)
        return found

    def clear(self) -> None:
        """Remove every fault and release all requests that wait."""
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
        """Block this thread for ``seconds`` of wall time. True if the fault was removed meanwhile."""
        released = threading.Event()
        with self.woken(fault, released.set):
            return released.wait(seconds)

    @contextmanager
    def woken(self, fault: Fault, wake_up: Callable[[], None]) -> Iterator[None]:
        """While inside, ``wake_up`` is called (from any thread) when ``fault`` is removed."""
        with self._lock:
            self._wake_up_count += 1
            ticket = self._wake_up_count
            self._wake_ups[ticket] = (fault.id, wake_up)
            gone = fault.id not in self._faults
        if gone:
            wake_up()
        try:
            yield
        finally:
            with self._lock:
                self._wake_ups.pop(ticket, None)

    def _wake(self, meant: Callable[[str], bool]) -> None:
        with self._lock:
            due = [wake_up for fault_id, wake_up in self._wake_ups.values() if meant(fault_id)]
        for wake_up in due:
            wake_up()
