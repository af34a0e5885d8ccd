"""The traffic check: checks exchanges one by one and collects what breaks the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from attachment_contract.traffic.exchange import TrafficExchange
from attachment_contract.traffic.hops import HOPS, HopContract
from attachment_contract.traffic.multipart import BrokenMultipart, split_batch
from attachment_contract.traffic.routes import hop_of
from attachment_contract.traffic.validators import error_violations, request_violations, response_violations

Direction = Literal["request", "response", "error", "exchange"]
_SHOWN = 20
_PATH_CHARS = 120


@dataclass(frozen=True, kw_only=True)
class TrafficViolation:
    """One violation of the contract.

    Attributes:
        exchange: method, path without query, status and recorder, for people.
        text: schema, place and keyword; never a value.
    """

    exchange: str
    hop: str
    direction: Direction
    text: str

    def __str__(self) -> str:
        return f"[{self.hop}] {self.direction}: {self.text} ({self.exchange})"


class TrafficCheck:
    """Checks exchanges against the contract.

    Args:
        allow_unknown: whether a request that no hop knows is allowed as long as it gets an error response. True for
            tests that send a mock requests for what does not exist; False for a whole stack, which sends none.
        responses: whether responses are checked. False where a test writes hostile responses by hand.
    """

    def __init__(self, *, allow_unknown: bool = False, responses: bool = True) -> None:
        self._allow_unknown = allow_unknown
        self._responses = responses
        self.violations: list[TrafficViolation] = []
        #: How many exchanges were checked, by hop.
        self.checked: Counter[str] = Counter()
        #: How many responses were exempt, being planned faults or cut off by the caller.
        self.exempt: Counter[str] = Counter()

    def check(self, exchange: TrafficExchange) -> None:
        """Check one exchange and keep its violations."""
        self.violations += self._check(exchange)

    def note(self, text: str, *, hop: str = "recorder", direction: Direction = "exchange", about: str = "") -> None:
        """Add a violation that was found elsewhere, such as an exchange that the recorder dropped."""
        self.violations.append(
            TrafficViolation(exchange=about or "no exchange", hop=hop, direction=direction, text=text)
        )

    def report(self, test: str) -> str:
        """All violations, one a line, under a headline that names the ``test``; empty if there are none."""
        if not self.violations:
            return ""
        lines = [f"  - {violation}" for violation in self.violations[:_SHOWN]]
        rest = len(self.violations) - _SHOWN
        more = [f"  … and {rest} more"] if rest > 0 else []
        return "\n".join([f"live traffic of {test} breaks the contract:", *lines, *more])

    def _check(self, exchange: TrafficExchange) -> Iterator[TrafficViolation]:
        name = hop_of(exchange)
        self.checked[name or "none"] += 1
        if exchange.failed and not exchange.fault:
            yield _violation(exchange, name, "exchange", "the mock itself failed")
            return
        if name is None:
            yield from self._unknown(exchange)
            return
        yield from self._request(exchange, name)
        yield from self._response(exchange, name)

    def _unknown(self, exchange: TrafficExchange) -> Iterator[TrafficViolation]:
        if exchange.fault:
            self.exempt["fault"] += 1
        elif not self._allow_unknown or exchange.sent_by_us or exchange.status < 400:
            yield _violation(exchange, None, "exchange", "no hop of the contract knows this exchange")
        else:
            yield from (_violation(exchange, None, "error", text) for text in error_violations(None, exchange))

    def _request(self, exchange: TrafficExchange, name: str) -> Iterator[TrafficViolation]:
        if exchange.sent_by_us:
            yield from (
                _violation(exchange, name, "request", text) for text in request_violations(HOPS[name], exchange)
            )
        elif not exchange.fault and 0 < exchange.status < 400:
            for text in request_violations(HOPS[name], exchange):
                yield _violation(exchange, name, "request", f"{text}, and it was not refused")

    def _response(self, exchange: TrafficExchange, name: str) -> Iterator[TrafficViolation]:
        if not self._responses:
            self.exempt["by hand"] += 1
        elif exchange.fault:
            self.exempt["fault"] += 1
        elif not exchange.response.body.complete:
            self.exempt["cut off"] += 1
        elif exchange.status >= 400:
            yield from (_violation(exchange, name, "error", text) for text in error_violations(HOPS[name], exchange))
        elif name == "c4c.batch":
            yield from self._batch(exchange)
        else:
            for text in response_violations(_contract_of(name, exchange), exchange):
                yield _violation(exchange, name, "response", text)

    def _batch(self, exchange: TrafficExchange) -> Iterator[TrafficViolation]:
        try:
            parts = list(split_batch(exchange))
        except BrokenMultipart as exc:
            yield _violation(exchange, "c4c.batch", "response", str(exc))
            return
        for part in parts:
            yield from self._check(part)


def _contract_of(name: str, exchange: TrafficExchange) -> HopContract:
    """The endpoint in its synchronous mode returns 200 with the transfer itself."""
    return HOPS["endpoint.settled" if name == "endpoint" and exchange.status == 200 else name]


def _violation(exchange: TrafficExchange, hop: str | None, direction: Direction, text: str) -> TrafficViolation:
    summary = f"{exchange.method} {exchange.path[:_PATH_CHARS]} → {exchange.status}, seen by {exchange.seen_by}"
    return TrafficViolation(exchange=summary, hop=hop or "no hop", direction=direction, text=text)
