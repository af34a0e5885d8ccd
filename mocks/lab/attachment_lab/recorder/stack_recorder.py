"""Checks everything that one tenant's stack has exchanged, at the end of a test: on every hop, at both ends.

``checked_traffic`` does the same for tests that call mocks in their own process: no stack, no sockets.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from attachment_contract.traffic import TrafficCheck, TrafficExchange
from attachment_contract.traffic.exchange import exchange_from_capture
from attachment_contract.traffic.routes import neighbour_of
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.recorder.collector import Collector
from attachment_lab.recorder.ends import unmatched
from attachment_lab.recorder.instrumentation import Sent
from attachment_lab.tenant.credentials import TenantNames
from mock_kit.journal.recorder import RecorderLog, record_exchanges

#: How long exchanges may continue after a test's end, in wall seconds.
ENDING_S = 10.0
_POLL_S = 0.02


class StackRecorder:
    """Checks the traffic of one stack, tenant by tenant."""

    def __init__(self, to: StackClients, collector: Collector, ports: Iterable[int]) -> None:
        """``ports``: all ports of the stack, fault proxies included."""
        self._to = to
        self._addresses = {f"127.0.0.1:{port}" for port in ports}
        self._records = collector.records
        #: Id of the last captured exchange that was read, by mock and tenant; None = those of no tenant.
        self._read: dict[tuple[str, str | None], int] = {}
        #: Hosts and paths of closed tenants.
        self._closed: set[str] = set()
        for mock in MOCKS:
            self._pages(TrafficCheck(), mock, None)
        self._records.forget()

    def check(self, names: TenantNames, *, closing: bool = True) -> TrafficCheck:
        """Check everything that this tenant's processes have exchanged since the last call.

        ``closing``: the tenant is about to be closed; exchanges that arrive later for it are ignored.
        """
        check = TrafficCheck()
        sent = self._sent_at_rest(check, names)
        received = [exchange for mock in MOCKS for exchange in self._of_tenant(check, mock, names)]
        received += [exchange_from_capture(one) for one in self._records.snapshot()[1]]
        for exchange in received:
            check.check(exchange)
        self._compare(check, names, sent, received)
        if self._records.dropped:
            check.note(f"{self._records.dropped} exchanges of the service did not fit into memory")
        # A tenant of the same addresses may have been closed before; now they are in use again.
        self._closed -= {names.cmi_host, names.c4c_host, names.tenant_path}
        if closing:
            self.forget(names)
            self._closed |= {names.cmi_host, names.c4c_host, names.tenant_path}
        else:
            self._forget_records(names)
        return check

    def forget(self, names: TenantNames) -> None:
        """Forget what a tenant has exchanged: it is closed, or was never opened completely."""
        for mock in MOCKS:  # the log of the next tenant of this name starts at its beginning
            self._read.pop((mock, names.name), None)
        self._forget_records(names)

    def _forget_records(self, names: TenantNames) -> None:
        """Another tenant of this stack may still be open: its records are checked at its own end."""
        self._records.forget(
            but=lambda one: (
                not self._is_another_stacks(one)
                and not self._neighbour_of(one, names)
                and not self._is_closed(one.host, one.path)
            )
        )

    def _sent_at_rest(self, check: TrafficCheck, names: TenantNames) -> list[Sent]:
        """What was sent, at a moment when no exchange is in progress: all of it has arrived at its receivers' logs.

        Planned delays are removed first. A transfer that waits goes on later: those exchanges are not among them.
        """
        for mock in MOCKS:
            self._to.control(mock, names.name).clear_faults()
        deadline = time.monotonic() + ENDING_S
        while True:
            # Idle before: every exchange has its record. Idle after: the receivers have noted theirs as well.
            busy = self._under_way(names)
            sent = self._records.snapshot()[0]
            busy = busy or self._under_way(names)
            if not busy:
                return sent
            if time.monotonic() > deadline:
                check.note(f"still under way {ENDING_S:g} s after the test's end: {', '.join(busy)}")
                return sent
            threading.Event().wait(_POLL_S)

    def _under_way(self, names: TenantNames) -> list[str]:
        # The senders first: an exchange that has ended for its sender may still be in progress at a mock.
        busy = {"senders": self._records.under_way}
        busy |= {mock: self._to.mock(mock).get("/_mock/recorder", tenant=names.name)["under_way"] for mock in MOCKS}
        return [f"{count} at {where}" for where, count in busy.items() if count]

    def _of_tenant(self, check: TrafficCheck, mock: str, names: TenantNames) -> list[TrafficExchange]:
        found, strays = self._pages(check, mock, names.name), self._pages(check, mock, None)
        # A late request to a closed tenant is not this test's.
        return found + [one for one in strays if not self._is_closed(one.host, one.path)]

    def _is_closed(self, host: str, path: str) -> bool:
        """Whether host or path belong to a closed tenant."""
        return host in self._closed or bool(self._closed.intersection(path.split("/")[1:2]))

    def _pages(self, check: TrafficCheck, mock: str, tenant: str | None) -> list[TrafficExchange]:
        """The exchanges of a mock's log of that tenant that were not read before."""
        path = "/_mock/recorder/strays" if tenant is None else "/_mock/recorder"
        found: list[TrafficExchange] = []
        while True:
            since = self._read.get((mock, tenant), 0)
            page = self._to.mock(mock).get(path, since=since, tenant=tenant)
            if not page["exchanges"]:
                break
            found += [exchange_from_capture(one) for one in page["exchanges"]]
            self._read[mock, tenant] = page["last_id"]
        if page["dropped"]:
            check.note(f"{page['dropped']} exchanges did not fit into the memory of the {mock} mock")
        return found

    def _compare(
        self, check: TrafficCheck, names: TenantNames, sent: list[Sent], received: list[TrafficExchange]
    ) -> None:
        """Compare the tenant's records with their receivers; another tenant's late rounds may still run.

        A service that is not ours records nothing: what it received cannot be compared, and what it sent is checked at
        its receiver, a mock.
        """
        mine = [
            (neighbour, one)
            for one in sent
            if (neighbour := self._neighbour_of(one, names)) and (neighbour != "service" or self._to.service_is_visible)
        ]
        for record, difference in unmatched(mine, received):
            about = f"{record.method} {record.path.partition('?')[0][:120]} → {record.status}, sent by the {record.who}"
            check.note(difference, hop="both ends", about=about)

    def _is_another_stacks(self, record: Sent) -> bool:
        """The lab's own process may have several stacks, in which neighbours have the same names."""
        return record.who == "lab" and record.at not in self._addresses

    def _neighbour_of(self, record: Sent, names: TenantNames) -> str:
        """The neighbour that a record was sent to; empty if it is not this tenant's."""
        if self._is_another_stacks(record):
            return ""
        for name in (*MOCKS, "service"):
            if getattr(self._to, name).base_url == f"http://{record.host}":
                return name if name == "service" or _is_at(record, names) else ""
        neighbour = neighbour_of(record.host, record.path)
        if neighbour == "service":
            return neighbour
        return neighbour if record.host in {names.cmi_host, names.c4c_host} or _is_at(record, names) else ""


def _is_at(record: Sent, names: TenantNames) -> bool:
    return urlsplit(record.path).path.startswith(f"/{names.tenant_path}/")


@contextmanager
def checked_traffic(test: str) -> Iterator[TrafficCheck]:
    """Check every exchange of every mock in this process, or started by ``running_mock``, while the block lasts.

    Raises AssertionError at the block's end that lists what broke the contract. A mock may be called with requests that
    no hop describes, as long as it refuses them. ``test`` names the block.
    """
    check = TrafficCheck(allow_unknown=True)
    _flush_processes()  # exchanges of an earlier block belong to no test
    with record_exchanges() as log:
        yield check
        _flush_processes()
    judge(check, log)
    broken = check.report(test)
    assert not broken, broken


def _flush_processes() -> None:
    testing = sys.modules.get("mock_kit.testing")  # not imported: without it no process was started
    for process in testing.RUNNING if testing else ():
        if process.process.poll() is None:
            process.record()


def judge(check: TrafficCheck, log: RecorderLog) -> None:
    """Check everything in a log, and report what it had to drop."""
    for captured in log.list():
        check.check(exchange_from_capture(captured.to_dict()))
    if log.dropped:
        check.note(f"{log.dropped} exchanges did not fit into the recorder's memory; they were not checked")
