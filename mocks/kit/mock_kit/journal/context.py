"""The exchange that is running in this thread, so that a model can leave a note without knowing HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, Protocol

Level = Literal["info", "warning", "error"]


@dataclass
class Note:
    """A note on one exchange: what the mock noticed, for the person who reads the journal."""

    level: Level
    code: str
    message: str


class CountsEvidence(Protocol):
    """A tenant, as far as evidence is concerned."""

    def count_evidence(self, entry_id: str) -> None:
        """One more hit of that behaviour."""

    def evidence_hits(self) -> dict[str, int]:
        """Hits by evidence id."""


@dataclass
class RunningExchange:
    """What is being collected about the running exchange, beside its bytes.

    ``tenant`` is None for a request that belongs to no tenant; ``labels`` are those of ``evidence``, by id. ``silent``:
    nothing in it counts, because a person only looks at the state.
    """

    tenant: CountsEvidence | None = None
    silent: bool = False
    notes: list[Note] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


_RUNNING: ContextVar[RunningExchange | None] = ContextVar("mock_kit_running_exchange", default=None)


def running_exchange() -> RunningExchange | None:
    """The exchange running in this thread; None outside a request."""
    return _RUNNING.get()


def set_running_exchange(exchange: RunningExchange | None) -> None:
    """Set the exchange that this thread works for. The kit's middleware calls this; mocks do not."""
    _RUNNING.set(exchange)


@contextmanager
def uncounted() -> Iterator[None]:
    """What happens inside counts for no exchange and for no evidence."""
    _RUNNING.set(RunningExchange(silent=True))
    try:
        yield
    finally:
        _RUNNING.set(None)


def note(level: Level, code: str, message: str) -> None:
    """Add a note to the running exchange; without one nothing happens. The journal masks ``message``."""
    exchange = _RUNNING.get()
    if exchange is not None:
        exchange.notes.append(Note(level, code, message))


def planned(fault_id: str) -> None:
    """The running exchange is struck by a failure that a mock has planned itself; the journal names it as a fault."""
    exchange = _RUNNING.get()
    if exchange is not None and fault_id not in exchange.faults:
        exchange.faults.append(fault_id)
