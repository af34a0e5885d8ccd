"""A hearing: exchanges are judged one by one, and what was wrong is kept until somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from attachment_contract.hops import HOPS, Hop
from attachment_contract.live.batch import BrokenBatch, split_batch
from attachment_contract.live.exchange import Exchange
from attachment_contract.live.judges import answer_faults, refusal_faults, request_faults
from attachment_contract.live.routes import recognise

Direction = Literal["request", "answer", "refusal", "exchange"]
_SHOWN = 20
_PATH_CHARS = 120


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One thing that is against the contract.

    Attributes:
        exchange: method, path without query, status and witness, for people.
        says: schema, place and keyword; never a value.
    """

    exchange: str
    hop: str
    direction: Direction
    says: str

    def __str__(self) -> str:
        return f"[{self.hop}] {self.direction}: {self.says} ({self.exchange})"


class Hearing:
    """Judges exchanges.

    Args:
        strangers: whether a request that no hop knows is in order if it was refused. True for tests that ask a mock
            for what does not exist; on the stack nobody asks for that.
        answers: whether replies are judged. False where a test hands out hostile ones by hand.
    """

    def __init__(self, *, strangers: bool = False, answers: bool = True) -> None:
        self._strangers = strangers
        self._answers = answers
        self.complaints: list[Complaint] = []
        #: How many exchanges were judged, by hop.
        self.judged: Counter[str] = Counter()
        #: How many replies were exempt, being planned faults or cut off by the caller.
        self.exempt: Counter[str] = Counter()

    def take(self, exchange: Exchange) -> None:
        """Judge one exchange."""
        self.complaints += self._judge(exchange)

    def complain(self, says: str, *, hop: str = "witness", direction: Direction = "exchange", about: str = "") -> None:
        """Note what somebody else found."""
        self.complaints.append(Complaint(exchange=about or "no exchange", hop=hop, direction=direction, says=says))

    def verdict(self, of: str) -> str:
        """What is wrong, in lines, ``of`` being the test's name; empty if nothing is."""
        if not self.complaints:
            return ""
        lines = [f"  - {complaint}" for complaint in self.complaints[:_SHOWN]]
        rest = len(self.complaints) - _SHOWN
        more = [f"  … and {rest} more"] if rest > 0 else []
        return "\n".join([f"live traffic of {of} breaks the contract:", *lines, *more])

    def _judge(self, exchange: Exchange) -> Iterator[Complaint]:
        name = recognise(exchange)
        self.judged[name or "none"] += 1
        if exchange.failed and not exchange.fault:
            yield _about(exchange, name, "exchange", "the mock itself broke down")
            return
        if name is None:
            yield from self._stranger(exchange)
            return
        yield from self._request(exchange, name)
        yield from self._answer(exchange, name)

    def _stranger(self, exchange: Exchange) -> Iterator[Complaint]:
        if exchange.fault:
            self.exempt["fault"] += 1
        elif not self._strangers or exchange.sent_by_us or exchange.status < 400:
            yield _about(exchange, None, "exchange", "no hop of the contract knows this exchange")
        else:
            yield from (_about(exchange, None, "refusal", fault) for fault in refusal_faults(None, exchange))

    def _request(self, exchange: Exchange, name: str) -> Iterator[Complaint]:
        if exchange.sent_by_us:
            yield from (_about(exchange, name, "request", fault) for fault in request_faults(HOPS[name], exchange))
        elif not exchange.fault and 0 < exchange.status < 400:
            for fault in request_faults(HOPS[name], exchange):
                yield _about(exchange, name, "request", f"{fault}, and it was not refused")

    def _answer(self, exchange: Exchange, name: str) -> Iterator[Complaint]:
        if not self._answers:
            self.exempt["by hand"] += 1
        elif exchange.fault:
            self.exempt["fault"] += 1
        elif not exchange.answer.body.complete:
            self.exempt["cut off"] += 1
        elif exchange.status >= 400:
            yield from (_about(exchange, name, "refusal", fault) for fault in refusal_faults(HOPS[name], exchange))
        elif name == "c4c.batch":
            yield from self._batch(exchange)
        else:
            yield from (
                _about(exchange, name, "answer", fault) for fault in answer_faults(_meant(name, exchange), exchange)
            )

    def _batch(self, exchange: Exchange) -> Iterator[Complaint]:
        try:
            parts = list(split_batch(exchange))
        except BrokenBatch as exc:
            yield _about(exchange, "c4c.batch", "answer", str(exc))
            return
        for part in parts:
            yield from self._judge(part)


def _meant(name: str, exchange: Exchange) -> Hop:
    """The endpoint in its synchronous mode answers 200 with the transfer itself."""
    return HOPS["endpoint.settled" if name == "endpoint" and exchange.status == 200 else name]


def _about(exchange: Exchange, hop: str | None, direction: Direction, says: str) -> Complaint:
    told = f"{exchange.method} {exchange.path[:_PATH_CHARS]} → {exchange.status}, seen by {exchange.seen_by}"
    return Complaint(exchange=told, hop=hop or "no hop", direction=direction, says=says)
