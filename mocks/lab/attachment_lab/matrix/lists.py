"""Process faults and event faults of the matrix, as lists. What they do: ``process_plays`` and ``event_plays``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: The effects beyond the process, in the order of a transfer, that a process can die before or after.
EFFECTS = (
    "accept",
    "cmi-list",
    "cmi-download",
    "c4c-lookup",
    "c4c-metadata",
    "c4c-list",
    "c4c-upload",
    "c4c-verify",
    "settle",
)


@dataclass(frozen=True, kw_only=True)
class ProcessFault:
    """What happens to a process of the service.

    Attributes:
        hops: during which effect.
        attempts: last does not exist where the service never gives up.
        says: what happens, in words.
    """

    id: str
    says: str
    hops: tuple[str, ...]
    attempts: tuple[Literal["first", "second"], ...] = ("first",)


@dataclass(frozen=True, kw_only=True)
class EventFault:
    """What happens to an event of Contact Pro."""

    id: str
    says: str


PROCESS_FAULTS: tuple[ProcessFault, ...] = (
    ProcessFault(id="kill-before", says="kill -9 before the effect", hops=EFFECTS, attempts=("first", "second")),
    ProcessFault(
        id="kill-after",
        says="kill -9 after the effect, before it is recorded",
        hops=EFFECTS,
        attempts=("first", "second"),
    ),
    ProcessFault(id="pause-before", says="SIGSTOP before the effect, SIGCONT two seconds later", hops=EFFECTS),
    ProcessFault(
        id="disk-full",
        says="the service cannot write one more byte to its database for two seconds",
        hops=("accept", "c4c-upload"),
    ),
    ProcessFault(
        id="database-locked",
        says="another process holds the database’s write lock for two seconds",
        hops=("accept", "c4c-upload"),
    ),
    ProcessFault(id="database-gone", says="PostgreSQL crashes and is back two seconds later", hops=("c4c-upload",)),
    ProcessFault(id="clock-ahead", says="the service’s clock is ten minutes ahead of Contact Pro’s", hops=("accept",)),
    ProcessFault(id="clock-behind", says="the service’s clock is ten minutes behind Contact Pro’s", hops=("accept",)),
    ProcessFault(
        id="replaced", says="the worker is ended by SIGTERM, another one takes its place", hops=("c4c-upload",)
    ),
    ProcessFault(
        id="deploy", says="the whole service is stopped by SIGTERM and started again", hops=("accept", "c4c-upload")
    ),
)
EVENT_FAULTS: tuple[EventFault, ...] = (
    EventFault(id="twice", says="Contact Pro delivers the event twice at once"),
    EventFault(id="twice-later", says="Contact Pro delivers the event again after the transfer has settled"),
    EventFault(id="late", says="the event comes an hour after the chat has ended"),
    EventFault(id="reordered", says="Closed comes before Ended"),
    EventFault(id="two-legs", says="the chat ends twice, on two legs"),
    EventFault(id="early", says="the event comes before the last file"),
    EventFault(id="lost", says="Ended does not arrive; Closed, an event later, brings everything"),
)
