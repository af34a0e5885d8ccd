"""Chats flow through one stack; memory, handles, threads and the database's size are sampled and judged.

Virtual time runs ahead, so that the retention time passes within minutes: the database must not grow although every
chat adds rows. Tenants are closed after some chats, so that the mocks can let go of theirs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil

from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.soak.flatness import Allowance, Flatness, judge
from attachment_lab.stack.clocks import advance_stack, catch_up
from attachment_lab.stack.process_cleanup import members
from attachment_lab.stack.running import Stack, StackOptions, open_stack
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.credentials import fresh_tenant
from attachment_lab.tenant.opening import close_tenant, open_tenant

MB = 1024.0 * 1024.0
SAMPLES = 45
CHATS_PER_TENANT = 8
CHATS_AT_ONCE = 2
#: Virtual seconds that pass with each sample. With the shortest retention time, an hour, rows are purged after
#: eight samples.
STEP_S = 450.0
SETTINGS = {"ATTACHMENT_TRANSFER_RETENTION_S": "3600"}
FILES = (("receipt.txt", b"A receipt. " * 3000), ("boiler.txt", b"A boiler. " * 9000))
#: Python's allocator takes some megabytes late; a slow leak needs a longer run to exceed that.
ALLOWANCES = {
    "memory": Allowance(least=6.0, share=0.05),
    "handles": Allowance(least=4.0, share=0.05),
    "threads": Allowance(least=2.0, share=0.05),
    # A file keeps the size of its fullest moment, which follows the rate of chats: a machine that has more time for
    # them at the end is no leak. Rows that stay would make it a multiple.
    "database": Allowance(least=0.5, share=0.15),
}
UNITS = {"memory": "MB", "handles": "", "threads": "", "database": "MB"}
Series = dict[tuple[str, str], list[tuple[float, float]]]


@dataclass(frozen=True, kw_only=True)
class SoakResult:
    """The verdicts, and what flowed through.

    Attributes:
        troubles: chats that did not arrive whole, in words.
    """

    seconds: float
    chats: int
    series: tuple[Flatness, ...]
    troubles: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every series is flat and every chat arrived."""
        return self.chats > 0 and not self.troubles and all(each.ok for each in self.series)

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        shown = [each.to_json() for each in self.series]
        given = {"ok": self.ok, "seconds": round(self.seconds), "chats": self.chats}
        return {**given, "troubles": list(self.troubles), "series": shown}


@dataclass
class _Flow:
    stop: threading.Event = field(default_factory=threading.Event)
    chats: int = 0
    troubles: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: Each chat takes one.
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(CHATS_AT_ONCE))

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """No chat runs: clocks are moved one after the other, and a token of one must not be of the other's future."""
        for _ in range(CHATS_AT_ONCE):
            self.turns.acquire()
        try:
            yield
        finally:
            self.turns.release(CHATS_AT_ONCE)


def soak(seconds: float, on_sample: Callable[[float, int], None] = lambda *_: None) -> SoakResult:
    """Run for so many real seconds. Raises StackFailed."""
    with open_stack(StackOptions(recorder=False, service_environment=SETTINGS)) as stack:
        flow = _Flow()
        threads = [threading.Thread(target=_chats, args=(stack, flow), name=f"chats-{n}") for n in range(CHATS_AT_ONCE)]
        for thread in threads:
            thread.start()
        try:
            series = _sampled(stack, flow, seconds, on_sample)
        finally:
            flow.stop.set()
            for thread in threads:
                thread.join()
    verdicts = tuple(
        judge(f"{process}: {what}", UNITS[what], found, ALLOWANCES[what]) for (process, what), found in series.items()
    )
    return SoakResult(seconds=seconds, chats=flow.chats, series=verdicts, troubles=tuple(flow.troubles))


def _sampled(stack: Stack, flow: _Flow, seconds: float, on_sample: Callable[[float, int], None]) -> Series:
    series: Series = defaultdict(list)
    began_s, pause = time.monotonic(), threading.Event()
    for number in range(1, SAMPLES + 1):
        pause.wait(max(0.0, began_s + number * seconds / SAMPLES - time.monotonic()))
        at_s = time.monotonic() - began_s
        for key, value in _sample(stack):
            series[key].append((at_s, value))
        on_sample(at_s, flow.chats)
        stack.check_alive()
        with flow.still():
            advance_stack(stack.clients, stack.clock_file, STEP_S)
    return series


def _sample(stack: Stack) -> Iterator[tuple[tuple[str, str], float]]:
    for process in stack.processes.all:
        memory = handles = threads = 0.0
        for each in members(process.pid):
            with contextlib.suppress(psutil.Error, OSError):
                memory += each.memory_info().rss / MB
                handles += each.num_fds()
                threads += each.num_threads()
        yield (process.name, "memory"), memory
        yield (process.name, "handles"), handles
        yield (process.name, "threads"), threads
    size = sum(path.stat().st_size for path in stack.run_dir.glob("service.db*"))
    yield ("service", "database"), size / MB


def _chats(stack: Stack, flow: _Flow) -> None:
    """Chats one after the other, in tenants that are opened and closed."""
    while not flow.stop.is_set():
        names = fresh_tenant()
        open_tenant(stack.clients, names)
        try:
            catch_up(stack.clients, names.name, stack.clock_file)
            reconciliation = Reconciliation(stack.clients, names)
            for _ in range(CHATS_PER_TENANT):
                if not flow.stop.is_set():
                    with flow.turns:
                        _one_chat(reconciliation)
            verdict = reconciliation.verdict()
            with flow.lock:
                flow.chats += len(verdict.records.known_transfers)
                flow.troubles += [each.sentence for each in verdict.violations]
        except Exception as exc:  # noqa: BLE001 - the soak goes on, and reports it
            with flow.lock:
                flow.troubles.append(f"{type(exc).__name__}: {exc}")
        finally:
            close_tenant(stack.clients, names.name)


def _one_chat(reconciliation: Reconciliation) -> None:
    chat = LabConversation.open(reconciliation.to, reconciliation.names, on_sent=reconciliation.customer_sent)
    chat.accept()
    for each in FILES:
        chat.send(each)
    chat.end()
    wait_until_settled(reconciliation, chat=chat.guid, timeout_s=120)
