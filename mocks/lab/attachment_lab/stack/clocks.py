"""The stack's clocks: each mock has one per tenant, the service has one for all tenants.

Tokens are issued by a tenant's clock and checked by the service's. So the service's clock is moved together with those
of all tenants: the service would refuse all tokens of a tenant whose clock stayed behind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from attachment_lab.clients.control import GONE
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused
from attachment_lab.shared_files import replace_json

#: Offsets closer than this count as equal.
SAME_S = 0.5


@dataclass(frozen=True, kw_only=True)
class ClockReading:
    """One clock, and how far it is ahead of the wall clock."""

    name: str
    offset_s: float


def write_offset(clock_file: Path, offset_s: float) -> None:
    """Set the service's virtual clock atomically: a reader sees the old or the new offset."""
    replace_json(clock_file, {"offset_s": offset_s})


def read_offset(clock_file: Path) -> float:
    """Seconds by which the service's clock is ahead of the wall clock."""
    return float(json.loads(clock_file.read_text())["offset_s"])


def read_clocks(to: StackClients, tenant: str, clock_file: Path | None) -> list[ClockReading]:
    """The tenant's three clocks, and the service's where its clock file can be read."""
    found = [ClockReading(name=mock, offset_s=to.control(mock, tenant).offset_s()) for mock in MOCKS]
    if clock_file is not None:
        found.append(ClockReading(name="service", offset_s=read_offset(clock_file)))
    return found


def advance_stack(to: StackClients, clock_file: Path, seconds: float) -> None:
    """Advance the service's clock, and every tenant of every mock to the same time."""
    target_s = read_offset(clock_file) + seconds
    for mock in MOCKS:
        for tenant in to.mock(mock).get("/_mock/tenants")["tenants"]:
            _catch_up(to, mock, str(tenant["name"]), target_s)
    write_offset(clock_file, target_s)


def advance_tenant(to: StackClients, tenant: str, seconds: float) -> None:
    """Advance one tenant's clocks in the mocks alone; the service's clock is not moved."""
    for mock in MOCKS:
        to.control(mock, tenant).advance(seconds)


def catch_up(to: StackClients, tenant: str, clock_file: Path | None) -> None:
    """Set a new tenant's clocks to the service's time."""
    if clock_file is None or not clock_file.exists():
        return
    for mock in MOCKS:
        _catch_up(to, mock, tenant, read_offset(clock_file))


def _catch_up(to: StackClients, mock: str, tenant: str, target_s: float) -> None:
    """A tenant that has been closed in the meantime is skipped."""
    try:
        clock = to.control(mock, tenant)
        behind_s = target_s - clock.offset_s()
        if behind_s > SAME_S:
            clock.advance(behind_s)
    except RequestRefused as exc:
        if exc.status != GONE:
            raise
