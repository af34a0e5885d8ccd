"""The exchange that is running in this thread, so that a model can leave a note without knowing HTTP."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mock_kit.tenants import Tenant

Level = Literal["info", "warning", "error"]


@dataclass
class Note:
    """A remark on one exchange: what the mock noticed, in words for the person who reads the journal."""

    level: Level
    code: str
    message: str


@dataclass
class Draft:
    """What is being collected about the running exchange, beside its bytes.

    ``tenant`` is None for a request that belongs to no tenant; ``labels`` are those of ``evidence``, by id. ``silent``:
    somebody only looks on, so nothing counts.
    """

    tenant: Tenant | None = None
    silent: bool = False
    notes: list[Note] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


_DRAFT: ContextVar[Draft | None] = ContextVar("mock_kit_draft", default=None)


def current_draft() -> Draft | None:
    """The exchange running in this thread; None outside a request."""
    return _DRAFT.get()


def set_current_draft(draft: Draft | None) -> None:
    """Tell this thread which exchange it works for. The kit's middleware calls this; mocks do not."""
    _DRAFT.set(draft)


def note(level: Level, code: str, message: str) -> None:
    """Leave a remark on the running exchange; without one nothing happens. The journal masks ``message``."""
    draft = _DRAFT.get()
    if draft is not None:
        draft.notes.append(Note(level, code, message))


def planned(fault_id: str) -> None:
    """The running exchange is struck by a failure that a mock's own plan holds; the journal names it as a fault."""
    draft = _DRAFT.get()
    if draft is not None and fault_id not in draft.faults:
        draft.faults.append(fault_id)
