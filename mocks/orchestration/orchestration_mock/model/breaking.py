"""The kit's planned faults, as they strike an event on its way out to the endpoint.

Faults of the application's layer only. A request that goes out passes no gate of ours, so wire faults do not strike it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from mock_kit.faults import Fault, FaultPlan
from orchestration_mock.model.outbound import Outgoing, Reply

Send = Callable[[Outgoing], Reply]


def picked(plan: FaultPlan, outgoing: Outgoing) -> Fault | None:
    """The planned fault that strikes this request, counted; None when nothing does."""
    parts = urlsplit(outgoing.url)
    return plan.pick(outgoing.method, parts.netloc, parts.path or "/", "app")


def send_broken(plan: FaultPlan, fault: Fault, outgoing: Outgoing, send: Send) -> Reply:
    """Send with this fault. Before: the endpoint never hears of it, or hears something else; after: it did the work."""
    params = fault.params
    if fault.phase == "before":
        if fault.kind == "status":
            return _planned(fault)
        if fault.kind == "latency":
            plan.wait(fault, params["delay_s"])
            return send(outgoing)
        return send(replace(outgoing, content=_flipped(outgoing.content or b"", params["offset"], params["xor"])))
    return _after(plan, fault, send(outgoing))


def _after(plan: FaultPlan, fault: Fault, reply: Reply) -> Reply:
    params = fault.params
    if fault.kind == "status":
        return replace(_planned(fault), duration_s=reply.duration_s)
    if fault.kind == "latency":
        plan.wait(fault, params["delay_s"])
    elif fault.kind == "flip_byte":
        return replace(reply, body=_flipped(reply.body, params["offset"], params["xor"]))
    elif fault.kind == "truncate_body":
        return replace(reply, body=reply.body[: params["keep_bytes"]])
    elif fault.kind == "wrong_type":
        kept = {name: value for name, value in reply.headers.items() if name.lower() != "content-type"}
        return replace(reply, headers=kept | {"Content-Type": params["content_type"]})
    return reply


def _planned(fault: Fault) -> Reply:
    params = fault.params
    headers = {"Content-Type": params["content_type"], **params["headers"]}
    return Reply(status=params["status"], headers=headers, body=params["body"].encode(), duration_s=0.0)


def _flipped(body: bytes, offset: int, xor: int) -> bytes:
    """The body with one byte changed; as it is where it has no such byte."""
    at = offset + len(body) if offset < 0 else offset
    if not 0 <= at < len(body):
        return body
    return body[:at] + bytes([body[at] ^ xor]) + body[at + 1 :]
