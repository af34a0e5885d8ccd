"""Everything that one tenant's stack has exchanged, judged at the end of a test: on every hop, at both ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from attachment_contract.traffic import TrafficCheck, TrafficExchange
from attachment_contract.traffic.exchange import exchange_from_capture
from attachment_contract.traffic.routes import neighbour_of
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.recorder.collector import Collector
from attachment_lab.recorder.ends import unmatched
from attachment_lab.recorder.instrumentation import Sent
from attachment_lab.tenant.credentials import TenantNames

#: How long exchanges may take to come to their end after a test's, in wall seconds.
ENDING_S = 10.0
_LOOK_EVERY_S = 0.02


class StackRecorder:
    """Judges the traffic of one stack, tenant by tenant."""

    def __init__(self, to: StackClients, collector: Collector, ports: Iterable[int]) -> None:
        """``ports``: of all the stack's doors, fault proxies included."""
        self._to = to
        self._addresses = {f"127.0.0.1:{port}" for port in ports}
        self._records = collector.records
        #: The last captured heard, by mock and tenant; None stands for those of no tenant.
        self._heard: dict[tuple[str, str | None], int] = {}
        self._gone: set[str] = set()
        for mock in MOCKS:
            self._pages(TrafficCheck(), mock, None)
        self._records.forget()

    def hear(self, names: TenantNames, *, closing: bool = True) -> TrafficCheck:
        """Judge everything that this tenant's processes have exchanged since it was last asked.

        ``closing``: the tenant is about to be closed, and what comes late for it says nothing any more.
        """
        hearing = TrafficCheck()
        self._let_it_end(hearing, names)
        received = [exchange for mock in MOCKS for exchange in self._of_tenant(hearing, mock, names)]
        received += [exchange_from_capture(one) for one in self._records.look()[1]]
        for exchange in received:
            hearing.check(exchange)
        self._compare(hearing, names, received)
        if self._records.dropped:
            hearing.note(f"{self._records.dropped} exchanges of the service did not fit into memory")
        if closing:
            self._gone |= {names.cmi_host, names.c4c_host, names.tenant_path}
        # Another tenant of this stack may be open still, and has its own hearing.
        self._records.forget(
            but=lambda one: (
                not self._is_another_stacks(one)
                and not self._meant(one, names)
                and not self._is_gone(one.host, one.path)
            )
        )
        return hearing

    def _let_it_end(self, hearing: TrafficCheck, names: TenantNames) -> None:
        """Wait until nothing is under way; what a planned delay holds up is let go first."""
        for mock in MOCKS:
            self._to.mock(mock).delete("/_mock/faults", tenant=names.name)
        deadline = time.monotonic() + ENDING_S
        while busy := self._under_way(names):
            if time.monotonic() > deadline:
                hearing.note(f"still under way {ENDING_S:g} s after the test's end: {', '.join(busy)}")
                return
            threading.Event().wait(_LOOK_EVERY_S)

    def _under_way(self, names: TenantNames) -> list[str]:
        # The senders first: what is over for one of them may still be coming to its end at a mock.
        busy = {"taps": self._records.under_way}
        busy |= {mock: self._to.mock(mock).get("/_mock/recorder", tenant=names.name)["under_way"] for mock in MOCKS}
        return [f"{count} at {where}" for where, count in busy.items() if count]

    def _of_tenant(self, hearing: TrafficCheck, mock: str, names: TenantNames) -> list[TrafficExchange]:
        found, strays = self._pages(hearing, mock, names.name), self._pages(hearing, mock, None)
        # What is late and meant a tenant that is gone says nothing about this test.
        return found + [one for one in strays if not self._is_gone(one.host, one.path)]

    def _is_gone(self, host: str, path: str) -> bool:
        """Whether host or path belong to a tenant that is closed."""
        return host in self._gone or bool(self._gone.intersection(path.split("/")[1:2]))

    def _pages(self, hearing: TrafficCheck, mock: str, tenant: str | None) -> list[TrafficExchange]:
        """What a mock's log of that tenant holds beyond what was heard before."""
        path = "/_mock/recorder/strays" if tenant is None else "/_mock/recorder"
        found: list[TrafficExchange] = []
        while True:
            since = self._heard.get((mock, tenant), 0)
            page = self._to.mock(mock).get(path, since=since, tenant=tenant)
            if not page["exchanges"]:
                break
            found += [exchange_from_capture(one) for one in page["exchanges"]]
            self._heard[mock, tenant] = page["last_id"]
        if page["dropped"]:
            hearing.note(f"{page['dropped']} exchanges did not fit into the memory of the {mock} mock")
        return found

    def _compare(self, hearing: TrafficCheck, names: TenantNames, received: list[TrafficExchange]) -> None:
        """Records of other tenants, whose late rounds may still run, are left out."""
        sent = [(neighbour, one) for one in self._records.look()[0] if (neighbour := self._meant(one, names))]
        for record, difference in unmatched(sent, received):
            about = f"{record.method} {record.path.partition('?')[0][:120]} → {record.status}, sent by the {record.who}"
            hearing.note(difference, hop="both ends", about=about)

    def _is_another_stacks(self, record: Sent) -> bool:
        """The lab's own process may have several stacks, whose neighbours bear the same names."""
        return record.who == "lab" and record.at not in self._addresses

    def _meant(self, record: Sent, names: TenantNames) -> str:
        """The neighbour that a record was sent to; empty if it was none of this tenant's."""
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
