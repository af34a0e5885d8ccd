"""The kit's planned faults on the event engine's requests to an endpoint.

Faults of the application's layer only: an outgoing request passes no fault proxy of ours, so wire faults do not
strike it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from mock_kit.faults import Fault, FaultPlan
from mock_kit.faults.changes import CHANGES
from mock_kit.faults.replies import REPLIES, StruckRequest, status_line
from mock_kit.http.reply import WsgiReply
from orchestration_mock.model.events.outgoing import HttpReply, OutgoingRequest, SendFailed

Send = Callable[[OutgoingRequest], HttpReply]


def pick_fault(plan: FaultPlan, outgoing: OutgoingRequest) -> Fault | None:
    """The planned fault that strikes this request, counted; None without one."""
    parts = urlsplit(outgoing.url)
    return plan.pick(outgoing.method, parts.netloc, parts.path or "/", "app")


def send_with_fault(plan: FaultPlan, fault: Fault, outgoing: OutgoingRequest, send: Send) -> HttpReply:
    """Send with this fault. Before the work: the endpoint receives nothing or something else; after: it did the work.

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


def _after(plan: FaultPlan, fault: Fault, outgoing: OutgoingRequest, reply: HttpReply) -> HttpReply:
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


def _struck(plan: FaultPlan, fault: Fault, outgoing: OutgoingRequest) -> StruckRequest:
    parts = urlsplit(outgoing.url)
    return StruckRequest(fault=fault, now=plan.now(), host=parts.netloc, path=parts.path or "/", query=parts.query)


def _reply(answer: WsgiReply, *, duration_s: float) -> HttpReply:
    body = b"".join(answer.body)
    answer.close()
    return HttpReply(status=int(answer.status[:3]), headers=dict(answer.headers), body=body, duration_s=duration_s)


def _flipped(body: bytes, offset: int, xor: int) -> bytes:
    """The body with one byte changed; unchanged where it has no such byte."""
    at = offset + len(body) if offset < 0 else offset
    if not 0 <= at < len(body):
        return body
    return body[:at] + bytes([body[at] ^ xor]) + body[at + 1 :]
