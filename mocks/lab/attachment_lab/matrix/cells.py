"""The cells of the matrix, generated: fault × hop × attempt, process faults and event faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from attachment_lab.matrix.hops import HOPS
from attachment_lab.matrix.lists import EVENT_FAULTS, PROCESS_FAULTS
from attachment_lab.matrix.strikes import STRIKES

Attempt = Literal["first", "second", "last"]
Family = Literal["wire", "process", "event"]
#: first: the first attempt is struck. second: the first two. last: every attempt, until the service or Contact Pro
#: gives up. An attempt is a request at this hop, whatever causes it: a retry, a redrive, a redelivery.
ATTEMPTS: tuple[Attempt, ...] = ("first", "second", "last")


@dataclass(frozen=True, kw_only=True, order=True)
class Cell:
    """One cell: a fault at a hop at an attempt."""

    family: Family
    hop: str
    fault: str
    attempt: Attempt

    @property
    def id(self) -> str:
        """As in ``c4c-upload/status-503/first``."""
        return f"{self.hop}/{self.fault}/{self.attempt}"

    def fits(self, pattern: str) -> bool:
        """Whether a glob on the id, or the name of a family, selects it."""
        return pattern == self.family or fnmatchcase(self.id, pattern)


def conceivable() -> Iterator[Cell]:
    """Every cell whose fault can take effect at its hop, by the tables of hops, strikes and process faults."""
    for hop in HOPS:
        for strike in STRIKES:
            if strike.can_strike(hop):
                yield from (Cell(family="wire", hop=hop.id, fault=strike.id, attempt=each) for each in ATTEMPTS)
    for fault in PROCESS_FAULTS:
        for hop_id in fault.hops:
            yield from (Cell(family="process", hop=hop_id, fault=fault.id, attempt=each) for each in fault.attempts)
    yield from (Cell(family="event", hop="event", fault=each.id, attempt="first") for each in EVENT_FAULTS)
