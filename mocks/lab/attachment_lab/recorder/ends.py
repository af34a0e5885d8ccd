"""Compares both ends of an exchange: the receiver must have what was sent, the sender what was answered.

The sender's end comes from the instrumentation, the receiver's from a mock's recorder or from the instrumentation of
the service's API. An end that is not ours cannot be compared: a browser, curl or pyodata is not instrumented, and the
records of a killed process are lost. So every end that was *sent* needs its receiver, not the other way round; one that
was sent to a service of another maker needs none, because that records nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attachment_contract.traffic import TrafficBody, TrafficExchange
from attachment_lab.recorder.instrumentation import Digest, Sent


def unmatched(sent: Iterable[tuple[str, Sent]], received: Sequence[TrafficExchange]) -> list[tuple[Sent, str]]:
    """Records without their receiver, each with the difference.

    ``sent`` are pairs of the neighbour that was called and the record. An exchange with a planned fault may differ, and
    matches one record.
    """
    left = list(received)
    open_ = [(neighbour, one) for neighbour, one in sent if one.status]
    # The most certain match first: an end that broke off matches many, and must not take another record's match.
    for fits in (_complete, _same_path, _same_bytes, _has_fault):
        open_ = [(neighbour, one) for neighbour, one in open_ if not _take(left, neighbour, one, fits)]
    return [(one, _difference(neighbour, one, left)) for neighbour, one in open_]


def _take(
    left: list[TrafficExchange], neighbour: str, record: Sent, fits: Callable[[Sent, TrafficExchange], bool]
) -> bool:
    # An exchange without a fault comes first: one that a wire fault changed matches only its own record.
    fitting = (one for one in left if _is_about(one, neighbour, record) and fits(record, one))
    found = min(fitting, key=lambda one: bool(one.fault), default=None)
    if found is not None:
        left.remove(found)
    return found is not None


def _complete(record: Sent, exchange: TrafficExchange) -> bool:
    return record.answer.complete and exchange.response.body.complete and _same_path(record, exchange)


def _same_path(record: Sent, exchange: TrafficExchange) -> bool:
    return _path(record) == exchange.path and not differing(record, exchange)


def _same_bytes(record: Sent, exchange: TrafficExchange) -> bool:
    return not differing(record, exchange)


def _has_fault(_record: Sent, exchange: TrafficExchange) -> bool:
    return bool(exchange.fault)


def _path(record: Sent) -> str:
    return record.path.partition("?")[0]


def _is_about(exchange: TrafficExchange, neighbour: str, record: Sent) -> bool:
    return exchange.neighbour == neighbour and exchange.method == record.method


def differing(record: Sent, exchange: TrafficExchange) -> list[str]:
    """How the two ends differ. A body that either end did not read completely is not compared."""
    found = [] if record.status == exchange.status else [f"status {record.status} read, {exchange.status} sent"]
    if not _same(record.request, exchange.request.body):
        found.append(_bytes("request", record.request, exchange.request.body))
    if not _same(record.answer, exchange.response.body):
        found.append(_bytes("answer", record.answer, exchange.response.body))
    return found


def _same(digest: Digest, body: TrafficBody) -> bool:
    if not (digest.complete and body.complete):
        return True
    return (digest.size_bytes, digest.sha256) == (body.size_bytes, body.sha256)


def _bytes(what: str, digest: Digest, body: TrafficBody) -> str:
    here, there = f"{digest.size_bytes} bytes {digest.sha256[:8]}", f"{body.size_bytes} bytes {body.sha256[:8]}"
    return f"{what}: {here} at the sender, {there} at the receiver"


def _difference(neighbour: str, record: Sent, left: Sequence[TrafficExchange]) -> str:
    near = (one for one in left if _is_about(one, neighbour, record) and one.path == _path(record))
    differences = sorted(("; ".join(differing(record, one)) for one in near), key=len)
    return differences[0] if differences else "no process received it"
