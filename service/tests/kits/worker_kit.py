"""The whole worker over fake neighbours: ledger, rounds, carrier, and a durable engine in miniature.

The engine in miniature keeps what the real one keeps: a queue of due rounds, and the result of every finished step, so
that a round that was killed goes on where it stood. The workflow is the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx
import sqlalchemy as sa
from dbos import DBOS
from fakes import FakeC4c, FakeCmi, File, HandClock, Killed
from ledger_kit import CALLER, CONTACT, SECRETS, a_request

from attachment_transfer.clients.outbound.governor import Governor, Pace
from attachment_transfer.core.dialect import overlay, read_dialect
from attachment_transfer.core.hosts import HostPattern, parse_patterns
from attachment_transfer.core.model import Attachment, Secrets, Transfer
from attachment_transfer.core.policy import Policy
from attachment_transfer.core.states import TERMINAL_TRANSFER
from attachment_transfer.engine.workflow import round_workflow
from attachment_transfer.ledger import views
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.runtime.settings import DEFAULT_ALLOWED_HOSTS, shipped_dialect
from attachment_transfer.worker.attempt import AttemptRules
from attachment_transfer.worker.calls import CredentialWatch
from attachment_transfer.worker.carry import AttachmentCarrier
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.neighbours import ClientFactory, Limits
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.rounds import Rounds

SETTLE_S = 30.0
ACTIVITY = "00163EAAAA"


def governor(clock: HandClock) -> Governor:
    """A pace that nobody notices; breakers as they are."""
    return Governor(pace=Pace(per_s=1e6, burst=1e6), now_s=clock.now_s, monotonic_s=clock.now_s, pause_s=clock.advance)


@dataclass
class Stack:
    """One chat, one activity, one worker."""

    engine: sa.Engine
    clock: HandClock
    keys: KeyRing
    new_id: Callable[[], str]
    cmi: FakeCmi = field(default_factory=FakeCmi)
    verify_digest: bool = True
    limits: Limits = field(default_factory=Limits)
    dialect: dict[str, Any] = field(default_factory=dict)
    due: list[tuple[float, str, int]] = field(default_factory=list)
    steps: dict[tuple[str, int, int], Any] = field(default_factory=dict)
    predecessors_dead_at_s: float | None = None
    prefetch_bytes: int = 0
    hosts: dict[str, tuple[HostPattern, ...] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.c4c = FakeC4c(self.clock, references=[(CONTACT, ACTIVITY)])
        self.start()

    def start(self) -> None:
        """Start a worker process: everything in memory is new."""
        transport = httpx.MockTransport(self._route)
        dialect = overlay(read_dialect(shipped_dialect()), self.dialect)
        self.book = RoundStore(
            self.engine, keys=self.keys, now_s=self.clock.now_s, new_id=self.new_id, redrive_s=7 * 86_400.0
        )
        self.carrier = self.carrier_with(Inspector(Policy(max_bytes=self.limits.attachment_bytes)))
        self.client_factory = ClientFactory(
            lambda: transport,
            dialect=dialect,
            limits=self.limits,
            governor=governor(self.clock),
            watch=CredentialWatch(Refusals(self.engine, key=b"k" * 32, now_s=self.clock.now_s, park_s=1_800.0)),
            now_s=self.clock.now_s,
            hosts_of=lambda caller: self.hosts.get(caller, parse_patterns(DEFAULT_ALLOWED_HOSTS)),
        )
        self.rounds = Rounds(
            self.book,
            self.client_factory,
            self.carrier,
            enqueue=self.enqueue,
            now_s=self.clock.now_s,
            jitter=lambda: 1.0,
        )

    def carrier_with(self, inspector: Inspector) -> AttachmentCarrier:
        rules = AttemptRules(
            store=self.book,
            limits=self.limits,
            settle_s=SETTLE_S,
            verify_digest=self.verify_digest,
            now_s=self.clock.now_s,
            monotonic_s=self.clock.now_s,
            inspector=inspector,
            prefetcher=Prefetcher(most_bytes=self.prefetch_bytes, patience_s=60.0),
            predecessors_dead_at_s=self.predecessors_dead_at_s,
        )
        return AttachmentCarrier(rules, jitter=lambda: 1.0)

    def restart(self) -> None:
        """The worker died; the next one holds the lock, so it knows that its predecessor is dead."""
        self.clock.advance(1.0)
        self.predecessors_dead_at_s = self.clock.now_s()
        self.start()

    def _route(self, request: httpx.Request) -> httpx.Response:
        assert request.url.scheme == "https"
        neighbour: FakeCmi | FakeC4c = self.cmi if request.url.host == self.cmi.host else self.c4c
        assert request.url.host == neighbour.host
        return neighbour.answer(request)

    def enqueue(self, connection: sa.Connection, transfer: Transfer, delay_s: float) -> None:
        assert connection.in_transaction()
        entry = (transfer.id, transfer.round_no)
        assert entry not in [(transfer_id, round_no) for _, transfer_id, round_no in self.due], "enqueued twice"
        self.due.append((self.clock.now_s() + delay_s, *entry))

    def event(self, secrets: Secrets = SECRETS, **changes: Any) -> str:
        """An accepted "this chat has ended"; returns the transfer's id."""
        accepted = accept(
            self.engine,
            a_request(secrets=secrets, **changes),
            caller=CALLER,
            keys=self.keys,
            enqueue=self.enqueue,
            now_s=self.clock.now_s(),
            new_id=self.new_id,
        )
        return accepted.transfer_id

    def run_one(self) -> bool:
        """Run the first round that is due. False if none is. A killed one stays in the queue."""
        ready = sorted(entry for entry in self.due if entry[0] <= self.clock.now_s())
        if not ready:
            return False
        self.due.remove(ready[0])
        try:
            self.run_round(*ready[0][1:])
        except Killed:
            self.due.append(ready[0])
            raise
        return True

    def run_round(self, transfer_id: str, round_no: int) -> None:
        """Run one round with checkpoints: a finished step is not run again."""
        steps = iter(range(1_000))

        def run_step(_options: object, function: Callable[..., Any], *arguments: Any) -> Any:
            key = (transfer_id, round_no, next(steps))
            if key not in self.steps:
                self.steps[key] = function(*arguments)
            return self.steps[key]

        with patch.object(DBOS, "run_step", run_step):
            round_workflow(self.rounds)(transfer_id, round_no)

    def run(self, *, rounds: int = 60) -> int:
        """Run rounds, moving the clock from one to the next, until nothing is due; return how many."""
        for done in range(rounds):
            if not self.due:
                return done
            self.clock.time_s = max(self.clock.time_s, min(self.due)[0])
            self.run_one()
        raise AssertionError(f"still not at rest after {rounds} rounds: {self.transfer()}")

    def die(self) -> None:
        """Run one round that is killed on the way, then restart the worker."""
        try:
            self.run_one()
        except Killed:
            self.restart()
        else:
            raise AssertionError("nothing killed the worker")

    def transfer(self) -> Transfer:
        [transfer] = views.list_transfers(self.engine, caller=None).transfers
        return transfer

    def attachments(self) -> list[Attachment]:
        return views.attachments_of(self.engine, self.transfer().id)

    def at_rest(self) -> bool:
        return self.transfer().state in TERMINAL_TRANSFER and not self.due


def a_file(number: int, *, name: str = "", content: bytes = b"", **more: Any) -> File:
    return File(id=f"f{number}", name=name or f"photo-{number}.png", content=content or b"bytes of %d" % number, **more)
