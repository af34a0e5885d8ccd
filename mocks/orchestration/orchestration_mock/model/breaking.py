"""The kit's planned faults, as they strike an event on its way out to the endpoint.

Faults of the application's layer only. A request that goes out passes no fault proxy of ours, so wire faults do not strike it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from mock_kit.faults import Fault, FaultPlan
from mock_kit.faults.changes import CHANGES
from mock_kit.faults.replies import REPLIES, StruckRequest, status_line
from mock_kit.http.reply import WsgiReply
from orchestration_mock.model.outbound import Outgoing, Reply, SendFailed

Send = Callable[[Outgoing], Reply]


def picked(plan: FaultPlan, outgoing: Outgoing) -> Fault | None:
    """The planned fault that strikes this request, counted; None when nothing does."""
    parts = urlsplit(outgoing.url)
    return plan.pick(outgoing.method, parts.netloc, parts.path or "/", "app")


def send_broken(plan: FaultPlan, fault: Fault, outgoing: Outgoing, send: Send) -> Reply:
    """Send with this fault. Before: the endpoint never hears of it, or hears something else; after: it did the work.

    Raises SendFailed for a reply that would never end.
    """
    params = fault.params
    if fault.phase == "after":
        return _after(plan, fault, outgoing, send(outgoing))
    if fault.kind in REPLIES:
        given = REPLIES[fault.kind](_struck(plan, fault, outgoing))
        return send(outgoing) if given is None else _reply(given, duration_s=0.0)
    if fault.kind == "latency":
        plan.wait(fault, params["delay_s"])
        return send(outgoing)
    return send(replace(outgoing, content=_flipped(outgoing.content or b"", params["offset"], params["xor"])))


def _after(plan: FaultPlan, fault: Fault, outgoing: Outgoing, reply: Reply) -> Reply:
    headers = list(reply.headers.items())
    answer = WsgiReply(status_line(reply.status), headers, iter([reply.body]))
    if fault.kind in REPLIES:
        struck = _struck(plan, fault, outgoing)
        sized = replace(struck, real_size_bytes=len(reply.body), real_type=answer.header("Content-Type"))
        answer = REPLIES[fault.kind](sized) or answer
    elif fault.kind == "latency":
        plan.wait(fault, fault.params["delay_s"])
    elif fault.kind == "endless":
        if not plan.wait(fault, outgoing.timeout_s):
            raise SendFailed("the reply did not end in time", duration_s=outgoing.timeout_s)
    else:
        CHANGES[fault.kind](answer, fault, plan)
    return _reply(answer, duration_s=reply.duration_s)


def _struck(plan: FaultPlan, fault: Fault, outgoing: Outgoing) -> StruckRequest:
    parts = urlsplit(outgoing.url)
    return StruckRequest(fault=fault, now=plan.now(), host=parts.netloc, path=parts.path or "/", query=parts.query)


def _reply(answer: WsgiReply, *, duration_s: float) -> Reply:
    body = b"".join(answer.body)
    answer.close()
    return Reply(status=int(answer.status[:3]), headers=dict(answer.headers), body=body, duration_s=duration_s)


def _flipped(body: bytes, offset: int, xor: int) -> bytes:
    """The body with one byte changed; as it is where it has no such byte."""
    at = offset + len(body) if offset < 0 else offset
    if not 0 <= at < len(body):
        return body
    return body[:at] + bytes([body[at] ^ xor]) + body[at + 1 :]
