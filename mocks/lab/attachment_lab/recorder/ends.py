"""Both ends of an exchange, side by side: what was sent is what came, and what was answered is what was read.

The sender's end comes from a tap, the receiver's from a mock's recorder or from the tap on the service's API. Where one
end is not ours there is nothing to compare: what a browser, curl or pyodata sends has no tap, and a process that is
killed takes its end along. So every end that was *sent* needs its receiver, not the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attachment_contract.traffic import TrafficBody, TrafficExchange
from attachment_lab.recorder.instrumentation import Digest, Sent


def unmatched(sent: Iterable[tuple[str, Sent]], received: Sequence[TrafficExchange]) -> list[tuple[Sent, str]]:
    """Records without their receiver, each with what differs.

    ``sent`` are pairs of the neighbour that was meant and the record. An exchange that a planned fault struck may
    differ, and stands for one record.
    """
    left = list(received)
    puzzling = [(neighbour, one) for neighbour, one in sent if one.status]
    # The surest first: an end that broke off fits many, and must not take what another needs.
    for fits in (_surely, _at_its_path, _somewhere, _struck):
        puzzling = [(neighbour, one) for neighbour, one in puzzling if not _take(left, neighbour, one, fits)]
    return [(one, _difference(neighbour, one, left)) for neighbour, one in puzzling]


def _take(
    left: list[TrafficExchange], neighbour: str, record: Sent, fits: Callable[[Sent, TrafficExchange], bool]
) -> bool:
    # One that no fault struck comes first: what a fault changed behind the mock's back fits nothing but itself.
    fitting = (one for one in left if _is_about(one, neighbour, record) and fits(record, one))
    found = min(fitting, key=lambda one: bool(one.fault), default=None)
    if found is not None:
        left.remove(found)
    return found is not None


def _surely(record: Sent, exchange: TrafficExchange) -> bool:
    return record.answer.complete and exchange.response.body.complete and _at_its_path(record, exchange)


def _at_its_path(record: Sent, exchange: TrafficExchange) -> bool:
    return _path(record) == exchange.path and not differing(record, exchange)


def _somewhere(record: Sent, exchange: TrafficExchange) -> bool:
    return not differing(record, exchange)


def _struck(_record: Sent, exchange: TrafficExchange) -> bool:
    return bool(exchange.fault)


def _path(record: Sent) -> str:
    return record.path.partition("?")[0]


def _is_about(exchange: TrafficExchange, neighbour: str, record: Sent) -> bool:
    return exchange.neighbour == neighbour and exchange.method == record.method


def differing(record: Sent, exchange: TrafficExchange) -> list[str]:
    """What the two ends do not agree on. A body that either end did not see to its end is not compared."""
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
    told = sorted(("; ".join(differing(record, one)) for one in near), key=len)
    return told[0] if told else "nobody received it"
