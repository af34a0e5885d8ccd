"""When the chain is at rest, seen from outside the service: from the mocks alone.

At rest: every delivery is answered, nothing is under way at any mock, no commit is pending at C4C, no Retry-After is
unspent, and since then nothing was sent for the declared window. A service that pauses longer between two tries needs a
longer window. Doubles are judged after the window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import NotSettled

#: The declared window, in seconds: longer than the settle time of our service, which is 30.
QUIET_S = 40.0
POLL_S = 0.5
MOST_DELIVERIES = 10_000


@dataclass(frozen=True, kw_only=True)
class QuietReading:
    """One reading of the mocks.

    Attributes:
        open: what is not over yet, one sentence each.
        activity: changes with every request and every answer.
    """

    open: tuple[str, ...]
    activity: tuple[Any, ...]


class QuietWatch:
    """Reads one tenant's mocks, incrementally."""

    def __init__(self, to: StackClients, tenant: str, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._to = to
        self._tenant = tenant
        self._now_s = now_s
        self._last_id = dict.fromkeys(MOCKS, 0)
        #: Until when a neighbour asked for patience, by what it answered.
        self._patience: dict[str, float] = {}

    def read(self) -> QuietReading:
        """The state now. Raises Unreachable, RequestRefused."""
        found = [*self._deliveries(), *self._under_way(), *self._commits()]
        for mock in MOCKS:
            self._read_journal(mock)
        found += [what for what, until_s in self._patience.items() if until_s > self._now_s()]
        return QuietReading(open=tuple(found), activity=(tuple(found), tuple(self._last_id.items())))

    def _deliveries(self) -> Iterator[str]:
        made = self._to.orchestration.get("/_mock/deliveries", tenant=self._tenant, limit=MOST_DELIVERIES)
        for each in made:
            if each["state"] == "pending":
                yield f"event {each['event']} is not answered yet"

    def _under_way(self) -> Iterator[str]:
        for mock in MOCKS:
            busy = self._to.mock(mock).get(f"/_mock/tenants/{self._tenant}")["busy"]
            if busy:
                yield f"{busy} request(s) under way at the {mock} mock"

    def _commits(self) -> Iterator[str]:
        for each in self._to.c4c.get("/_mock/attachments", tenant=self._tenant):
            if not each["committed"]:
                yield f"C4C has not committed object {each['object_id']} yet"

    def _read_journal(self, mock: str) -> None:
        for exchange in self._to.control(mock, self._tenant).journal(self._last_id[mock]):
            self._last_id[mock] = int(exchange["id"])
            wait_s = retry_after_s(exchange)
            if wait_s:
                what = f"the {mock} mock asked for {wait_s:g} s of patience (exchange {exchange['id']})"
                self._patience[what] = self._now_s() + wait_s


def retry_after_s(exchange: Mapping[str, Any]) -> float | None:
    """How long after this exchange the caller was asked to wait, in seconds; None without Retry-After."""
    value = httpx.Headers(exchange["response_headers"]).get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.fromisoformat(exchange["at"])).total_seconds())
    except (TypeError, ValueError):
        return None


def wait_until_quiet(
    read: Callable[[], QuietReading],
    *,
    quiet_s: float = QUIET_S,
    timeout_s: float,
    now_s: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Poll until nothing is open and nothing has moved for ``quiet_s``. Raises NotSettled after ``timeout_s``.

    Args:
        read: such as ``QuietWatch.read``.
    """
    began_s = since_s = now_s()
    last: QuietReading | None = None
    while True:
        reading = read()
        if last is None or reading.activity != last.activity or reading.open:
            since_s = now_s()
        last = reading
        if now_s() - since_s >= quiet_s:
            return
        if now_s() - began_s > timeout_s:
            lines = reading.open or (f"the last request was {now_s() - since_s:.0f} s ago",)
            listed = "\n".join(f"  - {line}" for line in lines)
            raise NotSettled(f"the chain was not quiet for {quiet_s:g} s within {timeout_s:g} s:\n{listed}")
        sleep(POLL_S)
